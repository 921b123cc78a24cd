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

static int open_one(const struct caller *c, const char *in_self,
		    struct self_link *link)
{
	const char *rest;
	int fd;

	rest = after(in_self, "fd/");
	if (rest) {
		rest = parse_fd(rest, &fd);
		if (!rest)
			return CALLER_OK;
		link->rest = rest;
		return caller_open_link(c, fd, NULL, &link->fd);
	}
	for (int i = 0; i < 2; i++) {
		const char *name = i ? "root" : "cwd";

		rest = after(in_self, name);
		if (!ends_here(rest))
			continue;
		link->rest = rest;
		return caller_open_link(c, -1, name, &link->fd);
	}
	return CALLER_OK;
}

int self_link_open(const struct caller *c, const char *path,
		   struct self_link *link)
{
	const char *in_self = after(path, "/proc/self/");
	int fd;

	*link = (struct self_link){ .fd = -1 };
	if (!in_self)
		in_self = after(path, "/proc/thread-self/");
	if (in_self)
		return open_one(c, in_self, link);
	in_self = after(path, "/dev/fd/");
	if (in_self)
		in_self = parse_fd(in_self, &fd);
	if (!in_self)
		return CALLER_OK;
	link->via_dev_fd = true;
	link->rest = in_self;
	return caller_open_link(c, fd, NULL, &link->fd);
}

static bool is_real(const struct self_link *link)
{
	struct open_how how = { .flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
				.resolve = RESOLVE_NO_SYMLINKS };
	AUTO(fd_close) int proc = (int)syscall(SYS_openat2, AT_FDCWD, "/proc",
					       &how, sizeof(how));
	struct statfs fs;
	struct stat st;
	char to[32];
	ssize_t n;

	if (proc < 0 || fstatfs(proc, &fs) < 0 || fstat(proc, &st) < 0 ||
	    fs.f_type != PROC_SUPER_MAGIC || st.st_ino != PROC_ROOT_INO)
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

	if (!is_real(link))
		return -ELOOP;
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
