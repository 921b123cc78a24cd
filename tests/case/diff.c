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

#include "policy/asker.h"
#include "policy/diff.h"
#include "policy/explain.h"
#include "tests/case/random_policy.h"
#include "tests/harness/test.h"

#define PAIRS 400

/* -- deciding ------------------------------------------------------------------------- */

struct pair {
	struct diff_side side[2];
	const struct arena *arena[2];
	struct policy_diff *d;
	size_t differing; /* calls of the vocabulary */
	uint32_t seed;
};

/* @text: "uid=5 dir=/dev". The calls' own path is in "/", which says nothing. */
static void read_asker(const char *text, struct asker *ret, char *buf, size_t size)
{
	char *save, *word;

	*ret = (struct asker){ 0 };
	(void)snprintf(buf, size, "%s", text);
	for (word = strtok_r(buf, " ", &save); word;
	     word = strtok_r(NULL, " ", &save)) {
		size_t n;
		enum asker_word w = asker_find(word, &n);

		assert_int_equal(asker_set(ret, w, word + n), 0);
	}
}

static void decide_text(const struct pair *p, const char *abi_name,
			const char *text, const char *asker,
			struct decision ret[2])
{
	struct facts_caller caller;
	struct asker who;
	char words[256], directory[ASKER_DIR_BYTES];

	static struct call_text t;
	struct call_text_error error;
	struct explain_call c;
	const struct arch *arch;

	arch = arch_find(abi_name);
	assert_non_null(arch);
	if (call_text_parse(text, arch, &t, &error) < 0)
		fail_msg("%s:%u: %s", text, error.column, error.reason);
	c = explain_call_of_text(&t);
	read_asker(asker, &who, words, sizeof(words));
	c.caller = asker_caller(&who, &caller);
	c.directory = asker_directory(&who, &t, directory);
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
		    c->after.rule != have[1].rule || c->fail)
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

static const char *const askers[] = {
	"uid=0",
	"uid=unknown",
	"uid=5 gid=5 caps=CAP_MKNOD",
	"uid=1000 gid=9 caps=CAP_MKNOD,CAP_SYS_ADMIN",
	"uid=1999 gid=10",
	"uid=2000 gid=4 caps=CAP_SYS_ADMIN",
	"uid=4294967295 gid=4294967295",
	"uid=0 gid=4294967294 caps=NONE",
	"uid=999 gid=7",
};
static const char *const directories[] = {
	"/",	"/dev",	  "/dev/x",	"/devil", "NOWHERE",
	"/srv", "/srv/a", "/srv/a/b/c", "/srv2",  "/home/srv/a",
};

/* By one, in one, on one: all are too many. */
static void try_one(struct pair *p, const char *text)
{
	static const char *const abis[] = { "x86_64", "x86", "s390x" };
	const char *abi = RANDOM_WORD(abis);
	struct decision have[2];
	char asker[128];

	(void)snprintf(asker, sizeof(asker), "%s dir=%s", RANDOM_WORD(askers),
		       RANDOM_WORD(directories));
	decide_text(p, abi, text, asker, have);
	if (decision_same(&have[0], &have[1]))
		return;
	p->differing++;
	if (!told(p->d, text, abi, have))
		fail_msg("seed %u: %s by %s on %s differs, and was not told",
			 p->seed, text, asker, abi);
}

static void try_call(struct pair *p, const char *text)
{
	for (int i = 0; i < 4; i++)
		try_one(p, text);
}

static void try_mknods(struct pair *p)
{
	static const char *const modes[] = {
		"S_IFCHR|0644",	 "S_IFBLK",	  "0",
		"S_IFIFO",	 "070000",	  "S_IFCHR|0600",
		"S_IFBLK|04666", "S_IFREG|02755", "S_IFSOCK|0606"
	};
	static const char *const devs[] = {
		"0:0", "1:0", "1:3",	   "1:4",	  "1:5", "1:1048575",
		"2:0", "2:1", "2:1048574", "2:1048575",	  "3:7", "257:3",
		"2:5", "2:9", "2:10",	   "4095:1048575"
	};
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

static void try_other_xattrs(struct pair *p, const char *name)
{
	static const char *const packed[] = {
		"{value=\"y\", size=1, flags=0}, 16",
		"{value=\"yy\", size=2, flags=1}, 16",
		"{value=\"\", size=0, flags=0}, 24",
		"{value=\"n\", size=1, flags=0}, 8",
		"{value=NULL, size=1, flags=0}, 16",
		"NULL, 16",
	};
	static const char *const numbers[] = { "0", "1", "2", "3", "4294967295" };
	char text[160];

	for (size_t i = 0; i < sizeof(packed) / sizeof(packed[0]); i++) {
		(void)snprintf(text, sizeof(text),
			       "setxattrat(3, \"/x\", 0, %s, %s)", name,
			       packed[i]);
		try_call(p, text);
	}
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		(void)snprintf(text, sizeof(text),
			       "getxattr(\"/x\", %s, NULL, %s)", name,
			       numbers[i]);
		try_call(p, text);
	}
	(void)snprintf(text, sizeof(text), "removexattr(\"/x\", %s)", name);
	try_call(p, text);
	(void)snprintf(text, sizeof(text),
		       "getxattrat(AT_FDCWD, \"/x\", 0, %s, {value=NULL, "
		       "size=1, flags=0}, 16)",
		       name);
	try_call(p, text);
}

