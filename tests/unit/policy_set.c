// SPDX-License-Identifier: LGPL-2.1-or-later
/* Loading a file, its life, and which policy a container gets. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy/policy.h"
#include "tests/harness/test.h"

static const char text[] =
	"{\"version\":1,\"policies\":{"
	"\"a\":{\"rules\":[],\"default\":\"continue\"},"
	"\"b\":{\"rules\":[{\"syscalls\":[\"mount\"],\"action\":\"continue\"}],"
	"\"default\":{\"errno\":\"EPERM\"}},"
	"\"c\":{\"rules\":[],\"default\":\"continue\"}},"
	"\"bindings\":["
	"{\"when\":{\"annotation\":{\"x\":\"1\",\"y\":\"\"},\"peer_uid\":[0,5]},"
	"\"policy\":\"a\"},"
	"{\"when\":{\"metadata\":\"m\",\"peer_uid\":[5]},\"policy\":\"b\"},"
	"{\"when\":{\"peer_uid\":[0]},\"policy\":\"c\"}]}";

static struct diags diags;

static struct policy_set *load(void)
{
	struct policy_set *s = NULL;

	assert_int_equal(policy_set_parse("test.json", text, strlen(text), &s,
					  &diags),
			 0);
	assert_int_equal(diags.n, 0);
	return s;
}

/* ctx: pairs of key and value, NULL at the end */
static const char *annotation(void *ctx, const char *key)
{
	for (const char **pair = ctx; *pair; pair += 2)
		if (strcmp(pair[0], key) == 0)
			return pair[1];
	return NULL;
}

TEST(binding, needs_all_that_it_names)
{
	static const char *both[] = { "y", "", "x", "1", NULL };
	static const char *one[] = { "x", "1", NULL };
	static const char *other[] = { "x", "2", "y", "", NULL };
	static const char *none[] = { NULL };
	static const struct {
		uid_t uid;
		const char *metadata, **annotations, *policy;
	} rows[] = {
		{ 0, NULL, both, "a" },	  { 5, NULL, both, "a" },
		{ 5, "m", both, "a" },	  { 5, "m", one, "b" },
		{ 5, "m", NULL, "b" },	  { 5, "M", none, NULL },
		{ 5, NULL, other, NULL }, { 0, "m", other, "c" },
		{ 0, NULL, NULL, "c" },	  { 6, "m", both, NULL },
		{ (uid_t)-1, NULL, NULL, NULL },
	};
	struct policy_set *s = load();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct binding_facts f = {
			.peer_uid = rows[i].uid,
			.metadata = rows[i].metadata,
			.annotation = rows[i].annotations ? annotation : NULL,
			.annotation_ctx = rows[i].annotations,
		};
		const struct policy *p = policy_set_bind(s, &f);

		if (!rows[i].policy != !p ||
		    (p && strcmp(policy_name(p), rows[i].policy) != 0))
			fail_msg("row %zu: %s", i, p ? policy_name(p) : "none");
	}
	policy_set_unref(s);
}

/* Who it is that a binding of one condition takes, and who not. */
struct known {
	const char *when;
	bool taken;
	struct binding_facts facts;
};

static const char *const deep[] = { "/", "/a/b/c" };
static const char *const odd[] = { "/x\x01\t\xff" };
static const char *pair[] = { "k", "v*1", NULL };
static char long_text[BINDING_TEXT_MAX + 2];

