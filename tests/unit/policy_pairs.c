// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * binding_pairs() against containers: what policy_set_bind() gives to each of them
 * under two random lists of bindings must be among the pairs; and of lists that a
 * person would write, nothing else is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"
#include "policy/diff.h"
#include "tests/harness/test.h"

#define POLICIES                                                               \
	"\"policies\": { \"a\": { \"rules\": [], \"default\": \"continue\" }, "   \
	"\"b\": { \"rules\": [], \"default\": \"continue\" }, "                   \
	"\"c\": { \"rules\": [], \"default\": \"continue\" } }"

/* Return: NULL: it is refused, as a binding that is never reached */
static struct policy_set *load(const char *bindings)
{
	AUTO(free_ptr) struct diags *d = calloc(1, sizeof(*d));
	AUTO(free_ptr) char *text = NULL;
	struct policy_set *set = NULL;
	int n = asprintf(&text, "{ \"version\": 1, " POLICIES
				", \"bindings\": [ %s ] }", bindings);

	assert_true(n > 0);
	diags_init(d, "test");
	if (policy_set_parse("test", text, (size_t)n, &set, d) < 0)
		return NULL;
	return set;
}

static const char *name(const struct policy *p)
{
	return p ? policy_name(p) : "none";
}

static bool has(const struct binding_pairs *p, const struct policy *before,
		const struct policy *after)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->items[i].before == before && p->items[i].after == after)
			return true;
	return false;
}

/* -- a table ----------------------------------------------------------------------- */

#define W(when, policy) "{ \"when\": {" when "}, \"policy\": \"" policy "\" }"
#define UID(u)		"\"peer_uid\": [" u "]"

static const struct {
	const char *before, *after;
	const char *pairs; /* "BEFORE-AFTER", in the order of bindings */
} rows[] = {
	{ W("", "a"), W("", "a"), "a-a" },
	{ W("", "a"), W("", "b"), "a-b" },
	{ W(UID("0"), "a") "," W("", "b"), W(UID("0"), "b") "," W("", "c"),
	  "a-b b-c" },
	/* another order of those that have nothing in common */
	{ W(UID("0"), "a") "," W(UID("1"), "b"), W(UID("1"), "b") "," W(UID("0"), "a"),
	  "a-a b-b" },
	/* more, and fewer, that are taken */
	{ W(UID("0"), "a"), W(UID("0, 1"), "a"), "a-a none-a" },
	{ W(UID("\"0-9\""), "a"), W(UID("5"), "a"), "a-a a-none" },
	{ W(UID("0"), "a"), W(UID("1"), "a"), "a-none none-a" },
	/* one binding in two */
	{ W("", "a"), W(UID("0"), "b") "," W("", "a"), "a-b a-a" },
	/* the author's word chooses */
	{ W(UID("0") ", \"annotation\": { \"k\": \"x\" }", "a") "," W("", "b"),
	  W(UID("0") ", \"annotation\": { \"k\": \"y\" }", "a") "," W("", "b"),
	  "a-b b-a b-b" },
	{ W("\"userns_owner\": [\"none\"]", "a"), W("\"userns_owner\": [5]", "a"),
	  "a-none none-a" },
	/* a container has more than one cgroup */
	{ W("\"cgroup\": \"/a\"", "a"), W("\"cgroup\": \"/b\"", "b"),
	  "a-b a-none none-b" },
};

TEST(policy_pairs, of_lists_that_people_write)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(binding_pairs_free) struct binding_pairs *p = NULL;
		struct policy_set *a = load(rows[i].before);
		struct policy_set *b = load(rows[i].after);
		char text[256] = "";

		assert_non_null(a);
		assert_non_null(b);
		assert_int_equal(binding_pairs(a, b, &p), 0);
		for (size_t k = 0; k < p->n; k++)
			(void)snprintf(text + strlen(text),
				       sizeof(text) - strlen(text), "%s%s-%s",
				       k ? " " : "", name(p->items[k].before),
				       name(p->items[k].after));
		if (strcmp(text, rows[i].pairs) != 0)
			fail_msg("row %zu: %s, wanted %s", i, text, rows[i].pairs);
		policy_set_unref(a);
		policy_set_unref(b);
	}
}

/* -- at random ------------------------------------------------------------------------ */

static const char *const annotations[] = { "", "x", "y", "xy" };
static const char *const patterns[] = { "x", "y", "*", "x*", "?", "*y" };

static const char *annotation(void *ctx, const char *key)
{
	return strcmp(key, "k") == 0 && *(const char *)ctx ? ctx : NULL;
}

/* Bindings of at most four lines; each policy may come again. */
static void write_random(char *to, size_t size)
{
	int n = 1 + rand() % 4;

	*to = '\0';
	for (int i = 0; i < n; i++) {
		char when[128] = "";
		int first = rand() % 4;

		if (rand() % 4 || i + 1 < n)
			(void)snprintf(when, sizeof(when),
				       "\"peer_uid\": [\"%d-%d\"]", first,
				       first + rand() % 3);
		if (*when && rand() % 2)
			(void)snprintf(when + strlen(when),
				       sizeof(when) - strlen(when),
				       ", \"annotation\": { \"k\": \"%s\" }",
				       patterns[rand() % (int)ARRAY_SIZE(patterns)]);
		if (rand() % 3 == 0)
			(void)snprintf(when + strlen(when),
				       sizeof(when) - strlen(when),
				       "%s\"peer_gid\": %d", *when ? ", " : "",
				       rand() % 2);
		(void)snprintf(to + strlen(to), size - strlen(to), "%s" W("%s", "%c"),
			       i ? ", " : "", when, 'a' + rand() % 3);
	}
}

static void check_containers(const struct policy_set *a, const struct policy_set *b,
			     const struct binding_pairs *p, const char *texts[2])
{
	for (unsigned i = 0; i < 6 * 2 * ARRAY_SIZE(annotations); i++) {
		const struct binding_facts f = {
			.peer_uid = i % 6,
			.peer_gid = i / 6 % 2,
			.annotation = annotation,
			.annotation_ctx = (void *)annotations[i / 12],
		};
		const struct policy *before = policy_set_bind(a, &f);
		const struct policy *after = policy_set_bind(b, &f);

		if ((before || after) && !has(p, before, after))
			fail_msg("uid %u gid %u k=%s: %s-%s is missing: %s | %s",
				 f.peer_uid, f.peer_gid, annotations[i / 12],
				 name(before), name(after), texts[0], texts[1]);
	}
}

TEST_WITHIN(policy_pairs, miss_no_container, 60)
{
	unsigned tried = 0;

	srand(7);
	for (int i = 0; i < 20000; i++) {
		char texts[2][1024];
		struct policy_set *set[2];

		for (int k = 0; k < 2; k++) {
			write_random(texts[k], sizeof(texts[k]));
			set[k] = load(texts[k]);
		}
		if (set[0] && set[1]) {
			AUTO(binding_pairs_free) struct binding_pairs *p = NULL;

			assert_int_equal(binding_pairs(set[0], set[1], &p), 0);
			check_containers(set[0], set[1], p,
					 (const char *[]){ texts[0], texts[1] });
			tried++;
		}
		policy_set_unref(set[0]);
		policy_set_unref(set[1]);
	}
	assert_true(tried > 1000); /* else nothing was tested */
}
