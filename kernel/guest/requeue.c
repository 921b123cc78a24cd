/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * requeue [CALLERS]: that many tasks (100) wait for an answer; a supervisor
 * receives all their calls, writes nothing down and is killed; its successor
 * asks for them again and answers. Says how many came back and how many tasks
 * got their own answer.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "notify.h"

#define CALLERS_MAX 1000

static int callers = 100;
static pid_t pids[CALLERS_MAX];

static void start_callers(void)
{
	for (int i = 0; i < callers; i++) {
		pids[i] = fork();
		if (pids[i] < 0)
			err(1, "fork");
		if (pids[i] == 0)
			_exit(syscall(__NR_getppid) != 1000 + i);
	}
}

static void lose_all(int listener)
{
	struct seccomp_notif notif;
	pid_t supervisor = fork();
	int status;

	if (supervisor < 0)
		err(1, "fork");
	if (supervisor == 0) {
		for (int i = 0; i < callers; i++)
			if (notify_receive(listener, &notif) < 0)
				_exit(1);
		raise(SIGKILL);
	}
	if (waitpid(supervisor, &status, 0) < 0 || !WIFSIGNALED(status))
		errx(1, "the first supervisor did not get all calls");
}

static int serve(int listener, int n)
{
	struct seccomp_notif notif;
	int served = 0;

	while (n-- > 0) {
		int i = 0;

		if (notify_receive(listener, &notif) < 0)
			err(1, "receive");
		while (i < callers && pids[i] != (pid_t)notif.pid)
			i++;
		served += notify_answer(listener, notif.id, 1000 + i) == 0;
	}
	return served;
}

int main(int argc, char **argv)
{
	int listener, back, served, happy = 0, status;

	if (argc > 1)
		callers = atoi(argv[1]);
	if (callers < 1 || callers > CALLERS_MAX)
		errx(2, "usage: requeue [1-%d]", CALLERS_MAX);
	listener = notify_listener(0);
	start_callers();
	lose_all(listener);
	back = ioctl(listener, SECCOMP_IOCTL_NOTIF_REQUEUE, 0);
	if (back < 0)
		warn("requeue");
	served = back < 0 ? 0 : serve(listener, back);
	for (int i = 0; i < callers; i++) {
		if (back < 0)
			kill(pids[i], SIGKILL);
		waitpid(pids[i], &status, 0);
		happy += WIFEXITED(status) && WEXITSTATUS(status) == 0;
	}
	printf("requeue: %d of %d came back, %d were answered, %d tasks got "
	       "their answer\n",
	       back < 0 ? 0 : back, callers, served, happy);
	return happy == callers && served == callers ? 0 : 1;
}
