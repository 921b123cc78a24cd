// SPDX-License-Identifier: LGPL-2.1-or-later
#include "proto/oci_state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/harness/test.h"

/* As captured: runc 1.1.5 and crun 1.8.1; youki as its source writes it. */
static const char runc_create[] =
	"{\"ociVersion\":\"1.0.2-dev\",\"fds\":[\"seccompFd\"],\"pid\":31589,"
	"\"metadata\":\"policy=default\",\"state\":{\"ociVersion\":\"1.0.2-dev\","
	"\"id\":\"c1\",\"status\":\"creating\",\"pid\":31589,"
	"\"bundle\":\"/b\",\"annotations\":{\"deputy.policy\":\"default\"}}}";
static const char runc_exec[] =
	"{\"ociVersion\":\"1.0.2-dev\",\"fds\":[\"seccompFd\"],\"pid\":31608,"
	"\"state\":{\"ociVersion\":\"1.0.2-dev\",\"id\":\"c1\","
	"\"status\":\"running\",\"pid\":31589,\"bundle\":\"/b\"}}";
static const char crun_create[] =
	"{\n    \"ociVersion\": \"0.2.0\",\n    \"fds\": [\n"
	"        \"seccompFd\"\n    ],\n    \"pid\": 31626,\n"
	"    \"metadata\": \"policy=default\",\n    \"state\": {\n"
	"        \"ociVersion\": \"0.2.0\",\n        \"id\": \"c2\",\n"
	"        \"status\": \"creating\",\n        \"pid\": 31626,\n"
	"        \"bundle\": \"/b\",\n        \"annotations\": {\n"
	"            \"deputy.policy\": \"default\"\n        }\n    }\n}\n";
static const char crun_exec[] =
	"{\n    \"ociVersion\": \"0.2.0\",\n    \"fds\": [\n"
	"        \"seccompFd\"\n    ],\n    \"pid\": 0,\n"
	"    \"state\": {\n        \"ociVersion\": \"0.2.0\",\n"
	"        \"id\": \"c2\",\n        \"status\": \"running\",\n"
	"        \"pid\": 0,\n        \"bundle\": \".\"\n    }\n}\n";
static const char youki_create[] =
	"{\"ociVersion\":\"v1.0.2\",\"fds\":[\"seccompFd\"],\"pid\":77,"
	"\"metadata\":\"\",\"state\":{\"ociVersion\":\"v1.0.2\",\"id\":\"y\","
	"\"status\":\"creating\",\"pid\":77,\"bundle\":\"/y\","
	"\"annotations\":{},\"created\":null,\"creator\":0,"
	"\"useSystemd\":false}}";

static const struct golden {
	const char *text, *id, *status, *bundle, *metadata, *policy;
	pid_t pid, init_pid;
} goldens[] = {
	{ runc_create, "c1", "creating", "/b", "policy=default", "default",
	  31589, 31589 },
	{ runc_exec, "c1", "running", "/b", NULL, NULL, 31608, 31589 },
	{ crun_create, "c2", "creating", "/b", "policy=default", "default",
	  31626, 31626 },
	{ crun_exec, "c2", "running", ".", NULL, NULL, 0, 0 },
	{ youki_create, "y", "creating", "/y", "", NULL, 77, 77 },
};

static void assert_str(const char *a, const char *b)
{
	if (!a || !b)
		assert_ptr_equal(a, b);
	else
		assert_string_equal(a, b);
}

/* Return: enum oci_frame_status of the whole text, with the bytes used */
static int frame(const char *text, size_t n, size_t step, size_t *ret_used,
		 struct oci_error *e)
{
	struct oci_frame f = { 0 };
	int r = OCI_FRAME_MORE;

	*ret_used = 0;
	for (size_t at = 0; at < n && r == OCI_FRAME_MORE; at += step) {
		size_t used = 0;

		r = oci_frame_feed(&f, text + at, step < n - at ? step : n - at,
				   &used, e);
		*ret_used += used;
	}
	return r;
}

