// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * config.json in, config.json out: inject/NAME.json becomes NAME.out byte for
 * byte, and NAME.expect is what was said meanwhile; a missing file stands for
 * nothing.  With DEPUTY_WRITE set they are written instead, and the test fails.
 */
#include "hook/inject.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "lib/own.h"
#include "tests/case/corpus.h"
#include "tests/harness/test.h"

static struct diags policies, config;

static const struct row {
	const char *name, *policy;
	int r;
} rows[] = {
	{ "base", NULL, INJECT_DONE },
	{ "unconfined", NULL, INJECT_DONE },
	{ "compact", NULL, INJECT_DONE },
	{ "empty_linux", NULL, INJECT_DONE },
	{ "denies", NULL, INJECT_DONE },
	{ "by_option", "nodes", INJECT_DONE },
	{ "ours_already", NULL, INJECT_DONE },
	{ "not_asked", NULL, INJECT_NOT_ASKED },
	{ "by_option", NULL, INJECT_NOT_ASKED },
	{ "unknown_policy", NULL, -EINVAL },
	{ "never", NULL, -EINVAL },
	{ "other_listener", NULL, -EINVAL },
	{ "other_receiver", NULL, -EINVAL },
	{ "no_linux", NULL, -EINVAL },
	{ "linux_list", NULL, -EINVAL },
	{ "annotation_number", NULL, -EINVAL },
	{ "annotations_list", NULL, -EINVAL },
	{ "seccomp_string", NULL, -EINVAL },
	{ "listener_number", NULL, -EINVAL },
	{ "rules_mistyped", NULL, -EINVAL },
	{ "notifies_all", NULL, -EINVAL },
	{ "twice", NULL, -EINVAL },
	{ "nul", NULL, -EINVAL },
	{ "list", NULL, -EINVAL },
	{ "empty", NULL, -EINVAL },
	{ "cut", NULL, -EINVAL },
	{ "trailing", NULL, -EINVAL },
};

static void go_there(void)
{
	assert_int_equal(chdir(DEPUTY_CASES "/inject"), 0);
}

static struct policy_set *load(void)
{
	struct policy_set *set = NULL;

	go_there();
	assert_int_equal(policy_set_load("policies.json", &set, &policies), 0);
	return set;
}

static void expect_diags(const char *name)
{
	AUTO(free_ptr) char *have = NULL;
	size_t size;
	FILE *f = open_memstream(&have, &size);

	assert_non_null(f);
	diags_print(&policies, f);
	diags_print(&config, f);
	(void)fclose(f);
	corpus_expect(name, ".expect", have);
}

static int run(const struct policy_set *set, const char *policy,
	       const char *name, const char *text, size_t bytes, char **ret)
{
	const struct inject_input in = { name, text, bytes };
	const struct inject_options o = { .policy = policy, .listener = "/l" };
	size_t ret_bytes = 0;
	int r;

	diags_init(&policies, "policies.json");
	diags_init(&config, name);
	r = inject(set, &in, &o, &policies, &config, ret, &ret_bytes);
	if (r == INJECT_DONE)
		assert_int_equal(ret_bytes, strlen(*ret));
	return r;
}

/* What is outside of linux.seccomp is the same tree; and done twice is done
 * once. */
static void check_rest(const struct policy_set *set, const struct row *row,
		       const char *before, const char *after)
{
	struct json_object *a = json_tokener_parse(before), *linux_a;
	struct json_object *b = json_tokener_parse(after), *linux_b;
	char *again = NULL;

	assert_non_null(b);
	assert_true(json_object_object_get_ex(a, "linux", &linux_a));
	assert_true(json_object_object_get_ex(b, "linux", &linux_b));
	json_object_object_del(linux_a, "seccomp");
	json_object_object_del(linux_b, "seccomp");
	assert_true(json_object_equal(a, b));
	json_object_put(a);
	json_object_put(b);
	assert_int_equal(
		run(set, row->policy, row->name, after, strlen(after), &again),
		INJECT_DONE);
	assert_string_equal(after, again);
	free(again);
}

TEST(inject, rows)
{
	struct policy_set *set = load();

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(free_ptr) char *text = NULL, *out = NULL;
		char file[128];
		size_t bytes;
		int r;

		(void)snprintf(file, sizeof(file), "%s.json", rows[i].name);
		text = corpus_read(file, &bytes);
		r = run(set, rows[i].policy, file, text, bytes, &out);
		if (r != rows[i].r)
			fail_msg("%s: %d, not %d", file, r, rows[i].r);
		expect_diags(rows[i].name);
		if (r == INJECT_DONE) {
			corpus_expect(rows[i].name, ".out", out);
			check_rest(set, &rows[i], text, out);
		} else {
			assert_null(out);
		}
	}
	policy_set_unref(set);
	if (getenv("DEPUTY_WRITE"))
		fail_msg("written anew: see what changed, and run it without "
			 "DEPUTY_WRITE");
}

