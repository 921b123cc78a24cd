// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Filesystems that the container mounted, in which no device can be opened: there
 * one that can is bound over it (docs/emulation.md), which the tree shows as the
 * node itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "tests/harness/test.h"
#include "tests/live/emulation/fuse.h"
#include "tests/live/emulation/mknod_row.h"
#include "tests/live/emulation/mknod_steps.h"

/* -- by the host ------------------------------------------------------------- */

static void have_dev_fuse(const char *root)
{
	char path[PATH_MAX];

	host_put_dir(root, "dev");
	(void)snprintf(path, sizeof(path), "%s/dev/fuse", root);
	assert_int_equal(mknod(path, S_IFCHR | 0666, makedev(10, 229)), 0);
	assert_int_equal(chmod(path, 0666), 0);
}

/* -- by the caller ------------------------------------------------------------ */

static int own_tmpfs(const char *options)
{
	TRY(mount("t", "/box", "tmpfs", 0, options));
	return AT_FDCWD;
}

static int own_mounts_and_tmpfs(void)
{
	TRY(unshare(CLONE_NEWNS));
	return own_tmpfs("mode=0755");
}

static int own_tmpfs_umask_0(void)
{
	umask(0);
	return own_tmpfs("mode=0755");
}

static int own_tmpfs_of_1000(void)
{
	own_tmpfs("mode=0755");
	return user_1000();
}

static int own_tmpfs_1777_of_1000(void)
{
	own_tmpfs("mode=01777");
	umask(027);
	return user_1000();
}

static int own_tmpfs_setgid(void)
{
	own_tmpfs("mode=02777,gid=7");
	return fsetid_outsider();
}

static int own_tmpfs_acl(void)
{
	acl_t acl = acl_from_text("u::rw,u:1234:rw,g::r,m::rw,o::r");

	own_tmpfs("mode=0755");
	TRY(acl_set_file("/box", ACL_TYPE_DEFAULT, acl));
	acl_free(acl);
	return AT_FDCWD;
}

static int own_tmpfs_full(void)
{
	return own_tmpfs("mode=0755,nr_inodes=1");
}

static int own_tmpfs_readonly(void)
{
	own_tmpfs("mode=0755");
	TRY(mount(NULL, "/box", NULL, MS_REMOUNT | MS_RDONLY, NULL));
	return AT_FDCWD;
}

static int own_tmpfs_chrooted(void)
{
	own_tmpfs("mode=0755");
	return chrooted();
}

static int own_tmpfs_dirfd(void)
{
	own_tmpfs("mode=0755");
	return dirfd_box();
}

static int own_tmpfs_nodev(void)
{
	TRY(mount("t", "/box", "tmpfs", MS_NODEV, "mode=0755"));
	return AT_FDCWD;
}

static int own_tmpfs_of_nested_userns(void)
{
	TRY(unshare(CLONE_NEWUSER | CLONE_NEWNS));
	return own_tmpfs(NULL);
}

static int own_ramfs(void)
{
	TRY(mount("t", "/box", "ramfs", 0, "mode=0755"));
	return AT_FDCWD;
}

static int own_tmpfs_detached(void)
{
	int fd;

	own_tmpfs("mode=0755");
	fd = dirfd_box();
	TRY(umount2("/box", MNT_DETACH));
	return fd;
}

/* Mounted where this process is no longer. */
static int own_tmpfs_of_other_mounts(void)
{
	int fd;

	own_tmpfs("mode=0755");
	fd = dirfd_box();
	TRY(unshare(CLONE_NEWNS));
	return fd;
}

/* Its layers are out of sight: under a bound node another one lies there. Return:
 * false where none may be mounted in a user namespace (before Linux 5.11) */
static bool mount_own_overlay(unsigned long flags)
{
	int r;

	TRY(mount("t", "/tmp", "tmpfs", 0, NULL));
	TRY(mkdir("/tmp/lower", 0755));
	TRY(mkdir("/tmp/lower/dir", 0755));
	TRY(mkdir("/tmp/upper", 0755));
	TRY(mkdir("/tmp/work", 0755));
	r = mount("o", "/box", "overlay", flags,
		  "lowerdir=/tmp/lower,upperdir=/tmp/upper,workdir=/tmp/work,"
		  "userxattr");
	if (r < 0 && errno == EPERM)
		return false;
	TRY(r);
	TRY(umount2("/tmp", MNT_DETACH));
	return true;
}

static int own_overlay(void)
{
	return mount_own_overlay(0) ? AT_FDCWD : LACKING;
}

static int own_overlay_of_1000(void)
{
	return mount_own_overlay(0) ? user_1000() : LACKING;
}

static int own_overlay_nodev(void)
{
	return mount_own_overlay(MS_NODEV) ? AT_FDCWD : LACKING;
}