/* Return: 0 or the error of whichever step refuses */
static int take(const char *text, size_t n, struct oci_state *s,
		struct oci_error *e)
{
	size_t used;
	int r = frame(text, n, n, &used, e);

	if (r == OCI_FRAME_BAD)
		return -EINVAL;
	if (r == OCI_FRAME_MORE)
		return -EAGAIN;
	return oci_state_parse(text, used, s, e);
}

TEST(oci_state, golden_messages)
{
	for (size_t i = 0; i < sizeof(goldens) / sizeof(goldens[0]); i++) {
		const struct golden *g = &goldens[i];
		struct oci_error e = { "" };
		struct oci_state s;

		if (take(g->text, strlen(g->text), &s, &e))
			fail_msg("%zu: %s", i, e.reason);
		assert_str(s.id, g->id);
		assert_str(s.status, g->status);
		assert_str(s.bundle, g->bundle);
		assert_str(s.metadata, g->metadata);
		assert_str(oci_annotation(s.annotations, "deputy.policy"),
			   g->policy);
		assert_int_equal(s.pid, g->pid);
		assert_int_equal(s.init_pid, g->init_pid);
		assert_int_equal(s.n_fds, 1);
		assert_int_equal(s.fd_index, 0);
		oci_state_done(&s);
	}
}

/* json-c 0.18 refuses these bytes where it is asked to be strict. */
TEST(oci_state, text_beyond_ascii)
{
	static const char text[] = "{\"ociVersion\":\"1\",\"fds\":[\"seccompFd\"],"
				   "\"pid\":1,\"metadata\":\"\u00e9\","
				   "\"state\":{\"ociVersion\":\"1\",\"id\":\"c\","
				   "\"status\":\"s\",\"bundle\":\"/\u20ac\"}}";
	struct oci_error e = { "" };
	struct oci_state s;

	if (take(text, strlen(text), &s, &e))
		fail_msg("%s", e.reason);
	assert_str(s.metadata, "\u00e9");
	assert_str(s.bundle, "/\u20ac");
	oci_state_done(&s);
}

TEST(oci_state, splits_do_not_matter)
{
	for (size_t i = 0; i < sizeof(goldens) / sizeof(goldens[0]); i++) {
		const char *t = goldens[i].text;
		size_t object = (size_t)(strrchr(t, '}') - t) + 1;

		for (size_t step = 1; step <= strlen(t); step++) {
			struct oci_error e;
			size_t used;

			assert_int_equal(frame(t, strlen(t), step, &used, &e),
					 OCI_FRAME_DONE);
			assert_int_equal(used, object);
		}
	}
}

TEST(oci_state, truncation_at_every_byte_waits_for_more)
{
	const char *t = goldens[0].text;

	for (size_t n = 0; n < strlen(t); n++) {
		struct oci_error e;
		struct oci_state s;

		assert_int_equal(take(t, n, &s, &e), -EAGAIN);
		assert_int_equal(oci_state_parse(t, n, &s, &e), -EINVAL);
	}
}

/* Flip each byte to each other value: no crash, and never a wrong id. */
TEST_WITHIN(oci_state, one_wrong_byte, 60)
{
	const char *t = goldens[0].text;
	size_t n = strlen(t), refused = 0;
	char *copy = strdup(t);

	for (size_t i = 0; i < n; i++) {
		for (int c = 0; c < 256; c++) {
			struct oci_error e;
			struct oci_state s;

			copy[i] = (char)c;
			if (take(copy, n, &s, &e) < 0) {
				refused++;
				continue;
			}
			assert_true(strlen(s.id) <= OCI_STATE_ID_MAX);
			assert_true(s.fd_index < s.n_fds);
			oci_state_done(&s);
		}
		copy[i] = t[i];
	}
	assert_true(refused > n * 50);
	free(copy);
}

