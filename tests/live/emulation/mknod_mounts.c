// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Filesystems and mounts of the host below the path, and the container's binds.
 */
#include <fcntl.h>
#include <linux/fs.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/harness/test.h"
#include "tests/live/emulation/fuse.h"
#include "tests/live/emulation/mknod_row.h"
#include "tests/live/emulation/mknod_steps.h"
#include "tests/live/emulation/outside.h"
#include "tests/live/emulation/world.h"

#ifndef MS_NOSYMFOLLOW
#define MS_NOSYMFOLLOW 256 /* Linux 5.10 */
#endif

/* -- by the host ------------------------------------------------------------- */

static void box_mount(const char *root, unsigned long flags, const char *options)
{
	outside_mount(root, "box", "tmpfs", flags, options);
	host_own(root, "box", 0, 0, 0755);
}

static void host_tmpfs(const char *root)
{
	box_mount(root, 0, NULL);
}

static void host_nodev(const char *root)
{
	box_mount(root, MS_NODEV, NULL);
}

static void host_nosuid_noexec(const char *root)
{
	box_mount(root, MS_NOSUID | MS_NOEXEC, NULL);
}

static void host_nosymfollow(const char *root)
{
	box_mount(root, MS_NOSYMFOLLOW, NULL);
	have_links(root);
}

static void host_ramfs(const char *root)
{
	outside_mount(root, "box", "ramfs", 0, NULL);
	host_own(root, "box", 0, 0, 0755);
}

static void host_sysfs(const char *root)
{
	outside_bind(root, "/sys/kernel", "box");
}

/* A superblock that is read-only, with box/file and box/dir. */
static void host_readonly(const char *root)
{
	host_tmpfs(root);
	have_file(root);
	have_links(root);
	outside_remount(root, "box", MS_RDONLY);
}

static void no_more_inodes(const char *root)
{
	box_mount(root, 0, "nr_inodes=2");
	have_file(root);
}

static void no_more_blocks(const char *root)
{
	static const char page[4096];
	char path[PATH_MAX];
	int fd;

	box_mount(root, 0, "size=4096");
	have_file(root);
	(void)snprintf(path, sizeof(path), "%s/box/file", root);
	fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, page, sizeof(page)), sizeof(page));
	assert_int_equal(write(fd, page, 1), -1);
	assert_int_equal(errno, ENOSPC);
	close(fd);
}

static void box_immutable(const char *root)
{
	have_file(root);
	outside_set_flags(root, "box", FS_IMMUTABLE_FL);
}

static void box_append_only(const char *root)
{
	have_file(root);
	outside_set_flags(root, "box", FS_APPEND_FL);
}

static void dir_is_mount_point(const char *root)
{
	have_dir(root);
	outside_mount(root, "box/dir", "tmpfs", 0, NULL);
	host_own(root, "box/dir", 0, 0, 0755);
}

static void file_is_mount_point(const char *root)
{
	char path[PATH_MAX];

	have_file(root);
	host_put_file(root, "tmp/file");
	(void)snprintf(path, sizeof(path), "%s/tmp/file", root);
	outside_bind(root, path, "box/file");
}

/* On the disk the host's ids, in this mount the container's. */
static void idmapped_all(const char *root)
{
	host_own(root, "box", -WORLD_BASE, -WORLD_BASE, 0755);
	outside_idmap(root, "box", 0, WORLD_BASE, WORLD_COUNT);
}

/* Of the container's ids the mount has root's alone. */
static void idmapped_root_only(const char *root)
{
	host_own(root, "box", -WORLD_BASE, -WORLD_BASE, 0777);
	outside_idmap(root, "box", 0, WORLD_BASE, 1);
}

static void idmapped_setgid(const char *root)
{
	host_own(root, "box", -WORLD_BASE, -WORLD_BASE + 7, 02777);
	outside_idmap(root, "box", 0, WORLD_BASE, WORLD_COUNT);
}

/* The disk's 1000 is shown as the container's root. */
static void idmapped_shifted(const char *root)
{
	host_own(root, "box", 1000, 1000, 0755);
	outside_idmap(root, "box", WORLD_BASE + 1000, WORLD_BASE, 1000);
}

