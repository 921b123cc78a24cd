// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A container's config.json, made ready by the hook.  It is refused with a
 * diagnostic, or what is not linux.seccomp is the same tree, written with the
 * same bytes.  Made ready again it is the same text.
 */
#include <errno.h>
#include <string.h>

#include <json-c/json.h>

#include "hook/inject.h"
#include "lib/own.h"
#include "policy/doc.h"
#include "policy/lex_node.h"
#include "policy/profile.h"
#include "tests/fuzz/fuzz.h"

static const struct inject_options options[] = {
	{ .policy = NULL, .listener = "/l" },
	{ .policy = "nodes", .listener = "/l", .wait_killable = true },
	{ .policy = "denies", .listener = "/run/deputy/oci.sock" },
};

static struct diags policies, config;

static const struct policy_set *policy_set(void)
{
	static struct policy_set *set;

	if (!set)
		FUZZ_ASSERT(policy_set_load(DEPUTY_CASES
					    "/inject/policies.json",
					    &set, &policies) == 0);
	return set;
}

static int run(const struct inject_options *o, const char *text, size_t bytes,
	       char **ret_text, size_t *ret_bytes)
{
	const struct inject_input in = { "fuzz", text, bytes };
	int r;

	diags_init(&policies, "policies.json");
	diags_init(&config, "fuzz");
	r = inject(policy_set(), &in, o, &policies, &config, ret_text, ret_bytes);
	FUZZ_ASSERT(r == INJECT_DONE || r == INJECT_NOT_ASKED || r == -EINVAL);
	FUZZ_ASSERT((r == -EINVAL) == (policies.n_errors || config.n_errors));
	return r;
}

static struct doc *read_document(const char *text, size_t bytes)
{
	struct doc *d = NULL;
	static struct diags diags;

	diags_init(&diags, "fuzz");
	FUZZ_ASSERT(doc_read(text, bytes, LEX_UINT64, &diags, &d) == 0);
	return d;
}

static struct json_object *get(struct json_object *o, const char *key)
{
	struct json_object *v = NULL;

	FUZZ_ASSERT(json_object_object_get_ex(o, key, &v) && v);
	return v;
}

/* What is before and behind the value of "linux". */
static void check_bytes(const struct doc *a, const char *before, size_t n,
			const struct doc *b, const char *after, size_t m)
{
	uint32_t x = lex_member(a->lex, LEX_ROOT, "linux");
	uint32_t y = lex_member(b->lex, LEX_ROOT, "linux");
	size_t head = lex_value_at(a->lex, x), tail = lex_value_end(a->lex, x);

	FUZZ_ASSERT(lex_value_at(b->lex, y) == head);
	FUZZ_ASSERT(memcmp(before, after, head) == 0);
	FUZZ_ASSERT(m - lex_value_end(b->lex, y) == n - tail);
	FUZZ_ASSERT(memcmp(before + tail, after + m - (n - tail), n - tail) == 0);
}

/* The values in "linux", except seccomp's. */
static void check_members(const struct doc *a, const char *before,
			  const struct doc *b, const char *after)
{
	uint32_t x = lex_member(a->lex, LEX_ROOT, "linux");
	uint32_t y = lex_member(b->lex, LEX_ROOT, "linux");

	for (uint32_t n = lex_first(a->lex, x); n != LEX_NONE;
	     n = lex_next(a->lex, n)) {
		const char *key = lex_key(a->lex, n);
		uint32_t m = lex_member(b->lex, y, key);
		size_t at = lex_value_at(a->lex, n);
		size_t bytes = lex_value_end(a->lex, n) - at, to;

		FUZZ_ASSERT(m != LEX_NONE);
		if (strcmp(key, "seccomp") == 0)
			continue;
		to = lex_value_at(b->lex, m);
		FUZZ_ASSERT(lex_value_end(b->lex, m) - to == bytes);
		FUZZ_ASSERT(memcmp(before + at, after + to, bytes) == 0);
	}
}

static void check_trees(const struct doc *a, const struct doc *b,
			const struct inject_options *o)
{
	struct json_object *x = get(a->tree, "linux"),
			   *y = get(b->tree, "linux");
	struct json_object *seccomp = get(y, "seccomp"), *path = NULL;

	if (json_object_object_get_ex(seccomp, "listenerPath", &path))
		FUZZ_ASSERT(strcmp(json_object_get_string(path), o->listener) ==
			    0);
	json_object_object_del(x, "seccomp");
	json_object_object_del(y, "seccomp");
	FUZZ_ASSERT(json_object_equal(a->tree, b->tree));
}

static void check(const struct inject_options *o, const char *before, size_t n)
{
	AUTO(free_ptr) char *after = NULL, *again = NULL;
	size_t m = 0, k = 0;
	struct doc *a, *b;

	if (run(o, before, n, &after, &m) != INJECT_DONE) {
		FUZZ_ASSERT(!after);
		return;
	}
	FUZZ_ASSERT(strlen(after) == m);
	a = read_document(before, n);
	b = read_document(after, m);
	check_bytes(a, before, n, b, after, m);
	check_members(a, before, b, after);
	check_trees(a, b, o);
	doc_free(a);
	doc_free(b);
	FUZZ_ASSERT(run(o, after, m, &again, &k) == INJECT_DONE);
	FUZZ_ASSERT(k == m && memcmp(again, after, m) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		check(&options[i], (const char *)data, size);
	return 0;
}
