// SPDX-License-Identifier: LGPL-2.1-or-later
/* Patterns of names: against a plain recursive reading, and its cost. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "policy/glob.h"
#include "tests/harness/test.h"

static bool matches(const char *pattern, const char *text)
{
	return glob_match(pattern, strlen(pattern), text, strlen(text));
}

/* What the words mean, whatever it costs. */
static bool by_definition(const char *p, const char *t)
{
	if (!*p)
		return !*t;
	if (*p == '*')
		return by_definition(p + 1, t) || (*t && by_definition(p, t + 1));
	return *t && (*p == '?' || *p == *t) && by_definition(p + 1, t + 1);
}

/* The word number @n over @letters, shortest first. */
static void spell(unsigned n, const char *letters, char *out)
{
	unsigned base = (unsigned)strlen(letters);

	while (n) {
		n--;
		*out++ = letters[n % base];
		n /= base;
	}
	*out = '\0';
}

#define PATTERNS 5461 /* of up to 6 of 4 letters */
#define TEXTS	 127  /* of up to 6 of 2 letters */

TEST(glob, of_all_short_patterns_is_as_defined)
{
	char pattern[16], text[16];

	for (unsigned p = 0; p < PATTERNS; p++)
		for (unsigned t = 0; t < TEXTS; t++) {
			spell(p, "ab*?", pattern);
			spell(t, "ab", text);
			if (matches(pattern, text) != by_definition(pattern, text))
				fail_msg("%s of %s", pattern, text);
		}
}

TEST(glob, looks_at_no_byte_behind_the_ends)
{
	static const char pattern[] = { 'a', '*', '?' }, text[] = { 'a', 'b' };

	assert_true(glob_match(pattern, 3, text, 2));
	assert_true(glob_match(pattern, 2, text, 1));
	assert_false(glob_match(pattern, 1, text, 2));
	assert_true(glob_match(pattern, 0, text, 0));
	assert_true(matches("*.\xff?", "a.\xff\x80"));
	assert_false(matches("[ab]", "a"));
	assert_false(matches("\\*", "*"));
}

/* A matcher that goes back to every star would not end in this life. */
TEST_WITHIN(glob, of_many_stars_takes_no_more_steps_than_a_product, 60)
{
	char pattern[256], text[256];
	clock_t begin = clock();

	for (int i = 0; i < 254; i += 2)
		memcpy(pattern + i, "*a", 3);
	memcpy(pattern + 254, "b", 2);
	memset(text, 'a', 255);
	text[255] = '\0';
	for (int i = 0; i < 1000; i++)
		assert_false(matches(pattern, text));
	memcpy(pattern, "*a*a*a*a*ab", 12);
	for (int i = 0; i < 1000; i++)
		assert_false(matches(pattern, text));
	/* at most 2 * 1000 * 255 * 255 steps */
	assert_true(clock() - begin < 30 * CLOCKS_PER_SEC);
}
