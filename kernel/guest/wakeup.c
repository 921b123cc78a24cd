/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * wakeup [CALLS]: how long a notified call takes, without and with the
 * synchronous mode, in turns, the best of five rounds each; and their ratio.
 * Says "no synchronous mode" (exit status 3) where the kernel has none.
 */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

#include "notify.h"

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double round_us(int listener, int calls)
{
	struct seccomp_notif notif;
	double begin = now_us();

	for (int i = 0; i < calls; i++) {
		if (notify_receive(listener, &notif) < 0 ||
		    notify_answer(listener, notif.id, 0) < 0)
			err(1, "serving");
	}
	return (now_us() - begin) / calls;
}

int main(int argc, char **argv)
{
	int calls = argc > 1 ? atoi(argv[1]) : 2000, listener, status;
	double best[2] = { 1e9, 1e9 };
	cpu_set_t cpus;
	pid_t caller;

	listener = notify_listener(0);
	caller = fork();
	if (caller == 0)
		for (;;)
			syscall(__NR_getppid);
	for (int round = 0; round < 10; round++) {
		int mode = round & 1;
		double us;

		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS,
			  mode ? SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP : 0) < 0) {
			puts("wakeup: no synchronous mode");
			kill(caller, SIGKILL);
			return 3;
		}
		us = round_us(listener, calls);
		if (us < best[mode])
			best[mode] = us;
	}
	kill(caller, SIGKILL);
	waitpid(caller, &status, 0);
	sched_getaffinity(0, sizeof(cpus), &cpus);
	printf("wakeup: %d CPUs, nobody bound: %.1f us a call, synchronous "
	       "%.1f us, "
	       "ratio %.2f\n",
	       CPU_COUNT(&cpus), best[0], best[1], best[0] / best[1]);
	return 0;
}
