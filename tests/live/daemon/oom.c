// SPDX-License-Identifier: LGPL-2.1-or-later
/* Who the kernel kills first where memory is short. */
#include <errno.h>
#include <linux/oom.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/oom.h"
#include "tests/live/daemon/fixture.h"

#define WAIT_S 20

static int adj_of(pid_t pid)
{
	char path[64];
	int adj = OOM_SCORE_ADJ_MAX + 1;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", pid);
	file = fopen(path, "re");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%d", &adj), 1);
	(void)fclose(file);
	return adj;
}

static int at_most_max(int adj)
{
	return adj > OOM_SCORE_ADJ_MAX ? OOM_SCORE_ADJ_MAX : adj;
}

/* Before execve(2) a worker is a copy of deputyd, with its name. */
static pid_t worker_of(pid_t deputyd)
{
	const struct fixture f = { .pid = deputyd };

	return fixture_deputyd(&f);
}

/* Keeper, deputyd and worker, as the keeper was started. */
static void assert_order(const struct fixture *f, int adj)
{
	pid_t deputyd = 0, worker = 0;
	int wanted = at_most_max(adj + OOM_STEP);

	TEST_WAIT((deputyd = fixture_deputyd(f)) > 0, WAIT_S);
	TEST_WAIT((worker = worker_of(deputyd)) > 0, WAIT_S);
	assert_int_equal(adj_of(f->pid), adj);
	assert_int_equal(adj_of(deputyd), wanted);
	wanted += OOM_STEP;
	if (wanted < OOM_WORKER_MIN)
		wanted = OOM_WORKER_MIN;
	assert_int_equal(adj_of(worker), at_most_max(wanted));
}

static void serve(struct tracee *t)
{
	tracee_call(t, STANDIN_ERRNO);
	assert_int_equal(tracee_result(t), -EXDEV);
}

TEST(oom, a_worker_goes_before_deputyd_and_that_before_the_keeper)
{
	struct fixture f = { .keeper = true };
	int adj = adj_of(getpid());
	struct tracee t;
	pid_t deputyd;

	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	fixture_init(&f);
	fixture_start(&f);
	tracee_start(&t, 0);
	tracee_attach(&t, &f, "c");
	TEST_WAIT(fixture_log_has(&f, "event=deputyd-ready"), WAIT_S);
	serve(&t);
	assert_order(&f, adj);

	/* deputyd takes the keeper's place, and what it had. */
	deputyd = fixture_deputyd(&f);
	fixture_kill(&f);
	f.pid = deputyd;
	TEST_WAIT(fixture_log_count(&f, "event=deputyd-ready") == 2, WAIT_S);
	serve(&t);
	assert_order(&f, at_most_max(adj + OOM_STEP) - OOM_STEP);
	tracee_end(&t);
	fixture_stop(&f);
	fixture_done(&f);
}
