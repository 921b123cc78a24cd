// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Policies in, profiles and complaints out.  A row's profile is NAME.profile,
 * what was said meanwhile NAME.expect, both compared whole; a missing file
 * stands for nothing.  With DEPUTY_WRITE set they are written instead, and the
 * test fails.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <json-c/json.h>
#include <seccomp.h>

#include "lib/own.h"
#include "policy/cube.h"
#include "policy/profile.h"
#include "tests/case/corpus.h"
#include "tests/harness/test.h"

static struct diags diags, more_diags;

/* -- what came of it ------------------------------------------------------------ */

static void expect_diags(const char *name)
{
	AUTO(free_ptr) char *have = NULL;
	size_t size;
	FILE *f = open_memstream(&have, &size);

	assert_non_null(f);
	diags_print(&diags, f);
	diags_print(&more_diags, f);
	(void)fclose(f);
	corpus_expect(name, ".expect", have);
}

/* The layout is the library's, so of both the library's: a rule a line. */
static void expect_profile(const char *name, struct json_object *profile)
{
	AUTO(free_ptr) char *have = NULL;
	size_t size;
	FILE *f = open_memstream(&have, &size);
	struct json_object_iter i;

	assert_non_null(f);
	json_object_object_foreachC(profile, i)
	{
		size_t n = strcmp(i.key, "syscalls") == 0 ?
				   json_object_array_length(i.val) :
				   0;

		if (n == 0)
			fprintf(f, "%s %s\n", i.key,
				json_object_to_json_string_ext(i.val, 0));
		for (size_t k = 0; k < n; k++)
			fprintf(f, "%s\n",
				json_object_to_json_string_ext(
					json_object_array_get_idx(i.val, k), 0));
	}
	(void)fclose(f);
	corpus_expect(name, ".profile", have);
}

static void fail_where_written(void)
{
	if (getenv("DEPUTY_WRITE"))
		fail_msg("written anew: see what changed, and run it without "
			 "DEPUTY_WRITE");
}

/* -- making -------------------------------------------------------------------------- */

struct row {
	const char *name, *policy;
	struct profile_options o;
	int r;
};

#define L .listener = "/l"

static const struct row rows[] = {
	{ "types", "types", { L }, 0 },
	{ "types_docker", "types", { L, .dialect = PROFILE_DOCKER }, 0 },
	{ "blocks",
	  "blocks",
	  { .listener = "/run/x.sock", .policy = "p", .wait_killable = true },
	  0 },
	{ "blocks_on_oci",
	  "blocks",
	  { L, .policy = "p", .base = "base/oci.json", .wait_killable = true },
	  0 },
	{ "blocks_on_docker",
	  "blocks",
	  { L, .policy = "p", .base = "base/docker.json" },
	  0 },
	{ "blocks_on_allow",
	  "blocks",
	  { L, .policy = "p", .base = "base/allow.json" },
	  0 },
	{ "nothing", "blocks", { L, .policy = "q" }, 0 },
	{ "nothing_on_oci",
	  "blocks",
	  { L, .policy = "q", .base = "base/oci.json" },
	  0 },
	{ "which", "blocks", { L }, -EINVAL },
	{ "no_such", "blocks", { L, .policy = "pp" }, -EINVAL },
	{ "never", "never", { L, .policy = "p" }, -EINVAL },
	{ "never_logged", "never", { L, .policy = "q" }, -EINVAL },
	{ "clash",
	  "blocks",
	  { L, .policy = "p", .base = "base/clash.json" },
	  -EINVAL },
	{ "wrong",
	  "blocks",
	  { L, .policy = "p", .base = "base/wrong.json" },
	  -EINVAL },
	{ "huge", "blocks", { L, .policy = "p", .base = "base/huge.json" }, -EINVAL },
	{ "mistyped",
	  "blocks",
	  { L, .policy = "p", .base = "base/mistyped.json" },
	  -EINVAL },
	{ "coarse", "coarse", { L }, 0 },
	{ "rings", "rings", { L }, 0 },
	{ "rings_on_base", "rings", { L, .base = "base/rings.json" }, 0 },
	{ "on_notifies",
	  "blocks",
	  { L, .policy = "p", .base = "base/notifies.json" },
	  0 },
	{ "on_notifies_all",
	  "blocks",
	  { L, .policy = "p", .base = "base/notifies_all.json" },
	  -EINVAL },
	{ "dialects",
	  "blocks",
	  { L, .policy = "p", .base = "base/docker.json", .dialect = PROFILE_OCI },
	  -EINVAL },
	{ "no_base",
	  "blocks",
	  { L, .policy = "p", .base = "base/none.json" },
	  -ENOENT },
};

