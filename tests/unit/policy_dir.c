// SPDX-License-Identifier: LGPL-2.1-or-later
/* A policy of several files: put together in order, mistakes where they are. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/policy.h"
#include "tests/harness/test.h"

#define POLICY(name, rest)                                                     \
	"{\"version\":1,\"policies\":{\"" name "\":{\"rules\":[],"             \
	"\"default\":\"continue\"}}" rest "}"
#define BINDING(name, when)                                                    \
	",\"bindings\":[{\"when\":{" when "},\"policy\":\"" name "\"}]"

static struct diags diags;
static char dir[] = "/tmp/deputy-policy.d-XXXXXX";

static void setup(void)
{
	assert_non_null(mkdtemp(dir));
	assert_int_equal(chdir(dir), 0);
}

static void teardown(void)
{
	char command[64];

	(void)snprintf(command, sizeof(command), "rm -rf %s", dir);
	assert_int_equal(system(command), 0);
}

static void put_bytes(const char *name, const char *text, size_t bytes)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	char *padded = malloc(bytes);

	assert_true(fd >= 0);
	assert_non_null(padded);
	memset(padded, ' ', bytes);
	memcpy(padded, text, strlen(text));
	assert_int_equal(write(fd, padded, bytes), (ssize_t)bytes);
	free(padded);
	close(fd);
}

static void put(const char *name, const char *text)
{
	put_bytes(name, text, strlen(text));
}

static struct policy_set *load(struct policy_paths paths)
{
	struct policy_set *s = NULL;

	if (policy_set_load_all(paths, &s, &diags) < 0 || diags.n) {
		diags_print(&diags, stdout);
		fail();
	}
	return s;
}

/* What is said of the directory, line by line. */
static void expect(int error, const char *want)
{
	struct policy_set *s = NULL;
	char *have;
	size_t size;
	FILE *f = open_memstream(&have, &size);

	assert_int_equal(policy_set_load(".", &s, &diags), error);
	assert_true(error == 0 || !s);
	diags_print(&diags, f);
	(void)fclose(f);
	assert_string_equal(have, want);
	free(have);
	policy_set_unref(s);
}

static const char *bound(const struct policy_set *s, uid_t uid)
{
	struct binding_facts f = { .peer_uid = uid };
	const struct policy *p = policy_set_bind(s, &f);

	return p ? policy_name(p) : "";
}

static const struct policy_paths here = { { "." }, 1 };

TEST(directory, is_put_together_in_the_order_of_names)
{
	struct policy_set *s;

	setup();
	put("20.json", POLICY("b", BINDING("b", "")));
	put("10.json", POLICY("a", BINDING("a", "\"peer_uid\":[1,4]")));
	/* "1.json" is before "10.json": '.' is before '0' */
	put("1.json", POLICY("c", BINDING("c", "\"peer_uid\":[1,2]")));
	put("B.json", "{\"version\":1,\"comment\":\"nothing\"}");
	s = load(here);
	assert_int_equal(policy_set_count(s), 3);
	assert_string_equal(policy_name(policy_set_at(s, 0)), "c");
	assert_string_equal(policy_name(policy_set_at(s, 1)), "a");
	assert_string_equal(policy_name(policy_set_at(s, 2)), "b");
	assert_string_equal(bound(s, 1), "c");
	assert_string_equal(bound(s, 2), "c");
	assert_string_equal(bound(s, 3), "b");
	assert_string_equal(bound(s, 4), "a");
	assert_string_equal(policy_set_source(s), ".");
	policy_set_unref(s);
	teardown();
}

static uint64_t hash_now(void)
{
	uint64_t hash = 0;

	assert_int_equal(policy_hash(here, &hash), 0);
	return hash;
}

/* FNV-1a, whose constants and results are everybody's. */
TEST(directory, has_the_hash_of_its_bytes)
{
	struct policy_set *s;
	uint64_t hash;

	setup();
	put("1.json", POLICY("a", BINDING("a", "")));
	assert_true(hash_now() == UINT64_C(0x0fde178b688a1a23));
	put("2.json", "{\"version\":1,\"comment\":\"nothing\"}");
	assert_true(hash_now() == UINT64_C(0x50b32dea55be972c));
	s = load(here);
	assert_true(policy_set_hash(s) == hash_now());
	policy_set_unref(s);
	assert_int_equal(unlink("1.json") | unlink("2.json"), 0);
	assert_int_equal(policy_hash(here, &hash), -ENOENT);
	teardown();
}