static const struct known known[] = {
	{ "\"peer_uid\":5", true, { .peer_uid = 5 } },
	{ "\"peer_uid\":5", false, { .peer_uid = 6 } },
	{ "\"peer_uid\":[\"5-7\",9]", true, { .peer_uid = 7 } },
	{ "\"peer_uid\":[\"5-7\",9]", false, { .peer_uid = 8 } },
	{ "\"peer_gid\":[\"5-7\",9]", true, { .peer_gid = 9 } },
	{ "\"peer_gid\":\"5-7\"", false, { .peer_uid = 6, .peer_gid = 4 } },
	{ "\"userns_owner\":0",
	  true,
	  { .userns = USERNS_OWNED, .userns_owner = 0 } },
	{ "\"userns_owner\":0",
	  false,
	  { .userns = USERNS_OWNED, .userns_owner = 1 } },
	{ "\"userns_owner\":0", false, { .userns = USERNS_NONE } },
	{ "\"userns_owner\":0", false, { .userns = USERNS_UNKNOWN } },
	{ "\"userns_owner\":\"none\"", true, { .userns = USERNS_NONE } },
	{ "\"userns_owner\":\"none\"", false, { .userns = USERNS_UNKNOWN } },
	{ "\"userns_owner\":\"none\"",
	  false,
	  { .userns = USERNS_OWNED, .userns_owner = 0 } },
	{ "\"userns_owner\":[\"none\",\"1-9\"]",
	  true,
	  { .userns = USERNS_OWNED, .userns_owner = 9 } },
	{ "\"userns_owner\":[\"none\",\"1-9\"]", true, { .userns = USERNS_NONE } },
	{ "\"cgroup\":\"/a/b/c\"", true, { .cgroups = deep, .n_cgroups = 2 } },
	{ "\"cgroup\":\"/a/*\"", true, { .cgroups = deep, .n_cgroups = 2 } },
	{ "\"cgroup\":\"/\"", true, { .cgroups = deep, .n_cgroups = 2 } },
	{ "\"cgroup\":\"/a\"", false, { .cgroups = deep, .n_cgroups = 2 } },
	{ "\"cgroup\":[\"/b\",\"/a/?/c\"]",
	  true,
	  { .cgroups = deep, .n_cgroups = 2 } },
	{ "\"cgroup\":\"/*\"", false, { .n_cgroups = 0 } },
	{ "\"cgroup\":\"/x\\u0001\\t?\"", true, { .cgroups = odd, .n_cgroups = 1 } },
	{ "\"peer_uid\":0,\"id\":\"web-?\"", true, { .id = "web-1" } },
	{ "\"peer_uid\":0,\"id\":\"web-?\"", false, { .id = "web-12" } },
	{ "\"peer_uid\":0,\"id\":\"web-?\"",
	  false,
	  { .peer_uid = 1, .id = "web-1" } },
	{ "\"peer_uid\":0,\"bundle\":[\"/a/*\",\"/b\"]", true, { .bundle = "/b" } },
	{ "\"peer_uid\":0,\"bundle\":[\"/a/*\",\"/b\"]", false, { .bundle = "/c" } },
	{ "\"peer_uid\":0,\"bundle\":\"*\"", false, { .bundle = NULL } },
	{ "\"peer_uid\":0,\"metadata\":\"*m*\"", true, { .metadata = "xmx" } },
	{ "\"peer_uid\":0,\"metadata\":\"\"", true, { .metadata = "" } },
	{ "\"peer_uid\":0,\"metadata\":\"\"", false, { .metadata = NULL } },
	{ "\"peer_uid\":0,\"metadata\":\"*\"", false, { .metadata = long_text } },
	{ "\"peer_uid\":0,\"metadata\":\"*\"", true, { .metadata = long_text + 1 } },
	{ "\"peer_uid\":0,\"annotation\":{\"k\":\"v*\"}",
	  true,
	  { .annotation = annotation, .annotation_ctx = pair } },
	{ "\"peer_uid\":0,\"annotation\":{\"k\":[\"w\",\"v??\"]}",
	  true,
	  { .annotation = annotation, .annotation_ctx = pair } },
	{ "\"peer_uid\":0,\"annotation\":{\"k\":\"v\"}",
	  false,
	  { .annotation = annotation, .annotation_ctx = pair } },
	{ "\"peer_uid\":0,\"annotation\":{\"k\":\"*\",\"l\":\"*\"}",
	  false,
	  { .annotation = annotation, .annotation_ctx = pair } },
};

TEST(binding, takes_by_each_fact)
{
	memset(long_text, 'm', sizeof(long_text) - 1);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct policy_set *s = NULL;
		char json[512];

		(void)snprintf(json, sizeof(json),
			       "{\"version\":1,\"policies\":{\"p\":{\"rules\":"
			       "[],\"default\":\"continue\"}},\"bindings\":[{"
			       "\"when\":{%s},\"policy\":\"p\"}]}",
			       known[i].when);
		if (policy_set_parse("x", json, strlen(json), &s, &diags) ||
		    !policy_set_bind(s, &known[i].facts) == known[i].taken)
			fail_msg("row %zu: %s", i, known[i].when);
		policy_set_unref(s);
	}
}

TEST(set, tells_its_policies)
{
	struct policy_set *s = load();

	assert_string_equal(policy_set_source(s), "test.json");
	assert_int_equal(policy_set_count(s), 3);
	assert_string_equal(policy_name(policy_set_at(s, 1)), "b");
	assert_int_equal(policy_rule_count(policy_set_at(s, 1)), 1);
	assert_null(policy_set_at(s, 3));
	assert_ptr_equal(policy_set_find(s, "c"), policy_set_at(s, 2));
	assert_null(policy_set_find(s, "d"));
	policy_set_unref(s);
}

