// SPDX-License-Identifier: LGPL-2.1-or-later
/* "deputyd --keeper": its signals, its ends, and what it does not take. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <json-c/json.h>

#include "keeper/keeper.h"
#include "tests/live/daemon/fixture.h"

#define WAIT_S 20

static void begin(struct fixture *f)
{
	*f = (struct fixture){ .keeper = true };
	fixture_init(f);
	fixture_start(f);
	TEST_WAIT(fixture_log_has(f, "event=deputyd-ready"), WAIT_S);
}

static void finish(struct fixture *f)
{
	fixture_stop(f);
	fixture_done(f);
}

static void attach_as(const struct fixture *f, struct tracee *t, const char *id)
{
	tracee_start(t, 0);
	tracee_attach(t, f, id);
	tracee_call(t, STANDIN_ERRNO);
	assert_int_equal(tracee_result(t), -EXDEV);
}

static void attach(const struct fixture *f, struct tracee *t)
{
	attach_as(f, t, "c");
}

static void assert_served(struct tracee *t)
{
	tracee_call(t, STANDIN_ERRNO);
	assert_int_equal(tracee_result(t), -EXDEV);
}

static bool is_another(const struct fixture *f, pid_t old)
{
	pid_t now = fixture_deputyd(f);

	return now != 0 && now != old;
}

TEST(keeper, ends_deputyd_and_then_itself)
{
	struct fixture f;
	struct tracee t;
	pid_t deputyd;

	begin(&f);
	attach(&f, &t);
	deputyd = fixture_deputyd(&f);
	fixture_stop(&f);
	assert_int_equal(kill(deputyd, 0), -1);
	assert_true(fixture_log_has(&f, "event=ending"));
	/* An end is an end: nothing is kept. */
	tracee_call(&t, 0);
	assert_int_equal(tracee_result(&t), -ENOSYS);
	tracee_end(&t);
	fixture_done(&f);
}

TEST(keeper, gives_up_where_deputyd_cannot_start_at_all)
{
	struct fixture f = { .keeper = true };

	fixture_init(&f);
	fixture_write_policy(&f, fixture_bad_policy);
	assert_int_equal(fixture_fails(&f), 1);
	assert_int_equal(fixture_log_count(&f, "event=deputyd-started"), 1);
	fixture_done(&f);
}

TEST(keeper, hands_on_sighup)
{
	struct fixture f;

	begin(&f);
	fixture_write_policy(&f, fixture_other_policy);
	assert_int_equal(kill(f.pid, SIGHUP), 0);
	TEST_WAIT(fixture_log_has(&f, "event=policy-loaded"), WAIT_S);
	finish(&f);
}

/* With a policy that it refuses it cannot start again: calls wait, and are
 * answered when that is mended. */
TEST(keeper, starts_it_with_the_last_good_policy)
{
	struct fixture f;
	struct tracee t, late;
	pid_t old;

	begin(&f);
	attach(&f, &t);
	fixture_write_policy(&f, fixture_bad_policy);
	old = fixture_deputyd(&f);
	assert_int_equal(kill(old, SIGKILL), 0);
	TEST_WAIT(fixture_log_has(&f, "event=policy-last-good"), WAIT_S);
	assert_true(fixture_log_has(&f, "event=policy-refused"));
	TEST_WAIT(is_another(&f, old), WAIT_S);
	assert_served(&t);
	attach_as(&f, &late, "late");
	/* It is handed on again, and a good file takes its place. */
	old = fixture_deputyd(&f);
	assert_int_equal(kill(old, SIGKILL), 0);
	TEST_WAIT(is_another(&f, old), WAIT_S);
	assert_served(&t);
	assert_served(&late);
	assert_int_equal(fixture_log_count(&f, "event=policy-last-good"), 2);
	fixture_write_policy(&f, fixture_other_policy);
	json_object_put(fixture_call(&f, "Reload", NULL));
	assert_served(&t);
	tracee_end(&t);
	tracee_end(&late);
	finish(&f);
}

