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

static int parse_ids(const char *s, uint32_t ids[CALLER_IDS])
{
	char *end;

	for (int i = 0; i < CALLER_IDS; i++, s = end) {
		ids[i] = (uint32_t)strtoul(s, &end, 10);
		if (end == s)
			return -EPROTO;
	}
	return CALLER_OK;
}

static int parse_groups(const char *s, struct caller *c)
{
	for (;;) {
		char *end;
		gid_t gid;

		while (*s == ' ' || *s == '\t')
			s++;
		if (*s == '\n' || *s == '\0')
			return CALLER_OK;
		gid = (gid_t)strtoul(s, &end, 10);
		if (end == s)
			return -EPROTO;
		if (c->n_groups == CALLER_GROUPS_MAX)
			return CALLER_UNKNOWN;
		c->groups[c->n_groups++] = gid;
		s = end;
	}
}

/* A line of numbers. Return: how many there are */
static unsigned parse_numbers(const char *s, pid_t numbers[CALLER_PIDNS_MAX])
{
	unsigned n = 0;
	char *end;

	for (; n < CALLER_PIDNS_MAX; s = end, n++) {
		while (*s == ' ' || *s == '\t')
			s++;
		numbers[n] = (pid_t)strtol(s, &end, 10);
		if (*s == '\n' || end == s)
			break;
	}
	return n;
}

enum {
	SEEN_UMASK = 1,
	SEEN_UID = 2,
	SEEN_GID = 4,
	SEEN_GROUPS = 8,
	SEEN_CAPS = 16,
	SEEN_ALL = 31
};

static int parse_line(const char *line, struct caller *c, unsigned *seen)
{
	if (strncmp(line, "Umask:", 6) == 0) {
		*seen |= SEEN_UMASK;
		c->umask = (mode_t)strtoul(line + 6, NULL, 8);
	} else if (strncmp(line, "Uid:", 4) == 0) {
		*seen |= SEEN_UID;
		return parse_ids(line + 4, c->uid);
	} else if (strncmp(line, "Gid:", 4) == 0) {
		*seen |= SEEN_GID;
		return parse_ids(line + 4, c->gid);
	} else if (strncmp(line, "Groups:", 7) == 0) {
		*seen |= SEEN_GROUPS;
		return parse_groups(line + 7, c);
	} else if (strncmp(line, "Tgid:", 5) == 0) {
		c->tgid = (pid_t)strtol(line + 5, NULL, 10);
	} else if (strncmp(line, "NSpid:", 6) == 0) {
		c->n_tids = parse_numbers(line + 6, c->tids);
	} else if (strncmp(line, "CapEff:", 7) == 0) {
		*seen |= SEEN_CAPS;
		c->caps = strtoull(line + 7, NULL, 16);
	}
	return CALLER_OK;
}

/* proc_pid_status(5). The thread's own name stands in the first line with its
 * newlines escaped, so no line below is of its making. */
static int parse_status(const char *status, struct caller *c)
{
	unsigned seen = 0;

	for (const char *line = strchr(status, '\n'); line && seen != SEEN_ALL;
	     line = strchr(line, '\n')) {
		int r = parse_line(++line, c, &seen);

		if (r != CALLER_OK)
			return r;
	}
	/* A thread on its way out has no umask any more. */
	return seen == SEEN_ALL ? CALLER_OK : CALLER_GONE;
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
	return parse_status(status, c);
}

int caller_open(const struct home *h, pid_t tid, struct caller *c)
{
	char name[16];
	int r;

	c->root_fd = c->dir_fd = -1;
	c->n_groups = 0;
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
	const char *line;
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
	line = strstr(status, "\nNSpid:");
	return line && parse_numbers(line + 7, tids) == n &&
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

/* user_namespaces(7) */
#define MAP_RANGES_MAX 340
#define MAP_LINE_BYTES 33

struct map {
	unsigned n;
	struct {
		uint32_t inside;
		uint32_t first, count; /* outside, as our namespace sees it */
	} ranges[MAP_RANGES_MAX];
};

/* Lines of "inside outside count". */
static void map_parse(struct map *m, const char *s)
{
	for (m->n = 0; m->n < MAP_RANGES_MAX; m->n++) {
		unsigned long v[3];

		for (int i = 0; i < 3; i++) {
			char *end;

			v[i] = strtoul(s, &end, 10);
			if (end == s)
				return;
			s = end;
		}
		m->ranges[m->n].inside = (uint32_t)v[0];
		m->ranges[m->n].first = (uint32_t)v[1];
		m->ranges[m->n].count = (uint32_t)v[2];
	}
}

/* A map is written once, and every caller that is acted for is in the one user
 * namespace of this worker's container, or see caller_use_maps(): so it is
 * read once. */
static int map_load(struct map *m, const struct caller *c, const char *name)
{
	static char text[MAP_RANGES_MAX * MAP_LINE_BYTES + 2];
	ssize_t n;

	if (m->n > 0)
		return 0;
	n = read_whole(c->proc_fd, name, text, sizeof(text));
	if (n < 0)
		return (int)n;
	map_parse(m, text);
	return 0;
}

static uint32_t map_inside(const struct map *m, uint32_t id)
{
	for (unsigned i = 0; i < m->n; i++)
		if (id >= m->ranges[i].first &&
		    id - m->ranges[i].first < m->ranges[i].count)
			return m->ranges[i].inside + (id - m->ranges[i].first);
	return UINT32_MAX;
}

static struct map uids, gids;

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
	return map_inside(&uids, uid) != UINT32_MAX &&
	       map_inside(&gids, gid) != UINT32_MAX;
}

int caller_inside(const struct caller *c, uint32_t *ret_uid, uint32_t *ret_gid)
{
	int r = maps_load(c);

	if (r < 0)
		return r;
	*ret_uid = map_inside(&uids, c->uid[EFFECTIVE]);
	*ret_gid = map_inside(&gids, c->gid[EFFECTIVE]);
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
