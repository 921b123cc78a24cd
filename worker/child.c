// SPDX-License-Identifier: LGPL-2.1-or-later
#include "worker/child.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/handover.h"

struct child {
	int (*fn)(void *ctx);
	void *ctx;
	int result;
};

static pid_t parent;

static int child_main(void *arg)
{
	struct child *c = arg;

	c->result = c->fn(c->ctx);
	_exit(0);
}

int child_bind_life(void)
{
	if (prctl(PR_SET_DUMPABLE, 0) < 0 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return -errno;
	return getppid() == parent ? 0 : -ECHILD; /* nobody waits for us */
}

/* Return: the number that the next fd will have, -1 for none */
static int next_fd(void)
{
	int fd = fcntl(HANDOVER_LISTENER, F_DUPFD_CLOEXEC, 0);

	if (fd >= 0)
		(void)close(fd);
	return fd;
}

int child_run(const struct home *h, int (*fn)(void *ctx), void *ctx, int *ret)
{
	static _Alignas(64) char stack[64 * 1024];
	struct child c = { .fn = fn, .ctx = ctx };
	int status, error, fd;
	sigset_t all, old;
	pid_t pid;

	if (h->childless &&
	    atomic_load_explicit(h->childless, memory_order_relaxed))
		return -EBUSY;
	fd = next_fd();
	parent = getpid();
	/* The child shares our memory and has our handlers, and its caller may
	 * signal it.  Blocked for its whole life, SIGTERM to it is not for us. */
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &old);
	pid = clone(child_main, stack + sizeof(stack),
		    CHILD_CLONE_FLAGS, &c);
	error = errno;
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	if (pid < 0)
		return -error;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (!WIFEXITED(status)) { /* killed: nothing it said counts */
		if (fd >= 0)
			(void)close(fd); /* if it had come to open it */
		return -ECHILD;
	}
	*ret = c.result;
	return 0;
}