static int own_overlay_readonly(void)
{
	if (!mount_own_overlay(0))
		return LACKING;
	TRY(mount(NULL, "/box", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
	return AT_FDCWD;
}

static int own_overlay_umask_0(void)
{
	umask(0);
	return own_overlay();
}

static int own_overlay_setgid(void)
{
	if (!mount_own_overlay(0))
		return LACKING;
	TRY(chown("/box", 0, 7));
	TRY(chmod("/box", 02777));
	return fsetid_outsider();
}

static int own_overlay_acl(void)
{
	acl_t acl = acl_from_text("u::rw,u:1234:rw,g::r,m::rw,o::r");

	if (!mount_own_overlay(0))
		return LACKING;
	TRY(acl_set_file("/box", ACL_TYPE_DEFAULT, acl));
	acl_free(acl);
	return AT_FDCWD;
}

static int own_overlay_chrooted(void)
{
	return mount_own_overlay(0) ? chrooted() : LACKING;
}

static int own_overlay_detached(void)
{
	int fd;

	if (!mount_own_overlay(0))
		return LACKING;
	fd = dirfd_box();
	TRY(umount2("/box", MNT_DETACH));
	return fd;
}

static int own_fuse(const char *options)
{
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	char all[160];
	pid_t pid;

	if (fd < 0)
		return LACKING;
	(void)snprintf(all, sizeof(all), "fd=%d,rootmode=40000,%s", fd, options);
	TRY(mount("f", "/box", "fuse", 0, all));
	pid = fork();
	TRY(pid);
	if (pid == 0) {
		fuse_serve(fd, 0, 0755);
		_exit(0);
	}
	close(fd);
	return AT_FDCWD;
}

static int own_fuse_for_all(void)
{
	return own_fuse("user_id=0,group_id=0,allow_other");
}

static int own_fuse_for_root(void)
{
	return own_fuse("user_id=0,group_id=0");
}

static int own_devpts(void)
{
	TRY(mount("pts", "/box", "devpts", 0, "newinstance"));
	return AT_FDCWD;
}

static int own_mqueue(void)
{
	TRY(unshare(CLONE_NEWIPC));
	TRY(mount("mq", "/box", "mqueue", 0, NULL));
	return AT_FDCWD;
}

static const struct row rows[] = {
	{ "own mount namespace and tmpfs", "/box/n",
	  .become = own_mounts_and_tmpfs },
	{ "own tmpfs, mode 07777", "/box/n", .mode = 07777,
	  .become = own_tmpfs_umask_0 },
	{ "own tmpfs, user in root's directory", "/box/n",
	  .become = own_tmpfs_of_1000 },
	{ "own tmpfs, user, umask", "/box/n", .mode = 0777,
	  .become = own_tmpfs_1777_of_1000 },
	{ "own tmpfs, setgid directory", "/box/n", .mode = 02765,
	  .become = own_tmpfs_setgid },
	{ "own tmpfs, default ACL", "/box/n", .become = own_tmpfs_acl },
	{ "own tmpfs without inodes", "/box/n", .become = own_tmpfs_full },
	{ "own tmpfs, read-only", "/box/n", .become = own_tmpfs_readonly },
	{ "own tmpfs, chrooted into it", "/n", .become = own_tmpfs_chrooted },
	{ "own tmpfs, dirfd", "n", .become = own_tmpfs_dirfd },
	{ "own tmpfs, nodev", "/box/n", .become = own_tmpfs_nodev },
	{ "own tmpfs, of a child", "/box/n", CHILD,
	  .become = own_tmpfs_umask_0 },
	{ "own tmpfs, i386", "/box/n", I386, .become = own_tmpfs_umask_0 },
	{ "own tmpfs, detached", "n", .become = own_tmpfs_detached,
	  .differs = "it would not open, and is mounted nowhere", .gets = EPERM },
	{ "own tmpfs, in other mounts than the caller's", "n",
	  .become = own_tmpfs_of_other_mounts,
	  .differs = "it would not open, and is mounted elsewhere",
	  .gets = EPERM },
	{ "own tmpfs, of a nested user namespace", "/box/n", .left = true,
	  .become = own_tmpfs_of_nested_userns },
	{ "own ramfs", "/box/n", .become = own_ramfs },
	{ "own overlay", "/box/n", .become = own_overlay },
	{ "own overlay, user in root's directory", "/box/n",
	  .become = own_overlay_of_1000 },
	{ "own overlay, a parent that is copied up", "/box/dir/n",
	  .become = own_overlay },
	{ "own overlay, exists", "/box/dir", .become = own_overlay },
	{ "own overlay, missing parent", "/box/no/n", .become = own_overlay },
	{ "own overlay, mode 07777", "/box/n", .mode = 07777,
	  .become = own_overlay_umask_0 },
	{ "own overlay, setgid directory", "/box/n", .mode = 02775,
	  .become = own_overlay_setgid },
	{ "own overlay, default ACL", "/box/n", .become = own_overlay_acl },
	{ "own overlay, chrooted into it", "/n",
	  .become = own_overlay_chrooted },
	{ "own overlay, read-only", "/box/n", .become = own_overlay_readonly },
	{ "own overlay, nodev", "/box/n", .become = own_overlay_nodev,
	  .differs = "no device can be made, and nodev forbids a bound one",
	  .gets = EPERM },
	{ "own overlay, detached", "n", .become = own_overlay_detached,
	  .differs = "no device can be made, and it is mounted nowhere",
	  .gets = EPERM },
	{ "own FUSE, for all", "/box/n", .prepare = have_dev_fuse,
	  .become = own_fuse_for_all,
	  .differs = "its all are the user namespace, deputy is outside",
	  .gets = EPERM },
	{ "own FUSE, for root", "/box/n", .prepare = have_dev_fuse,
	  .become = own_fuse_for_root },
	{ "own devpts", "/box/n", .become = own_devpts },
	{ "own mqueue", "/box/n", .become = own_mqueue },
};

const struct row_table mknod_own = ROW_TABLE("mounts of its own", rows);
