// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * LXC's monitor and deputyd may each see a procfs of their own: systemd mounts a
 * new one for a unit with ProtectKernelTunables= or ProtectControlGroups=.  So
 * the fds of a packet are compared within the procfs that they are from, below
 * its root, which the directory's ".." leads to.  A thread's number then joins
 * that procfs to ours, if both are of our pid namespace.  A hostile peer may
 * pass:
 *
 *   any other file             the root must be procfs, by its magic
 *   a procfs of another pid    /proc/self/status there must show us with one
 *   namespace                  number: in a namespace below ours we are not in
 *                              sight, in one above it we have more numbers
 *   a procfs with mounts of    RESOLVE_NO_XDEV: each path stays in the mount
 *   its own on top             that it starts in
 *   fds of another process     the directory must be what the number leads to,
 *                              and the memory what "mem" in there is
 *   fds of a dead process      the number leads to the directory while our own
 *   whose number is in use     /proc/TID, opened before, is alive after
 *   again
 *   an inode of the wanted     a procfs takes its inode numbers from a counter of
 *   number                     32 bits that wraps; it makes no two inodes of one
 *                              number at the same time (ctime)
 */
#include "worker/lxc_caller.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "lib/own.h"

#define STATUS_MAX_BYTES 4096 /* ours: no groups */

struct file_id {
	uint64_t dev, ino;
	int64_t ctime_s;
	uint32_t ctime_ns;
};

/* Asks no server of a stranger's file. Return: false if statx(2) fails */
static bool id_of(int fd, struct file_id *ret)
{
	struct statx st;

	if (statx(fd, "", AT_STATX_DONT_SYNC | AT_EMPTY_PATH,
		  STATX_INO | STATX_CTIME, &st) < 0)
		return false;
	*ret = (struct file_id){ makedev(st.stx_dev_major, st.stx_dev_minor),
				 st.stx_ino, st.stx_ctime.tv_sec,
				 st.stx_ctime.tv_nsec };
	return true;
}

static bool is_same_file(int a, int b)
{
	struct file_id x, y;

	return id_of(a, &x) && id_of(b, &y) && x.dev == y.dev &&
	       x.ino == y.ino && x.ctime_s == y.ctime_s &&
	       x.ctime_ns == y.ctime_ns;
}

/* Opens what is below @dirfd or above it in its own mount. Return: fd or -1 */
static int open_within(int dirfd, const char *path, int flags)
{
	struct open_how how = { .flags = (unsigned)(O_CLOEXEC | flags),
				.resolve = RESOLVE_NO_XDEV |
					   RESOLVE_NO_MAGICLINKS };

	return (int)syscall(SYS_openat2, dirfd, path, &how, sizeof(how));
}

/* Is this the root of a procfs of our own pid namespace? */
static bool numbers_as_we_do(int procfs_fd)
{
	AUTO(fd_close)
	int fd = open_within(procfs_fd, "self/status", O_RDONLY);
	char text[STATUS_MAX_BYTES];
	const char *line;
	char *end;
	ssize_t n;

	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	text[n < 0 ? 0 : n] = '\0';
	line = strstr(text, "\nNSpid:\t");
	if (!line)
		return false;
	line += strlen("\nNSpid:\t");
	return strtol(line, &end, 10) > 0 && end != line && *end == '\n';
}

/* Return: NULL, with .procfs_fd the root that @dir_fd is right below, or why not */
static const char *know_procfs(struct lxc_caller *c, int dir_fd)
{
	AUTO(fd_close) int root = -1;
	struct file_id id;
	struct statfs fs;

	if (!id_of(dir_fd, &id))
		return "the first fd cannot be looked at";
	if (c->procfs_fd >= 0 && c->procfs_dev == id.dev)
		return NULL;
	if (fstatfs(dir_fd, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC)
		return "the first fd is not the caller's /proc directory: it is "
		       "not in a procfs";
	root = open_within(dir_fd, "..", O_PATH | O_DIRECTORY);
	if (root < 0 || !numbers_as_we_do(root))
		return "the first fd is not the caller's /proc directory: its "
		       "procfs is not of deputyd's pid namespace";
	(void)fd_close(c->procfs_fd);
	c->procfs_fd = TAKE_FD(root);
	c->procfs_dev = id.dev;
	return NULL;
}

const char *lxc_caller_prove(struct lxc_caller *c, const struct home *h,
			     pid_t tid, int dir_fd, int mem_fd)
{
	AUTO(fd_close) int ours = -1;
	AUTO(fd_close) int theirs = -1;
	AUTO(fd_close) int mem = -1;
	const char *why = know_procfs(c, dir_fd);
	char name[16];

	if (why)
		return why;
	(void)snprintf(name, sizeof(name), "%d", tid);
	ours = openat(h->proc_fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	theirs = open_within(c->procfs_fd, name, O_PATH | O_DIRECTORY);
	if (theirs < 0 || !is_same_file(dir_fd, theirs))
		return "the first fd is not the caller's /proc directory";
	mem = open_within(theirs, "mem", O_PATH | O_NOFOLLOW);
	if (mem < 0 || !is_same_file(mem_fd, mem) ||
	    (fcntl(mem_fd, F_GETFL) & O_ACCMODE) != O_RDWR)
		return "the second fd is not the caller's memory";
	c->proc_fd = TAKE_FD(ours);
	if (lxc_caller_lives(c))
		return NULL;
	c->proc_fd = fd_close(c->proc_fd);
	return "the caller is gone";
}

/* A dead thread's directory may not be searched: ESRCH. With hidepid= that of one
 * alive may not be either, as the caller: another errno. */
bool lxc_caller_lives(const struct lxc_caller *c)
{
	struct stat st;

	return c->proc_fd >= 0 &&
	       (fstatat(c->proc_fd, ".", &st, 0) == 0 || errno != ESRCH);
}

bool lxc_caller_is(const struct lxc_caller *c, int proc_fd)
{
	return c->proc_fd >= 0 && is_same_file(c->proc_fd, proc_fd);
}
