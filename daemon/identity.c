// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/own.h"

/* user_namespaces(7): they nest 32 deep. */
#define NESTING_MAX 33

struct ns {
	uint64_t dev, ino; /* 0, 0: none */
};

static bool same(struct ns a, struct ns b)
{
	return a.ino != 0 && a.ino == b.ino && a.dev == b.dev;
}

/* Return: 0, 0 when it cannot be looked at */
static struct ns ns_of_fd(int fd)
{
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return (struct ns){ 0, 0 };
	return (struct ns){ st.st_dev, st.st_ino };
}

static int open_userns(pid_t pid)
{
	char path[40];

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static struct ns ns_of_pid(pid_t pid)
{
	AUTO(fd_close) int fd = pid > 0 ? open_userns(pid) : -1;

	return ns_of_fd(fd);
}

/* Return: an fd of the outermost namespace from @fd (taken) upwards that lies
 * below @peer or, where that is not on the way, below @own; -1 with errno */
static int outermost_below(int fd, struct ns peer, struct ns own)
{
	AUTO(fd_close) int child = fd;

	for (int depth = 0; depth < NESTING_MAX; depth++) {
		AUTO(fd_close) int parent = ioctl(child, NS_GET_PARENT);
		struct ns p = ns_of_fd(parent);

		if (parent < 0)
			return -1;
		if (same(p, peer) || same(p, own))
			return TAKE_FD(child);
		fd_close(child);
		child = TAKE_FD(parent);
	}
	errno = ELOOP;
	return -1;
}

int identity_settle(pid_t init_pid, pid_t peer_pid, struct identity *ret)
{
	AUTO(fd_close) int fd = -1;
	struct ns own = ns_of_pid(getpid()), peer, n;

	*ret = (struct identity){ .userns_fd = -1 };
	if (init_pid <= 0)
		return 0;
	fd = open_userns(init_pid);
	n = ns_of_fd(fd);
	if (fd < 0 || n.ino == 0)
		return errno == ENOENT || errno == ESRCH ? 0 : -errno;
	if (same(n, own))
		return 0;
	peer = ns_of_pid(peer_pid);
	/* An engine that lives in a user namespace may start containers in it. */
	if (!same(n, peer))
		fd = outermost_below(TAKE_FD(fd), peer, own);
	if (fd < 0)
		return -errno;
	n = ns_of_fd(fd);
	*ret = (struct identity){ n.dev, n.ino, TAKE_FD(fd) };
	return 0;
}

void identity_done(struct identity *id)
{
	id->userns_fd = fd_close(id->userns_fd);
}
