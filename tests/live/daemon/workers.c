// SPDX-License-Identifier: LGPL-2.1-or-later
/* Workers that crash, hang and are killed; listeners that end. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <json-c/json.h>

#include "daemon/flight.h"
#include "lib/handover.h"
#include "policy/handover_note.h"
#include "policy/policy.h"
#include "proto/varlink.h"
#include "tests/live/daemon/fixture.h"

#define WAIT_S 20

static void begin(struct fixture *f, struct tracee *t)
{
	*f = (struct fixture){ .worker = NULL };
	fixture_init(f);
	fixture_start(f);
	tracee_start(t, 0);
	tracee_attach(t, f, "c");
	tracee_call(t, STANDIN_ERRNO);
	assert_int_equal(tracee_result(t), -EXDEV);
}

static void finish(struct fixture *f, struct tracee *t)
{
	tracee_call(t, STANDIN_ERRNO);
	assert_int_equal(tracee_result(t), -EXDEV);
	tracee_end(t);
	TEST_WAIT(fixture_workers(f, NULL, 0) == 0, WAIT_S);
	fixture_stop(f);
	fixture_done(f);
}

static pid_t only_worker(const struct fixture *f)
{
	pid_t pid = 0;

	TEST_WAIT(fixture_workers(f, &pid, 1) == 1, WAIT_S);
	return pid;
}

/* Does it sleep in pause(2), as a stand-in does? */
static bool is_waiting(pid_t pid)
{
	char path[64], text[32] = "";
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/wchan", pid);
	f = fopen(path, "re");
	if (f) {
		if (!fgets(text, sizeof(text), f))
			text[0] = '\0';
		(void)fclose(f);
	}
	return strstr(text, "pause");
}

static int expect_call(struct tracee *t, unsigned order)
{
	tracee_call(t, order);
	return tracee_result(t);
}

TEST(workers, have_their_fds_and_no_others)
{
	struct fixture f;
	struct tracee t;
	char path[64];
	DIR *d;
	const struct dirent *e;

	begin(&f, &t);
	(void)snprintf(path, sizeof(path), "/proc/%d/fd", only_worker(&f));
	d = opendir(path);
	assert_non_null(d);
	while ((e = readdir(d)))
		if (e->d_name[0] != '.' && atoi(e->d_name) > 6)
			fail_msg("fd %s", e->d_name);
	closedir(d);
	finish(&f, &t);
}

TEST(workers, a_call_survives_a_crash)
{
	struct fixture f;
	struct tracee t;

	begin(&f, &t);
	for (int i = 0; i < 20; i++)
		assert_int_equal(expect_call(&t, STANDIN_CRASH_ONCE), -EXDEV);
	finish(&f, &t);
}

/* Again and again: while it holds a call, the stand-in ignores it. Return: false */
static bool tell(pid_t worker)
{
	(void)kill(worker, SIGTERM);
	return false;
}

TEST(workers, that_others_tell_to_leave_are_counted)
{
	enum { ROUNDS = 3 };
	struct fixture f;
	struct tracee t;
	char text[32];
	pid_t pid;

	begin(&f, &t);
	for (int i = 1; i <= ROUNDS; i++) {
		(void)snprintf(text, sizeof(text), "restarts=%d", i);
		pid = only_worker(&f);
		TEST_WAIT(fixture_log_has(&f, text) || tell(pid), WAIT_S);
		assert_int_equal(expect_call(&t, STANDIN_ERRNO), -EXDEV);
	}
	finish(&f, &t);
}

TEST(workers, a_call_in_flight_survives_kill_9)
{
	struct fixture f;
	struct tracee t, other;

	begin(&f, &t);
	tracee_start(&other, 0);
	tracee_attach(&other, &f, "other");
	assert_int_equal(expect_call(&other, STANDIN_ERRNO), -EXDEV);
	for (int i = 0; i < 10; i++) {
		pid_t pids[2];

		/* The last answer comes before the slot says that it did. */
		TEST_WAIT(fixture_in_phase(&f, "c", "receiving") == 1, WAIT_S);
		tracee_call(&t, STANDIN_HANG_ONCE);
		TEST_WAIT(fixture_in_phase(&f, "c", "received") == 1, WAIT_S);
		TEST_WAIT(fixture_workers(&f, pids, 2) == 2, WAIT_S);
		/* The other's worker is hit too, and nobody notices. */
		assert_int_equal(kill(pids[0], SIGKILL), 0);
		assert_int_equal(kill(pids[1], SIGKILL), 0);
		assert_int_equal(expect_call(&other, STANDIN_ERRNO), -EXDEV);
		assert_int_equal(tracee_result(&t), -EXDEV);
	}
	tracee_end(&other);
	TEST_WAIT(fixture_workers(&f, NULL, 0) == 1, WAIT_S);
	finish(&f, &t);
}