/* An overlay of layers that nobody can reach; dir stands in the lower one. */
static void host_overlay(const char *root)
{
	char options[4 * PATH_MAX];
	static const char *const dirs[] = {"tmp/lower", "tmp/lower/dir",
					   "tmp/upper", "tmp/work"};

	outside_mount(root, "tmp", "tmpfs", 0, NULL);
	for (size_t i = 0; i < 4; i++)
		host_put_dir(root, dirs[i]);
	(void)snprintf(options, sizeof(options),
		       "lowerdir=%s/tmp/lower,upperdir=%s/tmp/upper,"
		       "workdir=%s/tmp/work",
		       root, root, root);
	outside_mount(root, "box", "overlay", 0, options);
	outside_umount(root, "tmp");
}

static void host_overlay_deleted(const char *root)
{
	char path[PATH_MAX];

	host_overlay(root);
	(void)snprintf(path, sizeof(path), "%s/box/dir", root);
	assert_int_equal(rmdir(path), 0); /* a whiteout is there now */
}

static void host_autofs(const char *root)
{
	char options[64];
	char path[PATH_MAX];
	int p[2], fd;

	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	(void)snprintf(options, sizeof(options),
		       "fd=%d,minproto=5,maxproto=5,indirect,uid=%d,gid=%d",
		       p[1], WORLD_BASE, WORLD_BASE);
	outside_mount(root, "box", "autofs", 0, options);
	if (outside_lacking()) {
		close(p[0]);
		close(p[1]);
		return;
	}
	(void)snprintf(path, sizeof(path), "%s/box", root);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	/* Nobody is to be asked, so nobody is waited for. */
	assert_int_equal(ioctl(fd, _IO(0x93, 0x62)), 0);
	close(fd);
	close(p[0]);
	close(p[1]);
}

/* Its server is a process of the host. */
static void host_fuse(const char *root, const char *options)
{
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	char all[160];
	pid_t pid;

	if (fd < 0) {
		outside_lacks("/dev/fuse");
		return;
	}
	(void)snprintf(all, sizeof(all), "fd=%d,rootmode=40000,%s", fd, options);
	outside_mount(root, "box", "fuse", 0, all);
	fflush(stdout);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		fuse_serve(fd, WORLD_BASE, 0755);
		_exit(0);
	}
	outside_process(pid);
	close(fd);
}

static void host_fuse_for_all(const char *root)
{
	host_fuse(root, "user_id=0,group_id=0,allow_other,default_permissions");
}

static void host_fuse_unchecked(const char *root)
{
	host_fuse(root, "user_id=0,group_id=0,allow_other");
}

/* For processes whose ids are all the container root's. */
static void host_fuse_for_root(const char *root)
{
	char options[64];

	(void)snprintf(options, sizeof(options), "user_id=%d,group_id=%d",
		       WORLD_BASE, WORLD_BASE);
	host_fuse(root, options);
}

static void host_fuse_for_host(const char *root)
{
	host_fuse(root, "user_id=0,group_id=0");
}

/* -- by the caller ------------------------------------------------------------ */

static int readonly_bind(void)
{
	TRY(mount("/box", "/box", NULL, MS_BIND, NULL));
	TRY(mount(NULL, "/box", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL));
	return AT_FDCWD;
}

static int readonly_bind_of_1000(void)
{
	readonly_bind();
	return user_1000();
}

static int nodev_bind(void)
{
	TRY(mount("/box", "/box", NULL, MS_BIND, NULL));
	TRY(mount(NULL, "/box", NULL, MS_BIND | MS_REMOUNT | MS_NODEV, NULL));
	return AT_FDCWD;
}

/* Under the box stays what the fd leads to. */
static int dirfd_under_tmpfs(void)
{
	int fd = dirfd_box();

	TRY(mount("t", "/box", "tmpfs", 0, "mode=0700"));
	return fd;
}

static int dirfd_of_detached_mount(void)
{
	int fd;

	TRY(mount("/tmp", "/box", NULL, MS_BIND, NULL));
	fd = dirfd_box();
	TRY(umount2("/box", MNT_DETACH));
	return fd;
}

