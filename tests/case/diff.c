// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Random pairs of policies over a small vocabulary.  Every call of the
 * vocabulary is decided under both: what differs must have been told, and all
 * that was told must differ, whatever stands for its stars.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/diff.h"
#include "policy/explain.h"
#include "tests/harness/test.h"

#define PAIRS 400

static struct diags diags;

/* -- random policies ----------------------------------------------------------------- */

static uint32_t seed;

static unsigned pick(unsigned n) /* xorshift32 */
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed % n;
}

#define WORD(list) list[pick(sizeof(list) / sizeof(list[0]))]

static const char *const types[] = { "char", "block" };
static const char *const devices[] = { "1:3", "1:5",	   "1:*",
				       "2:0", "2:1048575", "3:*" };
static const char *const names[] = { "trusted.a",  "trusted.ab", "trusted.*",
				     "trusted.a*", "user.a",	 "user.*",
				     "t*",	   "t",		 "tx*",
				     "u\303\251" };
static const char *const values[] = { "", "y", "yy", "n" };
static const char *const errnos[] = { "EPERM", "EACCES", "EROFS" };

/* @odds: one of so many is emulated */
static void write_action(FILE *f, unsigned odds)
{
	unsigned which = pick(odds + 2);

	if (which == 0)
		fprintf(f, "\"action\": \"emulate\"");
	else if (which == 1)
		fprintf(f, "\"action\": \"continue\"");
	else
		fprintf(f, "\"advisory\": true, \"action\": {\"errno\": \"%s\"}",
			WORD(errnos));
}

static void write_mknod(FILE *f)
{
	static const char *const calls[] = { "\"mknod\"", "\"mknodat\"",
					     "\"mknod\", \"mknodat\"" };

	fprintf(f, "{\"syscalls\": [%s]", WORD(calls));
	if (pick(8)) {
		fprintf(f, ", \"match\": {\"type\": \"%s\"", WORD(types));
		if (pick(4))
			fprintf(f, ", \"device\": [\"%s\", \"%s\"]",
				WORD(devices), WORD(devices));
		fprintf(f, "}");
	}
	fprintf(f, ", ");
}

static void write_xattr(FILE *f)
{
	static const char *const calls[] = { "\"setxattr\"",
					     "\"setxattr\", \"fsetxattr\"" };

	fprintf(f, "{\"syscalls\": [%s], \"match\": {", WORD(calls));
	if (pick(5)) {
		fprintf(f, "\"name\": [\"%s\", \"%s\"]", WORD(names),
			WORD(names));
		if (pick(2))
			fprintf(f, ", ");
		else
			goto end;
	}
	fprintf(f, "\"value\": \"%s\"", WORD(values));
end:
	fprintf(f, "}, ");
}

static void write_rule(FILE *f)
{
	unsigned kind = pick(9);

	if (kind < 4)
		write_mknod(f);
	else if (kind < 8)
		write_xattr(f);
	else
		fprintf(f, "{\"syscalls\": [\"bpf\"], ");
	write_action(f, 3);
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
		"], \"default\": %s}}, \"bindings\": [{\"when\": {}, "
		"\"policy\": \"p\"}]}",
		pick(3) ? "\"continue\"" : "{\"errno\": \"ENOSYS\"}");
	assert_int_equal(fclose(f), 0);
	return text;
}

