/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * stress [SECONDS]: callers that are killed and interrupted, supervisors that
 * receive, answer, add file descriptors and are killed, all on one listener,
 * while a last one asks for requeues. To be run under KASAN and lockdep, whose
 * words are the result; at the end all calls are answered and none may hang.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

#include "notify.h"

enum { CALLERS = 8, SUPERVISORS = 3 };

static void on_signal(int signal)
{
	(void)signal;
}

static void call_for_ever(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGUSR1, &action, NULL);
	for (;;)
		syscall(__NR_getppid);
}

static void supervise(int listener, unsigned int seed)
{
	struct seccomp_notif_addfd add = { .srcfd = 0, .newfd = 100 };
	struct seccomp_notif notif;

	add.flags = SECCOMP_ADDFD_FLAG_SETFD;
	for (;;) {
		if (notify_receive(listener, &notif) < 0) {
			poll(&(struct pollfd){ listener, POLLIN, 0 }, 1, 100);
			continue;
		}
		switch (rand_r(&seed) % 4) {
		case 0: /* lost: only a requeue brings it back */
			break;
		case 1:
			add.id = notif.id;
			ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add);
			/* fall through */
		default:
			notify_answer(listener, notif.id, 0);
		}
	}
}

static pid_t start(int i, int listener)
{
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		if (i < CALLERS)
			call_for_ever();
		supervise(listener, (unsigned int)getpid());
	}
	return pid;
}

/* Kill one, or interrupt a caller; start a new one in its place. */
static void disturb(pid_t *pids, int listener)
{
	int i = rand() % (CALLERS + SUPERVISORS);

	if (i < CALLERS && rand() % 2) {
		kill(pids[i], SIGUSR1);
		return;
	}
	kill(pids[i], SIGKILL);
	waitpid(pids[i], NULL, 0);
	pids[i] = start(i, listener);
}

static int run(int seconds, unsigned int flags)
{
	pid_t pids[CALLERS + SUPERVISORS];
	int listener = notify_listener(flags), total = 0, rounds = 0, n;
	time_t end = time(NULL) + seconds;

	for (int i = 0; i < CALLERS + SUPERVISORS; i++)
		pids[i] = start(i, listener);
	for (; time(NULL) < end; rounds++) {
		disturb(pids, listener);
		n = ioctl(listener, SECCOMP_IOCTL_NOTIF_REQUEUE, 0);
		if (n < 0 && errno != EINTR)
			err(1, "requeue");
		total += n > 0 ? n : 0;
		ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, rounds & 1);
		fcntl(listener, F_SETFL,
		      rounds & 2 ? O_RDWR | O_NONBLOCK : O_RDWR);
	}
	for (int i = 0; i < CALLERS + SUPERVISORS; i++)
		kill(pids[i], SIGKILL);
	for (int i = 0; i < CALLERS + SUPERVISORS; i++)
		waitpid(pids[i], NULL, 0);
	close(listener);
	printf("stress: flags %u: %d rounds, %d notifications put back\n",
	       flags, rounds, total);
	fflush(stdout);
	return total > 0 ? 0 : 1;
}

/* Each mode in a process of its own: a task can have one listener. */
int main(int argc, char **argv)
{
	int seconds = argc > 1 ? atoi(argv[1]) : 10, status, failed = 0;
	unsigned int modes[] = { 0, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV };

	for (int i = 0; i < 2; i++) {
		pid_t pid = fork();

		if (pid == 0)
			exit(run(seconds / 2, modes[i]));
		waitpid(pid, &status, 0);
		failed |= !WIFEXITED(status) || WEXITSTATUS(status) != 0;
	}
	return failed;
}
