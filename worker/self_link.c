// SPDX-License-Identifier: LGPL-2.1-or-later
#include "worker/self_link.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "lib/own.h"
#include "worker/as_caller.h"

#define PROC_ROOT_INO 1 /* include/linux/proc_ns.h */
#define FD_DIGITS_MAX 7 /* /proc/sys/fs/nr_open is at most 2^20 and some */

/* Return: what follows @prefix in @path, or NULL */
static const char *after(const char *path, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(path, prefix, n) == 0 ? path + n : NULL;
}

/* "N", then the end or a slash. Return: what follows, or NULL */
static const char *parse_fd(const char *p, int *ret_fd)
{
	int fd = 0, n = 0;

	for (; p[n] >= '0' && p[n] <= '9'; n++) {
		if (n == FD_DIGITS_MAX || (n == 1 && p[0] == '0'))
			return NULL;
		fd = fd * 10 + (p[n] - '0');
	}
	if (n == 0 || (p[n] != '/' && p[n] != '\0'))
		return NULL;
	*ret_fd = fd;
	return p + n;
}

static bool ends_here(const char *p)
{
	return p && (*p == '/' || *p == '\0');
}

/* Where the caller's /proc is, if "self" means the caller there. Seen with our
 * rights: whether the caller may pass is found out in self_link_is_real().
 * Return: 1 with *ret_dev set, 0, or a negative errno of ours */
static int find_procfs(const struct caller *c, dev_t *ret_dev)
{
	struct open_how how = { .flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
				.resolve = RESOLVE_IN_ROOT |
					   RESOLVE_NO_SYMLINKS };
	AUTO(fd_close) int fd = (int)syscall(SYS_openat2, c->root_fd, "proc",
					     &how, sizeof(how));
	struct statfs fs;
	struct stat st;

	if (fd < 0)
		return 0;
	if (fstatfs(fd, &fs) < 0 || fstat(fd, &st) < 0)
		return -errno;
	*ret_dev = st.st_dev;
	return fs.f_type == PROC_SUPER_MAGIC && st.st_ino == PROC_ROOT_INO ?
		       caller_has_procfs(c, fd) :
		       0;
}

/* What the path is, by its text. Return: false where it is none of the forms */
static bool parse(const char *path, struct self_link *link)
{
	static const char *const names[] = { "cwd", "root" };
	const char *in_self = after(path, "/proc/self/"), *rest;

	link->of_process = true;
	if (!in_self) {
		in_self = after(path, "/dev/fd/");
		link->via_dev_fd = in_self;
		if (in_self)
			return (link->rest = parse_fd(in_self, &link->number));
		in_self = after(path, "/proc/thread-self/");
		link->of_process = false;
	}
	rest = in_self ? after(in_self, "fd/") : NULL;
	if (rest)
		return (link->rest = parse_fd(rest, &link->number));
	for (size_t i = 0; in_self && i < ARRAY_SIZE(names); i++) {
		rest = after(in_self, names[i]);
		if (!ends_here(rest))
			continue;
		link->name = names[i];
		link->rest = rest;
		return true;
	}
	return false;
}

int self_link_open(const struct caller *c, const char *path,
		   struct self_link *link)
{
	int r;

	*link = (struct self_link){ .fd = -1, .number = -1 };
	if (!parse(path, link))
		return CALLER_OK;
	r = find_procfs(c, &link->proc_dev);
	if (r <= 0)
		return r < 0 ? r : CALLER_OK;
	return caller_open_link(c, link->of_process, link->number, link->name,
				&link->fd);
}

bool self_link_is_real(const struct self_link *link)
{
	struct open_how how = { .flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
				.resolve = RESOLVE_NO_SYMLINKS };
	AUTO(fd_close) int proc = -1;
	struct stat st;
	char to[32];
	ssize_t n;

	if (link->fd < 0)
		return false;
	proc = (int)syscall(SYS_openat2, AT_FDCWD, "/proc", &how, sizeof(how));
	if (proc < 0 || fstat(proc, &st) < 0 || st.st_dev != link->proc_dev ||
	    st.st_ino != PROC_ROOT_INO)
		return false;
	if (!link->via_dev_fd)
		return true;
	n = readlinkat(AT_FDCWD, "/dev/fd", to, sizeof(to));
	return n == 13 && memcmp(to, "/proc/self/fd", 13) == 0;
}

int self_link_walk(const struct self_link *link, int flags)
{
	const char *rest = link->rest;
	int fd;

	if (*rest == '\0') {
		if (flags & O_NOFOLLOW) /* the link itself, in procfs */
			return -ELOOP;
		/* No search permission is asked for at the end of a path. */
		fd = fcntl(link->fd, F_DUPFD_CLOEXEC, 0);
		return fd < 0 ? -errno : fd;
	}
	while (*rest == '/')
		rest++;
	return walk(link->fd, *rest ? rest : ".", flags);
}
