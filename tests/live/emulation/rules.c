// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Rules that look at who asks and at where a path ends: those facts come from
 * the kernel, so a real caller asks.
 *
 * To add a case, add a row.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "lib/own.h"
#include "tests/harness/test.h"
#include "tests/live/emulation/caller.h"
#include "tests/live/emulation/world.h"

#define POLICY(rules)                                                          \
	"{\"version\":1,\"policies\":{\"test\":{\"rules\":[" rules "],"           \
	"\"default\":\"continue\"}},"                                             \
	"\"bindings\":[{\"when\":{},\"policy\":\"test\"}]}"

#define NULL_IN(directory)                                                     \
	"{\"syscalls\":[\"@mknod\"],\"match\":{\"type\":\"char\",\"device\":"      \
	"[\"1:3\"],\"directory\":\"" directory "\"},\"action\":\"emulate\"},"      \
	"{\"syscalls\":[\"@mknod\"],\"match\":{\"type\":\"char\"},"                \
	"\"action\":{\"errno\":\"EXDEV\"}}"
#define NULL_IF(who)                                                           \
	"{\"syscalls\":[\"@mknod\"],\"match\":{\"type\":\"char\",\"device\":"      \
	"[\"1:3\"]," who "},\"action\":\"emulate\"},"                              \
	"{\"syscalls\":[\"@mknod\"],\"match\":{\"type\":\"char\"},"                \
	"\"action\":{\"errno\":\"EXDEV\"}}"
#define DENIED_IF(who)                                                         \
	"{\"syscalls\":[\"@mknod\"],\"match\":{" who "},"                          \
	"\"action\":{\"errno\":\"EXDEV\"}}"
#define ATTR_IN(directory)                                                     \
	"{\"syscalls\":[\"setxattr\",\"lsetxattr\"],\"match\":{\"name\":"          \
	"\"trusted.deputy.a\",\"size\":{\"max\":256},"                          \
	"\"directory\":\"" directory "\"},"                                      \
	"\"action\":\"emulate\"}"

/* What a rule reads for the caller is listed for it. */
#define LISTED_IF(who)                                                         \
	"{\"syscalls\":[\"@setxattr\"],\"match\":{\"name\":\"trusted.deputy.a\"," \
	"\"size\":{\"max\":256}},"                                             \
	"\"action\":\"emulate\"},{\"syscalls\":[\"@getxattr\"],\"match\":{\"name\":" \
	"\"trusted.deputy.a\"," who "},\"action\":\"emulate\"},"                 \
	"{\"syscalls\":[\"@listxattr\"],\"action\":\"emulate\"}"