TEST(keeper, renews_only_what_would_start)
{
	struct fixture f;
	struct tracee t;
	pid_t deputyd;

	begin(&f);
	attach(&f, &t);
	deputyd = fixture_deputyd(&f);
	fixture_write_policy(&f, fixture_bad_policy);
	assert_int_equal(kill(f.pid, SIGUSR2), 0);
	TEST_WAIT(fixture_log_has(&f, "event=not-renewed"), WAIT_S);
	assert_int_equal(fixture_deputyd(&f), deputyd);
	assert_served(&t);
	fixture_write_policy(&f, fixture_good_policy);
	assert_int_equal(kill(f.pid, SIGUSR2), 0);
	TEST_WAIT(is_another(&f, deputyd), WAIT_S);
	assert_true(fixture_log_has(&f, "event=renewing"));
	assert_served(&t);
	tracee_end(&t);
	finish(&f);
}

TEST(keeper, ends_a_deputyd_whose_loop_stands)
{
	struct fixture f;
	struct tracee t;
	pid_t deputyd;
	int64_t since;

	begin(&f);
	attach(&f, &t);
	deputyd = fixture_deputyd(&f);
	since = test_now_ms();
	assert_int_equal(kill(deputyd, SIGSTOP), 0);
	TEST_WAIT(is_another(&f, deputyd), WAIT_S);
	assert_true(test_now_ms() - since > KEEPER_WATCHDOG_MS / 2);
	assert_true(fixture_log_has(&f, "event=deputyd-stalled"));
	assert_served(&t);
	tracee_end(&t);
	finish(&f);
}

/* Return: a deputyd that stands still before it is ready */
static pid_t stop_one_that_starts(const struct fixture *f)
{
	for (;;) {
		size_t readies = fixture_log_count(f, "event=deputyd-ready");
		pid_t old = fixture_deputyd(f);

		assert_true(old > 0);
		assert_int_equal(kill(old, SIGKILL), 0);
		TEST_WAIT(is_another(f, old), WAIT_S);
		old = fixture_deputyd(f);
		assert_int_equal(kill(old, SIGSTOP), 0);
		if (fixture_log_count(f, "event=deputyd-ready") == readies)
			return old;
		assert_int_equal(kill(old, SIGCONT), 0);
		TEST_WAIT(fixture_log_count(f, "event=deputyd-ready") > readies,
			  WAIT_S);
	}
}

TEST_WITHIN(keeper, ends_a_deputyd_that_never_gets_ready, 120)
{
	struct fixture f;
	struct tracee t;
	pid_t stopped;

	begin(&f);
	attach(&f, &t);
	stopped = stop_one_that_starts(&f);
	TEST_WAIT(is_another(&f, stopped), KEEPER_START_MS / 1000 + WAIT_S);
	assert_true(fixture_log_has(&f, "event=deputyd-stalled"));
	assert_served(&t);
	tracee_end(&t);
	finish(&f);
}

/* Then it is the keeper, with the same pid, and starts a deputyd. */
static void kill_keeper(struct fixture *f)
{
	size_t readies = fixture_log_count(f, "event=deputyd-ready");
	pid_t heir = fixture_deputyd(f);

	assert_true(heir > 0);
	assert_int_equal(kill(f->pid, SIGKILL), 0);
	assert_int_equal(waitpid(f->pid, NULL, 0), f->pid);
	f->pid = heir;
	TEST_WAIT(fixture_log_count(f, "event=deputyd-ready") > readies, WAIT_S);
	TEST_WAIT(fixture_deputyd(f) > 0, WAIT_S);
}

