// SPDX-License-Identifier: LGPL-2.1-or-later
#include "worker/caller.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/own.h"
#include "worker/id_map.h"
#include "worker/status.h"

/* Everything before the groups and after them, and 11 bytes for each group. */
#define STATUS_MAX_BYTES (4096 + 11 * CALLER_GROUPS_MAX)

/* A process that is just gone shows as either. */
static bool is_gone(int error)
{
	return error == ENOENT || error == ESRCH;
}

/* Return: bytes read (NUL added), -EFBIG when it did not fit, or an errno */
static ssize_t read_whole(int dirfd, const char *name, char *buf, size_t size)
{
	AUTO(fd_close) int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC);
	size_t done = 0;
	ssize_t n;

	if (fd < 0)
		return -errno;
	while ((n = read(fd, buf + done, size - 1 - done)) > 0)
		done += (size_t)n;
	if (n < 0)
		return -errno;
	if (done == size - 1)
		return -EFBIG;
	buf[done] = '\0';
	return (ssize_t)done;
}

static int take_identity(struct caller *c)
{
	static char status[STATUS_MAX_BYTES];
	struct stat ns;
	ssize_t n = read_whole(c->proc_fd, "status", status, sizeof(status));

	if (n == -EFBIG)
		return CALLER_UNKNOWN;
	if (n < 0)
		return is_gone((int)-n) ? CALLER_GONE : (int)n;
	if (fstatat(c->proc_fd, "ns/user", &ns, 0) < 0)
		return is_gone(errno) ? CALLER_GONE : -errno;
	c->userns_dev = ns.st_dev;
	c->userns_ino = ns.st_ino;
	return status_parse(status, c);
}

