// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdlib.h>
#include <string.h>

#include "policy/nearest.h"
#include "tests/harness/test.h"

static const char *hint(const char *word, const char *const *candidates)
{
	static char buf[96];
	struct nearest n;

	nearest_init(&n, word);
	for (; *candidates; candidates++)
		nearest_offer(&n, *candidates);
	return nearest_hint(&n, buf, sizeof(buf));
}

static const char *const calls[] = { "mknod", "mknodat", "setxattr",
				     "lsetxattr", "fsetxattr", "bpf", NULL };

TEST(nearest, says_what_was_meant)
{
	static const struct {
		const char *word, *meant; /* NULL: nothing is near */
	} rows[] = {
		{ "mknode", "mknod" },	    { "mkond", "mknod" },
		{ "knod", "mknod" },	    { "mknodta", "mknodat" },
		{ "setxatrr", "setxattr" }, { "lsetxatr", "lsetxattr" },
		{ "xetxattr", "setxattr" }, { "setxattrat", "setxattr" },
		{ "setaxttrs", "setxattr" }, { "fsetxattrrr", "fsetxattr" },
		{ "bpt", "bpf" },	    { "bxt", NULL },
		{ "", NULL },		    { "setxattr___", NULL },
		{ "rttaxtes", NULL },	    { "MKNOD", NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *have = hint(rows[i].word, calls);

		if (rows[i].meant ? !strstr(have, rows[i].meant) : *have)
			fail_msg("%s:%s", rows[i].word, have);
	}
	assert_string_equal(hint("mknode", calls), " (did you mean \"mknod\"?)");
}

/* The nearer one wins, whatever the order; of equals the first. */
TEST(nearest, prefers_fewer_edits)
{
	assert_string_equal(hint("abcd", (const char *[]){ "abxy", "abcx", NULL }),
			    " (did you mean \"abcx\"?)");
	assert_string_equal(hint("abcd", (const char *[]){ "abcx", "abxy", NULL }),
			    " (did you mean \"abcx\"?)");
	assert_string_equal(hint("abcd", (const char *[]){ "abcx", "abcy", NULL }),
			    " (did you mean \"abcx\"?)");
}

/* Straight from the definition: the least of all ways to edit. */
static unsigned slow(const char *a, const char *b)
{
	unsigned best, d;

	if (!*a || !*b)
		return (unsigned)(strlen(a) + strlen(b));
	best = slow(a + 1, b + 1) + (*a != *b);
	d = slow(a + 1, b) + 1;
	best = d < best ? d : best;
	d = slow(a, b + 1) + 1;
	best = d < best ? d : best;
	if (a[1] && a[0] == b[1] && a[1] == b[0]) {
		d = slow(a + 2, b + 2) + 1;
		best = d < best ? d : best;
	}
	return best;
}

TEST(nearest, counts_edits_as_defined)
{
	unsigned seed = 1;

	for (int i = 0; i < 3000; i++) {
		char a[8] = "", b[8] = "";
		struct nearest n;
		unsigned want;

		for (int k = rand_r(&seed) % 7; k >= 0; k--)
			a[k] = (char)('a' + rand_r(&seed) % 3);
		for (int k = rand_r(&seed) % 7; k >= 0; k--)
			b[k] = (char)('a' + rand_r(&seed) % 3);
		nearest_init(&n, a);
		nearest_offer(&n, b);
		want = slow(a, b);
		if ((want <= 2 && 2 * want <= strlen(a)) !=
			    (n.best[0] != '\0') ||
		    (n.best[0] && n.distance != want))
			fail_msg("%s, %s: %u, not %u", a, b, n.distance, want);
	}
}

TEST(nearest, takes_words_of_any_length)
{
	char longest[65], longer[65];

	memset(longest, 'a', 64);
	longest[63] = longest[64] = '\0';
	memset(longer, 'a', 64);
	longer[64] = '\0';
	assert_true(*hint(longest, (const char *[]){ longest, NULL }));
	assert_false(*hint(longest, (const char *[]){ longer, NULL }));
	assert_false(*hint(longer, (const char *[]){ longest, NULL }));
	assert_false(*hint("", (const char *[]){ "", NULL }));
}