TEST(workers, kill_9_at_any_moment)
{
	struct fixture f;
	struct tracee t;

	begin(&f, &t);
	for (int i = 0; i < 100; i++) {
		pid_t pid;

		tracee_call(&t, STANDIN_ERRNO);
		if (fixture_workers(&f, &pid, 1) == 1)
			(void)kill(pid, SIGKILL);
		assert_int_equal(tracee_result(&t), -EXDEV);
	}
	finish(&f, &t);
}

TEST(workers, a_call_that_kills_them_all_fails)
{
	struct fixture f;
	struct tracee t;
	char who[100];

	begin(&f, &t);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(expect_call(&t, STANDIN_CRASH), -EPERM);
		assert_int_equal(expect_call(&t, STANDIN_ERRNO), -EXDEV);
	}
	assert_true(fixture_log_has(
		&f, "event=call-failed container=c policy=default rule=\"?\""));
	/* Who it was, and what: in words. */
	(void)snprintf(who, sizeof(who),
		       "comm=test-live-daemo tid=%d uid=0 abi=", t.pid);
	assert_true(fixture_log_has(&f, who));
	assert_true(fixture_log_has(
		&f, "syscall=mknodat result=EPERM why=crashes"));
	assert_true(fixture_log_has(&f, "S_IFCHR|0600, 0:2)"));
	finish(&f, &t);
}

/* A reload ends a worker that does not listen to signals yet: no attempt. */
TEST(workers, that_end_early_as_they_were_told_fail_no_call)
{
	struct fixture f;
	struct tracee t;
	pid_t pid, old = 0;

	begin(&f, &t);
	old = only_worker(&f);
	tracee_call(&t, STANDIN_SLOW_START);
	for (int i = 0; i < STANDIN_SLOW_STARTS; i++) {
		TEST_WAIT((pid = only_worker(&f)) != old, WAIT_S);
		old = pid;
		TEST_WAIT(is_waiting(pid), WAIT_S);
		fixture_write_policy(&f, i % 2 ? fixture_good_policy :
						 fixture_other_policy);
		json_object_put(fixture_call(&f, "Reload", NULL));
	}
	assert_int_equal(tracee_result(&t), -EXDEV);
	assert_false(fixture_log_has(&f, "event=call-failed"));
	finish(&f, &t);
}

TEST(workers, idle_crashes_and_nonsense_in_the_slot)
{
	struct fixture f;
	struct tracee t;

	begin(&f, &t);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(expect_call(&t, STANDIN_DIE_IDLE), -EXDEV);
		assert_int_equal(expect_call(&t, STANDIN_BAD_PHASE), -EXDEV);
	}
	finish(&f, &t);
}

TEST_WITHIN(workers, a_stalled_call_fails_after_its_deadline, 60)
{
	struct fixture f;
	struct tracee t, other;
	int64_t start;

	begin(&f, &t);
	tracee_start(&other, 0);
	tracee_attach(&other, &f, "other");
	start = test_now_ms();
	tracee_call(&t, STANDIN_HANG);
	do {
		assert_int_equal(expect_call(&other, STANDIN_ERRNO), -EXDEV);
		assert_true(test_now_ms() - start <
			    2 * POLICY_DEADLINE_S * 1000);
	} while (!tracee_has_result(&t));
	assert_int_equal(tracee_result(&t), -EPERM);
	assert_true(test_now_ms() - start >=
		    (POLICY_DEADLINE_S - 1) * 1000);
	TEST_WAIT(fixture_log_has(&f, "why=deadline"), 10);
	tracee_end(&other);
	TEST_WAIT(fixture_workers(&f, NULL, 0) == 1, WAIT_S);
	finish(&f, &t);
}