TEST(inject, bytes_before_and_behind_stay)
{
	struct policy_set *set = load();
	AUTO(free_ptr) char *text = NULL, *out = NULL;
	size_t bytes, before, behind;

	text = corpus_read("base.json", &bytes);
	assert_int_equal(run(set, NULL, "base.json", text, bytes, &out),
			 INJECT_DONE);
	before = (size_t)(strstr(text, "\"syscalls\"") - text);
	assert_true(strlen(out) > bytes);
	assert_memory_equal(text, out, before);
	/* Only what is added stands between: the end of x-vendor's object. */
	behind = strlen(strstr(text, "\"maskedPaths\""));
	assert_memory_equal(text + bytes - behind, out + strlen(out) - behind,
			    behind);
	assert_non_null(strstr(out, "\"x-vendor\": { \"kept\": 1E2 }"));
	assert_non_null(strstr(out,
			       "{\"action\":\"SCMP_ACT_ALLOW\",  \"names\":"
			       "[ \"personality\" ], \"args\":"));
	policy_set_unref(set);
}

/* -- hostile ----------------------------------------------------------------------- */

/* In @each a # is a number of eight digits. */
static char *repeat(const char *head, const char *each, size_t n, const char *tail)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	(void)fputs(head, f);
	for (size_t i = 0; i < n; i++)
		for (const char *c = each; *c; c++)
			if (*c == '#')
				(void)fprintf(f, "%08zx", i);
			else
				(void)fputc(*c, f);
	(void)fputs(tail, f);
	assert_int_equal(fclose(f), 0);
	return text;
}

#define ASKS "{\"annotations\":{\"io.deputy.policy\":\"nodes\""

/* Each rule for a call that the policy cuts into many. */
#define RULES                                                                  \
	ASKS "},\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\","   \
	     "\"syscalls\":[{\"names\":[\"mknod\"],\"action\":\"SCMP_ACT_LOG\"}",    \
		",{\"names\":[\"mknod\",\"x#\"],\"action\":\"SCMP_ACT_LOG\"}"

TEST(inject, hostile_sizes)
{
	static const struct {
		const char *head, *each;
		size_t n;
		const char *tail;
		int r;
		const char *says;
	} big[] = {
		{ ASKS "},\"linux\":{},\"x\":\"", "#", INJECT_MAX_BYTES / 8,
		  "\"}", -EINVAL, "bigger than" },
		{ ASKS "},\"linux\":{},\"x\":\"", "#", 100000, "\"}",
		  INJECT_DONE, NULL },
		{ ASKS "},\"linux\":{},\"x\":", "[", 40, "", -EINVAL,
		  "nested more than 32 deep" },
		{ ASKS, ",\"k#\":\"v\"", 2000, "},\"linux\":{}}", -EINVAL,
		  "more than 1024 keys" },
		{ ASKS, ",\"k#\":\"v\"", 1000, "},\"linux\":{}}", INJECT_DONE,
		  NULL },
		{ RULES, INJECT_RULES_MAX, "],\"x\":1}}}", -EINVAL,
		  "more than 512 seccomp rules" },
		{ RULES, INJECT_RULES_MAX - 1, "]}}}", INJECT_DONE, NULL },
	};
	struct policy_set *set = load();

	for (size_t i = 0; i < ARRAY_SIZE(big); i++) {
		AUTO(free_ptr) char *out = NULL;
		AUTO(free_ptr)
		char *text =
			repeat(big[i].head, big[i].each, big[i].n, big[i].tail);
		int r = run(set, NULL, "big", text, strlen(text), &out);

		if (r != big[i].r)
			fail_msg("%zu: %d, not %d", i, r, big[i].r);
		if (r == INJECT_DONE)
			json_object_put(json_tokener_parse(out));
		else if (!strstr(config.items[0].reason, big[i].says))
			fail_msg("%zu: %s", i, config.items[0].reason);
	}
	policy_set_unref(set);
}

/* Cut anywhere it is refused, and nothing is read past its end. */
TEST(inject, every_prefix_is_refused)
{
	struct policy_set *set = load();
	AUTO(free_ptr) char *text = NULL;
	size_t bytes;

	text = corpus_read("base.json", &bytes);
	while (text[bytes - 1] == '\n')
		bytes--;
	for (size_t n = 0; n < bytes; n++) {
		char *copy = malloc(n ? n : 1), *out = NULL;

		assert_non_null(copy);
		memcpy(copy, text, n);
		assert_int_equal(run(set, NULL, "cut", copy, n, &out), -EINVAL);
		free(copy);
	}
	policy_set_unref(set);
}
