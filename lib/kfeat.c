// SPDX-License-Identifier: LGPL-2.1-or-later
#include "lib/kfeat.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/listener.h"
#include "lib/own.h"

const struct kfeat_info kfeats[KFEATS] = {
#define X(id, name, since, use) [KFEAT_##id] = { #name, since, use },
#include "lib/kfeat.def"
#undef X
};

/* -- with a listener ---------------------------------------------------------------- */

#define NO_SUCH_ID UINT64_MAX
#define RECV_MS	   2 /* for a RECV that should not wait */

struct result {
	int error;
	uint32_t mask;
};

static int load_filter(void)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog prog = { .len = 1, .filter = &allow };
	int fd;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	fd = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			  SECCOMP_FILTER_FLAG_NEW_LISTENER, &prog);
	return fd < 0 ? -errno : fd;
}

/* A kernel that knows these flags fails with ENOENT, an older one with EINVAL. */
static bool knows_addfd(int fd, uint32_t flags)
{
	struct seccomp_notif_addfd addfd = { .id = NO_SUCH_ID,
					     .flags = flags,
					     .srcfd = (uint32_t)fd };

	return ioctl(fd, SECCOMP_IOCTL_NOTIF_ADDFD, &addfd) < 0 &&
	       errno == ENOENT;
}

/* The flags are looked at before the program: EFAULT, else EINVAL. */
static bool knows_filter_flag(unsigned long flag)
{
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		       SECCOMP_FILTER_FLAG_NEW_LISTENER | flag, NULL) < 0 &&
	       errno == EFAULT;
}

static bool knows_notify(void)
{
	uint32_t action = SECCOMP_RET_USER_NOTIF;

	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

static void on_alarm(int sig)
{
	(void)sig;
}

/* Where O_NONBLOCK means nothing RECV waits, and a signal must end that: EINTR.
 * Again and again, as the first one may come before it waits. */
static bool knows_nonblock(int fd)
{
	const struct itimerval often = { { 0, RECV_MS * 1000 },
					 { 0, RECV_MS * 1000 } };
	const struct itimerval never = { { 0, 0 }, { 0, 0 } };
	struct sigaction sa = { .sa_handler = on_alarm };
	sigset_t set;
	union listener_notif n = { .bytes = { 0 } };
	bool knows;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGALRM);
	if (sigaction(SIGALRM, &sa, NULL) < 0 ||
	    sigprocmask(SIG_UNBLOCK, &set, NULL) < 0 ||
	    fcntl(fd, F_SETFL, O_NONBLOCK) < 0 ||
	    setitimer(ITIMER_REAL, &often, NULL) < 0)
		return false;
	knows = ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &n.notif) < 0 &&
		errno == EAGAIN;
	(void)setitimer(ITIMER_REAL, &never, NULL);
	return knows;
}

static void probe_listener(int fd, uint32_t *mask)
{
	*mask |= listener_can_continue(fd) ? KFEAT_BIT(KFEAT_CONTINUE) : 0;
	*mask |= knows_addfd(fd, 0) ? KFEAT_BIT(KFEAT_ADDFD) : 0;
	*mask |= knows_addfd(fd, SECCOMP_ADDFD_FLAG_SEND) ?
			 KFEAT_BIT(KFEAT_ADDFD_SEND) :
			 0;
	*mask |= listener_set_sync(fd) == 0 ? KFEAT_BIT(KFEAT_SYNC_WAKE_UP) : 0;
	*mask |= listener_requeue(fd) >= 0 ? KFEAT_BIT(KFEAT_REQUEUE) : 0;
	*mask |= knows_nonblock(fd) ? KFEAT_BIT(KFEAT_RECV_NONBLOCK) : 0;
}

static void child(int out)
{
	struct result r = { 0 };
	int fd;

	r.mask = kfeat_calls();
	r.mask |= knows_notify() ? KFEAT_BIT(KFEAT_NOTIFY) : 0;
	r.mask |= knows_filter_flag(SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV) ?
			  KFEAT_BIT(KFEAT_WAIT_KILLABLE) :
			  0;
	fd = load_filter();
	if (fd < 0)
		r.error = fd;
	else
		probe_listener(fd, &r.mask);
	_exit(write(out, &r, sizeof(r)) == sizeof(r) ? 0 : 1);
}

/* -- without a listener ---------------------------------------------------------- */

/* Flags that no kernel knows: refused before anything is looked at. */
#define NO_FLAGS 0x7fffffff

/* Younger than many headers; the same on each architecture, above its base. */
#ifndef __NR_Linux /* MIPS has it */
#define __NR_Linux 0
#endif
#define NR_SETXATTRAT (__NR_Linux + 463) /* and its three like it, together */

static bool exists(long nr, long a, long b, long c, long d, long e)
{
	return syscall(nr, a, b, c, d, e, 0L) >= 0 || errno != ENOSYS;
}

bool kfeat_x32(void)
{
#ifdef __X32_SYSCALL_BIT
	return syscall(__X32_SYSCALL_BIT | SYS_getpid) >= 0;
#else
	return false;
#endif
}

uint32_t kfeat_calls(void)
{
	bool bind = exists(SYS_open_tree, -1, 0, NO_FLAGS, 0, 0) &&
		    exists(SYS_move_mount, -1, 0, -1, 0, NO_FLAGS);
	bool xattrat = exists(NR_SETXATTRAT, -1, 0, NO_FLAGS, 0, 0);

	return (bind ? KFEAT_BIT(KFEAT_BIND) : 0) |
	       (xattrat ? KFEAT_BIT(KFEAT_XATTRAT) : 0) |
	       (kfeat_x32() ? KFEAT_BIT(KFEAT_X32) : 0);
}

/* -- all of them ------------------------------------------------------------------ */

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

int kfeat_probe(uint32_t *ret_mask)
{
	AUTO(fd_close) int out = -1, in = -1;
	struct result r;
	int pipe_fds[2], error;
	ssize_t n;
	pid_t pid;

	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return -errno;
	in = pipe_fds[0];
	out = pipe_fds[1];
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		child(out);
	out = fd_close(out);
	do
		n = read(in, &r, sizeof(r));
	while (n < 0 && errno == EINTR);
	error = wait_for(pid);
	if (error < 0)
		return error;
	if (n != sizeof(r))
		return -ECHILD;
	*ret_mask = r.mask;
	return r.error;
}

uint32_t kfeat_not_lacking(void)
{
	uint32_t mask = 0;

	return kfeat_probe(&mask) == 0 ? mask
				       : kfeat_calls() | KFEATS_OF_LISTENER;
}
