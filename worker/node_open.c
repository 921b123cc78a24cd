// SPDX-License-Identifier: LGPL-2.1-or-later
#include "worker/node_open.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "lib/own.h"
#include "worker/as_caller.h"
#include "worker/child.h"

#define ACL_NAME "system.posix_acl_access"

/* Where a server judges who may open, EACCES may be its word about nobody. None of
 * these can be mounted in a user namespace, which alone shuts devices. */
static bool is_judged_elsewhere(int fd)
{
	static const uint32_t magics[] = { NFS_SUPER_MAGIC, CIFS_SUPER_MAGIC,
					   SMB2_SUPER_MAGIC, CEPH_SUPER_MAGIC,
					   V9FS_MAGIC, AFS_FS_MAGIC };
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(magics); i++)
		if ((uint32_t)fs.f_type == magics[i])
			return true;
	return false;
}

int node_opens(const struct home *h, int node_fd)
{
	AUTO(fd_close) int fd = -1;
	struct statvfs fs;
	char name[32];

	(void)snprintf(name, sizeof(name), "self/fd/%d", node_fd);
	fd = openat(h->proc_fd, name,
		    O_RDONLY | O_NOATIME | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd >= 0 || errno != EACCES)
		return NODE_OPENS;
	if (is_judged_elsewhere(node_fd))
		return NODE_OPENS;
	if (fstatvfs(node_fd, &fs) < 0)
		return -errno;
	return fs.f_flag & ST_NODEV ? NODE_OPENS : NODE_UNOPENABLE;
}

/* A default ACL of the directory came down to the node. Its owner may set it. */
static int copy_acl(int from_fd, const char *nodes_name)
{
	static char acl[4096];
	char from[40], to[64];
	ssize_t n;

	(void)snprintf(from, sizeof(from), "/proc/self/fd/%d", from_fd);
	(void)snprintf(to, sizeof(to), "/proc/self/fd/%s", nodes_name);
	n = getxattr(from, ACL_NAME, acl, sizeof(acl));
	if (n < 0)
		return errno == ENODATA || errno == EOPNOTSUPP ? 0 : -errno;
	return setxattr(to, ACL_NAME, acl, (size_t)n, 0) < 0 ? -errno : 0;
}

static int make_twin(const struct home *h, const char *name, int node_fd,
		     const struct node_twin *t)
{
	char path[32];

	(void)unlinkat(h->nodes_fd, name, 0); /* of a worker that died */
	if (mknodat(h->nodes_fd, name, t->mode, t->dev) < 0)
		return -errno;
	(void)snprintf(path, sizeof(path), "%d/%s", h->nodes_fd, name);
	return copy_acl(node_fd, path);
}

/* Return: a detached mount of the twin, or a negative errno */
static int open_twin(const struct home *h, const char *name, int node_fd,
		     const struct node_twin *t)
{
	int r, fd;

	/* The file system ids alone make an inode's owner; umask is 0 here. */
	(void)syscall(SYS_setfsgid, t->gid);
	(void)syscall(SYS_setfsuid, t->uid);
	r = make_twin(h, name, node_fd, t);
	(void)syscall(SYS_setfsuid, NOBODYS);
	(void)syscall(SYS_setfsgid, NOBODYS);
	if (r == 0)
		r = home_rearm(h);
	if (r < 0)
		return r;
	fd = (int)syscall(SYS_open_tree, h->nodes_fd, name,
			  OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

struct move {
	int mntns_fd, tree_fd, node_fd;
};

static int move_in(void *ctx)
{
	const struct move *m = ctx;

	if (child_bind_life() < 0 || setns(m->mntns_fd, CLONE_NEWNS) < 0 ||
	    syscall(SYS_move_mount, m->tree_fd, "", m->node_fd, "",
		    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return -errno;
	return 0;
}

/* Nothing is mounted where the caller itself could mount nothing.
 * Return: its mount namespace, or a negative errno */
static int open_mounts(const struct caller *c)
{
	AUTO(fd_close)
	int fd = openat(c->proc_fd, "ns/mnt", O_RDONLY | O_CLOEXEC);
	AUTO(fd_close)
	int owner = fd < 0 ? -1 : ioctl(fd, NS_GET_USERNS);
	struct stat st;

	if (owner < 0 || fstat(owner, &st) < 0)
		return -errno;
	if (st.st_dev != c->userns_dev || st.st_ino != c->userns_ino)
		return -EXDEV;
	return TAKE_FD(fd);
}

int node_bind(const struct home *h, const struct caller *c, int node_fd,
	      const struct node_twin *twin, struct statx *ret_st)
{
	AUTO(fd_close) int mntns_fd = -1, tree_fd = -1;
	struct move m = { .node_fd = node_fd };
	struct statx st;
	char name[16];
	int r, moved = 0;

	mntns_fd = open_mounts(c);
	if (mntns_fd < 0)
		return mntns_fd;
	(void)snprintf(name, sizeof(name), "%d", getpid());
	tree_fd = open_twin(h, name, node_fd, twin);
	r = tree_fd < 0 ? tree_fd : 0;
	if (r == 0 && statx(tree_fd, "", AT_EMPTY_PATH, NODE_STATX, &st) < 0)
		r = -errno;
	m.mntns_fd = mntns_fd;
	m.tree_fd = tree_fd;
	if (r == 0)
		r = child_run(h, move_in, &m, &moved);
	/* Only now: what has no name any more cannot be moved. */
	(void)unlinkat(h->nodes_fd, name, 0);
	if (r == 0 && moved == 0)
		*ret_st = st;
	return r < 0 ? r : moved;
}