TEST(workers, a_stopped_one_goes_with_its_container)
{
	struct fixture f;
	struct tracee t;
	int fds;

	begin(&f, &t);
	fds = fixture_fds(&f);
	assert_int_equal(kill(only_worker(&f), SIGSTOP), 0);
	tracee_end(&t);
	TEST_WAIT(fixture_workers(&f, NULL, 0) == 0, WAIT_S);
	TEST_WAIT(fixture_fds(&f) == fds - 3, WAIT_S);
	fixture_stop(&f);
	fixture_done(&f);
}

TEST(workers, a_caller_killed_in_mid_call_leaves_nothing)
{
	struct fixture f;
	struct tracee t;
	int fds;

	begin(&f, &t);
	fds = fixture_fds(&f);
	for (int i = 0; i < 3; i++) {
		struct tracee victim;

		tracee_start(&victim, 0);
		tracee_attach(&victim, &f, "victim");
		tracee_call(&victim, STANDIN_HANG);
		TEST_WAIT(fixture_workers(&f, NULL, 0) == 2, WAIT_S);
		tracee_end(&victim);
		TEST_WAIT(fixture_workers(&f, NULL, 0) == 1, WAIT_S);
		TEST_WAIT(fixture_fds(&f) == fds, WAIT_S);
	}
	finish(&f, &t);
}

/* A listener whose worker cannot start is closed, so no call waits for it. */
static void expect_status(const struct fixture *f, const char *key,
			  const char *starts_with)
{
	struct json_object *o = fixture_call(f, "Status", NULL), *worker, *v;

	assert_true(json_object_object_get_ex(o, "worker", &worker));
	assert_true(json_object_object_get_ex(worker, key, &v));
	if (!starts_with)
		assert_null(v);
	else if (!v || strncmp(json_object_get_string(v), starts_with,
			       strlen(starts_with)) != 0)
		fail_msg("%s is %s", key, json_object_to_json_string(v));
	json_object_put(o);
}

static void expect_refused(const char *worker, const char *reason)
{
	struct fixture f = { .worker = worker };
	struct tracee t;
	int fds;

	fixture_init(&f);
	fixture_start(&f);
	fds = fixture_fds(&f);
	if (strcmp(worker, ENDING) != 0) {
		expect_status(&f, "problem", "deputyd cannot start its worker, ");
		expect_status(&f, "version", NULL);
		expect_status(&f, "layout", NULL);
	}
	tracee_start(&t, 0);
	tracee_attach(&t, &f, "c");
	tracee_call(&t, STANDIN_ERRNO);
	assert_int_equal(tracee_result(&t), -ENOSYS);
	if (!fixture_log_has(&f, reason))
		fail_msg("%s: not in the log: %s", worker, reason);
	tracee_end(&t);
	TEST_WAIT(fixture_fds(&f) == fds, WAIT_S);
	fixture_stop(&f);
	fixture_done(&f);
}

TEST(workers, that_do_not_start_have_their_listener_refused)
{
	expect_refused("/nonexistent/worker",
		       "deputyd cannot start its worker, /nonexistent/worker: "
		       "No such file or directory");
	expect_refused("/etc/passwd", "/etc/passwd: Permission denied");
	expect_refused("/tmp", "/tmp: the file is no deputy-worker");
	expect_refused("/bin/false", "/bin/false: the file is no deputy-worker");
	expect_refused(ENDING, "its workers end before they serve");
}

static void copy_program(const char *from, const char *to)
{
	char command[512];

	(void)snprintf(command, sizeof(command), "cp -p %s %s.new && mv %s.new %s",
		       from, to, to, to);
	assert_int_equal(system(command), 0);
}

/* The same, but a byte of its note; elf(5) says nothing of a checksum. */
static void copy_with_layout(const char *from, const char *to, char digit)
{
	char note[] = HANDOVER_NOTE, *bytes, *at;
	struct stat st;
	int fd;

	copy_program(from, to);
	fd = open(to, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	bytes = malloc((size_t)st.st_size);
	assert_non_null(bytes);
	assert_int_equal(read(fd, bytes, (size_t)st.st_size), st.st_size);
	at = memmem(bytes, (size_t)st.st_size, note, sizeof(note));
	assert_non_null(at);
	at[sizeof(note) - 2] = digit;
	assert_int_equal(pwrite(fd, bytes, (size_t)st.st_size, 0), st.st_size);
	free(bytes);
	close(fd);
}

/* What is no program, and what is cut off in the middle of its headers. */
TEST(workers, no_program_at_all)
{
	char path[] = "/tmp/deputy-worker-XXXXXX";
	int fd = mkostemp(path, O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "x\n", 2), 2);
	assert_int_equal(fchmod(fd, 0700), 0);
	expect_refused(path, "the file is no deputy-worker");
	copy_program(STANDIN, path);
	assert_int_equal(truncate(path, 100), 0);
	expect_refused(path, "the file is no deputy-worker");
	close(fd);
	assert_int_equal(unlink(path), 0);
}

