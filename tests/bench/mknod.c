// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What an emulated mknod costs through deputy-worker, as a ratio to the least
 * program that does the same steps (bare_mknod.c).  Measured in turns in one
 * run, medians, in two ways: how long the caller waits for mknod alone, and how
 * much CPU time the server takes for a call, which a busy machine lengthens
 * less.  Wanted: at most 1.5; not a test, nothing is asserted about time.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/listener.h"
#include "lib/slot.h"
#include "tests/bench/bare_mknod.h"
#include "tests/bench/bench.h"
#include "tests/harness/test.h"
#include "tests/live/emulation/world.h"

#define REPETITIONS 11
#define CALLS	    5000

enum server { LEAST, SAME, WORKER, SERVERS };

static const char *const names[SERVERS] = {
	[LEAST] = "bare, the effect alone",
	[SAME] = "bare, with all checks",
	[WORKER] = "deputy-worker",
};

struct cost {
	double wait_us, cpu_us;
};

/* What the container measured: shared with it. */
static double *waited_us;

static int make_and_unlink(void *ctx)
{
	double sum = 0;
	struct stat st;

	for (int i = 0; i < CALLS; i++) {
		double begin = bench_now_us(CLOCK_MONOTONIC);

		if (mknod("/box/n", S_IFCHR | 0666, makedev(1, 3)) < 0)
			return errno;
		sum += bench_now_us(CLOCK_MONOTONIC) - begin;
		if (lstat("/box/n", &st) < 0 || unlink("/box/n") < 0)
			return errno;
		if (st.st_mode != (S_IFCHR | 0644) || st.st_uid != 0 ||
		    st.st_rdev != makedev(1, 3))
			return EILSEQ; /* it is not what it is to be */
	}
	*waited_us = sum / CALLS;
	return 0;
}

static double children_cpu_us(void)
{
	struct rusage u;

	assert_int_equal(getrusage(RUSAGE_CHILDREN, &u), 0);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static pid_t start_bare(const struct inmate *i, enum bare_steps steps)
{
	pid_t pid;

	(void)fflush(stdout);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		bare_mknod_serve(i->listener, CALLS, steps);
		_exit(0);
	}
	return pid;
}

static void expect_exit(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static struct cost measure(const struct world *w, enum server server)
{
	struct inmate_plan plan = { .notified = true, .run = make_and_unlink };
	struct attendant a;
	struct inmate i;
	double before;
	pid_t pid = -1;

	world_reset(w);
	inmate_start(w, &plan, &i);
	(void)listener_set_sync(i.listener);
	if (server == WORKER)
		attendant_start(&a, w, &i, world_policy);
	else
		pid = start_bare(&i, server == LEAST ? BARE_LEAST : BARE_SAME);
	inmate_go(&i);
	assert_int_equal(inmate_result(&i), 0);
	if (server == WORKER) /* all of them by the path that this is about */
		assert_int_equal(a.slot->counters.fast, CALLS);
	inmate_end(&i);
	before = children_cpu_us();
	if (server == WORKER)
		attendant_expect_exit(&a);
	else
		expect_exit(pid);
	return (struct cost){ *waited_us, (children_cpu_us() - before) / CALLS };
}

TEST_WITHIN(bench, mknod, 300)
{
	double waits[SERVERS][REPETITIONS], cpus[SERVERS][REPETITIONS];
	struct cost c[SERVERS];
	struct world w;

	waited_us = mmap(NULL, sizeof(*waited_us), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(waited_us != MAP_FAILED);
	world_init(&w, WORLD_TMPFS);
	for (int i = 0; i < REPETITIONS; i++)
		for (int k = 0; k < SERVERS; k++) {
			struct cost one = measure(&w, k);

			waits[k][i] = one.wait_us;
			cpus[k][i] = one.cpu_us;
		}
	world_done(&w);
	for (int k = 0; k < SERVERS; k++)
		c[k] = (struct cost){ bench_median(waits[k], REPETITIONS),
				      bench_median(cpus[k], REPETITIONS) };
	bench_say_machine();
	printf("%d calls, medians of %d repetitions\n", CALLS, REPETITIONS);
	printf("%-24s%22s%28s\n", "mknod of a char device", "the caller waits",
	       "the server's CPU time");
	for (int k = 0; k < SERVERS; k++)
		printf("%-24s  %7.1f us %6.2f x     %7.1f us %6.2f x\n",
		       names[k], c[k].wait_us, c[WORKER].wait_us / c[k].wait_us,
		       c[k].cpu_us, c[WORKER].cpu_us / c[k].cpu_us);
	puts("x: deputy-worker's by it");
}