static int mknod_at(const char *path)
{
	return mknod(path, S_IFCHR | 0644, makedev(1, 3)) < 0 ? errno : 0;
}
static int null_in_box(void)
{
	return mknod_at("/box/n");
}
static int null_in_root(void)
{
	return mknod_at("/n");
}
static int null_below_box(void)
{
	TRY(mkdir("/box/deep", 0755));
	return mknod_at("/box/deep/n");
}
static int null_through_link(void)
{
	TRY(symlink("../box", "/tmp/l"));
	return mknod_at("/tmp/l/n");
}
static int null_relative(void)
{
	TRY(chdir("/tmp"));
	return mknod_at("../box/n");
}
static int null_in_another_box(void)
{
	TRY(mkdir("/tmp/box", 0755));
	return mknod_at("/box/../tmp/box/n");
}
static int null_chrooted(void)
{
	TRY(mkdir("/tmp/box", 0755));
	TRY(chroot("/tmp"));
	return mknod_at("/box/n");
}
static int null_out_of_a_chroot(void)
{
	TRY(chdir("/box"));
	TRY(chroot("/tmp"));
	return mknod_at("n");
}
static int null_nowhere(void)
{
	return mknod_at("/none/n");
}
static int null_past_permission(void)
{
	TRY(mkdir("/box/closed", 0700));
	TRY(mkdir("/box/closed/in", 0777));
	caller_drop_with(CAP_BIT(MKNOD) | CAP_BIT(DAC_OVERRIDE), 1000, 1000);
	return mknod_at("/box/closed/in/n");
}
static int null_without_capability(void)
{
	caller_drop_to(1000, 1000, 0, NULL);
	return mknod_at("/tmp/n");
}
static int null_by_1000(void)
{
	caller_drop_with(CAP_BIT(MKNOD), 1000, 1001);
	return mknod_at("/tmp/n");
}
static int null_by_nested_root(void)
{
	TRY(unshare(CLONE_NEWUSER));
	return mknod_at("/tmp/n");
}
static int attr_on(const char *path, bool link)
{
	int r = link ? lsetxattr(path, "trusted.deputy.a", "v", 1, 0) :
		       setxattr(path, "trusted.deputy.a", "v", 1, 0);

	return r < 0 ? errno : 0;
}
static int attr_of_a_file(void)
{
	TRY(mkdir("/box/d", 0755));
	return attr_on("/box/d", false);
}
static int attr_of_the_directory(void)
{
	return attr_on("/box", false);
}
static int attr_through_a_link(void)
{
	TRY(mkdir("/box/d", 0755));
	TRY(symlink("/box/d", "/tmp/l"));
	return attr_on("/tmp/l", false);
}
static int attr_listed(void)
{
	char names[64];

	if (attr_on("/box", false) != 0)
		return EIO;
	switch (listxattr("/box", names, sizeof(names))) {
	case 0:
		return ENODATA;
	case sizeof("trusted.deputy.a"):
		return memcmp(names, "trusted.deputy.a", 17) ? EINVAL : 0;
	default:
		return EINVAL;
	}
}
static int attr_of_a_link(void)
{
	TRY(symlink("/box", "/tmp/l"));
	return attr_on("/tmp/l", true);
}