/* In words, the policies that one like this may get. */
static const char *may_get(struct policy_set *s, const struct binding_facts *f)
{
	static char names[64];
	const struct policy *p;
	size_t len = 0;

	names[0] = '\0';
	for (size_t i = 0; (p = policy_set_may_bind(s, f, i)); i++)
		len += (size_t)snprintf(names + len, sizeof(names) - len, "%s",
					policy_name(p));
	return names;
}

TEST(binding, may_come_of_what_is_not_known_yet)
{
	static const char json[] =
		"{\"version\":1,\"policies\":{"
		"\"o\":{\"rules\":[],\"default\":\"continue\"},"
		"\"c\":{\"rules\":[],\"default\":\"continue\"},"
		"\"i\":{\"rules\":[],\"default\":\"continue\"},"
		"\"b\":{\"rules\":[],\"default\":\"continue\"},"
		"\"u\":{\"rules\":[],\"default\":\"continue\"}},\"bindings\":["
		"{\"when\":{\"userns_owner\":5},\"policy\":\"o\"},"
		"{\"when\":{\"peer_uid\":1,\"cgroup\":\"/c\"},\"policy\":\"c\"},"
		"{\"when\":{\"peer_uid\":1,\"id\":\"i*\"},\"policy\":\"i\"},"
		"{\"when\":{\"peer_uid\":1,\"bundle\":\"/b\"},\"policy\":\"b\"},"
		"{\"when\":{\"peer_uid\":1},\"policy\":\"u\"}]}";
	static const char *const cgroup[] = { "/d" };
	static const struct {
		struct binding_facts facts;
		const char *may, *is;
	} rows[] = {
		{ { .peer_uid = 1 }, "u", "u" },
		{ { .peer_uid = 1, .foretold = true }, "ocibu", "u" },
		{ { .peer_uid = 2, .foretold = true }, "o", NULL },
		{ { .peer_uid = 1, .foretold = true, .id = "i1" }, "oci", "i" },
		{ { .peer_uid = 1, .foretold = true, .id = "j", .bundle = "/x" },
		  "ocu",
		  "u" },
		{ { .peer_uid = 1,
		    .foretold = true,
		    .userns = USERNS_NONE,
		    .cgroups = cgroup,
		    .n_cgroups = 1 },
		  "ibu",
		  "u" },
		{ { .peer_uid = 1,
		    .foretold = true,
		    .userns = USERNS_OWNED,
		    .userns_owner = 5 },
		  "o",
		  "o" },
	};
	struct policy_set *s = NULL;

	assert_int_equal(policy_set_parse("x", json, strlen(json), &s, &diags), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct policy *p = policy_set_bind(s, &rows[i].facts);

		assert_string_equal(may_get(s, &rows[i].facts), rows[i].may);
		if (rows[i].is)
			assert_string_equal(policy_name(p), rows[i].is);
		else
			assert_null(p);
	}
	policy_set_unref(s);
}

TEST(set, tells_the_annotations_that_it_looks_at)
{
	struct policy_set *s = load();

	assert_string_equal(policy_set_annotation(s, 0), "x");
	assert_string_equal(policy_set_annotation(s, 1), "y");
	assert_null(policy_set_annotation(s, 2));
	policy_set_unref(s);
}

TEST(set, lives_as_long_as_a_reference)
{
	struct policy_set *s = load();

	assert_ptr_equal(policy_set_ref(s), s);
	assert_null(policy_set_unref(s));
	assert_true(fcntl(policy_memfd(policy_set_at(s, 0)), F_GETFD) >= 0);
	assert_null(policy_set_unref(s));
	assert_null(policy_set_unref(NULL));
}

TEST(set, is_built_in_where_there_is_no_file)
{
	struct policy_set *s = NULL;
	struct binding_facts anybody = { .peer_uid = 1000 };

	assert_int_equal(policy_set_load(NULL, &s, &diags), 0);
	assert_int_equal(diags.n, 0);
	assert_string_equal(policy_set_source(s), "built-in");
	assert_string_equal(policy_name(policy_set_bind(s, &anybody)),
			    "default");
	policy_set_unref(s);
}

static void expect_unreadable(const char *path, int error, const char *line)
{
	struct policy_set *s = NULL;
	char have[512];

	assert_int_equal(policy_set_load(path, &s, &diags), error);
	assert_null(s);
	assert_int_equal(diags.n_errors, 1);
	diag_format(&diags, &diags.items[0], have, sizeof(have));
	assert_string_equal(have, line);
}

TEST(set, of_a_file_that_cannot_be_read_says_why)
{
	expect_unreadable("/nonexistent/p.json", -ENOENT,
			  "/nonexistent/p.json: error: cannot read: "
			  "No such file or directory");
	expect_unreadable("/dev/zero", -ENXIO, "/dev/zero: error: cannot read: "
			  "No such device or address");
}