int caller_open(const struct home *h, pid_t tid, struct caller *c)
{
	char name[16];
	int r;

	c->root_fd = c->dir_fd = -1;
	c->tid = tid;
	(void)snprintf(name, sizeof(name), "%d", tid);
	c->proc_fd = openat(h->proc_fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (c->proc_fd < 0)
		return is_gone(errno) ? CALLER_GONE : -errno;
	r = take_identity(c);
	if (r != CALLER_OK)
		caller_close(c);
	return r;
}

static int open_link(const struct caller *c, const char *name, int absent,
		     int *ret_fd)
{
	int fd = openat(c->proc_fd, name, O_PATH | O_CLOEXEC);

	if (fd < 0)
		return is_gone(errno) ? absent : -errno;
	*ret_fd = fd;
	return CALLER_OK;
}

static int open_fd_link(const struct caller *c, int fd, int *ret_fd)
{
	char name[16];

	if (fd < 0)
		return CALLER_BAD_FD;
	(void)snprintf(name, sizeof(name), "fd/%d", fd);
	return open_link(c, name, CALLER_BAD_FD, ret_fd);
}

int caller_open_link(const struct caller *c, bool of_process, int fd,
		     const char *name, int *ret_fd)
{
	char path[64];

	/* Below /proc/TID it is /proc/TID/../TGID: a process shows by its leader,
	 * which may have another root, directory and fds, or have ended. */
	path[0] = '\0';
	if (of_process && c->tgid != c->tid)
		(void)snprintf(path, sizeof(path), "../%d/", c->tgid);
	if (fd >= 0)
		(void)snprintf(path + strlen(path), 16, "fd/%d", fd);
	else
		(void)snprintf(path + strlen(path), 16, "%s", name);
	return open_link(c, path, CALLER_BAD_FD, ret_fd);
}

/* Is it the caller whom this procfs shows by its number in the @level-th of the
 * pid namespaces that it is in?  A task of the same innermost one, and so many
 * below the procfs's own, sees the caller's namespaces; then the number is the
 * caller's.  Return: 1, 0, or a negative errno of ours */
static int shows_caller(const struct caller *c, int procfs_fd, unsigned level,
			const struct stat *own)
{
	static char status[STATUS_MAX_BYTES];
	pid_t tids[CALLER_PIDNS_MAX];
	unsigned n = c->n_tids - level;
	struct stat there;
	char name[32];
	ssize_t r;

	(void)snprintf(name, sizeof(name), "%d/ns/pid", c->tids[level]);
	if (fstatat(procfs_fd, name, &there, 0) < 0)
		return is_gone(errno) || errno == EACCES ? 0 : -errno;
	if (own->st_dev != there.st_dev || own->st_ino != there.st_ino)
		return 0;
	(void)snprintf(name, sizeof(name), "%d/status", c->tids[level]);
	r = read_whole(procfs_fd, name, status, sizeof(status));
	if (r < 0)
		return is_gone((int)-r) || r == -EFBIG ? 0 : (int)r;
	return status_tids(status, tids) == n &&
	       memcmp(tids, c->tids + level, n * sizeof(*tids)) == 0;
}

int caller_has_procfs(const struct caller *c, int procfs_fd)
{
	struct stat own;
	int r = 0;

	if (fstatat(c->proc_fd, "ns/pid", &own, 0) < 0)
		return is_gone(errno) ? 0 : -errno;
	for (unsigned i = c->n_tids; r == 0 && i > 0; i--)
		r = shows_caller(c, procfs_fd, i - 1, &own);
	return r;
}

int caller_open_dirs(struct caller *c, int dirfd, bool absolute)
{
	int r = open_link(c, "root", CALLER_GONE, &c->root_fd);

	if (r != CALLER_OK || absolute)
		return r;
	if (dirfd == AT_FDCWD)
		return open_link(c, "cwd", CALLER_GONE, &c->dir_fd);
	return open_fd_link(c, dirfd, &c->dir_fd);
}

int caller_open_fd(const struct caller *c, int fd, int *ret_fd)
{
	char name[24], info[1024];
	const char *flags;
	ssize_t n;

	if (fd < 0)
		return CALLER_BAD_FD;
	(void)snprintf(name, sizeof(name), "fdinfo/%d", fd);
	n = read_whole(c->proc_fd, name, info, sizeof(info));
	if (n < 0 && n != -EFBIG)
		return is_gone((int)-n) ? CALLER_BAD_FD : (int)n;
	info[sizeof(info) - 1] = '\0';
	flags = strstr(info, "flags:");
	if (!flags)
		return CALLER_BAD_FD;
	if (strtoul(flags + 6, NULL, 8) & O_PATH)
		return CALLER_BAD_FD;
	return open_fd_link(c, fd, ret_fd);
}

int caller_open_userns(const struct caller *c, int *ret_fd)
{
	AUTO(fd_close)
	int fd = openat(c->proc_fd, "ns/user", O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (st.st_dev != c->userns_dev || st.st_ino != c->userns_ino)
		return -ESTALE;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

void caller_close(struct caller *c)
{
	c->proc_fd = fd_close(c->proc_fd);
	c->root_fd = fd_close(c->root_fd);
	c->dir_fd = fd_close(c->dir_fd);
}

/* A map is written once, and every caller that is acted for is in the one user
 * namespace of this worker's container, or see caller_use_maps(): so it is
 * read once. */
static int map_load(struct id_map *m, const struct caller *c, const char *name)
{
	static char text[ID_MAP_FILE_MAX_BYTES + 2];
	ssize_t n;

	if (m->n > 0)
		return 0;
	n = read_whole(c->proc_fd, name, text, sizeof(text));
	if (n < 0)
		return (int)n;
	id_map_parse(m, text);
	return 0;
}

static struct id_map uids, gids;

static int maps_load(const struct caller *c)
{
	int r = map_load(&uids, c, "uid_map");

	return r < 0 ? r : map_load(&gids, c, "gid_map");
}

int caller_maps(const struct caller *c, uid_t uid, gid_t gid)
{
	int r = maps_load(c);

	if (r < 0)
		return r;
	return id_map_inside(&uids, uid) != UINT32_MAX &&
	       id_map_inside(&gids, gid) != UINT32_MAX;
}

int caller_inside(const struct caller *c, uint32_t *ret_uid, uint32_t *ret_gid)
{
	int r = maps_load(c);

	if (r < 0)
		return r;
	*ret_uid = id_map_inside(&uids, c->uid[EFFECTIVE]);
	*ret_gid = id_map_inside(&gids, c->gid[EFFECTIVE]);
	return 0;
}

int caller_use_maps(const struct caller *c)
{
	static int held = -1; /* so that its inode number names no other */
	static uint64_t dev, ino;
	int fd, r;

	if (held >= 0 && c->userns_dev == dev && c->userns_ino == ino)
		return 0;
	r = caller_open_userns(c, &fd);
	if (r < 0)
		return r;
	(void)fd_close(held);
	held = fd;
	dev = c->userns_dev;
	ino = c->userns_ino;
	uids.n = gids.n = 0;
	return 0;
}

bool caller_is_right_below(const struct caller *c, uint64_t dev, uint64_t ino,
			   uid_t owner)
{
	AUTO(fd_close) int fd = -1;
	AUTO(fd_close) int parent = -1;
	uid_t its = (uid_t)-1;
	struct stat st;

	if (caller_open_userns(c, &fd) < 0)
		return false;
	parent = ioctl(fd, NS_GET_PARENT); /* it is born O_CLOEXEC */
	return parent >= 0 && fstat(parent, &st) == 0 && st.st_dev == dev &&
	       st.st_ino == ino && ioctl(fd, NS_GET_OWNER_UID, &its) == 0 &&
	       its == owner;
}
