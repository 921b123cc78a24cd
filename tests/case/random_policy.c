// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/case/random_policy.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/harness/test.h"

uint32_t random_seed;

unsigned random_pick(unsigned n) /* xorshift32 */
{
	random_seed ^= random_seed << 13;
	random_seed ^= random_seed >> 17;
	random_seed ^= random_seed << 5;
	return random_seed % n;
}

#define pick random_pick
#define WORD RANDOM_WORD

static const char *const devices[] = { "1:3", "1:5",   "1:*",
				       "2:0", "2:5-9", "2:1048575",
				       "3:*", "1:4-5", "2:7-255" };
static const char *const names[] = {
	"trusted.a", "trusted.ab", "trusted.*", "trusted.a*",
	"user.a",    "user.*",	   "t*",	"t",
	"tx*",	     "u\303\251",  "trusted.?", "trusted.*.b",
	"*.a",	     "t?usted.a*", "user.??*",	"*a*b",
};
static const char *const emulated[] = { "trusted.a", "trusted.?b", "trusted.a*",
					"trusted.*.b" };
static const char *const values[] = { "\"\"", "\"y\"", "[\"yy\", \"n\"]",
				      "[\"y\", \"x\"]", "\"n\"" };
static const char *const sizes[] = {
	"1", "{\"min\": 2}",	     "{\"max\": 1}", "{\"min\": 1, \"max\": 2}",
	"0", "{\"min\": 5000000000}"
};
static const char *const bounds[] = { "1", "{\"max\": 1}", "{\"max\": 3}",
				      "{\"min\": 1, \"max\": 2}", "0" };
static const char *const flags[] = {
	"{\"all\": [\"XATTR_CREATE\"]}", "{\"none\": [\"XATTR_REPLACE\"]}",
	"{\"any\": [\"XATTR_CREATE\", \"XATTR_REPLACE\"]}",
	"{\"all\": [\"XATTR_REPLACE\"], \"none\": [\"XATTR_CREATE\"]}"
};
static const char *const modes[] = {
	"{\"any\": \"06000\"}", "{\"none\": \"0022\"}", "{\"all\": \"0600\"}",
	"{\"all\": \"0600\", \"none\": \"0077\"}",
	"{\"any\": \"0066\", \"none\": \"04000\"}"
};
static const char *const askers[] = {
	"\"uid\": 0",
	"\"uid\": [5, \"1000-1999\"]",
	"\"gid\": \"5-9\"",
	"\"root\": true",
	"\"root\": false",
	"\"capability\": \"CAP_MKNOD\"",
	"\"capability\": [\"CAP_MKNOD\", \"CAP_SYS_ADMIN\"]",
	"\"uid\": \"1-4294967294\", \"gid\": 0",
};
static const char *const arches[] = { "\"x86\"", "[\"x86_64\", \"s390x\"]" };
static const char *const directories[] = { "\"/dev\"", "\"/dev/*\"",
					   "[\"/\", \"/srv/*\"]", "\"/*\"",
					   "\"/srv/a\"" };
static const char *const errnos[] = { "EPERM", "EACCES", "EROFS" };

/* A match that is being written. */
struct match {
	FILE *f;
	bool some;
};

__attribute__((format(printf, 2, 3))) static void key(struct match *m,
						      const char *fmt, ...)
{
	va_list ap;

	fprintf(m->f, m->some ? ", " : ", \"match\": {");
	m->some = true;
	va_start(ap, fmt);
	vfprintf(m->f, fmt, ap);
	va_end(ap);
}

static void write_common(struct match *m, bool emulate, bool path)
{
	if (!pick(8))
		key(m, "\"arch\": %s", WORD(arches));
	if (!pick(4))
		key(m, "%s", WORD(askers));
	if (emulate && path && !pick(3))
		key(m, "\"directory\": %s", WORD(directories));
}

