// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A device node on a tmpfs of the container's own, where the kernel lets none
 * be opened: deputy's opens, and is the container's in every other way.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/securebits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/slot.h"
#include "tests/harness/test.h"
#include "tests/live/emulation/caller.h"
#include "tests/live/emulation/fuse.h"
#include "tests/live/emulation/played.h"
#include "tests/live/emulation/world.h"
#include "worker/node_open.h"

#define POLICY(more)                                                           \
	"{\"version\":1,\"policies\":{\"test\":{\"rules\":[{\"syscalls\":"      \
	"[\"mknod\",\"mknodat\"],\"match\":{\"type\":\"char\",\"device\":"        \
	"[\"1:3\"]},\"action\":\"emulate\"" more "}],"                          \
	"\"default\":\"continue\"}},"                                            \
	"\"bindings\":[{\"when\":{},\"policy\":\"test\"}]}"
#define UNOPENABLE(word) POLICY(",\"unopenable\":\"" word "\"")

/* In the container; each returns 0 or what went wrong. */
#define WANT(x)                                                                \
	do {                                                                   \
		if (!(x)) {                                                    \
			printf("in the container: not %s: %s\n", #x,           \
			       strerror(errno));                               \
			fflush(stdout);                                        \
			return __LINE__;                                       \
		}                                                              \
	} while (0)

static int make(const char *path)
{
	return mknod(path, S_IFCHR | 0640, makedev(1, 3));
}

static bool opens(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	bool good = fd >= 0 && write(fd, "x", 1) == 1;
	char c;

	good = good && read(fd, &c, 1) == 0; /* /dev/null is empty */
	close(fd);
	return good;
}

static int on_own_tmpfs(void *ctx)
{
	struct stat st;

	WANT(mount("t", "/box", "tmpfs", 0, "mode=0755") == 0);
	WANT(make("/box/n") == 0);
	WANT(opens("/box/n"));
	WANT(stat("/box/n", &st) == 0);
	WANT(S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3));
	WANT((st.st_mode & 07777) == 0640 && st.st_uid == 0 && st.st_gid == 0);
	WANT(make("/box/n") < 0 && errno == EEXIST);
	WANT(chmod("/box/n", 0600) == 0 && chown("/box/n", 5, 6) == 0);
	WANT(stat("/box/n", &st) == 0);
	WANT((st.st_mode & 07777) == 0600 && st.st_uid == 5 && st.st_gid == 6);
	WANT(unlink("/box/n") < 0 && errno == EBUSY);
	WANT(umount2("/box/n", MNT_DETACH) == 0);
	WANT(unlink("/box/n") == 0);
	return 0;
}

static int lay_overlay(void)
{
	static const char *const dirs[] = { "/tmp/l", "/tmp/u", "/tmp/w" };

	for (size_t i = 0; i < 3; i++)
		WANT(mkdir(dirs[i], 0777) == 0 && chmod(dirs[i], 0777) == 0);
	WANT(mount("o", "/box", "overlay", 0,
		   "lowerdir=/tmp/l,upperdir=/tmp/u,workdir=/tmp/w") == 0);
	return 0;
}

/* There, the kernel makes no device for anybody: its mounter's rights count. */
static int on_own_overlay(void *ctx)
{
	struct stat st;

	WANT(lay_overlay() == 0);
	umask(027);
	WANT(make("/box/n") == 0);
	WANT(opens("/box/n"));
	WANT(stat("/box/n", &st) == 0);
	WANT(S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3));
	WANT((st.st_mode & 07777) == 0640 && st.st_uid == 0);
	WANT(make("/box/n") < 0 && errno == EEXIST);
	WANT(make("/box/no/n") < 0 && errno == ENOENT);
	WANT(chmod("/box", 0755) == 0);
	caller_drop_with(CAP_BIT(MKNOD), 1000, 1001);
	WANT(make("/box/m") < 0 && errno == EACCES);
	WANT(lstat("/box/m", &st) < 0);
	return 0;
}

/* Not in the layer below either, which outlives the container. */
static int overlay_refused(void *ctx)
{
	struct stat st;

	WANT(lay_overlay() == 0);
	WANT(make("/box/n") < 0 && errno == EPERM);
	WANT(lstat("/box/n", &st) < 0 && errno == ENOENT);
	WANT(lstat("/tmp/u/n", &st) < 0 && errno == ENOENT);
	return 0;
}

static int on_own_ramfs(void *ctx)
{
	WANT(mount("t", "/box", "ramfs", 0, "mode=0755") == 0);
	WANT(make("/box/n") == 0);
	WANT(opens("/box/n"));
	return 0;
}