static const struct row rows[] = {
	{ "read-only bind mount", "/box/n", .become = readonly_bind },
	{ "read-only bind mount, exists", "/box/file", .prepare = have_file,
	  .become = readonly_bind },
	{ "read-only bind mount, user in root's directory", "/box/n",
	  .become = readonly_bind_of_1000 },
	{ "nodev bind mount", "/box/n", .become = nodev_bind },
	{ "read-only superblock", "/box/n", .prepare = host_readonly },
	{ "read-only superblock, exists", "/box/file", .prepare = host_readonly },
	{ "read-only superblock, trailing slash", "/box/n/",
	  .prepare = host_readonly },
	{ "read-only superblock, missing parent", "/box/no/n",
	  .prepare = host_readonly },
	{ "read-only superblock, user in root's directory", "/box/n",
	  .prepare = host_readonly, .become = user_1000 },
	{ "read-only superblock, 256 bytes",
	  "/box/"
	  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
	  .prepare = host_readonly },
	{ "immutable directory", "/box/n", .prepare = box_immutable },
	{ "immutable directory, exists", "/box/file", .prepare = box_immutable },
	{ "immutable directory, user", "/box/n", .prepare = box_immutable,
	  .become = user_1000 },
	{ "append-only directory", "/box/n", .prepare = box_append_only },
	{ "append-only directory, exists", "/box/file", .prepare = box_append_only },
	{ "tmpfs of the host", "/box/n", .prepare = host_tmpfs },
	{ "tmpfs of the host, nodev", "/box/n", .prepare = host_nodev },
	{ "tmpfs of the host, nosuid and noexec", "/box/n", .mode = 06777,
	  .prepare = host_nosuid_noexec },
	{ "tmpfs of the host, nosymfollow", "/box/n", .prepare = host_nosymfollow },
	{ "tmpfs of the host, nosymfollow, link", "/box/rel/n",
	  .prepare = host_nosymfollow },
	{ "ramfs of the host", "/box/n", .prepare = host_ramfs },
	{ "no more inodes", "/box/n", .prepare = no_more_inodes },
	{ "no more inodes, exists", "/box/file", .prepare = no_more_inodes },
	{ "no more inodes, user in root's directory", "/box/n",
	  .prepare = no_more_inodes, .become = user_1000 },
	{ "no more blocks", "/box/n", .prepare = no_more_blocks },
	{ "mount point as last", "/box/dir", .prepare = dir_is_mount_point },
	{ "below a mount point", "/box/dir/n", .prepare = dir_is_mount_point },
	{ ".. of a mount point", "/box/dir/../n", .prepare = dir_is_mount_point },
	{ "file mounted as last", "/box/file", .prepare = file_is_mount_point },
	{ "file mounted as parent", "/box/file/n", .prepare = file_is_mount_point },
	{ "idmapped mount", "/box/n", .prepare = idmapped_all },
	{ "idmapped mount, user in root's directory", "/box/n",
	  .prepare = idmapped_all, .become = user_1000 },
	{ "idmapped mount, setgid directory", "/box/n", .mode = 02775,
	  .prepare = idmapped_setgid, .become = fsetid_outsider },
	{ "idmapped mount, setgid directory, CAP_FSETID", "/box/n",
	  .mode = 02775, .prepare = idmapped_setgid, .become = fsetid_holder },
	{ "idmapped mount without the caller's ids", "/box/n",
	  .prepare = idmapped_root_only, .become = user_1000 },
	{ "idmapped mount of few ids", "/box/n", .prepare = idmapped_root_only },
	{ "idmapped mount that shifts", "/box/n", .prepare = idmapped_shifted },
	{ "overlay of the host", "/box/n", .prepare = host_overlay },
	{ "overlay of the host, parent is copied up", "/box/dir/n",
	  .prepare = host_overlay },
	{ "overlay of the host, over a whiteout", "/box/dir",
	  .prepare = host_overlay_deleted },
	{ "overlay of the host, user in root's directory", "/box/dir/n",
	  .prepare = host_overlay, .become = user_1000 },
	{ "autofs that nobody serves", "/box/n", .prepare = host_autofs },
	{ "below autofs that nobody serves", "/box/x/n", .prepare = host_autofs },
	{ "sysfs", "/box/n", .prepare = host_sysfs },
	{ "sysfs, exists", "/box/mm", .prepare = host_sysfs },
	{ "FUSE of the host", "/box/n", .prepare = host_fuse_for_all },
	{ "FUSE of the host, user in root's directory", "/box/n",
	  .prepare = host_fuse_for_all, .become = user_1000 },
	{ "FUSE of the host that checks nothing, user", "/box/n",
	  .prepare = host_fuse_unchecked, .become = user_1000 },
	{ "FUSE of the host for the container's root", "/box/n",
	  .prepare = host_fuse_for_root },
	{ "FUSE of the host for the container's root, user", "/box/n",
	  .prepare = host_fuse_for_root, .become = user_1000 },
	{ "FUSE of the host for the host's root", "/box/n",
	  .prepare = host_fuse_for_host },
	{ "dirfd under a mount", "n", .become = dirfd_under_tmpfs },
	{ "dirfd of a mount that is gone", "n", .become = dirfd_of_detached_mount },
};

const struct row_table mknod_mounts = ROW_TABLE("mounts", rows);
