// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * mknod by deputy against mknod by the kernel: each row's caller makes the same
 * call twice, each time in a new container laid in the same way.  First
 * natively, for a FIFO, which the kernel allows to any container; then through
 * a deputy-worker, for the device 1:3.  Result, errno and all that stands in
 * the container afterwards must be the same.
 *
 * To add a case, add a row.  Where the caller may not have the device at all
 * (.left) the native call asks for the device too, and the kernel refuses it.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/acl.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/own.h"
#include "tests/harness/test.h"
#include "tests/live/emulation/caller.h"
#include "tests/live/emulation/via.h"
#include "tests/live/emulation/world.h"

struct row {
	const char *name;
	const char *path;
	enum via via;
	mode_t mode; /* permission bits; 0: 0666 */
	bool left;   /* not a caller to be acted for */
	void (*prepare)(const char *root); /* by the host's root, outside */
	int (*become)(void); /* by the caller; returns its dirfd */
	const char *(*address)(void); /* in place of path */
	long garbage; /* in the upper halves of the registers */
};

/* -- what the caller does before the call ---------------------------------- */

static int in_box(void)
{
	TRY(chdir("/box"));
	return AT_FDCWD;
}
static int umask_027(void)
{
	umask(027);
	return AT_FDCWD;
}
static int umask_077(void)
{
	umask(077);
	return AT_FDCWD;
}
static int umask_0(void)
{
	umask(0);
	return AT_FDCWD;
}
static int dirfd_box(void)
{
	return open("/box", O_RDONLY | O_DIRECTORY);
}
static int dirfd_path(void)
{
	return open("/box", O_PATH);
}
static int dirfd_file(void)
{
	return open("/box/file", O_RDONLY);
}
static int dirfd_bad(void)
{
	return 77;
}
static int chrooted(void)
{
	TRY(chroot("/box"));
	TRY(chdir("/"));
	return AT_FDCWD;
}
static int chrooted_cwd_outside(void)
{
	TRY(chdir("/tmp"));
	TRY(chroot("/box"));
	return AT_FDCWD;
}
static int box_is_fd_20(void)
{
	TRY(dup2(dirfd_box(), 20));
	return AT_FDCWD;
}
static int box_is_fd_20_of_1000(void)
{
	box_is_fd_20();
	caller_drop_with(CAP_BIT(MKNOD), 1000, 1000);
	return AT_FDCWD;
}
static int file_is_fd_20(void)
{
	TRY(dup2(dirfd_file(), 20));
	return AT_FDCWD;
}
static int cwd_deleted(void)
{
	TRY(mkdir("/tmp/gone", 0755));
	TRY(chdir("/tmp/gone"));
	TRY(rmdir("/tmp/gone"));
	return AT_FDCWD;
}
static int user_1000(void)
{
	caller_drop_with(CAP_BIT(MKNOD), 1000, 1000);
	return AT_FDCWD;
}
static int user_1000_override(void)
{
	caller_drop_with(CAP_BIT(MKNOD) | CAP_BIT(DAC_OVERRIDE), 1000, 1000);
	return AT_FDCWD;
}
static int user_1000_group_7(void)
{
	gid_t groups[] = { 5, 7, 9 };

	TRY(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0));
	caller_drop_to(1000, 1000, 3, groups);
	TRY(caps_set(CAP_BIT(MKNOD), CAP_BIT(MKNOD)));
	return AT_FDCWD;
}
static int root_without_mknod(void)
{
	uint64_t caps = ~CAP_BIT(MKNOD) & ((CAP_BIT(CHECKPOINT_RESTORE) << 1) - 1);

	TRY(caps_set(caps, caps));
	return AT_FDCWD;
}
static int root_without_override(void)
{
	TRY(caps_set(CAP_BIT(MKNOD), CAP_BIT(MKNOD)));
	return AT_FDCWD;
}
static int no_capability(void)
{
	caller_drop_to(1000, 1000, 0, NULL);
	return AT_FDCWD;
}
static int fsuid_differs(void)
{
	caller_drop_with(CAP_BIT(MKNOD) | CAP_BIT(SETUID) | CAP_BIT(SETGID), 1000, 1000);
	(void)setfsuid(1001);
	(void)setfsgid(1001);
	TRY(caps_set(CAP_BIT(MKNOD), CAP_BIT(MKNOD)));
	return AT_FDCWD;
}
static int nested_userns(void)
{
	TRY(unshare(CLONE_NEWUSER));
	return AT_FDCWD;
}
static int tmpfs_of_its_own(void)
{
	TRY(unshare(CLONE_NEWNS));
	TRY(mount("t", "/box", "tmpfs", 0, "mode=0755"));
	return AT_FDCWD;
}
static int readonly_bind(void)
{
	TRY(mount("/box", "/box", NULL, MS_BIND, NULL));
	TRY(mount(NULL, "/box", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL));
	return AT_FDCWD;
}
static int nodev_bind(void)
{
	TRY(mount("/box", "/box", NULL, MS_BIND, NULL));
	TRY(mount(NULL, "/box", NULL, MS_BIND | MS_REMOUNT | MS_NODEV, NULL));
	return AT_FDCWD;
}
static int fsetid_outsider(void)
{
	caller_drop_with(CAP_BIT(MKNOD), 1000, 1000);
	umask(0);
	return AT_FDCWD;
}
static int fsetid_holder(void)
{
	caller_drop_with(CAP_BIT(MKNOD) | CAP_BIT(FSETID), 1000, 1000);
	umask(0);
	return AT_FDCWD;
}