static const struct row {
	const char *name, *policy;
	int (*run)(void); /* by the container's root; returns its errno */
	int error;
} rows[] = {
	{ "in the directory", POLICY(NULL_IN("/box")), null_in_box, 0 },
	{ "in another", POLICY(NULL_IN("/box")), null_in_root, EXDEV },
	{ "below it", POLICY(NULL_IN("/box")), null_below_box, EXDEV },
	{ "below it, with a star", POLICY(NULL_IN("/box/*")), null_below_box,
	  0 },
	{ "in the root", POLICY(NULL_IN("/")), null_in_root, 0 },
	{ "through a link", POLICY(NULL_IN("/box")), null_through_link, 0 },
	{ "through a link, by its name", POLICY(NULL_IN("/tmp/l")),
	  null_through_link, EXDEV },
	{ "relative", POLICY(NULL_IN("/box")), null_relative, 0 },
	{ "one that begins so", POLICY(NULL_IN("/box/*")), null_in_another_box,
	  EXDEV },
	{ "as a chrooted caller sees it", POLICY(NULL_IN("/box")),
	  null_chrooted, 0 },
	{ "out of its root: from the mount namespace's",
	  POLICY(NULL_IN("/box")), null_out_of_a_chroot, 0 },
	{ "nowhere", POLICY(NULL_IN("/*")), null_nowhere, EXDEV },
	{ "behind a closed directory", POLICY(NULL_IN("/box/closed/in")),
	  null_past_permission, 0 },
	{ "by who may not", POLICY(NULL_IN("/tmp")), null_without_capability,
	  EXDEV },

	{ "root is uid 0", POLICY(NULL_IF("\"uid\":0")), null_in_box, 0 },
	{ "root is root", POLICY(NULL_IF("\"root\":true")), null_in_box, 0 },
	{ "root is not another", POLICY(NULL_IF("\"root\":false")), null_in_box,
	  EXDEV },
	{ "ids as the container sees them",
	  POLICY(NULL_IF("\"uid\":[\"1000-1999\"],\"gid\":1001")),
	  null_by_1000, 0 },
	{ "another group", POLICY(NULL_IF("\"uid\":1000,\"gid\":1000")),
	  null_by_1000, EXDEV },
	{ "a capability that it holds",
	  POLICY(NULL_IF("\"capability\":\"CAP_MKNOD\"")), null_by_1000, 0 },
	{ "a capability that it lacks",
	  POLICY(NULL_IF("\"capability\":[\"CAP_MKNOD\",\"CAP_CHOWN\"]")),
	  null_by_1000, EXDEV },
	{ "a denial", POLICY(DENIED_IF("\"uid\":0")), null_in_box, EXDEV },
	{ "a denial of others", POLICY(DENIED_IF("\"uid\":1")), null_in_box,
	  EPERM },
	{ "root of a nested user namespace is not root",
	  POLICY(NULL_IF("\"root\":true")), null_by_nested_root, EXDEV },
	{ "and slips through no denial", POLICY(DENIED_IF("\"uid\":1000")),
	  null_by_nested_root, EXDEV },

#ifdef __x86_64__
	{ "listed on its ABI", POLICY(LISTED_IF("\"arch\":\"x86_64\"")),
	  attr_listed, 0 },
	{ "not listed on another", POLICY(LISTED_IF("\"arch\":\"x86\"")),
	  attr_listed, ENODATA },
#endif
	{ "listed for its uid", POLICY(LISTED_IF("\"uid\":0")), attr_listed,
	  0 },
	{ "not listed for another", POLICY(LISTED_IF("\"uid\":1")),
	  attr_listed, ENODATA },

	{ "an attribute", POLICY(ATTR_IN("/box")), attr_of_a_file, 0 },
	{ "an attribute of the directory itself", POLICY(ATTR_IN("/box")),
	  attr_of_the_directory, EPERM },
	{ "which lies in the root", POLICY(ATTR_IN("/")),
	  attr_of_the_directory, 0 },
	{ "an attribute through a link", POLICY(ATTR_IN("/box")),
	  attr_through_a_link, 0 },
	{ "an attribute of a link", POLICY(ATTR_IN("/tmp")), attr_of_a_link,
	  0 },
};

static int run_row(void *ctx)
{
	const struct row *row = ctx;

	return row->run();
}

static bool check_row(const struct world *w, const struct row *row)
{
	struct inmate_plan plan = { true, run_row, (void *)row };
	struct inmate i;
	struct attendant a;
	int error;

	world_reset(w);
	inmate_start(w, &plan, &i);
	attendant_start(&a, w, &i, row->policy);
	inmate_go(&i);
	error = inmate_result(&i);
	inmate_end(&i);
	attendant_expect_exit(&a);
	print_message("%s %s: %s\n", error == row->error ? "ok    " : "FAILED",
		      row->name, error ? strerrorname_np(error) : "done");
	return error == row->error;
}

TEST_WITHIN(rules, ask_the_kernel, 60)
{
	struct world w;
	unsigned failed = 0;

	world_init(&w, WORLD_TMPFS);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		failed += !check_row(&w, &rows[i]);
	world_done(&w);
	assert_int_equal(failed, 0);
}

/* Nothing is read of a caller that no rule asks about: a worker that emulates
 * nothing keeps no capability, and still may look. */
static int denied(void *ctx)
{
	return null_in_box();
}

TEST(rules, ask_without_emulating)
{
	struct inmate_plan plan = { true, denied, NULL };
	struct world w;
	struct inmate i;
	struct attendant a;

	world_init(&w, WORLD_TMPFS);
	world_reset(&w);
	inmate_start(&w, &plan, &i);
	attendant_start(&a, &w, &i,
			POLICY(DENIED_IF("\"root\":true,\"capability\":"
					 "\"CAP_MKNOD\"")));
	inmate_go(&i);
	assert_int_equal(inmate_result(&i), EXDEV);
	inmate_end(&i);
	attendant_expect_exit(&a);
	world_done(&w);
}
