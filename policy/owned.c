// SPDX-License-Identifier: LGPL-2.1-or-later
#include "policy/owned.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/own.h"

#define LINKS_MAX  40 /* as the kernel's, path_resolution(7) */
#define WRITE_BITS (S_IWGRP | S_IWOTH)

struct walk {
	int at_fd;	     /* the directory reached so far */
	char at[PATH_MAX];   /* its real path; "" for the root */
	char rest[PATH_MAX]; /* what is still to be walked */
	unsigned links;
	char *why;
	size_t why_size;
};

static int refuse_owner(const struct walk *w, const struct stat *st)
{
	(void)snprintf(w->why, w->why_size,
		       "%s belongs to uid %u, who could change the policy: "
		       "chown %sroot:root %s",
		       w->at, st->st_uid, S_ISLNK(st->st_mode) ? "-h " : "",
		       w->at);
	return -EPERM;
}

static int refuse_mode(const struct walk *w, const struct stat *st)
{
	(void)snprintf(w->why, w->why_size,
		       "%s has mode %04o, so others than root could change the "
		       "policy: chmod go-w %s",
		       w->at, st->st_mode & 07777, w->at);
	return -EPERM;
}

/* Return: 0, or -EPERM with the reason: @fd is what w->at names */
static int check(const struct walk *w, int fd, struct stat *ret)
{
	bool sticky;

	if (fstat(fd, ret) < 0)
		return -errno;
	if (ret->st_uid != 0)
		return refuse_owner(w, ret);
	if (S_ISLNK(ret->st_mode)) /* its mode says nothing */
		return 0;
	sticky = S_ISDIR(ret->st_mode) && (ret->st_mode & S_ISVTX);
	return (ret->st_mode & WRITE_BITS) && !sticky ? refuse_mode(w, ret) : 0;
}

static int to_root(struct walk *w)
{
	struct stat st;
	int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	(void)fd_close(w->at_fd);
	w->at_fd = fd;
	(void)strcpy(w->at, "/");
	return check(w, fd, &st);
}

/* Takes the next name off w->rest. Return: false: there is none */
static bool next(struct walk *w, char name[NAME_MAX + 1])
{
	const char *from = w->rest + strspn(w->rest, "/");
	size_t n = strcspn(from, "/");

	if (n == 0)
		return false;
	/* A longer name is cut, which no file has either. */
	(void)snprintf(name, NAME_MAX + 1, "%.*s",
		       (int)(n > NAME_MAX ? NAME_MAX : n), from);
	memmove(w->rest, from + n, strlen(from + n) + 1);
	return true;
}

/* w->at, with @name behind it. Return: 0 or -ENAMETOOLONG */
static int append(struct walk *w, const char *name)
{
	size_t len = strlen(w->at);
	int n;

	if (strcmp(name, ".") == 0)
		return 0;
	if (strcmp(name, "..") == 0) {
		char *slash = strrchr(w->at, '/');

		slash[slash == w->at] = '\0';
		return 0;
	}
	n = snprintf(w->at + len, sizeof(w->at) - len, "%s%s",
		     len > 1 ? "/" : "", name);
	return (size_t)n < sizeof(w->at) - len ? 0 : -ENAMETOOLONG;
}

/* Puts the target of the link before the rest of the way. */
static int follow(struct walk *w, int link)
{
	char target[PATH_MAX], rest[PATH_MAX];
	ssize_t n = readlinkat(link, "", target, sizeof(target) - 1);
	int r;

	if (n < 0)
		return -errno;
	target[n] = '\0';
	if (++w->links > LINKS_MAX)
		return -ELOOP;
	r = snprintf(rest, sizeof(rest), "%s%s", target, w->rest);
	if ((size_t)r >= sizeof(rest))
		return -ENAMETOOLONG;
	(void)strcpy(w->rest, rest);
	if (*target == '/')
		return to_root(w);
	return append(w, ".."); /* from the link's name to its directory */
}

/* Opens the checked file for reading, by its fd. */
static int reopen(int fd)
{
	char path[32];
	int r;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	r = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	return r < 0 ? -errno : r;
}

/* Return: 0: go on; an fd: this was the file; or a negative errno */
static int step(struct walk *w, const char *name)
{
	AUTO(fd_close)
	int fd = openat(w->at_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	int r = fd < 0 ? -errno : append(w, name);

	if (r == 0)
		r = check(w, fd, &st);
	if (r < 0)
		return r;
	if (S_ISLNK(st.st_mode))
		return follow(w, fd);
	if (S_ISDIR(st.st_mode)) {
		(void)fd_close(w->at_fd);
		w->at_fd = TAKE_FD(fd);
		return 0;
	}
	return *w->rest ? -ENOTDIR : reopen(fd);
}

static int start(struct walk *w, const char *path)
{
	size_t n = 0;

	if (*path != '/') {
		if (!getcwd(w->rest, sizeof(w->rest)))
			return -errno;
		n = strlen(w->rest);
	}
	n += (size_t)snprintf(w->rest + n, sizeof(w->rest) - n, "/%s", path);
	return n < sizeof(w->rest) ? to_root(w) : -ENAMETOOLONG;
}

int owned_open(const char *path, char *why, size_t size)
{
	struct walk w = { .at_fd = -1, .why = why, .why_size = size };
	char name[NAME_MAX + 1];
	int r;

	*why = '\0';
	if (!*path)
		return -ENOENT;
	r = start(&w, path);
	while (r == 0 && next(&w, name))
		r = step(&w, name);
	if (r == 0)
		r = reopen(w.at_fd);
	(void)fd_close(w.at_fd);
	return r;
}