#define STATE "\"state\":{\"ociVersion\":\"1\",\"id\":\"c\",\"status\":\"s\"," \
	      "\"bundle\":\"/\"}"
#define REST  "\"ociVersion\":\"1\",\"pid\":1," STATE
#define WITH(state)                                                            \
	"{\"ociVersion\":\"1\",\"pid\":1,\"fds\":[\"seccompFd\"],\"state\":" state "}"

TEST(oci_state, garbage_is_refused_with_its_reason)
{
	static const struct {
		const char *text, *reason;
	} rows[] = {
		{ "hello", "not a JSON object" },
		{ "[1]", "not a JSON object" },
		{ "}", "not a JSON object" },
		{ "\"x\"", "not a JSON object" },
		{ "{]", "brackets that do not match" },
		{ "{\"a\":[}", "brackets that do not match" },
		{ "{\"a\":\"\\u0000\"}", "an escaped NUL" },
		{ "{\"a\" 1}", "at byte" },
		{ "{\"a\":\"\xff\"}", "at byte" },
		{ "{}", "no \"ociVersion\"" },
		{ "{\"ociVersion\":1}", "no \"ociVersion\"" },
		{ "{" REST "}", "no array \"fds\"" },
		{ "{\"fds\":{}," REST "}", "no array \"fds\"" },
		{ "{\"fds\":[]," REST "}", "0 \"seccompFd\"" },
		{ "{\"fds\":[\"x\"]," REST "}", "0 \"seccompFd\"" },
		{ "{\"fds\":[\"seccompFd\",\"seccompFd\"]," REST "}",
		  "2 \"seccompFd\"" },
		{ "{\"fds\":[1]," REST "}", "is no string" },
		{ "{\"fds\":[1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7]," REST "}",
		  "more than 16 \"fds\"" },
		{ "{\"ociVersion\":\"1\",\"fds\":[\"seccompFd\"]," STATE "}",
		  "no \"pid\"" },
		{ "{\"ociVersion\":\"1\",\"fds\":[\"seccompFd\"],\"pid\":\"1\","
		  STATE "}",
		  "\"pid\" is not an integer" },
		{ "{\"ociVersion\":\"1\",\"fds\":[\"seccompFd\"],\"pid\":-1,"
		  STATE "}",
		  "\"pid\" is not a pid" },
		{ "{\"ociVersion\":\"1\",\"fds\":[\"seccompFd\"],"
		  "\"pid\":4294967296," STATE "}",
		  "\"pid\" is not a pid" },
		{ "{\"metadata\":3,\"fds\":[\"seccompFd\"]," REST "}",
		  "\"metadata\" is not a string" },
		{ WITH("3"), "no object \"state\"" },
		{ WITH("{\"ociVersion\":\"1\"}"), "no \"id\"" },
		{ WITH("{\"ociVersion\":\"1\",\"id\":\"\",\"status\":\"s\","
		       "\"bundle\":\"/\"}"),
		  "\"id\" is empty" },
		{ WITH("{\"ociVersion\":\"1\",\"id\":\"a\\nb\","
		       "\"status\":\"s\",\"bundle\":\"/\"}"),
		  "control byte" },
		{ WITH("{\"ociVersion\":\"1\",\"id\":3,\"status\":\"s\","
		       "\"bundle\":\"/\"}"),
		  "\"id\" is not a string" },
		{ WITH("{\"ociVersion\":\"1\",\"id\":\"c\",\"status\":\"s\"}"),
		  "no \"bundle\"" },
		{ WITH("{\"ociVersion\":\"1\",\"id\":\"c\",\"bundle\":\"/\"}"),
		  "no \"status\"" },
		{ WITH("{\"ociVersion\":\"1\",\"id\":\"c\",\"status\":\"s\","
		       "\"bundle\":\"/\",\"pid\":1.5}"),
		  "\"pid\" is not an integer" },
		{ WITH("{\"ociVersion\":\"1\",\"id\":\"c\",\"status\":\"s\","
		       "\"bundle\":\"/\",\"annotations\":[]}"),
		  "\"annotations\" is not an object" },
		{ WITH("{\"ociVersion\":\"1\",\"id\":\"c\",\"status\":\"s\","
		       "\"bundle\":\"/\",\"annotations\":{\"a\":1}}"),
		  "annotation is not a string" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct oci_error e = { "" };
		struct oci_state s;
		int r = take(rows[i].text, strlen(rows[i].text), &s, &e);

		if (r != -EINVAL || !strstr(e.reason, rows[i].reason))
			fail_msg("%s: %d %s", rows[i].text, r, e.reason);
	}
}

TEST(oci_state, an_id_has_a_longest)
{
	for (int extra = 0; extra < 2; extra++) {
		struct oci_error e = { "" };
		struct oci_state s;
		char *text;

		assert_true(asprintf(&text,
				     WITH("{\"ociVersion\":\"1\",\"id\":\"%0*d\","
					  "\"status\":\"s\",\"bundle\":\"/\"}"),
				     OCI_STATE_ID_MAX + extra, 7) > 0);
		if (extra) {
			assert_int_equal(take(text, strlen(text), &s, &e),
					 -EINVAL);
			assert_non_null(strstr(e.reason, "longer than 255"));
		} else {
			assert_int_equal(take(text, strlen(text), &s, &e), 0);
			oci_state_done(&s);
		}
		free(text);
	}
}

TEST(oci_state, nested_strings_do_not_close_the_object)
{
	static const char text[] =
		WITH("{\"ociVersion\":\"1\",\"id\":\"}\\\"{\",\"status\":\"]\","
		     "\"bundle\":\"\\\\\",\"x\":[{},[[]]]}") "tail";
	struct oci_error e;
	struct oci_state s;
	size_t used;

	assert_int_equal(frame(text, sizeof(text) - 1, 3, &used, &e),
			 OCI_FRAME_DONE);
	assert_int_equal(used, sizeof(text) - 1 - 4);
	assert_int_equal(oci_state_parse(text, used, &s, &e), 0);
	assert_string_equal(s.id, "}\"{");
	oci_state_done(&s);
}

TEST(oci_state, depth_has_a_cap)
{
	for (int depth = OCI_STATE_MAX_DEPTH; depth <= OCI_STATE_MAX_DEPTH + 1;
	     depth++) {
		char text[256] = "{\"a\":";
		size_t n = strlen(text), used;
		struct oci_error e;

		memset(text + n, '[', (size_t)depth - 1);
		memset(text + n + depth - 1, ']', (size_t)depth - 1);
		text[n + 2 * (size_t)depth - 2] = '}';
		assert_int_equal(frame(text, strlen(text), 1, &used, &e),
				 depth > OCI_STATE_MAX_DEPTH ? OCI_FRAME_BAD :
							       OCI_FRAME_DONE);
	}
}

TEST(oci_state, a_message_has_a_longest)
{
	size_t n = OCI_STATE_MAX_BYTES + 1, used;
	char *text = malloc(n);
	struct oci_error e;

	assert_non_null(text);
	memset(text, ' ', n);
	text[0] = '{';
	assert_int_equal(frame(text, n - 1, 4096, &used, &e), OCI_FRAME_MORE);
	assert_int_equal(frame(text, n, 4096, &used, &e), OCI_FRAME_BAD);
	assert_non_null(strstr(e.reason, "1 MiB"));
	text[n - 2] = '}';
	assert_int_equal(frame(text, n, 4096, &used, &e), OCI_FRAME_DONE);
	free(text);
}

TEST(oci_state, only_space_may_follow)
{
	assert_true(oci_frame_is_space("", 0));
	assert_true(oci_frame_is_space("\n \t\r", 4));
	assert_false(oci_frame_is_space("\n{", 2));
	assert_false(oci_frame_is_space("\0", 1));
}
