// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * On cgroup v2 a BPF program decides who opens a device, and nobody can read
 * it; the list of v1 says nothing of exceptions from "all".  But the kernel
 * asks either in inode_permission(), so access(2) in a process of that cgroup
 * tells, and opens nothing.  The nodes stand on a tmpfs that is mounted
 * nowhere, and are made from outside the cgroup, which may allow no mknod.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl/judge.h"
#include "lib/own.h"

#define NODE	   "n"
#define MINORS_MAX 256 /* each costs a node and a message */
#define ANSWER_S   5   /* a cgroup may be frozen */

struct cgroup_judge {
	char name[300];
	pid_t pid;
	int sock;
	int nodes; /* a directory */
};

/* Return: a tmpfs's root, or a negative errno */
static int open_tmpfs(void)
{
	AUTO(fd_close) int fs = fsopen("tmpfs", FSOPEN_CLOEXEC);
	int fd;

	if (fs < 0 || fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	fd = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	return fd < 0 ? -errno : fd;
}

static bool may(int nodes, int how)
{
	return faccessat(nodes, NODE, how, 0) == 0 || errno != EPERM;
}

/* Return: 0 or an errno */
static int join(const char *directory)
{
	AUTO(fd_close)
	int fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	AUTO(fd_close) int procs = -1;

	if (fd < 0)
		return errno;
	procs = openat(fd, "cgroup.procs", O_WRONLY | O_CLOEXEC);
	return procs < 0 || write(procs, "0", 1) != 1 ? errno : 0;
}

/* In the cgroup: a byte comes for each node, and the answer goes back. */
static void look(int sock, int nodes, const char *directory)
{
	int error = join(directory);
	char c;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (send(sock, &error, sizeof(error), MSG_NOSIGNAL) < 0 || error)
		_exit(1);
	while (recv(sock, &c, 1, 0) == 1) {
		int access = (may(nodes, R_OK) ? DEVICE_READ : 0) |
			     (may(nodes, W_OK) ? DEVICE_WRITE : 0);

		if (send(sock, &access, sizeof(access), MSG_NOSIGNAL) < 0)
			break;
	}
	_exit(0);
}

/* Return: what the process in the cgroup says, or a negative errno */
static int hear(const struct cgroup_judge *c)
{
	int answer;
	ssize_t n = recv(c->sock, &answer, sizeof(answer), 0);

	if (n == sizeof(answer))
		return answer;
	return n < 0 && errno == EAGAIN ? -ETIMEDOUT : -EPIPE;
}

static int may_open(void *ctx, bool block, uint32_t major, uint32_t minor)
{
	const struct cgroup_judge *c = ctx;

	(void)unlinkat(c->nodes, NODE, 0);
	if (mknodat(c->nodes, NODE, (block ? S_IFBLK : S_IFCHR) | 0666,
		    makedev(major, minor)) < 0)
		return -errno;
	if (send(c->sock, "?", 1, MSG_NOSIGNAL) < 0)
		return -errno;
	return hear(c);
}

struct device_judge cgroup_judge_of(struct cgroup_judge *c)
{
	return (struct device_judge){ may_open, c, c->name, MINORS_MAX };
}

static int start(struct cgroup_judge *c, const char *directory)
{
	const struct timeval wait = { .tv_sec = ANSWER_S };
	int pair[2], r;

	c->nodes = open_tmpfs();
	if (c->nodes < 0)
		return c->nodes;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	c->sock = pair[0];
	(void)setsockopt(c->sock, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	c->pid = fork();
	if (c->pid == 0) {
		(void)close(pair[0]);
		look(pair[1], c->nodes, directory);
	}
	r = c->pid < 0 ? -errno : 0;
	(void)close(pair[1]);
	return r < 0 ? r : -hear(c);
}

struct cgroup_judge *cgroup_judge_new(const char *directory)
{
	struct cgroup_judge *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return NULL;
	c->sock = c->nodes = -1;
	c->pid = -1;
	(void)snprintf(c->name, sizeof(c->name), "the cgroup %s", directory);
	r = start(c, directory);
	if (r == 0)
		return c;
	fprintf(stderr, "deputyctl: %s: cannot try devices in this cgroup: %s\n",
		directory, strerror(abs(r)));
	return cgroup_judge_free(c);
}

struct cgroup_judge *cgroup_judge_free(struct cgroup_judge *c)
{
	if (!c)
		return NULL;
	if (c->pid > 0) {
		(void)kill(c->pid, SIGKILL);
		(void)waitpid(c->pid, NULL, 0);
	}
	(void)fd_close(c->sock);
	(void)fd_close(c->nodes);
	free(c);
	return NULL;
}
