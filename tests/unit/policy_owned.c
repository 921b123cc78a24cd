// SPDX-License-Identifier: LGPL-2.1-or-later
/* From where a policy is taken: who could change what is on the way to it? */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/owned.h"
#include "policy/policy.h"
#include "tests/harness/test.h"

#define STRANGER 12345

static char dir[] = "/tmp/deputy-owned-XXXXXX";

static void make(const char *path, mode_t mode, uid_t uid)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "root's\n", 7), 7);
	assert_int_equal(fchown(fd, uid, uid), 0);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void make_dir(const char *path, mode_t mode, uid_t uid)
{
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(chown(path, uid, uid), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static void make_link(const char *target, const char *path, uid_t uid)
{
	assert_int_equal(symlink(target, path), 0);
	assert_int_equal(lchown(path, uid, uid), 0);
}

static void setup(void)
{
	char text[128];

	assert_non_null(mkdtemp(dir));
	assert_int_equal(chdir(dir), 0);
	make("good", 0644, 0);
	make("all", 0666, 0);
	make("group", 0664, 0);
	make("foreign", 0600, STRANGER);
	make_dir("etc", 0755, 0);
	make("etc/good", 0600, 0);
	make_dir("etc/deep", 0755, 0);
	make("etc/deep/good", 0600, 0);
	make_dir("open", 0777, 0);
	make("open/good", 0600, 0);
	make_dir("open/etc", 0755, 0);
	make("open/etc/good", 0600, 0);
	make_dir("groups", 0775, 0);
	make("groups/good", 0600, 0);
	make_dir("theirs", 0755, STRANGER);
	make("theirs/good", 0600, 0);
	make_dir("sticky", 01777, 0);
	make("sticky/good", 0600, 0);
	make("sticky/foreign", 0644, STRANGER);
	make_dir("sticky-theirs", 01777, STRANGER);
	make("sticky-theirs/good", 0600, 0);
	make_link("etc/good", "link", 0);
	make_link("../etc/./deep/../good", "etc/up", 0);
	(void)snprintf(text, sizeof(text), "%s/etc", dir);
	make_link(text, "absolute", 0);
	make_link("open/good", "to-open", 0);
	make_link("../etc/good", "sticky/root-link", 0);
	make_link("../etc/good", "sticky/their-link", STRANGER);
	make_link("../etc/good", "open/link", 0);
	make_link("loop", "loop", 0);
}

static void teardown(void)
{
	char command[64];

	(void)snprintf(command, sizeof(command), "rm -rf %s", dir);
	assert_int_equal(system(command), 0);
}

static const struct row {
	const char *path;
	int error;	 /* 0: it opens, and is the one of @text */
	const char *why; /* part of the reason, behind the directory's path */
} rows[] = {
	{ "good", 0, NULL },
	{ "./etc//good", 0, NULL },
	{ "etc/deep/good", 0, NULL },
	{ "etc/deep/../good", 0, NULL },
	{ "link", 0, NULL },
	{ "etc/up", 0, NULL },
	{ "absolute/deep/good", 0, NULL },
	{ "sticky/good", 0, NULL },
	{ "sticky/root-link", 0, NULL },
	{ "etc", 0, NULL },
	{ "etc/deep/", 0, NULL },
	{ "all", -EPERM, "/all has mode 0666, so others than root could change "
			 "the policy: chmod go-w " },
	{ "group", -EPERM, "/group has mode 0664" },
	{ "foreign", -EPERM, "/foreign belongs to uid 12345, who could change "
			     "the policy: chown root:root " },
	{ "open/good", -EPERM, "/open has mode 0777" },
	{ "open/etc/good", -EPERM, "/open has mode 0777" },
	{ "open/../etc/good", -EPERM, "/open has mode 0777" },
	{ "groups/good", -EPERM, "/groups has mode 0775" },
	{ "theirs/good", -EPERM, "/theirs belongs to uid 12345" },
	{ "sticky/foreign", -EPERM, "/sticky/foreign belongs to uid 12345" },
	{ "sticky-theirs/good", -EPERM, "/sticky-theirs belongs to uid 12345" },
	{ "to-open", -EPERM, "/open has mode 0777" },
	{ "open/link", -EPERM, "/open has mode 0777" },
	{ "sticky/their-link", -EPERM, "chown -h root:root " },
	{ "open", -EPERM, "/open has mode 0777" },
	{ "none", -ENOENT, NULL },
	{ "etc/none", -ENOENT, NULL },
	{ "good/", -ENOTDIR, NULL },
	{ "good/x", -ENOTDIR, NULL },
	{ "loop", -ELOOP, NULL },
	{ "", -ENOENT, NULL },
};

static bool is_same(int fd, const char *path)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && stat(path, &b) == 0 &&
	       a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static void expect(const char *path, const struct row *row)
{
	char why[512] = "unwritten";
	int fd = owned_open(path, why, sizeof(why));

	if (row->error ? fd != row->error : fd < 0 || !is_same(fd, row->path)) {
		print_error("%s: %d, %s\n", path, fd, why);
		fail();
	}
	if (row->why ? !strstr(why, row->why) : *why != '\0') {
		print_error("%s: the reason is %s\n", path, why);
		fail();
	}
	if (fd >= 0)
		close(fd);
}

TEST(owned, by_who_could_change_each_step)
{
	char absolute[256];

	setup();
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		expect(rows[i].path, &rows[i]);
		(void)snprintf(absolute, sizeof(absolute), "%s/%s", dir,
			       rows[i].path);
		if (*rows[i].path)
			expect(absolute, &rows[i]);
	}
	teardown();
}

/* A reason that is longer than its room is cut, and a path that is longer than the
 * kernel's limit fails as there. */
TEST(owned, has_limits)
{
	char path[8192] = "", why[16];

	setup();
	assert_int_equal(owned_open("all", why, sizeof(why)), -EPERM);
	assert_int_equal(strlen(why), sizeof(why) - 1);
	for (size_t i = 0; i + 2 < sizeof(path); i += 2)
		memcpy(path + i, "./", 3);
	assert_int_equal(owned_open(path, why, sizeof(why)), -ENAMETOOLONG);
	memset(path, 'x', 300);
	path[300] = '\0';
	assert_int_equal(owned_open(path, why, sizeof(why)), -ENOENT);
	teardown();
}

static struct diags diags;

/* One bad file of a directory is named; without .roots nobody asks. */
TEST(owned, of_a_directory_each_file)
{
	static const char text[] =
		"{\"version\":1,\"policies\":{\"p\":{\"rules\":[],\"default\":"
		"\"continue\"}},\"bindings\":[{\"when\":{},\"policy\":\"p\"}]}";
	struct policy_paths paths = { { "policy.d" }, 1, true };
	struct policy_set *s = NULL;
	FILE *f;

	setup();
	make_dir("policy.d", 0755, 0);
	f = fopen("policy.d/a.json", "we");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(policy_set_load_all(paths, &s, &diags), 0);
	s = policy_set_unref(s);

	assert_int_equal(chmod("policy.d/a.json", 0622), 0);
	assert_int_equal(policy_set_load_all(paths, &s, &diags), -EPERM);
	assert_null(s);
	assert_int_equal(diags.n_errors, 1);
	assert_string_equal(diags.items[0].file, "policy.d/a.json");
	assert_non_null(strstr(diags.items[0].reason, "has mode 0622"));

	paths.roots = false;
	assert_int_equal(policy_set_load_all(paths, &s, &diags), 0);
	policy_set_unref(s);
	teardown();
}