TEST(directory, other_files_in_it_are_left_alone)
{
	setup();
	put("a.json", POLICY("a", BINDING("a", "")));
	put(".b.json", "?");
	put("c.json~", "?");
	put("d.json.dpkg-new", "?");
	put("json", "?");
	put(".json", "?");
	expect(0, "");
	teardown();
}

/* Policies, sets and bindings need each other over the files. */
TEST(directory, one_file_uses_what_another_one_has)
{
	struct policy_set *s;

	setup();
	put("1.json", "{\"version\":1" BINDING("p", "") "}");
	put("2.json",
	    "{\"version\":1,\"policies\":{\"p\":{\"rules\":[{\"syscalls\":"
	    "[\"@mknod\"],\"match\":{\"type\":\"char\",\"device\":[\"@b\"]},"
	    "\"action\":\"emulate\"}],\"default\":\"continue\"}}}");
	put("3.json", "{\"version\":1,\"sets\":{\"@b\":[\"@c\",\"1:5\"]}}");
	put("4.json", "{\"version\":1,\"sets\":{\"@c\":[\"1:3\"]}}");
	s = load(here);
	assert_string_equal(bound(s, 0), "p");
	policy_set_unref(s);
	teardown();
}

TEST(directory, a_name_given_twice_is_told_with_both_places)
{
	setup();
	put("1.json", POLICY("a", BINDING("a", "") ",\n\"sets\":{\"@s\":[\"1:3\"]}"));
	put("2.json", POLICY("b", ",\n\"sets\":{\"@s\":[\"1:5\"]}"));
	put("3.json", "{\"version\":1,\"policies\":{\n\"c\":{\"rules\":[],"
		      "\"default\":\"continue\"},\n\"a\":{\"rules\":[],"
		      "\"default\":\"continue\"}}}");
	expect(-EINVAL,
	       "./2.json:2:14: error: /sets/@s: the set @s is already defined "
	       "in ./1.json:2:14\n"
	       "./3.json:3:5: error: /policies/a: the policy a is already "
	       "defined in ./1.json:1:30\n");
	teardown();
}

TEST(directory, mistakes_are_told_file_by_file)
{
	setup();
	put("1.json", POLICY("a", BINDING("x", "") ",\"odd\":1"));
	put("2.json", "{\"policies\":{\"b\":{\"rules\":[{\"syscalls\":[\"@s\"],"
		      "\"action\":\"continue\"}],\"default\":\"continue\"}},"
		      "\"bindings\":[{\"when\":{},\"policy\":\"b\"},"
		      "{\"when\":{\"peer_uid\":[1]},\"policy\":\"a\"}]}");
	put("3.json", "{\"version\":1,\n\"sets\":{\"@s\":[\"fchmud\"]}}");
	expect(-EINVAL,
	       "./1.json:1:97: error: /bindings/0/policy: no policy \"x\"\n"
	       "./1.json:1:103: error: /odd: unknown key \"odd\"\n"
	       "./2.json:1:1: error: \"version\" is missing\n"
	       "./2.json:1:104: error: /bindings/0: never reached: the binding "
	       "in ./1.json:1:77 matches every container\n"
	       "./2.json:1:129: error: /bindings/1: never reached: the binding "
	       "in ./1.json:1:77 matches every container\n"
	       "./3.json:2:15: error: /sets/@s/0: unknown syscall \"fchmud\" "
	       "(did you mean \"fchmod\"?) (used by "
	       "/policies/b/rules/0/syscalls/0 in ./2.json:1:41)\n");
	teardown();
}

TEST(directory, of_files_that_are_no_json_all_are_told)
{
	setup();
	put("1.json", "{,}");
	put("2.json", POLICY("a", BINDING("a", "")));
	put("3.json", "\n[");
	put("4.json", "7");
	expect(-EINVAL,
	       "./1.json:1:2: error: unexpected ',': expected a key in double "
	       "quotes\n"
	       "./3.json:2:2: error: /0: the file ends here: expected a value\n"
	       "./4.json:1:1: error: expected an object\n");
	teardown();
}

TEST(directory, must_hold_a_policy_and_a_binding)
{
	setup();
	expect(-ENOENT, ".: error: no file in it ends in .json\n");
	put("1.json", "{\"version\":1,\"sets\":{\"@s\":[\"1:3\"]}}");
	expect(-EINVAL, ".: error: no policy in any file\n"
			".: error: no binding in any file\n");
	put("1.json", "{\"version\":1,\"policies\":{},\"bindings\":[]}");
	expect(-EINVAL, ".: error: no policy in any file\n"
			".: error: no binding in any file\n"
			"./1.json:1:25: error: /policies: expected 1 to 1024 policies\n"
			"./1.json:1:39: error: /bindings: an empty list matches "
			"nothing\n");
	teardown();
}