TEST(workers, of_another_layout_have_their_listener_refused)
{
	char path[] = "/tmp/deputy-worker-XXXXXX";
	int fd = mkostemp(path, O_CLOEXEC);

	assert_true(fd >= 0);
	close(fd);
	copy_with_layout(STANDIN, path, 'x');
	expect_refused(path, "it is version " DEPUTY_VERSION " (layout "
			     TEXT_OF(HANDOVER_VERSION) "." TEXT_OF(SLOT_VERSION)
			     ".x), and deputyd is " DEPUTY_VERSION
			     " (layout " HANDOVER_LAYOUT "): install both");
	assert_int_equal(unlink(path), 0);
}

/* The installed one is of this build, and says what it is. */
TEST(workers, program_says_its_version_and_whose_it_is)
{
	char line[256] = "";
	FILE *f = popen(DEPUTY_WORKER " --version", "re");

	assert_non_null(fgets(line, sizeof(line), f));
	assert_int_equal(pclose(f), 0);
	assert_string_equal(line, "deputy-worker " DEPUTY_VERSION " (layout "
				  HANDOVER_LAYOUT ")\n");
	f = popen(DEPUTY_WORKER " 2>&1", "re");
	assert_non_null(fgets(line, sizeof(line), f));
	assert_int_equal(WEXITSTATUS(pclose(f)), HANDOVER_EXIT_USAGE);
	assert_non_null(strstr(line, "only deputyd starts this program"));
	f = popen(DEPUTY_WORKER " --verbose 2>&1", "re");
	assert_non_null(fgets(line, sizeof(line), f));
	assert_int_equal(WEXITSTATUS(pclose(f)), HANDOVER_EXIT_USAGE);
	assert_non_null(strstr(line, "only deputyd starts this program"));
}

static const char slow_policy[] =
	"{\"version\":1,\"policies\":{\"p\":{\"rules\":[],\"deadline\":1,"
	"\"fail\":{\"errno\":\"EUCLEAN\"}," FIXTURE_CONTINUE "}},\"bindings\":"
	"[{\"when\":{},\"policy\":\"p\"}]}";

/* With a stand-in in a file of its own, @program. */
static void begin_with_copy(struct fixture *f, struct tracee *t, char *program,
			    size_t size)
{
	*f = (struct fixture){ .worker = NULL };
	fixture_init(f);
	(void)snprintf(program, size, "%s/worker", f->dir);
	copy_program(STANDIN, program);
	f->worker = program;
	fixture_write_policy(f, slow_policy);
	fixture_start(f);
	tracee_start(t, 0);
	tracee_attach(t, f, "c");
	assert_int_equal(expect_call(t, STANDIN_ERRNO), -EXDEV);
}

/* Between an upgrade's new files and deputyd's restart each container is served by
 * the program that deputyd came with, also one that starts then. */
TEST_WITHIN(workers, are_of_the_program_that_deputyd_came_with, 60)
{
	struct tracee t, other;
	struct fixture f;
	char program[128];

	begin_with_copy(&f, &t, program, sizeof(program));
	copy_with_layout(ENDING, program, 'x');
	expect_status(&f, "path", program);
	expect_status(&f, "version", DEPUTY_VERSION);
	expect_status(&f, "layout", HANDOVER_LAYOUT);
	expect_status(&f, "problem", NULL);
	assert_int_equal(kill(only_worker(&f), SIGKILL), 0);
	assert_int_equal(expect_call(&t, STANDIN_ERRNO), -EXDEV);
	tracee_start(&other, 0);
	tracee_attach(&other, &f, "other");
	assert_int_equal(expect_call(&other, STANDIN_ERRNO), -EXDEV);
	tracee_end(&other);
	assert_int_equal(unlink(program), 0);
	assert_int_equal(kill(only_worker(&f), SIGKILL), 0);
	finish(&f, &t);
}