TEST_WITHIN(keeper, that_is_killed_is_followed_by_deputyd, 120)
{
	struct fixture f;
	struct tracee t, late;
	int fds;

	/* Whoever loses a parent comes to us. */
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	begin(&f);
	attach(&f, &t);
	kill_keeper(&f);
	fds = fixture_fds(&f);
	for (int i = 0; i < 5; i++) {
		pid_t old = fixture_deputyd(&f);

		/* The last answer comes before the slot says that it did. */
		TEST_WAIT(fixture_in_phase(&f, "c", "receiving") == 1, WAIT_S);
		tracee_call(&t, STANDIN_HANG_ONCE);
		TEST_WAIT(fixture_in_phase(&f, "c", "received") == 1, WAIT_S);
		if (i % 2) {
			kill_keeper(&f);
		} else {
			assert_int_equal(kill(old, SIGKILL), 0);
			TEST_WAIT(is_another(&f, old), WAIT_S);
		}
		assert_int_equal(tracee_result(&t), -EXDEV);
		assert_served(&t);
	}
	assert_int_equal(fixture_fds(&f), fds);
	/* And it is a keeper like any other. */
	assert_int_equal(kill(f.pid, SIGUSR2), 0);
	TEST_WAIT(fixture_log_has(&f, "event=renewing"), WAIT_S);
	tracee_start(&late, 0);
	tracee_attach(&late, &f, "late");
	assert_served(&late);
	assert_served(&t);
	tracee_end(&late);
	tracee_end(&t);
	finish(&f);
}

/* Another process of root's can send, but is not listened to. */
TEST(keeper, takes_nothing_from_strangers)
{
	struct fixture f;
	struct tracee t;
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char command[128];
	FILE *environment;
	static const char text[] = "FDSTOREREMOVE=1\nFDNAME=c1.1\n";
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char path[256];

	begin(&f);
	attach(&f, &t);
	(void)snprintf(command, sizeof(command), "/proc/%d/environ",
		       fixture_deputyd(&f));
	environment = fopen(command, "re");
	assert_non_null(environment);
	*path = '\0';
	for (char *line = NULL;;) {
		size_t size = 0;

		if (getdelim(&line, &size, '\0', environment) < 0) {
			free(line);
			break;
		}
		if (strncmp(line, "NOTIFY_SOCKET=", 14) == 0)
			(void)snprintf(path, sizeof(path), "%s", line + 14);
		free(line);
		line = NULL;
	}
	(void)fclose(environment);
	assert_true(*path == '/');
	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%.107s", path);
	assert_int_equal(sendto(fd, text, sizeof(text) - 1, 0,
				(struct sockaddr *)&addr, sizeof(addr)),
			 sizeof(text) - 1);
	close(fd);
	/* Were the pair out of the store, nobody would take the listener up. */
	assert_int_equal(kill(fixture_deputyd(&f), SIGKILL), 0);
	assert_served(&t);
	tracee_end(&t);
	finish(&f);
}

/* Stop it anew, again and again, before it is ready. */
TEST(keeper, whose_deputyds_die_young)
{
	struct fixture f;
	struct tracee t;

	begin(&f);
	attach(&f, &t);
	for (int i = 0; i < 7; i++) {
		pid_t pid = 0;

		TEST_WAIT((pid = fixture_deputyd(&f)) != 0, WAIT_S);
		assert_int_equal(kill(pid, SIGKILL), 0);
		TEST_WAIT(fixture_deputyd(&f) != pid, WAIT_S);
	}
	assert_served(&t);
	tracee_end(&t);
	finish(&f);
}

/* A connection that is silent yet lies in the store of a keeper that dies. */
TEST(keeper, that_dies_loses_nobody_who_waits)
{
	struct fixture f;
	struct tracee t;
	pid_t deputyd;
	char *text;
	int sock;

	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	tracee_start(&t, 0);
	begin(&f);
	sock = client_connect(&f);
	TEST_WAIT(fixture_log_has(&f, "event=connection-stored"), WAIT_S);
	deputyd = fixture_deputyd(&f);
	assert_int_equal(kill(f.pid, SIGKILL), 0);
	assert_int_equal(waitpid(f.pid, NULL, 0), f.pid);
	f.pid = deputyd;
	TEST_WAIT(is_another(&f, deputyd), WAIT_S);
	text = tracee_state(&t, "late");
	client_send(sock, text, strlen(text), &t.listener, 1);
	free(text);
	close(t.listener);
	t.listener = -1;
	assert_served(&t);
	close(sock);
	tracee_end(&t);
	finish(&f);
}
