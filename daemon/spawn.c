// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The child shares our table of fds at first (CLONE_FILES).  Its own one, which
 * close_range(2) makes, is a copy of the numbers below those that are to be closed,
 * but in words of 64: what is behind them was never in it, so neither that call nor
 * execve(2) has anything of a stranger's to close.  So the first 64 numbers are for
 * no other use, and what a worker is to have is put there until it has it
 * (CLONE_VFORK).
 */
#include "daemon/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/oom.h"
#include "lib/own.h"

#define FIRST	 HANDOVER_LISTENER
#define PROGRAM	 HANDOVER_FDS /* its number until execve(2) closes it */
#define RESERVED 64 /* BITS_PER_LONG; fs/file.c, sane_fdtable_size() */

static int null_fd = -1; /* kept: there may be no fd left when it is needed */

static int reserve(int number)
{
	return dup3(null_fd, number, O_CLOEXEC) < 0 ? -errno : 0;
}

int spawn_reserve(void)
{
	AUTO(fd_close) int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	int r = 0;

	null_fd = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, RESERVED);
	if (null_fd < 0)
		return -errno;
	fd = fd_close(fd);
	for (int i = FIRST; i < RESERVED && r == 0; i++)
		if (fcntl(i, F_GETFD) < 0)
			r = reserve(i);
	return r;
}

int spawn_move(int fd)
{
	int moved, r;

	if (fd < FIRST || fd >= RESERVED)
		return fd;
	moved = fcntl(fd, F_DUPFD_CLOEXEC, RESERVED);
	if (moved < 0)
		return -errno;
	r = reserve(fd); /* which closes it */
	if (r < 0) {
		(void)close(moved);
		return r;
	}
	return moved;
}

static bool lay_out(int program_fd, const int fds[HANDOVER_FDS])
{
	if (dup3(program_fd, PROGRAM, O_CLOEXEC) < 0)
		return false;
	for (int i = FIRST; i < HANDOVER_FDS; i++)
		if (fds[i] >= 0 && dup3(fds[i], i, O_CLOEXEC) < 0)
			return false;
	return true;
}

/* They are ours or the container's listener: closing one takes no time. */
static void take_back(void)
{
	for (int i = FIRST; i <= PROGRAM; i++)
		(void)reserve(i);
}

/* -- the child: on our stack, in memory of its own --------------------------------- */

static void own_table(void)
{
	if (syscall(SYS_close_range, PROGRAM + 1, ~0U, CLOSE_RANGE_UNSHARE) == 0)
		return;
	/* Before Linux 5.9: all are copied, and closed by execve(2). */
	if (unshare(CLONE_FILES) < 0)
		_exit(127);
}

/* From here on the table is the child's. Return: is all as it is to be? */
static bool keep(const int fds[HANDOVER_FDS])
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(null, STDOUT_FILENO) < 0)
		return false;
	for (int i = FIRST; i < HANDOVER_FDS; i++)
		if (fds[i] < 0)
			(void)close(i);
		else if (fcntl(i, F_SETFD, 0) < 0)
			return false;
	return true;
}

static void reset_signals(void)
{
	const struct sigaction dfl = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		(void)sigaction(i, &dfl, NULL); /* not SIGKILL, SIGSTOP */
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void child(const int fds[HANDOVER_FDS], int *error)
{
	char name[] = "deputy-worker";
	char *argv[] = { name, NULL }, *envp[] = { NULL };

	own_table();
	if (keep(fds) && chdir("/") == 0) {
		reset_signals();
		(void)oom_shift(OOM_STEP, OOM_WORKER_MIN);
		(void)execveat(PROGRAM, "", argv, envp, AT_EMPTY_PATH);
	}
	*error = errno;
	_exit(127);
}

/* -- the parent --------------------------------------------------------------------- */

/* Return: a word that a child shares with us, or NULL */
static int *shared_word(void)
{
	static int *word;

	if (!word) {
		word = mmap(NULL, sizeof(*word), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		if (word == MAP_FAILED)
			word = NULL;
	}
	return word;
}

/* Back once the child has its program, or is dead. */
static pid_t clone_child(const int fds[HANDOVER_FDS], int *error,
			 int *ret_pidfd)
{
	const unsigned long flags =
		CLONE_FILES | CLONE_VFORK | CLONE_PIDFD | SIGCHLD;
	sigset_t all, old;
	pid_t pid;
	int e;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	/* Not clone3(2), whose flags RestrictNamespaces= cannot see. */
	pid = (pid_t)syscall(SYS_clone, flags, NULL, ret_pidfd, NULL, NULL);
	if (pid == 0)
		child(fds, error);
	e = errno;
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	errno = e;
	return pid;
}

pid_t spawn(int program_fd, const int fds[HANDOVER_FDS], int *ret_pidfd)
{
	int *error = shared_word();
	AUTO(fd_close) int pidfd = -1;
	pid_t pid = -1;

	if (!error)
		return -ENOMEM;
	*error = 0;
	if (lay_out(program_fd, fds))
		pid = clone_child(fds, error, &pidfd);
	if (pid < 0)
		*error = errno;
	take_back();
	if (pid < 0)
		return -*error;
	if (*error) {
		(void)waitid(P_PID, (id_t)pid, NULL, WEXITED);
		return -*error;
	}
	*ret_pidfd = TAKE_FD(pidfd);
	return pid;
}