static char *temp_file(char *path, size_t bytes)
{
	int fd = mkostemp(path, O_CLOEXEC);
	char *data = malloc(bytes);

	assert_true(fd >= 0);
	assert_non_null(data);
	memset(data, ' ', bytes);
	memcpy(data, text, strlen(text));
	assert_int_equal(write(fd, data, bytes), (ssize_t)bytes);
	close(fd);
	return data;
}

TEST(set, of_a_file_as_big_as_the_limit_loads_and_a_byte_more_does_not)
{
	char path[] = "/tmp/deputy-policy-XXXXXX";
	struct policy_set *s = NULL;

	free(temp_file(path, POLICY_FILE_MAX_BYTES));
	assert_int_equal(policy_set_load(path, &s, &diags), 0);
	assert_string_equal(policy_set_source(s), path);
	policy_set_unref(s);
	s = NULL;
	unlink(path);

	memcpy(path + strlen(path) - 6, "XXXXXX", 6);
	free(temp_file(path, POLICY_FILE_MAX_BYTES + 1));
	assert_int_equal(policy_set_load(path, &s, &diags), -EFBIG);
	assert_int_equal(diags.n_errors, 1);
	unlink(path);
}

TEST(diags, keep_a_hundred_in_file_order_and_count_the_rest)
{
	struct policy_set *s = NULL;
	char json[16384] = "{\"version\":2,\"policies\":{},\"bindings\":[",
	     *out;
	size_t n = strlen(json), size;
	FILE *f;

	for (int i = 0; i < 150; i++)
		n += (size_t)snprintf(json + n, sizeof(json) - n, "%s\n7",
				      i ? "," : "");
	(void)snprintf(json + n, sizeof(json) - n, "]}");
	assert_int_equal(policy_set_parse("t", json, strlen(json), &s, &diags),
			 -EINVAL);
	assert_int_equal(diags.n, 152);
	assert_int_equal(diags.n_errors, 152);
	for (int i = 1; i < DIAGS_MAX; i++)
		assert_true(diags.items[i - 1].line <= diags.items[i].line);
	f = open_memstream(&out, &size);
	diags_print(&diags, f);
	(void)fclose(f);
	assert_non_null(strstr(out, "52 more"));
	free(out);
}

TEST(diags, quote_nothing_that_a_terminal_obeys)
{
	static const char json[] = "{\"\\u001b[31m\\n\\u009b\": 1}";
	struct policy_set *s = NULL;
	char line[1024];

	assert_int_equal(policy_set_parse("a\tb\x1b", json, strlen(json), &s,
					  &diags),
			 -EINVAL);
	for (size_t i = 0; i < diags.n; i++) {
		diag_format(&diags, &diags.items[i], line, sizeof(line));
		assert_non_null(strstr(line, "a\\u0009b\\u001b:1:"));
		for (const char *c = line; *c; c++)
			assert_in_range((unsigned char)*c, 0x20, 0x7e);
	}
}

/* What reorders a line on a terminal, or breaks it, is spelled out. */
TEST(diags, quote_nothing_that_turns_a_text_around)
{
	static const struct {
		const char *key, *shown;
	} rows[] = {
		{ "\xe2\x80\xaa", "\\u202a" }, { "\xe2\x80\xae", "\\u202e" },
		{ "\xe2\x81\xa6", "\\u2066" }, { "\xe2\x81\xa9", "\\u2069" },
		{ "\xe2\x80\xa8", "\\u2028" }, { "\xe2\x80\x8f", "\\u200f" },
		{ "\xd8\x9c", "\\u061c" },	{ "\xef\xbb\xbf", "\\ufeff" },
		{ "\xc2\x9b", "\\u009b" },	{ "\x7f", "\\u007f" },
		{ "\xe2\x80\xa7", "\xe2\x80\xa7" },
		{ "\xe2\x81\xa5", "\xe2\x81\xa5" },
		{ "\xe2\x81\xaa", "\xe2\x81\xaa" },
		{ "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct policy_set *s = NULL;
		char json[64], want[64];

		(void)snprintf(json, sizeof(json), "{\"a%sb\": 1}", rows[i].key);
		(void)snprintf(want, sizeof(want), "unknown key \"a%sb\"",
			       rows[i].shown);
		assert_int_equal(policy_set_parse("t", json, strlen(json), &s,
						  &diags),
				 -EINVAL);
		assert_string_equal(diags.items[diags.n - 1].reason, want);
		(void)snprintf(want, sizeof(want), "/a%sb", rows[i].shown);
		assert_string_equal(diags.items[diags.n - 1].pointer, want);
	}
}
