// SPDX-License-Identifier: LGPL-2.1-or-later
/* The corpus held against the parser and the checker; damaged copies of it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/arena.h"
#include "policy/policy.h"
#include "tests/case/corpus.h"
#include "tests/harness/test.h"

static struct diags diags; /* too big for a stack */

static void map_all(const struct policy_set *s)
{
	for (size_t i = 0; i < policy_set_count(s); i++) {
		const struct arena *a;

		assert_int_equal(
			arena_map(policy_memfd(policy_set_at(s, i)), &a), 0);
		arena_unmap(a);
	}
}

static void expect_taken(const char *path)
{
	struct policy_set *s = NULL;
	int r = policy_set_load(path, &s, &diags);

	if (r || diags.n) {
		diags_print(&diags, stdout);
		fail_msg("%s: %d, %zu diagnostics", path, r, diags.n);
	}
	assert_true(policy_set_count(s) > 0);
	map_all(s);
	policy_set_unref(s);
}

TEST(corpus, good_files_are_taken)
{
	assert_true(corpus_each("good", expect_taken) >= 10);
}

/* Refused, or taken with warnings: in each case as NAME.expect says. */
static void expect_lines(const char *path, bool refused)
{
	struct policy_set *s = NULL;
	char expect_path[256], *want, *have;
	size_t bytes, size;
	FILE *f = open_memstream(&have, &size);
	int r = policy_set_load(path, &s, &diags);

	diags_print(&diags, f);
	(void)fclose(f);
	(void)snprintf(expect_path, sizeof(expect_path), "%.*s.expect",
		       (int)(strlen(path) - strlen(".json")), path);
	want = corpus_read(expect_path, &bytes);
	if (r != (refused ? -EINVAL : 0) || refused != !s ||
	    refused != (diags.n_errors > 0) || strcmp(want, have) != 0)
		fail_msg("%s: returned %d and said\n%s-- not\n%s", path, r,
			 have, want);
	policy_set_unref(s);
	free(want);
	free(have);
}

static void expect_refused(const char *path)
{
	expect_lines(path, true);
}

static void expect_warned(const char *path)
{
	expect_lines(path, false);
}

TEST(corpus, odd_files_are_taken_with_warnings)
{
	assert_true(corpus_each("warned", expect_warned) >= 1);
#ifdef __x86_64__ /* they name its ABIs */
	assert_true(corpus_each("warned/x86", expect_warned) >= 1);
#endif
}

TEST(corpus, bad_files_are_refused_with_place_and_reason)
{
	assert_true(corpus_each("bad", expect_refused) >= 40);
}

TEST(corpus, files_that_only_the_checker_sees_through_are_refused)
{
	assert_true(corpus_each("bad/checker", expect_refused) >= 20);
}

TEST(corpus, files_that_are_no_json_are_refused)
{
	assert_true(corpus_each("bad/json", expect_refused) >= 30);
}

/* Whatever a file holds: a sound set or an error, never both or neither. */
static int parse_copy(const char *text, size_t bytes)
{
	struct policy_set *s = NULL;
	char *copy = malloc(bytes ? bytes : 1); /* so that ASan sees its end */
	int r;

	assert_non_null(copy);
	memcpy(copy, text, bytes);
	r = policy_set_parse("damaged", copy, bytes, &s, &diags);
	if (r == 0)
		map_all(s);
	assert_int_equal(r == 0, s != NULL);
	assert_int_equal(r == 0, diags.n_errors == 0);
	assert_true(r == 0 || r == -EINVAL);
	policy_set_unref(s);
	free(copy);
	return r;
}

static void truncate_everywhere(const char *path)
{
	size_t bytes, whole;
	char *text = corpus_read(path, &bytes);

	whole = (size_t)(strrchr(text, '}') - text) + 1;
	for (size_t n = 0; n <= bytes; n++)
		if ((parse_copy(text, n) == 0) != (n >= whole))
			fail_msg("%s: cut at %zu", path, n);
	free(text);
}

TEST_WITHIN(damage, a_file_cut_at_any_byte_is_refused, 100)
{
	assert_true(corpus_each("good", truncate_everywhere) >= 10);
}

static void damage_everywhere(const char *path)
{
	static const unsigned char flips[] = { 0x01, 0x08, 0x20, 0x80, 0xff };
	size_t bytes;
	char *text = corpus_read(path, &bytes);

	for (size_t n = 0; n < bytes; n++)
		for (size_t i = 0; i < sizeof(flips); i++) {
			text[n] = (char)(text[n] ^ flips[i]);
			(void)parse_copy(text, bytes);
			text[n] = (char)(text[n] ^ flips[i]);
		}
	assert_int_equal(parse_copy(text, bytes), 0);
	free(text);
}

TEST_WITHIN(damage, no_flipped_bit_gives_a_set_and_an_error, 100)
{
	assert_true(corpus_each("good", damage_everywhere) >= 10);
}
