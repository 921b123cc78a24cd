// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/own.h"

/* user_namespaces(7): they nest 32 deep. */
#define NS_DEPTH_MAX 33

static int ns_path_id(const char *path, struct ns_id *ret)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return -errno;
	*ret = (struct ns_id){ st.st_dev, st.st_ino };
	return 0;
}

static int ns_fd_id(int fd, struct ns_id *ret)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	*ret = (struct ns_id){ st.st_dev, st.st_ino };
	return 0;
}

struct ns_id identity_peer(pid_t pid)
{
	struct ns_id id = { 0, 0 };
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	if (pid <= 0 || ns_path_id(path, &id) < 0)
		(void)ns_path_id("/proc/self/ns/user", &id);
	return id;
}

/**
 * outermost() - walk outwards from a namespace
 * @fd:    taken; not @top's
 * @stop:  the outermost below this one is wanted; for @fd itself, itself
 * @top:   deputyd's own, where every walk ends
 * Return: an fd, or -EXDEV when @top is no ancestor, or a negative errno
 */
static int outermost(int fd, const struct ns_id *stop, const struct ns_id *top)
{
	AUTO(fd_close) int now = fd;
	AUTO(fd_close) int inner = -1;

	for (int depth = 0; depth < NS_DEPTH_MAX; depth++) {
		struct ns_id id = { 0, 0 };
		int r = ns_fd_id(now, &id);

		if (r < 0)
			return r;
		if (ns_id_is(&id, top) || ns_id_is(&id, stop))
			return inner >= 0 ? TAKE_FD(inner) : TAKE_FD(now);
		(void)fd_close(inner);
		inner = now;
		now = ioctl(inner, NS_GET_PARENT);
		if (now < 0) /* EPERM: its parent is outside of our reach */
			return errno == EPERM ? -EXDEV : -errno;
	}
	return -ELOOP;
}

/* Its owner has an id in each namespace around it (user_namespaces(7)), so in
 * ours. */
static int settle_own(const struct ns_id *peer, int fd_taken,
		      const struct ns_id *own, struct identity *i)
{
	AUTO(fd_close) int its = outermost(fd_taken, peer, own);
	int r;

	if (its < 0)
		return its;
	if (ioctl(its, NS_GET_OWNER_UID, &i->userns_owner) < 0)
		return -errno;
	r = ns_fd_id(its, &i->userns);
	if (r < 0)
		return r;
	i->userns_fact = USERNS_OWNED;
	i->userns_fd = TAKE_FD(its);
	return 0;
}

static int settle_userns(const struct ns_id *peer, int proc_fd,
			 struct identity *i)
{
	AUTO(fd_close)
	int fd = openat(proc_fd, "ns/user", O_RDONLY | O_CLOEXEC);
	struct ns_id own = { 0, 0 }, id = { 0, 0 };
	int r;

	if (fd < 0)
		return -errno;
	r = ns_path_id("/proc/self/ns/user", &own);
	if (r == 0)
		r = ns_fd_id(fd, &id);
	if (r < 0)
		return r;
	if (!ns_id_is(&id, &own))
		return settle_own(peer, TAKE_FD(fd), &own, i);
	i->userns_fact = USERNS_NONE; /* the kernel's word is enough for it */
	return 0;
}

int identity_settle(const struct ns_id *peer, pid_t init_pid,
		    struct identity *ret)
{
	AUTO(fd_close) int proc_fd = -1;
	char path[32];
	int r;

	*ret = (struct identity){ .userns_fd = -1 };
	if (init_pid <= 0)
		return -ESRCH;
	(void)snprintf(path, sizeof(path), "/proc/%d", init_pid);
	proc_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (proc_fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	r = settle_userns(peer, proc_fd, ret);
	if (r < 0)
		return r;
	/* Through the same fd, so of the same process. Not known is no match. */
	(void)cgroups_read(proc_fd, &ret->cgroups);
	return 0;
}

void identity_settle_each(uid_t peer_uid, struct identity *ret)
{
	*ret = (struct identity){ .userns_fd = -1,
				  .userns_fact = USERNS_OWNED,
				  .userns_owner = peer_uid,
				  .each = true };
}

const char *identity_owner(const struct identity *i,
			   char buf[static IDENTITY_OWNER_MAX])
{
	if (i->userns_fact == USERNS_OWNED)
		(void)snprintf(buf, IDENTITY_OWNER_MAX, "%u", i->userns_owner);
	else
		(void)snprintf(buf, IDENTITY_OWNER_MAX, "%s",
			       i->userns_fact == USERNS_NONE ? "none"
							     : "unknown");
	return buf;
}

int identity_fd(int fd, struct ns_id *ret)
{
	static const char want[] = "user:[";
	char link[64], path[32];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, link, sizeof(link));
	if (n < 0)
		return -errno;
	/* As listener_check(): a file's own name starts with '/'. */
	if (n < (ssize_t)sizeof(want) - 1 ||
	    memcmp(link, want, sizeof(want) - 1) != 0)
		return -ENOTTY;
	return ns_fd_id(fd, ret);
}

void identity_done(struct identity *i)
{
	i->userns_fd = fd_close(i->userns_fd);
	cgroups_done(&i->cgroups);
}