static struct policy_set *load(const char *name, const char *suffix)
{
	struct policy_set *set = NULL;
	char path[256];

	assert_int_equal(chdir(DEPUTY_CASES "/profile"), 0);
	(void)snprintf(path, sizeof(path), "%s%s", name, suffix);
	if (policy_set_load(path, &set, &diags) < 0) {
		diags_print(&diags, stdout);
		fail_msg("%s: cannot load", path);
	}
	diags_init(&diags, path);
	diags_init(&more_diags, "");
	return set;
}

static void expect_row(const struct row *row)
{
	char in[64], out[64];
	struct json_object *profile = NULL;
	struct policy_set *set;
	int r;

	(void)snprintf(in, sizeof(in), "make/%s", row->policy);
	(void)snprintf(out, sizeof(out), "make/%s", row->name);
	set = load(in, ".json");
	r = profile_make(set, &row->o, &diags, &more_diags, &profile);
	if (r != row->r || (r == 0) != (profile != NULL))
		fail_msg("%s: %d, wanted %d", row->name, r, row->r);
	expect_diags(out);
	if (profile)
		expect_profile(out, profile);
	json_object_put(profile);
	policy_set_unref(set);
}

TEST(profile, is_made_as_written_down)
{
	if (seccomp_arch_native() != SCMP_ARCH_X86_64)
		TEST_SKIP("an x86-64 machine: its \"architectures\" are "
			  "written down");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		expect_row(&rows[i]);
	fail_where_written();
}

/* What was made stays as it is when it is its own base. */
TEST(profile, is_its_own_base)
{
	static const char *const bases[] = { NULL, "base/oci.json",
					     "base/docker.json",
					     "base/allow.json" };
	struct policy_set *set = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(bases); i++) {
		struct profile_options o = { L, .base = bases[i] };
		struct json_object *one = NULL, *two = NULL;
		char path[] = "/tmp/deputy-base-XXXXXX";
		int fd;

		assert_int_equal(chdir(DEPUTY_CASES "/profile"), 0);
		assert_int_equal(policy_set_load(NULL, &set, &diags), 0);
		assert_int_equal(
			profile_make(set, &o, &diags, &more_diags, &one), 0);
		fd = mkstemp(path);
		assert_true(fd >= 0);
		fd = fd_close(fd);
		assert_int_equal(json_object_to_file(path, one), 0);
		o.base = path;
		assert_int_equal(
			profile_make(set, &o, &diags, &more_diags, &two), 0);
		unlink(path);
		if (!json_object_equal(one, two))
			fail_msg("%s: first\n%s\nthen\n%s", bases[i],
				 json_object_to_json_string(one),
				 json_object_to_json_string(two));
		json_object_put(one);
		json_object_put(two);
		set = policy_set_unref(set);
	}
}

/* -- damage ------------------------------------------------------------------------------ */

/* Whatever stands there: a profile or an error, never both or neither. */
static void use_damaged(const struct policy_set *set, const char *path)
{
	struct profile_options o = { L, .policy = "p", .base = path,
				     .wait_killable = true };
	struct json_object *profile = NULL;
	int r;

	diags_init(&diags, "policy");
	r = profile_make(set, &o, &diags, &more_diags, &profile);
	assert_true(r == 0 || r == -EINVAL);
	assert_int_equal(r == 0, profile != NULL);
	assert_int_equal(r == 0, diags.n_errors + more_diags.n_errors == 0);
	json_object_put(profile);
	diags_init(&diags, "policy");
	r = profile_check(set, "p", path, &diags, &more_diags);
	assert_true(r == 0 || r == -EINVAL);
	assert_int_equal(r == 0, diags.n_errors + more_diags.n_errors == 0);
}

static void damage(const char *path)
{
	static const char with[] = "0\"[}n,";
	struct policy_set *set = load("make/blocks", ".json");
	AUTO(fd_close) int fd = memfd_create("base", MFD_CLOEXEC);
	char name[64], *text;
	size_t bytes;

	text = corpus_read(path, &bytes);
	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	assert_int_equal(pwrite(fd, text, bytes, 0), bytes);
	for (size_t at = 0; at < bytes; at++) {
		for (size_t i = 0; i < strlen(with); i++) {
			assert_int_equal(pwrite(fd, &with[i], 1, (off_t)at), 1);
			use_damaged(set, name);
		}
		assert_int_equal(pwrite(fd, &text[at], 1, (off_t)at), 1);
	}
	free(text);
	policy_set_unref(set);
}