static void try_xattrs(struct pair *p)
{
	static const char *const given[] = {
		"NULL",
		"\"\"",
		"\"t\"",
		"\"u\"",
		"\"trusted.\"",
		"\"trusted.a\"",
		"\"trusted.ab\"",
		"\"trusted.b\"",
		"\"user.a\"",
		"\"user.\"",
		"\"user.b\"",
		"\"security.x\"",
		"\"\\001\"",
		"\"tx\"",
		"\"ty\"",
		"\"u\\303\\251\"",
		"\"u\\303\"",
		"\"trusted..b\"",
		"\"trusted.a.b\"",
		"\"txusted.ab\"",
		"\"user.ab\"",
		"\"user.abc\"",
		"\"x.a\"",
		"\"xaxb\"",
		"\"trusted.xb\"",
	};
	static const char *const vals[] = {
		"\"\", 0",   "\"y\", 1",     "\"y\", 2", "\"yy\", 2",
		"\"n\", 1",  "\"other\", 5", "NULL, 1",	 "\"y\", 300",
		"\"nn\", 1", "\"x\", 1",     "NULL, 0"
	};
	static const char *const sets[] = { "0", "1", "2", "3", "4" };
	char text[160];

	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++)
		for (size_t k = 0; k < sizeof(vals) / sizeof(vals[0]); k++) {
			(void)snprintf(text, sizeof(text),
				       "setxattr(\"/x\", %s, %s, %s)", given[i],
				       vals[k], RANDOM_WORD(sets));
			try_call(p, text);
			(void)snprintf(text, sizeof(text),
				       "fsetxattr(9, %s, %s, %s)", given[i],
				       vals[k], RANDOM_WORD(sets));
			try_call(p, text);
		}
	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++)
		try_other_xattrs(p, given[i]);
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

/* What is not said of the asker may be anything. */
static void fill_asker(const struct diff_call *c, unsigned k, char *ret,
		       size_t size)
{
	static const char *const words[][2] = {
		{ "uid=1000", "uid=0" },
		{ "gid=0", "gid=7" },
		{ "caps=CAP_MKNOD", "caps=CAP_CHOWN" },
		{ "dir=/dev/null", "dir=/srv" }
	};
	size_t n = (size_t)snprintf(ret, size, "%s", c->asker);

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		char name[8];

		(void)snprintf(name, sizeof(name), "%.*s",
			       (int)strcspn(words[i][0], "=") + 1, words[i][0]);
		if (!strstr(c->asker, name))
			n += (size_t)snprintf(ret + n, size - n, " %s",
					      words[i][k]);
	}
}

static void check_told(const struct pair *p, const struct diff_call *c)
{
	static const struct {
		const char *syscall;
		const char *fills[2][7];
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
		{ "setxattrat",
		  { { "", "", "", "\"trusted.a\"", "\"y\"", "1", "0" },
		    { "", "", "", "\"x\"", "\"other\"", "5", "0" } } },
		{ "getxattrat",
		  { { "", "", "", "\"trusted.a\"", "NULL", "1" },
		    { "", "", "", "\"x\"", "NULL", "5" } } },
		{ "getxattr",
		  { { "", "\"trusted.a\"", "NULL", "1" },
		    { "", "\"x\"", "NULL", "0" } } },
		{ "removexattr", { { "", "\"trusted.a\"" }, { "", "\"x\"" } } },
		{ "bpf", { { "" }, { "" } } },
	};

	for (size_t i = 0; i < sizeof(fills) / sizeof(fills[0]); i++) {
		if (!c->syscall || strcmp(c->syscall, fills[i].syscall) != 0)
			continue;
		for (size_t k = 0; k < 2 * c->n_abis; k++) {
			struct decision have[2];
			char text[256], asker[256];

			fill_stars(c, fills[i].fills[k % 2], text, sizeof(text));
			fill_asker(c, k % 2, asker, sizeof(asker));
			decide_text(p, c->abis[k / 2], text, asker, have);
			if (decision_same(&have[0], &have[1]) ||
			    have[0].rule != c->before.rule ||
			    have[1].rule != c->after.rule)
				fail_msg("seed %u: %s by %s was told, but %s "
					 "by %s on %s is not so",
					 p->seed, c->text, c->asker, text,
					 asker, c->abis[k / 2]);
		}
		return;
	}
	assert_null(c->syscall);
}

/* -- the test -------------------------------------------------------------------------- */

static size_t run_pair(void)
{
	struct pair p = { .seed = random_seed };

	for (int i = 0; i < 2; i++) {
		p.side[i].set = random_policy();
		p.side[i].policy = policy_set_at(p.side[i].set, 0);
		assert_int_equal(
			arena_map(policy_memfd(p.side[i].policy), &p.arena[i]),
			0);
	}
	assert_int_equal(policy_diff(&p.side[0], &p.side[1], &p.d), 0);
	try_mknods(&p);
	try_xattrs(&p);
	for (int i = 0; i < 20; i++)
		try_call(&p, i % 2 ? "bpf()" : "mount()");
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
		random_seed = i * 2654435761U + 1;
		differing += run_pair();
	}
	assert_true(differing > 10000); /* else nothing was tested */
}

/* More names than are tried. */
static struct policy_set *make_long_policy(const char *action)
{
	static struct diags diags;
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
		fprintf(f, "], \"size\": 1}, \"action\": \"%s\"}", action);
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