static void write_mknod(struct match *m, bool emulate)
{
	static const char *const calls[] = { "\"mknod\"", "\"mknodat\"",
					     "\"@mknod\"" };
	static const char *const one[] = { "\"char\"", "\"block\"" };
	static const char *const any[] = { "[\"fifo\", \"char\"]", "\"file\"",
					   "[\"socket\", \"block\"]" };

	fprintf(m->f, "[%s]", WORD(calls));
	if (emulate || pick(3)) {
		key(m, "\"type\": %s", WORD(one));
		if (emulate || pick(2))
			key(m, "\"device\": [\"%s\", \"%s\"]", WORD(devices),
			    WORD(devices));
	} else if (pick(2)) {
		key(m, "\"type\": %s", WORD(any));
	}
	if (!pick(3))
		key(m, "\"mode\": %s", WORD(modes));
	write_common(m, emulate, true);
}

static void write_name(struct match *m, bool emulate)
{
	if (emulate)
		key(m, "\"name\": [\"%s\", \"%s\"]", WORD(emulated),
		    WORD(emulated));
	else if (pick(4))
		key(m, "\"name\": [\"%s\", \"%s\"]", WORD(names), WORD(names));
}

/* Of an emulated set one of the two is a must. */
static void write_value_or_size(struct match *m, bool emulate)
{
	bool value = !pick(3);

	if (value)
		key(m, "\"value\": %s", WORD(values));
	if (emulate && !value)
		key(m, "\"size\": %s", WORD(bounds));
	else if (!pick(4))
		key(m, "\"size\": %s", WORD(sizes));
}

static void write_set(struct match *m, bool emulate)
{
	static const char *const calls[] = { "\"setxattr\"",
					     "\"setxattr\", \"fsetxattr\"" };
	const char *which = WORD(calls);

	fprintf(m->f, "[%s]", which);
	write_name(m, emulate);
	write_value_or_size(m, emulate);
	if (!pick(4))
		key(m, "\"flags\": %s", WORD(flags));
	write_common(m, emulate, !strstr(which, "fset"));
}

/* Those that pass a struct, and those that pass less. */
static void write_other_xattr(struct match *m, bool emulate)
{
	static const char *const calls[] = { "setxattrat", "getxattrat",
					     "getxattr", "removexattr" };
	const char *which = WORD(calls);

	fprintf(m->f, "[\"%s\"]", which);
	write_name(m, emulate);
	if (emulate && strcmp(which, "setxattrat") == 0)
		write_value_or_size(m, true);
	if (strcmp(which, "getxattr") == 0 && !pick(2))
		key(m, "\"size\": %s", WORD(sizes));
	write_common(m, emulate, true);
}

static void write_rule(FILE *f)
{
	unsigned kind = pick(12), action = pick(5);
	struct match m = { .f = f };
	bool emulate = action == 0 && kind < 11;

	fprintf(f, "{\"syscalls\": ");
	if (kind < 4)
		write_mknod(&m, emulate);
	else if (kind < 8)
		write_set(&m, emulate);
	else if (kind < 11)
		write_other_xattr(&m, emulate);
	else
		fprintf(f, "[\"bpf\"]");
	if (kind == 11)
		write_common(&m, false, false);
	fprintf(f, "%s, ", m.some ? "}" : "");
	if (emulate)
		fprintf(f, "\"action\": \"emulate\"");
	else if (action <= 1)
		fprintf(f, "\"action\": \"continue\"");
	else
		fprintf(f, "\"advisory\": true, \"action\": {\"errno\": \"%s\"}",
			WORD(errnos));
	fprintf(f, "%s}", pick(6) ? "" : ", \"log\": true");
}

static char *write_policy(void)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	unsigned n = pick(5);

	assert_non_null(f);
	fprintf(f, "{\"version\": 1, \"policies\": {\"p\": {\"rules\": [");
	for (unsigned i = 0; i < n; i++) {
		fprintf(f, i ? ", " : "");
		write_rule(f);
	}
	fprintf(f,
		"], \"default\": %s%s}}, \"bindings\": [{\"when\": {}, "
		"\"policy\": \"p\"}]}",
		pick(3) ? "\"continue\"" : "{\"errno\": \"ENOSYS\"}",
		pick(5) ? "" : ", \"fail\": {\"errno\": \"EIO\"}");
	assert_int_equal(fclose(f), 0);
	return text;
}

struct policy_set *random_policy(void)
{
	static struct diags diags;

	for (;;) {
		struct policy_set *s = NULL;
		char *text = write_policy();
		int r = policy_set_parse("random", text, strlen(text), &s,
					 &diags);

		free(text);
		if (r == 0)
			return s;
	}
}
