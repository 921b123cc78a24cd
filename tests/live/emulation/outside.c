// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/live/emulation/outside.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/own.h"
#include "tests/harness/test.h"

/* <sys/mount.h> and <linux/mount.h> do not go together everywhere. */
int mount(const char *from, const char *to, const char *fs, unsigned long flags,
	  const void *options);
int umount2(const char *to, int flags);
#define DETACH 2

#define UNDO_MAX 8

static struct undo {
	enum { UNDO_MOUNT, UNDO_FLAGS, UNDO_PROCESS } kind;
	char path[PATH_MAX];
	pid_t pid;
} undos[UNDO_MAX];
static unsigned n_undos;
static const char *missing;

static struct undo *push(int kind, const char *path)
{
	struct undo *u = &undos[n_undos++];

	assert_true(n_undos <= UNDO_MAX);
	u->kind = kind;
	(void)snprintf(u->path, sizeof(u->path), "%s", path);
	return u;
}

static const char *below(const char *root, const char *name)
{
	static char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", root, name);
	return path;
}

void outside_lacks(const char *what)
{
	missing = what;
}

const char *outside_lacking(void)
{
	return missing;
}

void outside_mount(const char *root, const char *name, const char *fs,
		   unsigned long flags, const char *options)
{
	const char *path = below(root, name);
	int error = mount(fs, path, fs, flags, options) < 0 ? errno : 0;

	if (error == ENODEV) {
		outside_lacks(fs);
		return;
	}
	assert_int_equal(error, 0);
	push(UNDO_MOUNT, path);
}

void outside_remount(const char *root, const char *name, unsigned long flags)
{
	assert_int_equal(
		mount(NULL, below(root, name), NULL, MS_REMOUNT | flags, NULL),
		0);
}

void outside_bind(const char *root, const char *from, const char *to)
{
	const char *path = below(root, to);

	assert_int_equal(mount(from, path, NULL, MS_BIND, NULL), 0);
	push(UNDO_MOUNT, path);
}

void outside_umount(const char *root, const char *name)
{
	const char *path = below(root, name);

	for (unsigned i = n_undos; i-- > 0;) {
		if (strcmp(undos[i].path, path) != 0)
			continue;
		assert_int_equal(umount2(path, DETACH), 0);
		n_undos--;
		memmove(&undos[i], &undos[i + 1],
			(n_undos - i) * sizeof(undos[0]));
		return;
	}
	fail_msg("%s was not mounted here", path);
}

static int set_flags(const char *path, int flags)
{
	AUTO(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	return ioctl(fd, FS_IOC_SETFLAGS, &flags) < 0 ? -errno : 0;
}

void outside_set_flags(const char *root, const char *name, int flags)
{
	const char *path = below(root, name);
	int r = set_flags(path, flags);

	if (r == -ENOTTY || r == -EOPNOTSUPP) {
		outside_lacks("inode flags here");
		return;
	}
	assert_int_equal(r, 0);
	push(UNDO_FLAGS, path);
}

void outside_process(pid_t pid)
{
	push(UNDO_PROCESS, "")->pid = pid;
}

static void undo(const struct undo *u)
{
	int status;

	switch (u->kind) {
	case UNDO_MOUNT:
		assert_int_equal(umount2(u->path, DETACH), 0);
		break;
	case UNDO_FLAGS:
		assert_int_equal(set_flags(u->path, 0), 0);
		break;
	case UNDO_PROCESS:
		assert_int_equal(kill(u->pid, SIGKILL), 0);
		assert_int_equal(waitpid(u->pid, &status, 0), u->pid);
		break;
	}
}

void outside_undo(void)
{
	while (n_undos > 0)
		undo(&undos[--n_undos]);
	missing = NULL;
}

static void write_map(pid_t pid, const char *name, const char *map)
{
	char path[64];
	AUTO(fd_close) int fd = -1;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, map, strlen(map)), (ssize_t)strlen(map));
}

/* Return: a user namespace with that map of both kinds of ids */
static int userns_open(unsigned inside, unsigned outside, unsigned count)
{
	char map[64], path[64];
	int fd, status;
	pid_t pid;

	fflush(stdout);
	pid = (pid_t)syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)pause();
		_exit(0);
	}
	(void)snprintf(map, sizeof(map), "%u %u %u", inside, outside, count);
	write_map(pid, "uid_map", map);
	write_map(pid, "gid_map", map);
	(void)snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return fd;
}

void outside_idmap(const char *root, const char *name, unsigned fs_id,
		   unsigned shown_id, unsigned count)
{
	const char *path = below(root, name);
	AUTO(fd_close) int userns = userns_open(fs_id, shown_id, count);
	AUTO(fd_close)
	int tree = (int)syscall(SYS_open_tree, AT_FDCWD, path,
				OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP,
				   .userns_fd = (uint64_t)userns };

	assert_true(tree >= 0);
	if (syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attr,
		    sizeof(attr)) < 0) {
		assert_true(errno == EINVAL || errno == ENOSYS);
		outside_lacks("idmapped mounts here");
		return;
	}
	assert_int_equal(syscall(SYS_move_mount, tree, "", AT_FDCWD, path,
				 MOVE_MOUNT_F_EMPTY_PATH),
			 0);
	push(UNDO_MOUNT, path);
}