static int owned_by_the_caller(void *ctx)
{
	struct stat st;

	WANT(mount("t", "/box", "tmpfs", 0, "mode=0777") == 0);
	umask(027);
	caller_drop_with(CAP_BIT(MKNOD), 1000, 1001);
	WANT(mknod("/box/n", S_IFCHR | 0666, makedev(1, 3)) == 0);
	WANT(opens("/box/n"));
	WANT(stat("/box/n", &st) == 0);
	WANT((st.st_mode & 07777) == 0640);
	WANT(st.st_uid == 1000 && st.st_gid == 1001);
	return 0;
}

static int nodev_is_respected(void *ctx)
{
	WANT(mount("t", "/box", "tmpfs", MS_NODEV, "mode=0755") == 0);
	WANT(make("/box/n") == 0);
	WANT(open("/box/n", O_RDWR) < 0 && errno == EACCES);
	return 0;
}

static int nothing_bound_where_it_opens(void *ctx)
{
	WANT(make("/box/n") == 0);
	WANT(opens("/box/n"));
	WANT(unlink("/box/n") == 0); /* EBUSY for a mount point */
	return 0;
}

static int made_all_the_same(void *ctx)
{
	WANT(mount("t", "/box", "tmpfs", 0, "mode=0755") == 0);
	WANT(make("/box/n") == 0);
	WANT(open("/box/n", O_RDWR) < 0 && errno == EACCES);
	WANT(unlink("/box/n") == 0); /* no mount point */
	return 0;
}

static int refused_without_a_trace(void *ctx)
{
	struct stat st;

	WANT(mount("t", "/box", "tmpfs", 0, "mode=0755") == 0);
	WANT(make("/box/n") < 0 && errno == EPERM);
	WANT(lstat("/box/n", &st) < 0 && errno == ENOENT);
	WANT(make("/tmp/n") == 0 && opens("/tmp/n")); /* where it can open */
	return 0;
}

