/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * features: what this kernel's notifications can do, found by trying, a line
 * "feature NAME yes|no" each. In ../../tests/vm it is the table's left half.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "notify.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

/* In a process of its own, which may then have a filter. */
static void feature(const char *name, int (*has)(void))
{
	pid_t pid = fork();
	int status = 0;

	if (pid < 0)
		err(1, "fork");
	if (pid == 0)
		_exit(has() ? 0 : 1);
	waitpid(pid, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) < 2)
		printf("feature %s %s\n", name,
		       WEXITSTATUS(status) ? "no" : "yes");
	else
		printf("feature %s ?\n", name);
	fflush(stdout);
}

/* An id that no notification has: known flags are looked at first. */
static int has_continue(void)
{
	struct seccomp_notif_resp resp = { .flags = 1 };

	return ioctl(notify_listener(0), SECCOMP_IOCTL_NOTIF_SEND, &resp) < 0 &&
	       errno == ENOENT;
}

static int addfd_knows(uint32_t flags)
{
	struct seccomp_notif_addfd add = { .flags = flags };

	return ioctl(notify_listener(0), SECCOMP_IOCTL_NOTIF_ADDFD, &add) < 0 &&
	       errno == ENOENT;
}

static int has_addfd(void)
{
	return addfd_knows(0);
}

static int has_addfd_send(void)
{
	return addfd_knows(SECCOMP_ADDFD_FLAG_SEND);
}

/* Of a child whose filter has no other task. */
static int has_hup(void)
{
	int pair[2], listener;
	struct pollfd poll_listener = { .events = POLLIN };
	pid_t pid;

	/* The child shares our fds, so that its listener stays here. */
	if (pipe(pair) < 0)
		return 0;
	pid = (pid_t)syscall(__NR_clone, 0x400 /* CLONE_FILES */ | SIGCHLD, 0,
			     0, 0, 0);
	if (pid == 0) {
		listener = notify_listener(0);
		if (write(pair[1], &listener, sizeof(listener)) < 0)
			_exit(1);
		_exit(0);
	}
	if (read(pair[0], &listener, sizeof(listener)) != sizeof(listener))
		return 0;
	waitpid(pid, NULL, 0);
	poll_listener.fd = listener;
	return poll(&poll_listener, 1, 2000) == 1 &&
	       (poll_listener.revents & POLLHUP);
}

static int has_killable(void)
{
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER,
		       SECCOMP_FILTER_FLAG_NEW_LISTENER |
			       SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
		       NULL) < 0 &&
	       errno == EFAULT;
}

static int has_sync(void)
{
	return ioctl(notify_listener(0), SECCOMP_IOCTL_NOTIF_SET_FLAGS,
		     SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP) == 0;
}

/* Where O_NONBLOCK means nothing, the alarm ends the wait. */
static void on_alarm(int signal)
{
	(void)signal;
}

static int has_nonblock(void)
{
	struct sigaction action = { .sa_handler = on_alarm };
	struct seccomp_notif notif;
	int listener = notify_listener(0);

	sigaction(SIGALRM, &action, NULL);
	fcntl(listener, F_SETFL, O_RDWR | O_NONBLOCK);
	alarm(1);
	return notify_receive(listener, &notif) == -EAGAIN;
}

static int has_requeue(void)
{
	return ioctl(notify_listener(0), SECCOMP_IOCTL_NOTIF_REQUEUE, 0) == 0;
}

int main(void)
{
	feature("continue", has_continue);
	feature("addfd", has_addfd);
	feature("addfd_send", has_addfd_send);
	feature("hup", has_hup);
	feature("killable", has_killable);
	feature("sync", has_sync);
	feature("nonblock", has_nonblock);
	feature("requeue", has_requeue);
	return 0;
}