/* A value of another type in place of each. */
static void mistype(const char *path)
{
	static const char *const values[] = {
		"null", "0", "-1", "\"\"", "[]", "{}", "[null]", "[{}]", "[[]]",
	};
	struct policy_set *set = load("make/blocks", ".json");
	AUTO(fd_close) int fd = memfd_create("base", MFD_CLOEXEC);
	char name[64], *text;
	size_t bytes;

	text = corpus_read(path, &bytes);
	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	for (const char *at = text; (at = strstr(at, "\": ")); at++)
		for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
			const char *end = at + 3;

			/* strings and numbers whole, else the rest is no JSON */
			end += *end == '"' ? strcspn(end + 1, "\"") + 2 :
					     strcspn(end, ",\n } ");
			assert_int_equal(ftruncate(fd, 0), 0);
			(void)lseek(fd, 0, SEEK_SET);
			dprintf(fd, "%.*s%s%s", (int)(at + 3 - text), text,
				values[i], end);
			use_damaged(set, name);
		}
	free(text);
	policy_set_unref(set);
}

TEST_WITHIN(profile, of_a_damaged_base_is_none_or_sound, 200)
{
	assert_true(corpus_each("../profile/base", damage) >= 5);
	assert_true(corpus_each("../profile/base", mistype) >= 5);
	assert_true(corpus_each("../profile/check", mistype) >= 5);
}

/* -- checking -------------------------------------------------------------------------- */

struct check_row {
	const char *profile; /* check/NAME.json; its complaints NAME.expect */
	const char *policy;  /* make/NAME.json */
	const char *which;
	int r;
};

static const struct check_row checks[] = {
	{ "good", "types", NULL, 0 },
	{ "by_metadata", "blocks", NULL, 0 },
	{ "too_much", "types", NULL, -EINVAL },
	{ "too_little", "types", NULL, -EINVAL },
	{ "engines", "blocks", "p", -EINVAL },
	{ "everything", "blocks", "p", -EINVAL },
	{ "rivals", "blocks", "p", -EINVAL },
	{ "which", "blocks", NULL, -EINVAL },
	{ "apart", "apart", NULL, -EINVAL },
};

TEST(profile, is_checked_against_the_policy)
{
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		const struct check_row *row = &checks[i];
		char in[64], out[64], path[72];
		struct policy_set *set;
		int r;

		(void)snprintf(in, sizeof(in), "make/%s", row->policy);
		(void)snprintf(out, sizeof(out), "check/%s", row->profile);
		(void)snprintf(path, sizeof(path), "%s.json", out);
		set = load(in, ".json");
		r = profile_check(set, row->which, path, &diags, &more_diags);
		if (r != row->r)
			fail_msg("%s: %d, wanted %d", out, r, row->r);
		expect_diags(out);
		policy_set_unref(set);
	}
	fail_where_written();
}

/* -- cubes -------------------------------------------------------------------------------- */

static bool holds(const struct cubes *s, const struct cube *point)
{
	return cubes_touch(s, point);
}

/* All of two registers' lowest two bits, one bit of a third one. */
static struct cube point_of(unsigned n)
{
	struct cube p = { { 3, 3, UINT64_MAX }, { n & 3, n >> 2 & 3, n >> 4 } };

	return p;
}

TEST(cubes, differences_and_joints_are_what_they_should)
{
	for (unsigned a = 0; a < 3 * 3 * 3 * 3; a++)
		for (unsigned b = 0; b < 3 * 3 * 3 * 3; b++) {
			struct cube x = { 0 }, y = { 0 };
			struct cubes all = { 0 };
			unsigned u = a, v = b;

			/* each digit: 0, 1, or any */
			for (int i = 0; i < 4; i++, u /= 3, v /= 3) {
				uint64_t bit = 1U << (i & 1);

				x.mask[i / 2] |= u % 3 < 2 ? bit : 0;
				x.value[i / 2] |= u % 3 == 1 ? bit : 0;
				y.mask[i / 2] |= v % 3 < 2 ? bit : 0;
				y.value[i / 2] |= v % 3 == 1 ? bit : 0;
			}
			assert_int_equal(cubes_add(&all, &x), 0);
			assert_int_equal(cubes_subtract(&all, &y), 0);
			for (int merged = 0; merged < 2; merged++) {
				for (unsigned n = 0; n < 32; n++) {
					struct cube p = point_of(n);

					assert_int_equal(
						holds(&all, &p),
						cube_holds(&x, &p) &&
							!cube_holds(&y, &p));
				}
				cubes_merge(&all);
			}
			/* together with the rest it is one again */
			if (cube_holds(&x, &y)) {
				assert_int_equal(cubes_add(&all, &y), 0);
				cubes_merge(&all);
				assert_int_equal(all.n, 1);
				assert_memory_equal(all.c, &x, sizeof(x));
			}
			cubes_done(&all);
		}
}