/* -- what the host lays in the box ------------------------------------------ */

static void have_file(const char *root)
{
	host_put_file(root, "box/file");
}
static void have_dir(const char *root)
{
	host_put_dir(root, "box/dir");
}
static void have_links(const char *root)
{
	have_dir(root);
	host_put_link(root, "box/rel", "dir");
	host_put_link(root, "box/abs", "/box/dir");
	host_put_link(root, "box/up", "../../../../../../box/dir");
	host_put_link(root, "box/dangling", "nowhere");
	host_put_link(root, "box/loop", "loop");
}
static void box_of_1000(const char *root)
{
	host_own(root, "box", 1000, 1000, 0755);
}
static void box_0555(const char *root)
{
	host_own(root, "box", 0, 0, 0555);
}
static void box_0700(const char *root)
{
	host_own(root, "box", 0, 0, 0700);
}
static void have_dev_fd(const char *root)
{
	host_put_dir(root, "dev");
	host_put_link(root, "dev/fd", "/proc/self/fd");
}
static void box_0707(const char *root)
{
	host_own(root, "box", 0, 1000, 0707);
}
static void box_group_7(const char *root)
{
	host_own(root, "box", 0, 7, 0770);
}
static void box_setgid(const char *root)
{
	host_own(root, "box", 0, 7, 02777);
}
static void box_setgid_unmapped(const char *root)
{
	host_own(root, "box", -5, -5, 02777);
}
static void box_unmapped(const char *root)
{
	host_own(root, "box", -5, -5, 0755);
}
static void box_unmapped_group(const char *root)
{
	host_own(root, "box", 0, -5, 0070);
}
static void box_unmapped_0777(const char *root)
{
	host_own(root, "box", -5, -5, 0777);
}
static void box_below_unmapped(const char *root)
{
	have_dir(root);
	host_own(root, "box", -5, -5, 0700);
}
static void box_acl(const char *root, acl_type_t type, const char *text)
{
	char path[PATH_MAX];
	acl_t acl = acl_from_text(text);

	(void)snprintf(path, sizeof(path), "%s/box", root);
	assert_non_null(acl);
	assert_int_equal(acl_set_file(path, type, acl), 0);
	acl_free(acl);
}
static void box_acl_default(const char *root)
{
	box_acl(root, ACL_TYPE_DEFAULT,
		"u::rw,u:101234:rw,g::r,m::rw,o::r");
}
static void box_acl_entry(const char *root)
{
	box_acl(root, ACL_TYPE_ACCESS, "u::rwx,u:101000:rwx,g::-,m::rwx,o::-");
}

/* -- paths that are no string constant --------------------------------------- */

/* @len bytes of "x/" components that exist nowhere, or one long component. */
static const char *long_path(size_t len)
{
	static char buf[8192];

	for (size_t i = 0; i < len; i++)
		buf[i] = i % 2 ? '/' : '.';
	buf[len] = '\0';
	memcpy(buf + len - 6, "/box/n", 6);
	return buf;
}
static const char *bytes_4095(void)
{
	return long_path(4095);
}
static const char *bytes_4096(void)
{
	return long_path(4096);
}
static const char *component(size_t len)
{
	static char buf[512];

	memcpy(buf, "/box/", 5);
	memset(buf + 5, 'x', len);
	buf[5 + len] = '\0';
	return buf;
}
static const char *component_255(void)
{
	return component(255);
}
static const char *component_256(void)
{
	return component(256);
}
static const char *null_pointer(void)
{
	return NULL;
}
static const char *ends_at_page_end(void)
{
	return memcpy(caller_before_hole(7), "/box/n", 7);
}
static const char *runs_into_hole(void)
{
	return memcpy(caller_before_hole(6), "/box/n", 6);
}

