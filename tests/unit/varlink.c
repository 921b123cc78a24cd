// SPDX-License-Identifier: LGPL-2.1-or-later
#include "proto/varlink.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/slot.h"
#include "proto/diagnostics.h"
#include "tests/harness/test.h"

#define CALL   "{\"method\":\"a.b.C\"}"
#define CALL_2 "{\"method\":\"a.b.D\",\"parameters\":{\"x\":1}}"

static void expect_frame(struct varlink_reader *r, const char *want)
{
	const char *text;
	size_t bytes;

	assert_int_equal(varlink_reader_next(r, &text, &bytes),
			 VARLINK_FRAME_OK);
	assert_string_equal(text, want);
	assert_int_equal(bytes, strlen(want));
}

static void expect_status(struct varlink_reader *r, int want)
{
	const char *text;
	size_t bytes;

	assert_int_equal(varlink_reader_next(r, &text, &bytes), want);
}

TEST(reader, split_at_each_byte)
{
	static const char stream[] = CALL "\0" CALL_2; /* and the last NUL */

	for (size_t cut = 0; cut <= sizeof(stream); cut++) {
		struct varlink_reader r;

		varlink_reader_init(&r, 100);
		assert_int_equal(varlink_reader_push(&r, stream, cut), 0);
		if (cut > strlen(CALL))
			expect_frame(&r, CALL);
		if (cut < sizeof(stream))
			expect_status(&r, VARLINK_FRAME_NONE);
		varlink_reader_push(&r, stream + cut, sizeof(stream) - cut);
		if (cut <= strlen(CALL))
			expect_frame(&r, CALL);
		expect_frame(&r, CALL_2);
		expect_status(&r, VARLINK_FRAME_NONE);
		varlink_reader_done(&r);
	}
}

TEST(reader, byte_by_byte)
{
	static const char stream[] = CALL "\0" CALL_2;
	struct varlink_reader r;

	varlink_reader_init(&r, 100);
	for (size_t i = 0; i < sizeof(stream); i++) {
		varlink_reader_push(&r, stream + i, 1);
		if (i == strlen(CALL))
			expect_frame(&r, CALL);
		if (i == sizeof(stream) - 1)
			expect_frame(&r, CALL_2);
		expect_status(&r, VARLINK_FRAME_NONE);
	}
	varlink_reader_done(&r);
}

TEST(reader, many_in_one_read_and_across_reads)
{
	struct varlink_reader r;
	char chunk[1000];
	size_t got = 0, pushed = 0;

	/* "ab\0" over and over, cut where it happens to be */
	varlink_reader_init(&r, 2);
	for (int round = 0; round < 100; round++) {
		const char *text;
		size_t bytes;

		for (size_t i = 0; i < sizeof(chunk); i++, pushed++)
			chunk[i] = "ab"[pushed % 3];
		varlink_reader_push(&r, chunk, sizeof(chunk));
		while (varlink_reader_next(&r, &text, &bytes) ==
		       VARLINK_FRAME_OK) {
			assert_string_equal(text, "ab");
			got++;
		}
		assert_true(r.size <= 8192);
	}
	assert_int_equal(got, pushed / 3);
	varlink_reader_done(&r);
}

TEST(reader, too_big_with_and_without_its_end)
{
	struct varlink_reader r;

	varlink_reader_init(&r, 4);
	varlink_reader_push(&r, "1234", 5);
	expect_frame(&r, "1234");
	varlink_reader_push(&r, "1234", 4);
	expect_status(&r, VARLINK_FRAME_NONE);
	varlink_reader_push(&r, "5", 1);
	expect_status(&r, VARLINK_FRAME_TOO_BIG);
	varlink_reader_push(&r, "", 1);
	expect_status(&r, VARLINK_FRAME_TOO_BIG);
	varlink_reader_done(&r);
}

TEST(reader, empty_message)
{
	struct varlink_reader r;

	varlink_reader_init(&r, 4);
	varlink_reader_push(&r, "\0\0", 2);
	expect_frame(&r, "");
	expect_frame(&r, "");
	expect_status(&r, VARLINK_FRAME_NONE);
	varlink_reader_done(&r);
}

static const char deep[] = "{\"method\":\"a.b.C\",\"parameters\":{\"x\":"
			   "[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]}}";

static const struct {
	const char *text, *reason; /* reason: part of it; NULL: good */
} calls[] = {
	{ CALL, NULL },
	{ CALL_2, NULL },
	{ " { \"method\" : \"a.b.C\" } ", NULL },
	{ "{\"method\":\"a.b.C\",\"more\":true,\"oneway\":null}", NULL },
	{ "{\"method\":\"a.b.C\",\"com.example.x\":[1]}", NULL },
	{ "{\"method\":\"a.b.C\",\"parameters\":null}", NULL },
	{ "{\"method\":\"a.b.C\",\"parameters\":{\"id\":\"\u00e9\"}}", NULL },
	{ "", "unexpected end" },
	{ "garbage", "" },
	{ "GET / HTTP/1.1\r\n\r\n", "" },
	{ "{\"method\":\"a.b.C\"", "unexpected end" },
	{ CALL "x", "" },
	{ CALL CALL, "" },
	{ "null", "must be a JSON object" },
	{ "[]", "must be a JSON object" },
	{ "17", "must be a JSON object" },
	{ "{}", "no \"method\"" },
	{ "{\"method\":null}", "no \"method\"" },
	{ "{\"method\":\"\"}", "is empty" },
	{ "{\"method\":7}", "\"method\" is not a string" },
	{ "{\"method\":\"a.b.C\\u0000x\"}", "NUL" },
	{ "{\"method\":\"a.b.C\",\"parameters\":[]}", "not an object" },
	{ "{\"method\":\"a.b.C\",\"more\":1}", "\"more\" is not a boolean" },
	{ "{\"method\":\"a.b.C\",\"oneway\":\"yes\"}", "\"oneway\" is not" },
	{ "{\"method\":\"a.b.C\",\"upgrade\":{}}", "\"upgrade\" is not" },
	{ "{\"method\":\"a.b.C\",\"onewya\":true}", "not of varlink" },
	{ "{\"method\":\"a.b.\xff\"}", "" },
	{ deep, "" },
};