/* Not executable under a running container: a call that waits fails after its
 * deadline, and the next is served once the program can be executed. */
TEST_WITHIN(workers, whose_program_cannot_be_executed_for_a_while, 60)
{
	struct fixture f;
	char program[128];
	struct tracee t;

	begin_with_copy(&f, &t, program, sizeof(program));
	assert_int_equal(chmod(program, 0600), 0);
	assert_int_equal(kill(only_worker(&f), SIGKILL), 0);
	TEST_WAIT(fixture_workers(&f, NULL, 0) == 0, WAIT_S);
	assert_int_equal(expect_call(&t, STANDIN_ERRNO), -EUCLEAN);
	assert_true(fixture_log_has(&f, "why=\"there is no worker\""));
	assert_int_equal(chmod(program, 0700), 0);
	TEST_WAIT(fixture_workers(&f, NULL, 0) == 1, WAIT_S);
	assert_int_equal(expect_call(&t, STANDIN_ERRNO), -EXDEV);
	assert_int_equal(unlink(program), 0);
	finish(&f, &t);
}

/* A good one in its place is taken without a restart of deputyd. */
TEST_WITHIN(workers, that_never_serve_are_replaced_by_a_new_file, 60)
{
	struct fixture f = { .worker = NULL };
	char program[128];
	struct tracee t;

	fixture_init(&f);
	(void)snprintf(program, sizeof(program), "%s/worker", f.dir);
	copy_program(ENDING, program);
	f.worker = program;
	fixture_start(&f);
	copy_program(STANDIN, program);
	tracee_start(&t, 0);
	tracee_attach(&t, &f, "c");
	assert_int_equal(expect_call(&t, STANDIN_ERRNO), -ENOSYS);
	tracee_end(&t);
	tracee_start(&t, 0);
	tracee_attach(&t, &f, "c");
	assert_int_equal(expect_call(&t, STANDIN_ERRNO), -EXDEV);
	assert_int_equal(unlink(program), 0);
	finish(&f, &t);
}

/* Kills the worker that holds the call, and waits for the next one's try. */
static void kill_in_flight(const struct fixture *f)
{
	pid_t pid = only_worker(f), now = pid;

	TEST_WAIT(fixture_in_phase(f, "c", "received") == 1, WAIT_S);
	assert_int_equal(kill(pid, SIGKILL), 0);
	TEST_WAIT(fixture_workers(f, &now, 1) == 1 && now != pid, WAIT_S);
}

/* Somebody's kill -9, or the kernel's for want of memory: no call's fault, until
 * it looks as if the call is what needs the memory. */
TEST(workers, kills_by_others_fail_a_call_only_when_they_are_many)
{
	struct fixture f;
	struct tracee t;

	begin(&f, &t);
	TEST_WAIT(fixture_in_phase(&f, "c", "receiving") == 1, WAIT_S);
	tracee_call(&t, STANDIN_HANG);
	for (int i = 0; i < FLIGHT_KILLS_MAX; i++)
		kill_in_flight(&f);
	TEST_WAIT(fixture_in_phase(&f, "c", "received") == 1, WAIT_S);
	assert_false(tracee_has_result(&t));
	assert_false(fixture_log_has(&f, "event=call-failed"));
	assert_int_equal(kill(only_worker(&f), SIGKILL), 0);
	assert_int_equal(tracee_result(&t), -EPERM);
	assert_true(fixture_log_has(&f, "why=crashes"));
	finish(&f, &t);
}

/* No fd, and so no worker: the call waits for better times. */
TEST(workers, that_cannot_start_do_not_fail_the_call)
{
	struct rlimit all, none;
	struct fixture f;
	struct tracee t;

	begin(&f, &t);
	TEST_WAIT(fixture_in_phase(&f, "c", "receiving") == 1, WAIT_S);
	tracee_call(&t, STANDIN_HANG_ONCE);
	TEST_WAIT(fixture_in_phase(&f, "c", "received") == 1, WAIT_S);
	assert_int_equal(prlimit(f.pid, RLIMIT_NOFILE, NULL, &all), 0);
	none = all;
	none.rlim_cur = 8;
	assert_int_equal(prlimit(f.pid, RLIMIT_NOFILE, &none, NULL), 0);
	assert_int_equal(kill(only_worker(&f), SIGKILL), 0);
	TEST_WAIT(fixture_log_count(&f, "event=worker-not-started") >
			  FLIGHT_ATTEMPTS_MAX + 1,
		  WAIT_S);
	assert_false(tracee_has_result(&t));
	assert_int_equal(prlimit(f.pid, RLIMIT_NOFILE, &all, NULL), 0);
	assert_int_equal(tracee_result(&t), -EXDEV);
	finish(&f, &t);
}