static const struct row rows[] = {
	{ "absolute path", "/box/n" },
	{ "mknod, not mknodat", "/box/n", MKNOD },
	{ "a thread that is not the leader", "/box/n", THREAD },
	{ "i386", "/box/n", I386 },
	{ "x32", "/box/n", X32 },
	{ "umask 027", "/box/n", .become = umask_027 },
	{ "umask 077, mode 0777", "/box/n", .mode = 0777, .become = umask_077 },
	{ "mode 07777", "/box/n", .mode = 07777, .become = umask_0 },
	{ "mode 0000", "/box/n", .mode = 010000 /* no bits */ },
	{ "relative path", "n", .become = in_box },
	{ "relative with ..", "../box/./n", .become = in_box },
	{ ".. above the root", "/../../box/n" },
	{ "doubled slashes", "//box///n" },
	{ "symlinked parent, relative", "/box/rel/n", .prepare = have_links },
	{ "symlinked parent, absolute", "/box/abs/n", .prepare = have_links },
	{ "symlinked parent above the root", "/box/up/n",
	  .prepare = have_links },
	{ "symlink loop", "/box/loop/n", .prepare = have_links },
	{ "dangling link as last", "/box/dangling", .prepare = have_links },
	{ "dangling link as parent", "/box/dangling/n", .prepare = have_links },
	{ "dirfd", "n", .become = dirfd_box },
	{ "dirfd opened O_PATH", "n", .become = dirfd_path },
	{ "dirfd is a file", "n", .prepare = have_file, .become = dirfd_file },
	{ "dirfd is none", "n", .become = dirfd_bad },
	{ "dirfd is none, absolute path", "/box/n", .become = dirfd_bad },
	{ "garbage in the upper halves", "n", .become = dirfd_box,
	  .garbage = (long)0xdeadbeef00000000 },
	{ "missing parent", "/box/no/n" },
	{ "parent is a file", "/box/file/n", .prepare = have_file },
	{ "exists: file", "/box/file", .prepare = have_file },
	{ "exists: directory", "/box/dir", .prepare = have_dir },
	{ "trailing slash", "/box/n/" },
	{ "trailing slash, exists", "/box/dir/", .prepare = have_dir },
	{ "last is .", "/box/." },
	{ "last is ..", "/box/.." },
	{ "/", "/" },
	{ "empty path", "" },
	{ "null pointer", .address = null_pointer },
	{ "string to the page's end", .address = ends_at_page_end },
	{ "string into a hole", .address = runs_into_hole },
	{ "4095 bytes", .address = bytes_4095 },
	{ "4096 bytes", .address = bytes_4096 },
	{ "component of 255 bytes", .address = component_255 },
	{ "component of 256 bytes", .address = component_256 },
	{ "chrooted", "/n", .become = chrooted },
	{ "chrooted, cwd outside", "n", .become = chrooted_cwd_outside },
	{ "deleted working directory", "n", .become = cwd_deleted },
	{ "own mount namespace and tmpfs", "/box/n",
	  .become = tmpfs_of_its_own },
	{ "user in its own directory", "/box/n", .prepare = box_of_1000,
	  .become = user_1000 },
	{ "user in root's directory", "/box/n", .become = user_1000 },
	{ "user in a sticky directory", "/tmp/n", .become = user_1000 },
	{ "user with CAP_DAC_OVERRIDE", "/box/n",
	  .become = user_1000_override },
	{ "user whose group is denied", "/box/n", .prepare = box_0707,
	  .become = user_1000 },
	{ "supplementary group", "/box/n", .prepare = box_group_7,
	  .become = user_1000_group_7 },
	{ "ACL entry", "/box/n", .prepare = box_acl_entry,
	  .become = user_1000 },
	{ "default ACL", "/box/n", .prepare = box_acl_default },
	{ "fsuid and fsgid differ", "/tmp/n", .become = fsuid_differs },
	{ "root in 0555", "/box/n", .prepare = box_0555 },
	{ "root in 0555 without CAP_DAC_OVERRIDE", "/box/n",
	  .prepare = box_0555, .become = root_without_override },
	{ "unmapped owner and group", "/box/n", .prepare = box_unmapped },
	{ "unmapped group has the bits", "/box/n",
	  .prepare = box_unmapped_group },
	{ "unmapped, 0777", "/box/n", .prepare = box_unmapped_0777 },
	{ "search through unmapped", "/box/dir/n",
	  .prepare = box_below_unmapped },
	{ "setgid directory", "/box/n", .prepare = box_setgid },
	{ "setgid directory, setgid node, outsider", "/box/n", .mode = 02775,
	  .prepare = box_setgid, .become = fsetid_outsider },
	{ "setgid directory, setgid node, CAP_FSETID", "/box/n", .mode = 02775,
	  .prepare = box_setgid, .become = fsetid_holder },
	{ "setgid unmapped directory, CAP_FSETID", "/box/n", .mode = 02775,
	  .prepare = box_setgid_unmapped, .become = fsetid_holder },
	{ "read-only bind mount", "/box/n", .become = readonly_bind },
	{ "read-only bind mount, exists", "/box/file", .prepare = have_file,
	  .become = readonly_bind },
	{ "nodev mount", "/box/n", .become = nodev_bind },
	{ "below procfs", "/proc/n" },
	{ "/proc/self/cwd", "/proc/self/cwd/n", .become = in_box },
	{ "/proc/self/root", "/proc/self/root/box/n" },
	{ "/proc/self/fd", "/proc/self/fd/20/n", .become = box_is_fd_20 },
	{ "/proc/thread-self/fd, deeper", "/proc/thread-self/fd/20/dir//n",
	  .prepare = have_dir, .become = box_is_fd_20 },
	{ "/proc/self/fd of a file", "/proc/self/fd/20/n",
	  .prepare = have_file, .become = file_is_fd_20 },
	{ "/proc/self/fd, none", "/proc/self/fd/21/n" },
	{ "/proc/self/fd itself", "/proc/self/fd/20",
	  .become = box_is_fd_20 },
	{ "/proc/self/fd by a user without search", "/proc/self/fd/20/n",
	  .prepare = box_0700, .become = box_is_fd_20_of_1000 },
	{ "/dev/fd", "/dev/fd/20/n", .prepare = have_dev_fd,
	  .become = box_is_fd_20 },
	{ "root without CAP_MKNOD", "/box/n", .left = true,
	  .become = root_without_mknod },
	{ "user without a capability", "/tmp/n", .left = true,
	  .become = no_capability },
	{ "nested user namespace", "/box/n", .left = true,
	  .become = nested_userns },
};

