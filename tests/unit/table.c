// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/table.h"

#include <locale.h>
#include <string.h>

#include "ctl/text.h"
#include "tests/harness/test.h"

static void expect_escaped(const char *in, const char *want)
{
	AUTO(free_ptr) char *got = text_escape(in);

	assert_string_equal(got, want);
}

static void utf8(void)
{
	assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
}

TEST(text, control_characters_are_escaped)
{
	utf8();
	expect_escaped("", "");
	expect_escaped("plain c1", "plain c1");
	expect_escaped("a\nb\t\x7f", "a\\x0ab\\x09\\x7f");
	expect_escaped("\033[2J", "\\x1b[2J");
	expect_escaped("a\\x0a", "a\\\\x0a");
	expect_escaped("\xc2\x9b""2J", "\\xc2\\x9b2J"); /* C1: CSI */
	expect_escaped("x\xe2\x80\xae""y", "x\\xe2\\x80\\xaey"); /* U+202E */
	expect_escaped("\xe2\x80\x8b", "\\xe2\\x80\\x8b"); /* U+200B */
}

TEST(text, bytes_that_are_no_characters)
{
	utf8();
	expect_escaped("\xff\xfe", "\\xff\\xfe");
	expect_escaped("a\xe2\x82", "a\\xe2\\x82");
	expect_escaped("\xc0\xaf", "\\xc0\\xaf");
}

TEST(text, the_locale_decides_on_other_scripts)
{
	utf8();
	expect_escaped("\xc3\xa9\xe4\xb8\xad", "\xc3\xa9\xe4\xb8\xad");
	assert_int_equal(text_width("\xc3\xa9\xe4\xb8\xad"), 3);
	assert_non_null(setlocale(LC_CTYPE, "C"));
	expect_escaped("\xc3\xa9", "\\xc3\\xa9");
}

TEST(text, durations)
{
	static const struct {
		int64_t seconds;
		const char *want;
	} rows[] = { { -5, "0s" },	    { 0, "0s" },
		     { 59, "59s" },	    { 60, "1m 0s" },
		     { 3599, "59m 59s" },   { 3600, "1h 0m" },
		     { 86399, "23h 59m" },  { 86400, "1d 0h" },
		     { INT64_MAX, "106751991167300d 15h" } };
	char buf[32];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		text_duration(rows[i].seconds, buf, sizeof(buf));
		assert_string_equal(buf, rows[i].want);
	}
}

static const struct table_column columns[] = {
	{ "NAME" }, { "N", true }, { "LAST" }
};

static void expect_table(const struct table *t, bool bold, const char *want)
{
	char *text = NULL;
	size_t bytes;
	FILE *out = open_memstream(&text, &bytes);

	assert_int_equal(table_print(t, bold, out), 0);
	fclose(out);
	assert_string_equal(text, want);
	free(text);
}

TEST(table, columns_line_up)
{
	struct table *t = table_new(columns, ARRAY_SIZE(columns));

	utf8();
	expect_table(t, false, "NAME  N  LAST\n");
	table_cell(t, "a");
	table_cell_number(t, 12345);
	table_cell(t, "x");
	table_cell(t, "\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad"); /* six columns */
	table_cell_number(t, -7);
	table_cell(t, "long one");
	expect_table(t, false,
		     "NAME        N  LAST\n"
		     "a       12345  x\n"
		     "\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad     -7  long one\n");
	table_free(t);
}

TEST(table, hostile_cells_stay_in_their_line)
{
	struct table *t = table_new(columns, ARRAY_SIZE(columns));

	utf8();
	table_cell(t, "\033[31m\nroot");
	table_cell_number(t, 1);
	table_cell(t, "\r");
	table_cell(t, "an unfinished row is not shown");
	expect_table(t, true, "\033[1mNAME              N  LAST\033[0m\n"
			      "\\x1b[31m\\x0aroot  1  \\x0d\n");
	table_free(t);
}

TEST(table, without_a_head)
{
	static const struct table_column bare[] = { { NULL }, { NULL, true } };
	struct table *t = table_new(bare, ARRAY_SIZE(bare));

	for (int i = 0; i < 200; i++) {
		table_cell(t, "x");
		table_cell_number(t, i % 10);
	}
	assert_int_equal(table_print(t, true, stdout), 0);
	table_free(t);
	t = table_new(bare, ARRAY_SIZE(bare));
	table_cell(t, "a");
	table_cell_number(t, 5);
	table_cell(t, "bb");
	table_cell_number(t, 10);
	expect_table(t, true, "a    5\nbb  10\n");
	table_free(t);
}
