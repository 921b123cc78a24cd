// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Callers that signals take out of their wait: what they asked for happens once
 * and is reported once, whichever way they ask again.
 *
 * All on one CPU, because of a race in the kernel that no supervisor can see:
 * NOTIF_SEND may succeed when the caller has already seen its signal and only
 * waits for the filter's lock; the answer is then lost.  Without
 * WAIT_KILLABLE_RECV about one interrupted call in a thousand suffers it here
 * when worker and caller run on two CPUs.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "lib/kfeat.h"
#include "lib/slot.h"
#include "tests/harness/test.h"
#include "tests/live/emulation/caller.h"
#include "tests/live/emulation/played.h"
#include "tests/live/emulation/world.h"
#include "worker/interrupted.h"

#define ROUNDS	       test_rounds(3000)
#define INTERVAL_US    400
#define ALARMS	       400 /* some of them come while a call is answered */
#define MEASURED_CALLS 50

static volatile sig_atomic_t alarms;

static void on_alarm(int sig)
{
	alarms++;
}

/* Return: what a call takes here without signals, in microseconds */
static long call_us(void)
{
	int64_t begin_ms = test_now_ms();

	for (int i = 0; i < MEASURED_CALLS; i++) {
		TRY(mknod("/box/n", S_IFCHR | 0600, makedev(1, 3)));
		TRY(unlink("/box/n"));
	}
	return (long)(test_now_ms() - begin_ms) * 1000 / MEASURED_CALLS;
}

/* Not as often as a call takes: each signal would come before the answer, and no
 * call would ever end. */
static void start_alarms(int flags)
{
	struct sigaction sa = { .sa_handler = on_alarm, .sa_flags = flags };
	long us = call_us() * 4;
	struct itimerval often = { 0 };

	printf("four calls take %ld us\n", us);
	fflush(stdout);
	often.it_value.tv_usec = us > INTERVAL_US ? us : INTERVAL_US;
	often.it_interval = often.it_value;

	TRY(sigaction(SIGALRM, &sa, NULL));
	TRY(setitimer(ITIMER_REAL, &often, NULL));
}

static int stop_alarms(int result)
{
	struct itimerval never = { 0 };

	TRY(setitimer(ITIMER_REAL, &never, NULL));
	return result;
}

static int mknod_loop(bool expect_eintr)
{
	for (int i = 0; i < ROUNDS || alarms < ALARMS; i++) {
		int r;

		do
			r = mknod("/box/n", S_IFCHR | 0600, makedev(1, 3));
		while (expect_eintr && r < 0 && errno == EINTR);
		if (r < 0)
			return errno;
		do
			r = mknod("/box/n", S_IFCHR | 0600, makedev(1, 3));
		while (expect_eintr && r < 0 && errno == EINTR);
		if (r == 0 || errno != EEXIST) /* that one is not its own */
			return r == 0 ? EXDEV : errno;
		if (unlink("/box/n") < 0)
			return errno;
	}
	return 0;
}

static int restarted(void *ctx)
{
	start_alarms(SA_RESTART);
	return stop_alarms(mknod_loop(false));
}

static int looping_on_eintr(void *ctx)
{
	start_alarms(0);
	return stop_alarms(mknod_loop(true));
}

static int attr_restarted(void *ctx)
{
	start_alarms(SA_RESTART);
	for (int i = 0; i < ROUNDS || alarms < ALARMS; i++) {
		TRY(close(creat("/box/f", 0600)));
		if (setxattr("/box/f", "trusted.deputy.a", "v", 1,
			     XATTR_CREATE) < 0 ||
		    unlink("/box/f") < 0)
			return errno;
	}
	return stop_alarms(0);
}

static void pin_to_one_cpu(void)
{
	cpu_set_t all, one;

	CPU_ZERO(&one);
	assert_int_equal(sched_getaffinity(0, sizeof(all), &all), 0);
	for (int cpu = 0; CPU_COUNT(&one) == 0; cpu++)
		if (CPU_ISSET(cpu, &all))
			CPU_SET(cpu, &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
}

static void check(int (*run)(void *), bool killable)
{
	struct inmate_plan plan = { .notified = true, .run = run,
				    .killable = killable };
	struct world w;
	struct inmate i;
	struct attendant a;

	if (!killable)
		pin_to_one_cpu();
	world_init(&w, WORLD_TMPFS);
	world_reset(&w);
	inmate_start(&w, &plan, &i);
	attendant_start(&a, &w, &i, world_policy);
	inmate_go(&i);
	assert_int_equal(inmate_result(&i), 0);
	print_message("answers that came too late: %u\n",
		      (unsigned)a.slot->counters.gone);
	if (killable)
		assert_int_equal(a.slot->counters.gone, 0);
	else
		assert_true(a.slot->counters.gone > 10);
	inmate_end(&i);
	attendant_expect_exit(&a);
	world_done(&w);
}

TEST_WITHIN(signals, restarted_calls_succeed_once, 60)
{
	check(restarted, false);
}

TEST_WITHIN(signals, calls_asked_again_after_eintr_succeed_once, 60)
{
	check(looping_on_eintr, false);
}

/* A signal may still come before the call is received. */
TEST_WITHIN(signals, received_calls_wait_killable, 60)
{
	uint32_t mask = 0;

	assert_int_equal(kfeat_probe(&mask), 0);
	if (!(mask & KFEAT_BIT(KFEAT_WAIT_KILLABLE)))
		TEST_SKIP("wait_killable");
	check(looping_on_eintr, true);
}

TEST_WITHIN(signals, restarted_attributes_are_created_once, 60)
{
	check(attr_restarted, false);
}

static int make_and_set(void *ctx)
{
	TRY(mknod("/box/n", S_IFCHR | 0600, makedev(1, 3)));
	(void)setxattr("/box", "trusted.deputy.a", "v", 1, 0);
	return 0;
}

static int nothing(void *ctx)
{
	return 0;
}

/* What is kept of a call whose answer came too late is that call's alone. Here the
 * answer goes to a listener that does not know the call. */
TEST(signals, nothing_of_an_earlier_call_is_kept)
{
	const struct inmate_plan plan = { .notified = true, .run = make_and_set };
	const struct inmate_plan idle = { .notified = true, .run = nothing };
	const struct made none = { 0 };
	struct inmate i, other;
	struct seccomp_notif n;
	struct server server;
	struct attendant a;
	struct made made;
	struct world w;

	world_init(&w, WORLD_TMPFS);
	world_reset(&w);
	inmate_start(&w, &plan, &i);
	inmate_start(&w, &idle, &other);
	attendant_start(&a, &w, &i, world_policy);
	played_open(&server, &a, &i);
	inmate_go(&i);
	played_serve(&server);
	assert_int_equal(a.slot->counters.emulated, 1);
	played_receive(&server);
	n = a.slot->call.notif.notif;
	server.source.fd = other.listener;
	assert_int_equal(serve(&server, false), 0);
	assert_int_equal(a.slot->counters.gone, 1);
	assert_true(interrupted_take(&server.home, (pid_t)n.pid, &n.data, &made));
	assert_memory_equal(&made, &none, sizeof(none));
	inmate_end(&i);
	inmate_end(&other);
	played_close(&server, &a);
	world_done(&w);
}