/* -- running a row ------------------------------------------------------------ */

static bool rootless; /* the user namespace is its own root's */

struct shot {
	const struct row *row;
	mode_t type;
	dev_t dev;
};

static int run_row(void *ctx)
{
	const struct shot *s = ctx;
	const struct row *row = s->row;
	int dirfd = row->become ? row->become() : AT_FDCWD;
	long mode = row->mode == 010000 ? 0 : row->mode ? row->mode : 0666;
	struct via_args a = {
		.dirfd = (long)((unsigned)dirfd | (unsigned long)row->garbage),
		.path = row->address ? row->address() : row->path,
		.mode = mode | (long)s->type | row->garbage,
		.dev = (long)s->dev | row->garbage,
	};

	via_call(row->via, &a);
	return a.error;
}

/* Runs @row once. Return: its errno; *ret_tree is what stands there then */
static int shoot(const struct world *w, const struct row *row, bool notified,
		 mode_t type, char **ret_tree)
{
	struct shot s = { row, type, type == S_IFCHR ? makedev(1, 3) : 0 };
	struct inmate_plan plan = { .notified = notified, .run = run_row,
				    .ctx = &s, .rootless = rootless };
	struct inmate i;
	struct attendant a;
	char root[64];
	int result;

	world_reset(w);
	if (row->prepare)
		row->prepare(w->root);
	inmate_start(w, &plan, &i);
	if (notified) {
		attendant_start(&a, w, &i, world_policy);
		inmate_go(&i);
	}
	result = inmate_result(&i);
	(void)snprintf(root, sizeof(root), "/proc/%d/root/.", i.pid);
	*ret_tree = world_snapshot(root, type == S_IFCHR ? "c1:3" : "p");
	inmate_end(&i);
	if (notified)
		attendant_expect_exit(&a);
	return result;
}

/* Return: whether the row came out as it must */
static bool check_row(const struct world *w, const struct row *row)
{
	char *native, *emulated;
	int want = shoot(w, row, false, row->left ? S_IFCHR : S_IFIFO, &native);
	int got = shoot(w, row, true, S_IFCHR, &emulated);
	bool good = want == got && strcmp(native, emulated) == 0;

	print_message("%s %s: %s\n", good ? "ok    " : "FAILED", row->name,
		      want ? strerrorname_np(want) : "0");
	if (!good)
		print_message("wanted %d\n%sgot %d\n%s", want, native, got,
			      emulated);
	free(native);
	free(emulated);
	return good;
}

static void check_all(enum world_fs fs)
{
	struct world w;
	unsigned failed = 0;

	world_init(&w, fs);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		failed += !check_row(&w, &rows[i]);
	world_done(&w);
	assert_int_equal(failed, 0);
}

TEST_WITHIN(mknod, as_the_kernel_on_the_disk, 100)
{
	check_all(WORLD_EXT);
}

TEST_WITHIN(mknod, as_the_kernel_on_tmpfs, 100)
{
	check_all(WORLD_TMPFS);
}

TEST_WITHIN(mknod, as_the_kernel_in_a_rootless_container, 100)
{
	rootless = true;
	check_all(WORLD_EXT);
}

TEST_WITHIN(mknod, as_the_kernel_on_overlay, 100)
{
	check_all(WORLD_OVERLAY);
}