/* Many that come out are refused. */
static struct policy_set *make_policy(void)
{
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

/* -- deciding ------------------------------------------------------------------------- */

struct pair {
	struct diff_side side[2];
	const struct arena *arena[2];
	struct policy_diff *d;
	size_t differing; /* calls of the vocabulary */
};

static void decide_text(const struct pair *p, const char *abi_name,
			const char *text, struct decision ret[2])
{
	static struct call_text t;
	struct call_text_error error;
	struct explain_call c;
	const struct arch *arch;

	arch = arch_find(abi_name);
	assert_non_null(arch);
	if (call_text_parse(text, arch, &t, &error) < 0)
		fail_msg("%s:%u: %s", text, error.column, error.reason);
	c = explain_call_of_text(&t);
	for (int i = 0; i < 2; i++)
		explain_decide(p->arena[i], &c, &ret[i]);
}

/* -- what differs was told ------------------------------------------------------------ */

static bool told(const struct policy_diff *d, const char *text, const char *abi,
		 const struct decision have[2])
{
	for (size_t i = 0; i < d->n_calls; i++) {
		const struct diff_call *c = &d->calls[i];
		size_t n = c->syscall ? strlen(c->syscall) : 0;

		if (c->before.rule != have[0].rule ||
		    c->after.rule != have[1].rule)
			continue;
		if (!n) /* all others */
			return true;
		if (strncmp(c->syscall, text, n) != 0 || text[n] != '(')
			continue;
		for (size_t k = 0; k < c->n_abis; k++)
			if (strcmp(c->abis[k], abi) == 0)
				return true;
	}
	return false;
}

static void try_call(struct pair *p, const char *text)
{
	static const char *const abis[] = { "x86_64", "x86", "s390x" };

	for (size_t i = 0; i < sizeof(abis) / sizeof(abis[0]); i++) {
		struct decision have[2];

		decide_text(p, abis[i], text, have);
		if (decision_same(&have[0], &have[1]))
			continue;
		p->differing++;
		if (!told(p->d, text, abis[i], have))
			fail_msg("%s on %s differs, and was not told", text,
				 abis[i]);
	}
}

static void try_mknods(struct pair *p)
{
	static const char *const modes[] = { "S_IFCHR|0644", "S_IFBLK", "0",
					     "S_IFIFO", "070000" };
	static const char *const devs[] = { "0:0",	   "1:0", "1:3",
					    "1:4",	   "1:5", "1:1048575",
					    "2:0",	   "2:1", "2:1048574",
					    "2:1048575",   "3:7", "257:3",
					    "4095:1048575" };
	char text[128];

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		for (size_t k = 0; k < sizeof(devs) / sizeof(devs[0]); k++) {
			(void)snprintf(text, sizeof(text),
				       "mknod(\"/x\", %s, %s)", modes[i],
				       devs[k]);
			try_call(p, text);
			(void)snprintf(text, sizeof(text),
				       "mknodat(5, \"/x\", %s, %s)", modes[i],
				       devs[k]);
			try_call(p, text);
		}
}

static void try_xattrs(struct pair *p)
{
	static const char *const given[] = {
		"NULL",		  "\"\"",
		"\"t\"",	  "\"u\"",
		"\"trusted.\"",	  "\"trusted.a\"",
		"\"trusted.ab\"", "\"trusted.b\"",
		"\"user.a\"",	  "\"user.\"",
		"\"user.b\"",	  "\"security.x\"",
		"\"\\001\"",	  "\"tx\"",
		"\"ty\"",	  "\"u\\303\\251\"",
		"\"u\\303\""
	};
	static const char *const vals[] = { "\"\", 0",	"\"y\", 1",
					    "\"y\", 2", "\"yy\", 2",
					    "\"n\", 1", "\"other\", 5",
					    "NULL, 1",	"\"y\", 300",
					    "\"nn\", 1" };
	char text[128];

	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++)
		for (size_t k = 0; k < sizeof(vals) / sizeof(vals[0]); k++) {
			(void)snprintf(text, sizeof(text),
				       "setxattr(\"/x\", %s, %s, 0)", given[i],
				       vals[k]);
			try_call(p, text);
			(void)snprintf(text, sizeof(text),
				       "fsetxattr(9, %s, %s, 2)", given[i],
				       vals[k]);
			try_call(p, text);
		}
}

/* -- what was told differs ------------------------------------------------------------- */

/* The call with what no rule of the vocabulary names for its stars; of the
 * arguments of @call, the first that has one is at @at. */
static void fill_stars(const struct diff_call *c, const char *const *fills,
		       char *ret, size_t size)
{
	size_t arg = 0, n = 0;

	for (const char *p = c->text; *p && n < size - 1; p++) {
		arg += *p == ',';
		if (*p == '*')
			n += (size_t)snprintf(ret + n, size - n, "%s",
					      fills[arg]);
		else
			ret[n++] = *p;
	}
	ret[n] = '\0';
}