TEST(workers, the_end_waits_for_what_they_hold_but_not_for_ever)
{
	struct fixture f;
	struct tracee t;
	int64_t start;

	begin(&f, &t);
	tracee_call(&t, STANDIN_HANG);
	/* From then on the stand-in does not leave. */
	TEST_WAIT(fixture_in_phase(&f, "c", "received") == 1, WAIT_S);
	start = test_now_ms();
	fixture_stop(&f);
	assert_true(test_now_ms() - start < 10 * 1000);
	/* Nobody is left who could answer: the kernel says so. */
	assert_int_equal(tracee_result(&t), -ENOSYS);
	tracee_end(&t);
	fixture_done(&f);
}

static long proc_kb(pid_t pid, const char *key)
{
	char path[64], line[256];
	long kb = -1;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", pid);
	file = fopen(path, "re");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		if (strncmp(line, key, strlen(key)) == 0)
			kb = atol(line + strlen(key));
	(void)fclose(file);
	return kb;
}

static void churn(const struct fixture *f, int containers)
{
	for (int i = 0; i < containers; i++) {
		char id[16];
		struct tracee t;

		(void)snprintf(id, sizeof(id), "c%d", i);
		tracee_start(&t, TRACEE_USERNS);
		tracee_attach(&t, f, id);
		assert_int_equal(expect_call(&t, STANDIN_ERRNO), -EXDEV);
		tracee_end(&t);
	}
	TEST_WAIT(fixture_workers(f, NULL, 0) == 0, WAIT_S);
}

TEST_WITHIN(workers, many_containers_leave_no_trace, 120)
{
	struct fixture f = { .worker = NULL };
	int fds;
	long own;

	fixture_init(&f);
	fixture_start(&f);
	churn(&f, 20);
	fds = fixture_fds(&f);
	own = proc_kb(f.pid, "Private_Dirty:"); /* no sharer counts in it */
	churn(&f, test_rounds(200));
	TEST_WAIT(fixture_fds(&f) == fds, WAIT_S);
#ifndef DEPUTY_SANITIZED /* their quarantine grows */
	printf("private %ld KiB, then %ld KiB; PSS %ld KiB\n", own,
	       proc_kb(f.pid, "Private_Dirty:"), proc_kb(f.pid, "Pss:"));
	assert_true(own > 0);
	assert_true(proc_kb(f.pid, "Private_Dirty:") <= own + 64);
	assert_true(proc_kb(f.pid, "Pss:") <= 4096);
#else
	(void)own;
#endif
	fixture_stop(&f);
	fixture_done(&f);
}

#define RATE 20

/* A second's worth comes at once, the rest in step; whoever waits is told to go at
 * once. */
TEST(workers, take_no_more_calls_a_second_than_the_policy_says)
{
	static const char limited[] =
		"{\"version\":1,\"policies\":{\"default\":{\"rules\":[],"
		FIXTURE_CONTINUE ",\"rate\":20}},"
		"\"bindings\":[{\"when\":{},\"policy\":\"default\"}]}";
	struct fixture f = { .worker = DEPUTY_WORKER };
	struct tracee t;
	int64_t start;

	fixture_init(&f);
	fixture_write_policy(&f, limited);
	fixture_start(&f);
	tracee_start(&t, 0);
	tracee_attach(&t, &f, "c");
	start = test_now_ms();
	for (int i = 0; i < 3 * RATE; i++)
		assert_int_equal(expect_call(&t, STANDIN_ERRNO), -ENOENT);
	assert_true(test_now_ms() - start >= 1900);
	tracee_end(&t);
	TEST_WAIT(fixture_workers(&f, NULL, 0) == 0, WAIT_S);
	fixture_stop(&f);
	fixture_done(&f);
}
