// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What a call costs through deputy-worker, as a ratio to the least that any
 * supervisor costs: a bare loop of RECV and SEND.  Both are measured in turns in
 * one run; medians.  Not a test: figures depend on the machine and its load.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "lib/listener.h"
#include "lib/slot.h"
#include "policy/policy.h"
#include "tests/bench/bench.h"
#include "tests/harness/test.h"
#include "tests/live/emulation/world.h"

#define REPETITIONS 9
#define CALLS	    10000

static const char policy[] =
	"{\"version\":1,\"policies\":{\"bench\":{\"rules\":[{\"syscalls\":"
	"[\"mknod\",\"mknodat\"],\"match\":{\"type\":\"char\",\"device\":"
	"[\"1:3\"]},\"action\":\"emulate\"},{\"syscalls\":[\"setxattr\"],"
	"\"match\":{\"name\":\"user.*\"},\"action\":\"continue\"}],\"default\":"
	"\"continue\"}},\"bindings\":[{\"when\":{},\"policy\":\"bench\"}]}";

/* What the container measured: shared with it. */
static double *result_us;

static int continued(void *ctx)
{
	double begin = bench_now_us(CLOCK_MONOTONIC);

	for (int i = 0; i < CALLS; i++)
		if (setxattr("/box", "user.x", "v", 1, 0) < 0)
			return errno;
	*result_us = (bench_now_us(CLOCK_MONOTONIC) - begin) / CALLS;
	return 0;
}

static int made_and_unlinked(void *ctx)
{
	double begin = bench_now_us(CLOCK_MONOTONIC);

	for (int i = 0; i < CALLS; i++)
		if (mknod("/box/n", S_IFCHR | 0600, makedev(1, 3)) < 0 ||
		    unlink("/box/n") < 0)
			return errno;
	*result_us = (bench_now_us(CLOCK_MONOTONIC) - begin) / CALLS;
	return 0;
}

static void serve_bare(int listener)
{
	const struct verdict go_on = verdict_continue();

	for (int n = 0; n < CALLS;) {
		union listener_notif u = { .bytes = { 0 } };

		if (listener_recv(listener, &u) != LISTENER_OK)
			continue;
		(void)listener_send(listener, u.notif.id, &go_on);
		n++;
	}
}

static double measure(const struct world *w, int (*run)(void *), bool bare)
{
	struct inmate_plan plan = { .notified = true, .run = run };
	struct inmate i;
	struct attendant a;

	world_reset(w);
	inmate_start(w, &plan, &i);
	(void)listener_set_sync(i.listener);
	if (!bare)
		attendant_start(&a, w, &i, policy);
	inmate_go(&i);
	if (bare)
		serve_bare(i.listener);
	assert_int_equal(inmate_result(&i), 0);
	inmate_end(&i);
	if (!bare)
		attendant_expect_exit(&a);
	return *result_us;
}

TEST_WITHIN(bench, latency, 300)
{
	double bare[REPETITIONS], served[REPETITIONS], made[REPETITIONS], b, s, m;
	struct world w;

	result_us = mmap(NULL, sizeof(*result_us), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(result_us != MAP_FAILED);
	world_init(&w, WORLD_TMPFS);
	for (int i = 0; i < REPETITIONS; i++) {
		bare[i] = measure(&w, continued, true);
		served[i] = measure(&w, continued, false);
		made[i] = measure(&w, made_and_unlinked, false);
	}
	world_done(&w);
	b = bench_median(bare, REPETITIONS);
	s = bench_median(served, REPETITIONS);
	m = bench_median(made, REPETITIONS);
	bench_say_machine();
	printf("synchronous wake-up where the kernel has it\n%d calls, medians of "
	       "%d repetitions\n", CALLS, REPETITIONS);
	printf("setxattr user.*, bare loop  %6.1f us\n", b);
	printf("setxattr user.*, continued  %6.1f us  %.2f x the bare loop\n", s,
	       s / b);
	printf("mknod + unlink, emulated    %6.1f us  %.2f x the bare loop\n", m,
	       m / b);
}