static void check_told(const struct pair *p, const struct diff_call *c)
{
	static const struct {
		const char *syscall;
		const char *fills[2][5];
	} fills[] = {
		{ "mknod",
		  { { "", "S_IFCHR|0600", "1:3" }, { "", "S_IFSOCK", "77:77" } } },
		{ "mknodat",
		  { { "", "", "S_IFBLK", "2:1048575" },
		    { "", "", "S_IFDIR", "3:3" } } },
		{ "setxattr",
		  { { "", "\"user.a\"", "\"y\"", "1", "0" },
		    { "", "\"zz\"", "\"yy\"", "2", "0" } } },
		{ "fsetxattr",
		  { { "", "\"trusted.ab\"", "\"\"", "0", "0" },
		    { "", "\"security.x\"", "\"long\"", "4", "0" } } },
		{ "bpf", { { "" }, { "" } } },
	};

	for (size_t i = 0; i < sizeof(fills) / sizeof(fills[0]); i++) {
		if (!c->syscall || strcmp(c->syscall, fills[i].syscall) != 0)
			continue;
		for (size_t k = 0; k < 2 * c->n_abis; k++) {
			struct decision have[2];
			char text[256];

			fill_stars(c, fills[i].fills[k % 2], text, sizeof(text));
			decide_text(p, c->abis[k / 2], text, have);
			if (decision_same(&have[0], &have[1]) ||
			    have[0].rule != c->before.rule ||
			    have[1].rule != c->after.rule)
				fail_msg("%s was told, but %s on %s is not so",
					 c->text, text, c->abis[k / 2]);
		}
		return;
	}
	assert_null(c->syscall);
}

/* -- the test -------------------------------------------------------------------------- */

static size_t run_pair(void)
{
	struct pair p = { 0 };

	for (int i = 0; i < 2; i++) {
		p.side[i].set = make_policy();
		p.side[i].policy = policy_set_at(p.side[i].set, 0);
		assert_int_equal(
			arena_map(policy_memfd(p.side[i].policy), &p.arena[i]),
			0);
	}
	assert_int_equal(policy_diff(&p.side[0], &p.side[1], &p.d), 0);
	try_mknods(&p);
	try_xattrs(&p);
	try_call(&p, "bpf()");
	try_call(&p, "mount()");
	for (size_t i = 0; i < p.d->n_calls; i++)
		check_told(&p, &p.d->calls[i]);
	policy_diff_free(p.d);
	for (int i = 0; i < 2; i++) {
		arena_unmap(p.arena[i]);
		policy_set_unref((struct policy_set *)p.side[i].set);
	}
	return p.differing;
}

TEST_WITHIN(diff, tells_all_that_differs_and_nothing_else, 300)
{
	size_t differing = 0;

	for (uint32_t i = 0; i < PAIRS; i++) {
		seed = i * 2654435761U + 1;
		differing += run_pair();
	}
	assert_true(differing > 10000); /* else nothing was tested */
}

/* More names than are tried. */
static struct policy_set *make_long_policy(const char *action)
{
	struct policy_set *s = NULL;
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	fprintf(f, "{\"version\": 1, \"policies\": {\"p\": {\"rules\": [");
	for (int rule = 0; rule < 25; rule++) {
		fprintf(f,
			"%s{\"syscalls\": [\"setxattr\"], \"match\": "
			"{\"name\": [",
			rule ? ", " : "");
		for (int i = 0; i < 900; i++)
			fprintf(f, "%s\"trusted.%d.%d\"", i ? ", " : "", rule, i);
		fprintf(f, "]}, \"action\": \"%s\"}", action);
	}
	fprintf(f, "], \"default\": \"continue\"}}, \"bindings\": "
		   "[{\"when\": {}, \"policy\": \"p\"}]}");
	assert_int_equal(fclose(f), 0);
	assert_int_equal(
		policy_set_parse("long", text, strlen(text), &s, &diags), 0);
	free(text);
	return s;
}

TEST_WITHIN(diff, more_than_can_be_tried_is_said, 120)
{
	struct policy_set *a = make_long_policy("emulate");
	struct policy_set *b = make_long_policy("continue");
	const struct diff_side before = { a, policy_set_at(a, 0) };
	const struct diff_side after = { b, policy_set_at(b, 0) };
	struct policy_diff *d = NULL;

	assert_int_equal(policy_diff(&before, &after, &d), -E2BIG);
	assert_null(d);
	policy_set_unref(a);
	policy_set_unref(b);
}
