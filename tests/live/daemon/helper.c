// SPDX-License-Identifier: LGPL-2.1-or-later
/* Calls behind a slow one, and how long a slow one may be. */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include <json-c/json.h>

#include "daemon/helper.h"
#include "policy/policy.h"
#include "proto/varlink.h"
#include "tests/live/daemon/fixture.h"

#define WAIT_S 40

/* As the built-in one, but for the deadline. */
#define POLICY(deadline)                                                       \
	"{\"version\":1,\"policies\":{\"p\":{\"rules\":[],"                    \
	FIXTURE_CONTINUE deadline "}},"                                        \
	"\"bindings\":[{\"when\":{},\"policy\":\"p\"}]}"

static const struct tracee_role crowd = { .twins = 1 + HELPERS_MAX };

/* @t: of 1 + crowd.twins */
static void begin(struct fixture *f, struct tracee *t, const char *policy)
{
	fixture_init(f);
	fixture_write_policy(f, policy);
	fixture_start(f);
	tracee_start_as(t, 0, &crowd);
	tracee_attach(t, f, "c");
	tracee_call(t, STANDIN_ERRNO);
	assert_int_equal(tracee_result(t), -EXDEV);
}

static void finish(struct fixture *f, struct tracee *t)
{
	tracee_end(t);
	if (!f->keeper)
		TEST_WAIT(fixture_workers(f, NULL, 0) == 0, WAIT_S);
	fixture_stop(f);
	fixture_done(f);
}

static int count_given_up(const struct fixture *f)
{
	struct json_object *counters, *n, *o = fixture_call(f, "Status", NULL);
	int given_up;

	assert_true(json_object_object_get_ex(o, "counters", &counters));
	assert_true(json_object_object_get_ex(counters, "given_up", &n));
	given_up = json_object_get_int(n);
	json_object_put(o);
	return given_up;
}

TEST_WITHIN(deadline, is_the_policys, 60)
{
	struct tracee t[2 + HELPERS_MAX];
	struct fixture f = { .pid = 0 };

	begin(&f, t, POLICY(",\"deadline\":2,\"fail\":{\"errno\":\"EIO\"}"));
	tracee_call(t, STANDIN_HANG);
	assert_int_equal(tracee_result(t), -EIO);
	assert_true(fixture_log_has(&f, "seconds=2"));
	/* A reload changes it for a call that hangs already. */
	fixture_write_policy(&f, POLICY(",\"deadline\":3600"));
	json_object_put(fixture_call(&f, "Reload", NULL));
	tracee_call(t, STANDIN_HANG);
	fixture_write_policy(&f, POLICY(",\"deadline\":1"));
	json_object_put(fixture_call(&f, "Reload", NULL));
	assert_int_equal(tracee_result(t), -EPERM);
	TEST_WAIT(count_given_up(&f) == 2, WAIT_S);
	finish(&f, t);
}

TEST_WITHIN(helper, serves_behind_a_slow_call, 120)
{
	struct tracee t[2 + HELPERS_MAX];
	struct fixture f = { .pid = 0 };
	int fds;

	begin(&f, t, POLICY(""));
	fds = fixture_fds(&f);
	for (int i = 0; i < 2; i++) {
		tracee_call(&t[0], STANDIN_HANG);
		TEST_WAIT(fixture_in_phase(&f, "c", "received") == 1, WAIT_S);
		tracee_call(&t[1], STANDIN_ERRNO);
		assert_int_equal(tracee_result(&t[1]), -EXDEV);
		assert_false(tracee_has_result(&t[0]));
		assert_int_equal(fixture_workers(&f, NULL, 0), 2);
		assert_int_equal(tracee_result(&t[0]), -EPERM);
		/* It goes, and is there again when it is needed. */
		TEST_WAIT(fixture_workers(&f, NULL, 0) == 1, WAIT_S);
	}
	assert_int_equal(fixture_log_count(&f, "event=helper-started"), 1);
	tracee_call(&t[0], STANDIN_ERRNO);
	assert_int_equal(tracee_result(&t[0]), -EXDEV);
	tracee_end(t);
	TEST_WAIT(fixture_workers(&f, NULL, 0) == 0, WAIT_S);
	TEST_WAIT(fixture_fds(&f) < fds, WAIT_S);
	fixture_stop(&f);
	fixture_done(&f);
}

static bool has_too_many(const struct fixture *f)
{
	return fixture_workers(f, NULL, 0) > 1 + HELPERS_MAX;
}

TEST_WITHIN(helper, are_a_few_only, 120)
{
	struct tracee t[2 + HELPERS_MAX];
	struct fixture f = { .pid = 0 };

	begin(&f, t, POLICY(",\"deadline\":30"));
	for (int i = 0; i <= HELPERS_MAX; i++) {
		tracee_call(&t[i], STANDIN_HANG);
		TEST_WAIT(fixture_workers(&f, NULL, 0) == (size_t)i + 1, WAIT_S);
	}
	tracee_call(&t[1 + HELPERS_MAX], STANDIN_ERRNO);
	for (int i = 0; i <= HELPERS_MAX; i++) {
		/* Each in its own time, and the last one once one is free. */
		TEST_WAIT(tracee_has_result(&t[i]) || has_too_many(&f), WAIT_S);
		assert_false(has_too_many(&f));
		assert_int_equal(tracee_result(&t[i]), -EPERM);
	}
	assert_int_equal(tracee_result(&t[1 + HELPERS_MAX]), -EXDEV);
	finish(&f, t);
}

static bool is_another(const struct fixture *f, pid_t old)
{
	pid_t now = fixture_deputyd(f);

	return now != 0 && now != old;
}

/* A new deputyd finishes what the helpers of the old one had. */
TEST_WITHIN(helper, calls_survive_kill_9_of_deputyd, 120)
{
	struct fixture f = { .keeper = true }, deputyd;
	struct tracee t[2 + HELPERS_MAX];

	begin(&f, t, POLICY(",\"deadline\":60"));
	for (int round = 0; round < 2; round++) {
		deputyd.pid = fixture_deputyd(&f);
		/* The last answer comes before the slot says that it did. */
		TEST_WAIT(fixture_in_phase(&f, "c", "received") == 0, WAIT_S);
		for (int i = 0; i <= HELPERS_MAX; i++)
			tracee_call(&t[i], STANDIN_HANG_ONCE);
		TEST_WAIT(fixture_in_phase(&f, "c", "received") == 1 + HELPERS_MAX, WAIT_S);
		assert_int_equal(kill(deputyd.pid, SIGKILL), 0);
		TEST_WAIT(is_another(&f, deputyd.pid), WAIT_S);
		for (int i = 0; i <= HELPERS_MAX; i++)
			assert_int_equal(tracee_result(&t[i]), -EXDEV);
	}
	assert_false(fixture_log_has(&f, "event=stored-fd-refused"));
	finish(&f, t);
}