TEST(directory, with_a_file_that_cannot_be_read_is_refused)
{
	setup();
	put("1.json", POLICY("a", BINDING("a", "")));
	assert_int_equal(symlink("nowhere", "2.json"), 0);
	expect(-ENOENT,
	       "./2.json: error: cannot read: No such file or directory\n");
	unlink("2.json");
	assert_int_equal(mkdir("2.json", 0700), 0);
	expect(-EISDIR, "./2.json: error: cannot read: Is a directory\n");
	rmdir("2.json");
	assert_int_equal(mkfifo("2.json", 0600), 0);
	expect(-ENXIO,
	       "./2.json: error: cannot read: No such device or address\n");
	unlink("2.json");
	assert_int_equal(symlink("1.json", "2.json"), 0);
	expect(-EINVAL, "./2.json:1:30: error: /policies/a: the policy a is "
			"already defined in ./1.json:1:30\n"
			"./2.json:1:77: error: /bindings/0: never reached: the "
			"binding in ./1.json:1:77 matches every container\n");
	teardown();
}

TEST(directory, of_as_many_files_as_the_limit_loads_and_one_more_does_not)
{
	char name[32];

	setup();
	put("0.json", POLICY("a", BINDING("a", "")));
	for (int i = 1; i < POLICY_FILES_MAX; i++) {
		(void)snprintf(name, sizeof(name), "1%02d.json", i);
		put(name, "{\"version\":1}");
	}
	expect(0, "");
	put("2.json", "{\"version\":1}");
	expect(-EFBIG, "./2.json: error: too big: at most 1048576 bytes in one "
		       "file, 4194304 in 64 files\n");
	teardown();
}

TEST(directory, of_as_many_bytes_as_the_limit_loads_and_one_more_does_not)
{
	setup();
	put_bytes("1.json", POLICY("a", BINDING("a", "")),
		  POLICY_FILE_MAX_BYTES);
	put_bytes("2.json", "{\"version\":1}", POLICY_FILE_MAX_BYTES);
	put_bytes("3.json", "{\"version\":1}", POLICY_FILE_MAX_BYTES);
	put_bytes("4.json", "{\"version\":1}", POLICY_FILE_MAX_BYTES - 13);
	put("5.json", "{\"version\":1}");
	expect(0, "");
	put("5.json", "{\"version\":1 }");
	expect(-EFBIG, "./5.json: error: too big: at most 1048576 bytes in one "
		       "file, 4194304 in 64 files\n");
	teardown();
}

TEST(paths, name_what_is_there)
{
	struct policy_paths p;
	struct policy_set *s;

	setup();
	p = policy_paths_of("f.json", "f.d");
	assert_int_equal(p.n, 0);
	s = load(p);
	assert_string_equal(policy_set_source(s), "built-in");
	policy_set_unref(s);

	assert_int_equal(mkdir("f.d", 0700), 0);
	put("f.d/README", "?");
	assert_int_equal(policy_paths_of("f.json", "f.d").n, 0);

	put("f.d/a.json", POLICY("d", BINDING("d", "")));
	p = policy_paths_of("f.json", "f.d");
	assert_int_equal(p.n, 1);
	assert_string_equal(p.items[0], "f.d");

	/* the file's bindings come first */
	put("f.json", POLICY("f", BINDING("f", "\"peer_uid\":[1]")));
	p = policy_paths_of("f.json", "f.d");
	assert_int_equal(p.n, 2);
	s = load(p);
	assert_string_equal(policy_set_source(s), "f.json, f.d");
	assert_string_equal(bound(s, 1), "f");
	assert_string_equal(bound(s, 2), "d");
	policy_set_unref(s);

	unlink("f.d/a.json");
	p = policy_paths_of("f.json", "f.d");
	assert_int_equal(p.n, 1);
	assert_string_equal(p.items[0], "f.json");
	teardown();
}

/* What is there but no directory is for the reader to complain about. */
TEST(paths, keep_what_cannot_be_told)
{
	struct policy_set *s = NULL;
	struct policy_paths p;

	setup();
	put("f.d", "?");
	p = policy_paths_of("f.json", "f.d");
	assert_int_equal(p.n, 1);
	assert_int_equal(policy_set_load_all(p, &s, &diags), -EINVAL);
	assert_null(s);
	teardown();
}