/* Shown to the container's root alone. */
static int mount_own_fuse(void)
{
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	char options[96];
	pid_t pid;

	WANT(fd >= 0);
	(void)snprintf(options, sizeof(options),
		       "fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
	WANT(mount("f", "/box", "fuse", 0, options) == 0);
	pid = fork();
	WANT(pid >= 0);
	if (pid == 0) {
		fuse_serve(fd, 0, 0755);
		_exit(0);
	}
	close(fd);
	return 0;
}

static int refused_on_own_fuse(void *ctx)
{
	struct stat st;

	WANT(mount_own_fuse() == 0);
	WANT(make("/box/n") < 0 && errno == EPERM);
	WANT(lstat("/box/n", &st) < 0 && errno == ENOENT);
	return 0;
}

static int bound_on_own_fuse(void *ctx)
{
	struct stat st;

	WANT(mount_own_fuse() == 0);
	WANT(make("/box/n") == 0);
	WANT(opens("/box/n"));
	WANT(stat("/box/n", &st) == 0 && (st.st_mode & 07777) == 0640);
	WANT(umount2("/box/n", MNT_DETACH) == 0);
	WANT(lstat("/box/n", &st) == 0 && S_ISCHR(st.st_mode));
	WANT(open("/box/n", O_RDWR) < 0 && errno == EACCES);
	return 0;
}

static int made_on_own_fuse(void *ctx)
{
	struct stat st;

	WANT(mount_own_fuse() == 0);
	WANT(make("/box/n") == 0);
	WANT(lstat("/box/n", &st) == 0 && S_ISCHR(st.st_mode));
	return 0;
}

static int many(void *ctx)
{
	char path[32];

	WANT(mount("t", "/box", "tmpfs", 0, "mode=0755") == 0);
	for (int i = 0; i < 200; i++) {
		(void)snprintf(path, sizeof(path), "/box/%d", i);
		WANT(make(path) == 0);
		WANT(opens(path));
	}
	return 0;
}

static void have_dev_fuse(const struct world *w)
{
	char path[PATH_MAX];

	host_put_dir(w->root, "dev");
	(void)snprintf(path, sizeof(path), "%s/dev/fuse", w->root);
	assert_int_equal(mknod(path, S_IFCHR | 0666, makedev(10, 229)), 0);
}

static void check_under(const char *policy, int (*run)(void *))
{
	struct inmate_plan plan = { true, run, NULL };
	struct world w;
	struct inmate i;
	struct attendant a;

	world_init(&w, WORLD_EXT);
	world_reset(&w);
	have_dev_fuse(&w);
	inmate_start(&w, &plan, &i);
	attendant_start(&a, &w, &i, policy);
	inmate_go(&i);
	assert_int_equal(inmate_result(&i), 0);
	inmate_end(&i);
	attendant_expect_exit(&a);
	world_done(&w);
}

static void check(int (*run)(void *))
{
	check_under(POLICY(""), run);
}

TEST(node, opens_on_a_tmpfs_of_the_container)
{
	check(on_own_tmpfs);
}

TEST(node, by_policy_opens_on_an_overlay_of_the_container)
{
	inmate_needs_overlay();
	check_under(UNOPENABLE("bind"), on_own_overlay);
}

TEST(node, opens_on_a_ramfs_of_the_container)
{
	check(on_own_ramfs);
}

TEST(node, is_refused_on_an_overlay_of_the_container)
{
	inmate_needs_overlay();
	check(overlay_refused);
}

/* Whoever spelled "bind" is told where a FIFO stays. */
TEST(node, that_stays_is_logged)
{
	char path[] = "/tmp/deputy-log-XXXXXX", text[4096];
	int log = mkostemp(path, O_CLOEXEC), err = dup(STDERR_FILENO);
	ssize_t n;

	assert_true(log >= 0 && err >= 0 && unlink(path) == 0);
	inmate_needs_overlay();
	assert_true(dup2(log, STDERR_FILENO) >= 0);
	check_under(UNOPENABLE("bind"), on_own_overlay);
	n = pread(log, text, sizeof(text) - 1, 0);
	assert_true(dup2(err, STDERR_FILENO) >= 0);
	close(err);
	close(log);
	assert_true(n >= 0);
	text[n] = '\0';
	assert_non_null(strstr(text, "event=node-stays"));
	assert_non_null(strstr(text, "name=n major=1 minor=3"));
}

TEST(node, by_policy_is_refused_on_an_overlay)
{
	inmate_needs_overlay();
	check_under(UNOPENABLE("errno"), overlay_refused);
}

TEST(node, is_refused_on_a_fuse_of_the_containers_root)
{
	if (access("/dev/fuse", F_OK) < 0)
		TEST_SKIP("FUSE");
	check(refused_on_own_fuse);
}

TEST(node, by_policy_opens_on_a_fuse_of_the_containers_root)
{
	if (access("/dev/fuse", F_OK) < 0)
		TEST_SKIP("FUSE");
	check_under(UNOPENABLE("bind"), bound_on_own_fuse);
}

TEST(node, by_policy_is_made_on_a_fuse_as_the_kernel_would)
{
	if (access("/dev/fuse", F_OK) < 0)
		TEST_SKIP("FUSE");
	check_under(UNOPENABLE("create"), made_on_own_fuse);
}

/* A caller that has left the user namespace of its mounts, and may mount nothing
 * there: those are the host's. (This process plays the worker.) */
TEST(node, is_bound_into_no_mounts_but_the_containers)
{
	static struct caller c;
	const struct node_twin twin = { S_IFCHR | 0600, makedev(1, 3), 0, 0 };
	char path[PATH_MAX];
	struct statx bound;
	struct stat st;
	struct world w;
	struct home h;
	pid_t pid;
	int fd, r;

	world_init(&w, WORLD_TMPFS);
	world_reset(&w);
	(void)snprintf(path, sizeof(path), "%s/box/n", w.root);
	assert_int_equal(mkfifo(path, 0600), 0);
	pid = played_caller();
	assert_int_equal(home_init(&h), 0);
	h.nodes_fd = w.nodes_fd;
	h.parent = getppid();
	assert_int_equal(prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP), 0);
	assert_int_equal(caller_open(&h, pid, &c), CALLER_OK);
	fd = open(path, O_PATH | O_CLOEXEC);
	assert_true(fd >= 0);
	r = node_bind(&h, &c, fd, &twin, &bound);
	assert_int_equal(lstat(path, &st), 0);
	(void)umount2(path, MNT_DETACH);
	assert_true(S_ISFIFO(st.st_mode));
	assert_int_equal(r, -EXDEV);
	close(fd);
	close(h.root_fd);
	close(h.proc_fd);
	caller_close(&c);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	(void)setfsuid(0); /* a worker is nobody then */
	(void)setfsgid(0);
	world_done(&w);
}

TEST(node, has_the_callers_owner_and_mode)
{
	check(owned_by_the_caller);
}

TEST(node, nodev_mount_is_respected)
{
	check(nodev_is_respected);
}

TEST(node, nothing_is_bound_where_nodes_open)
{
	check(nothing_bound_where_it_opens);
}

TEST(node, two_hundred_open)
{
	check(many);
}

TEST(node, by_policy_is_made_as_the_kernel_would)
{
	check_under(UNOPENABLE("create"), made_all_the_same);
}

TEST(node, by_policy_is_refused_where_it_would_not_open)
{
	check_under(UNOPENABLE("errno"), refused_without_a_trace);
}