TEST(call, parses_or_says_why_not)
{
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		struct varlink_call c;
		const char *why = NULL;
		int r = varlink_call_parse(calls[i].text,
					   strlen(calls[i].text), &c, &why);

		if (!calls[i].reason && r == 0) {
			assert_string_equal(c.method[4] == 'C' ? "a.b.C" :
								 "a.b.D",
					    c.method);
			varlink_call_done(&c);
			continue;
		}
		if (!calls[i].reason || r != -EBADMSG || !why ||
		    !strstr(why, calls[i].reason))
			fail_msg("%s: %d %s", calls[i].text, r, why ? why : "");
	}
}

TEST(call, flags_and_parameters)
{
	static const char text[] =
		"{\"method\":\"a.b.C\",\"parameters\":{\"x\":1},"
		"\"more\":true,\"oneway\":true,\"upgrade\":true}";
	struct varlink_call c;
	const char *why;

	assert_int_equal(varlink_call_parse(text, strlen(text), &c, &why), 0);
	assert_true(c.more && c.oneway && c.upgrade);
	assert_int_equal(json_object_object_length(c.parameters), 1);
	varlink_call_done(&c);
	assert_int_equal(varlink_call_parse(CALL, strlen(CALL), &c, &why), 0);
	assert_false(c.more || c.oneway || c.upgrade);
	assert_null(c.parameters);
	varlink_call_done(&c);
}

TEST(reply, round_trip)
{
	struct json_object *m = varlink_error_new(
		"a.b.E", varlink_parameter_str("id", "a/\x01\"b"));
	struct varlink_reply r;
	const char *why;
	size_t bytes;
	char *text;

	assert_int_equal(varlink_encode(m, &text, &bytes), 0);
	json_put(m);
	assert_int_equal(bytes, strlen(text) + 1);
	assert_string_equal(text, "{\"error\":\"a.b.E\",\"parameters\":"
				  "{\"id\":\"a/\\u0001\\\"b\"}}");
	assert_int_equal(varlink_reply_parse(text, bytes - 1, &r, &why), 0);
	assert_string_equal(r.error, "a.b.E");
	assert_string_equal(json_object_get_string(json_object_object_get(
				    r.parameters, "id")),
			    "a/\x01\"b");
	varlink_reply_done(&r);
	free(text);
}

TEST(reply, wrong_types)
{
	static const char *const bad[] = { "{\"error\":1}", "[]", "{\"x\":1}",
					   "{\"parameters\":7}",
					   "{\"continues\":\"no\"}" };
	struct varlink_reply r;
	const char *why;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(varlink_reply_parse(bad[i], strlen(bad[i]), &r,
						     &why),
				 -EBADMSG);
	assert_int_equal(varlink_reply_parse("{}", 2, &r, &why), 0);
	assert_null(r.error);
	assert_null(r.parameters);
	varlink_reply_done(&r);
}

TEST(encode, too_big)
{
	char *big = malloc(VARLINK_MESSAGE_MAX_BYTES + 1), *text;
	struct json_object *m;
	size_t bytes;

	memset(big, 'x', VARLINK_MESSAGE_MAX_BYTES);
	big[VARLINK_MESSAGE_MAX_BYTES] = 0;
	m = varlink_reply_new(varlink_parameter_str("x", big));
	assert_int_equal(varlink_encode(m, &text, &bytes), -EMSGSIZE);
	json_put(m);
	free(big);
}

TEST(diagnostics, as_the_interface_has_them)
{
	struct diags *d = calloc(1, sizeof(*d));
	struct json_object *array;

	strcpy(d->file, "/etc/p.d");
	d->items[0] = (struct diag){ DIAG_WARNING, 12, 7, "/a/0", "odd", 1,
				     "/etc/p.d/p.json" };
	d->n = 1;
	array = diagnostics_json(d);
	assert_string_equal(
		json_object_to_json_string_ext(
			array, JSON_C_TO_STRING_NOSLASHESCAPE),
		"[{\"level\":\"warning\",\"file\":\"/etc/p.d/p.json\",\"line\":12,"
		"\"column\":7,\"pointer\":\"/a/0\",\"reason\":\"odd\"}]");
	json_put(array);
	d->n = d->n_errors = 10 * DIAGS_MAX; /* more than were kept */
	array = diagnostics_json(d);
	assert_int_equal(json_object_array_length(array), DIAGS_MAX);
	json_put(array);
	free(d);
}

/* The fields of the IDL's Counters are the journal slot's. */
TEST(idl, counters_are_those_of_the_slot)
{
	static const char *const names[] = {
#define X(name, help) #name,
		SLOT_COUNTERS(X)
#undef X
	};
	const char *at = strstr(varlink_idl_control, "type Counters (");
	const char *end = at ? strstr(at, "\n)") : NULL;
	size_t n = 0;

	assert_non_null(end);
	for (; at && at < end; at = strstr(at + 1, ": int")) {
		const char *name = at;

		if (*at != ':')
			continue;
		while (isalpha((unsigned char)name[-1]) || name[-1] == '_')
			name--;
		assert_true(n < ARRAY_SIZE(names));
		assert_int_equal(strlen(names[n]), at - name);
		assert_memory_equal(names[n], name, at - name);
		n++;
	}
	assert_int_equal(n, ARRAY_SIZE(names));
}
