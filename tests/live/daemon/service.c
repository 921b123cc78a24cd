// SPDX-License-Identifier: LGPL-2.1-or-later
/* deputyd as an administrator sees it: sockets, policy, control. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <json-c/json.h>

#include "lib/kfeat.h"
#include "daemon/control.h"
#include "proto/varlink.h"
#include "tests/live/daemon/fixture.h"

#define WAIT_S 20

static struct json_object *at(struct json_object *o, const char *key)
{
	struct json_object *v;

	if (!json_object_object_get_ex(o, key, &v))
		fail_msg("no \"%s\" in %s", key, json_object_to_json_string(o));
	return v;
}

static int64_t int_at(struct json_object *o, const char *key)
{
	return json_object_get_int64(at(o, key));
}

static int64_t status_int(const struct fixture *f, const char *key)
{
	struct json_object *o = fixture_call(f, "Status", NULL);
	int64_t n = int_at(o, key);

	json_object_put(o);
	return n;
}

static struct json_object *show(const struct fixture *f, const char *id)
{
	return fixture_call(f, "Show", varlink_parameter_str("id", id));
}

static pid_t worker_of(const struct fixture *f, const char *id)
{
	struct json_object *o = show(f, id);
	struct json_object *first =
		json_object_array_get_idx(at(o, "listeners"), 0);
	pid_t pid = (pid_t)int_at(first, "worker_pid");

	json_object_put(o);
	return pid;
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void start(struct fixture *f)
{
	*f = (struct fixture){ .worker = NULL };
	fixture_init(f);
	fixture_start(f);
}

static void stop(struct fixture *f)
{
	fixture_stop(f);
	fixture_done(f);
}

static void attach(struct tracee *t, const struct fixture *f, const char *id,
		   int flags)
{
	int64_t before = status_int(f, "listeners");

	tracee_start(t, flags);
	tracee_attach(t, f, id);
	TEST_WAIT(status_int(f, "listeners") == before + 1, WAIT_S);
	tracee_call(t, STANDIN_ERRNO);
	assert_int_equal(tracee_result(t), -EXDEV);
}

TEST(service, sockets_have_their_modes)
{
	struct fixture f;
	struct stat st;

	start(&f);
	assert_int_equal(lstat(f.oci, &st), 0);
	assert_int_equal(st.st_mode, S_IFSOCK | 0600);
	assert_int_equal(lstat(f.control, &st), 0);
	assert_int_equal(st.st_mode, S_IFSOCK | 0660);
	stop(&f);
}

/* On a machine where nobody has made it: else no user gets to a socket that is
 * for all. */
TEST(service, its_directory_is_open_to_all)
{
	struct fixture f = { .worker = NULL };
	struct stat st;

	fixture_init(&f);
	assert_int_equal(unshare(CLONE_NEWNS), 0);
	assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	assert_int_equal(mount("run", "/run", "tmpfs", 0, "mode=755"), 0);
	fixture_start(&f);
	assert_int_equal(stat("/run/deputy", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	fixture_stop(&f);
	fixture_done(&f);
}

TEST(service, a_second_deputyd_is_refused)
{
	struct fixture f, second;
	struct tracee t;

	start(&f);
	second = f;
	assert_int_equal(fixture_fails(&second), 1);
	assert_true(fixture_log_has(&f, "another deputyd listens on"));
	attach(&t, &f, "c", 0); /* the first has its sockets still */
	tracee_end(&t);
	stop(&f);
}

TEST(service, a_stale_socket_is_replaced)
{
	struct fixture f = { .worker = NULL };

	fixture_init(&f);
	fixture_start(&f);
	fixture_kill(&f);
	assert_int_equal(access(f.oci, F_OK), 0);
	assert_int_equal(truncate(f.log, 0), 0);
	fixture_start(&f);
	assert_true(status_int(&f, "pid") == f.pid);
	stop(&f);
}

TEST(service, what_is_no_socket_is_not_replaced)
{
	struct fixture f = { .worker = NULL };
	struct stat st;
	int fd;

	fixture_init(&f);
	fd = open(f.oci, O_CREAT | O_WRONLY, 0600);
	close(fd);
	assert_int_equal(fixture_fails(&f), 1);
	assert_true(fixture_log_has(&f, "is not a socket"));
	assert_int_equal(lstat(f.oci, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_true(fixture_log_has(&f, "but a file: remove it"));

	assert_int_equal(unlink(f.oci), 0);
	assert_int_equal(mkdir(f.oci, 0755), 0);
	assert_int_equal(fixture_fails(&f), 1);
	assert_true(fixture_log_has(&f, "but a directory: remove it"));
	assert_int_equal(rmdir(f.oci), 0);
	fixture_done(&f);
}

TEST(service, a_bad_policy_at_start)
{
	struct fixture f = { .worker = NULL };

	fixture_init(&f);
	fixture_write_policy(&f, fixture_bad_policy);
	assert_int_equal(fixture_fails(&f), 1);
	assert_true(fixture_log_has(&f, "policy.json:3:"));
	assert_int_equal(access(f.oci, F_OK), -1);
	(void)unlink(f.policy);
	assert_int_equal(fixture_fails(&f), 1);
	assert_true(fixture_log_has(&f, "ENOENT"));
	fixture_done(&f);
}

/* A policy that others than root could write is not taken. */
TEST(service, a_policy_of_anybody)
{
	struct fixture f = { .worker = NULL };
	char *error;

	fixture_init(&f);
	assert_int_equal(chmod(f.policy, 0666), 0);
	assert_int_equal(fixture_fails(&f), 1);
	assert_true(fixture_log_has(&f, "has mode 0666"));
	assert_true(fixture_log_has(&f, "chmod go-w "));
	assert_int_equal(access(f.oci, F_OK), -1);

	assert_int_equal(chmod(f.policy, 0600), 0);
	fixture_start(&f);
	assert_int_equal(chown(f.policy, 12345, 0), 0);
	error = fixture_call_error(&f, "Reload", NULL);
	assert_string_equal(error, CONTROL_INTERFACE ".ReloadFailed");
	free(error);
	assert_true(fixture_log_has(&f, "belongs to uid 12345"));
	assert_int_equal(status_int(&f, "listeners"), 0); /* it is there */
	assert_int_equal(chown(f.policy, 0, 0), 0);
	json_object_put(fixture_call(&f, "Reload", NULL));
	fixture_stop(&f);
	fixture_done(&f);
}

/* The files of a directory: one that is bad, one that comes later. */
TEST(service, a_directory_of_policies)
{
	struct fixture f = { .worker = NULL };
	char directory[sizeof(f.dir) + 16], first[sizeof(directory) + 8],
		second[sizeof(directory) + 8];
	struct json_object *reply, *o;

	fixture_init(&f);
	(void)unlink(f.policy);
	(void)snprintf(directory, sizeof(directory), "%s/policy.d", f.dir);
	(void)snprintf(first, sizeof(first), "%s/a.json", directory);
	(void)snprintf(second, sizeof(second), "%s/b.json", directory);
	assert_int_equal(mkdir(directory, 0700), 0);
	write_file(first, fixture_good_policy);
	write_file(second, fixture_bad_policy);
	(void)snprintf(f.policy, sizeof(f.policy), "%s", directory);
	assert_int_equal(fixture_fails(&f), 1);
	assert_true(fixture_log_has(&f, "policy.d/b.json:3:"));

	(void)unlink(second);
	(void)unlink(f.log);
	fixture_start(&f);
	write_file(second, "{\"version\":1,\"policies\":{\"later\":{\"rules\":[],"
			   FIXTURE_CONTINUE "}}}");
	reply = fixture_call(&f, "Reload", NULL);
	o = at(reply, "policy");
	assert_string_equal(json_object_get_string(at(o, "source")), directory);
	assert_int_equal(json_object_array_length(at(o, "policies")), 2);
	json_object_put(reply);
	fixture_stop(&f);
	(void)unlink(first);
	(void)unlink(second);
	assert_int_equal(rmdir(directory), 0);
	fixture_done(&f);
}

static bool kernel_can_continue(void)
{
	uint32_t mask = 0;

	assert_int_equal(kfeat_probe(&mask), 0);
	return mask & KFEAT_BIT(KFEAT_CONTINUE);
}

/* On a kernel that has no continue a policy must say what to do without. */
TEST(service, a_policy_that_this_kernel_cannot_follow)
{
	static const char rest[] = "}},\"bindings\":[{\"when\":{},"
				   "\"policy\":\"p\"}]}";
	static const char head[] = "{\"version\":1,\"policies\":{\"p\":{"
				   "\"rules\":[],\n\"default\":\"continue\"";
	struct fixture f = { .worker = NULL };
	char text[512];

	fixture_init(&f);
	(void)snprintf(text, sizeof(text), "%s%s", head, rest);
	fixture_write_policy(&f, text);
	if (kernel_can_continue()) {
		fixture_start(&f);
		fixture_stop(&f);
	} else {
		assert_int_equal(fixture_fails(&f), 1);
		assert_true(fixture_log_has(&f, "policy.json:2:11: error: "));
		assert_true(fixture_log_has(&f, "this kernel cannot let a call "
						"continue"));
	}
	(void)unlink(f.log);
	(void)snprintf(text, sizeof(text), "%s%s%s", head,
		       ",\"without_continue\":{\"errno\":\"ENOTSUP\"}", rest);
	fixture_write_policy(&f, text);
	fixture_start(&f);
	fixture_stop(&f);
	fixture_done(&f);
}

/* Each worker dies of the call: at the end deputyd itself answers. */
TEST(service, a_policy_says_what_a_failed_call_ends_in)
{
	struct fixture f = { .worker = NULL };
	struct tracee t;

	fixture_init(&f);
	fixture_write_policy(&f,
			     "{\"version\":1,\"policies\":{\"p\":{\"rules\":[],"
			     FIXTURE_CONTINUE ",\"fail\":{\"errno\":"
			     "\"ENOTSUP\"}}},\"bindings\":[{\"when\":{},"
			     "\"policy\":\"p\"}]}");
	fixture_start(&f);
	attach(&t, &f, "c", 0);
	tracee_call(&t, STANDIN_CRASH);
	assert_int_equal(tracee_result(&t), -ENOTSUP);
	tracee_end(&t);
	stop(&f);
}

TEST(service, a_bad_policy_at_reload)
{
	struct fixture f;
	struct tracee t;
	pid_t worker;
	char *error;

	start(&f);
	attach(&t, &f, "c", 0);
	worker = worker_of(&f, "c");
	fixture_write_policy(&f, fixture_bad_policy);
	assert_int_equal(kill(f.pid, SIGHUP), 0);
	TEST_WAIT(fixture_log_has(&f, "policy.json:3:"), WAIT_S);
	error = fixture_call_error(&f, "Reload", NULL);
	assert_string_equal(error, CONTROL_INTERFACE ".ReloadFailed");
	free(error);
	/* The old one serves on, by the same worker. */
	assert_int_equal(worker_of(&f, "c"), worker);
	tracee_call(&t, STANDIN_ERRNO);
	assert_int_equal(tracee_result(&t), -EXDEV);
	tracee_end(&t);
	stop(&f);
}

TEST(service, reload_appoints_new_workers_only_for_other_bytes)
{
	struct fixture f;
	struct json_object *o;
	struct tracee t;
	pid_t worker;

	start(&f);
	attach(&t, &f, "c", 0);
	worker = worker_of(&f, "c");
	o = fixture_call(&f, "Reload", NULL);
	assert_int_equal(int_at(at(o, "policy"), "generation"), 2);
	assert_string_equal(json_object_get_string(at(o, "previous")),
			    json_object_get_string(at(at(o, "policy"), "hash")));
	json_object_put(o);
	assert_int_equal(worker_of(&f, "c"), worker);

	fixture_write_policy(&f, fixture_other_policy);
	assert_int_equal(kill(f.pid, SIGHUP), 0);
	TEST_WAIT(fixture_log_has(&f, "event=policy-changed"), WAIT_S);
	TEST_WAIT(kill(worker, 0) < 0, WAIT_S);
	tracee_call(&t, STANDIN_ERRNO);
	assert_int_equal(tracee_result(&t), -EXDEV);
	assert_int_not_equal(worker_of(&f, "c"), worker);
	/* Nobody died, so nobody is said to have been replaced. */
	o = show(&f, "c");
	assert_int_equal(int_at(json_object_array_get_idx(at(o, "listeners"), 0),
				"restarts"),
			 0);
	json_object_put(o);
	tracee_end(&t);
	stop(&f);
}

static int64_t finishing(const struct fixture *f)
{
	struct json_object *o = fixture_call(f, "Status", NULL);
	int64_t n = int_at(at(o, "policy"), "finishing");

	json_object_put(o);
	return n;
}

TEST(service, reload_waits_for_the_call_in_flight)
{
	struct json_object *o;
	struct fixture f;
	struct tracee t;
	pid_t worker;

	start(&f);
	attach(&t, &f, "c", 0);
	worker = worker_of(&f, "c");
	tracee_call(&t, STANDIN_HANG_ONCE);
	TEST_WAIT(fixture_in_phase(&f, "c", "received") == 1, WAIT_S);
	fixture_write_policy(&f, fixture_other_policy);
	o = fixture_call(&f, "Reload", NULL);
	assert_string_not_equal(
		json_object_get_string(at(o, "previous")),
		json_object_get_string(at(at(o, "policy"), "hash")));
	assert_int_equal(int_at(at(o, "policy"), "finishing"), 1);
	json_object_put(o);
	assert_int_equal(finishing(&f), 1);
	assert_false(tracee_has_result(&t));
	(void)kill(worker, SIGKILL);
	/* The next one, with the new policy, has taken the call over. */
	assert_int_equal(tracee_result(&t), -EXDEV);
	assert_int_equal(finishing(&f), 0);
	tracee_end(&t);
	stop(&f);
}

TEST(service, exec_joins_its_container)
{
	struct fixture f;
	struct tracee init, exec, other;
	struct json_object *o, *row;
	char *text, *error;
	int sock;

	start(&f);
	attach(&init, &f, "c", TRACEE_USERNS);
	attach(&other, &f, "d", TRACEE_USERNS);

	/* crun's exec: no pids at all. */
	tracee_start(&exec, 0);
	text = strdup("{\"ociVersion\":\"0.2.0\",\"fds\":[\"seccompFd\"],"
		      "\"pid\":0,\"state\":{\"ociVersion\":\"0.2.0\","
		      "\"id\":\"c\",\"status\":\"running\",\"pid\":0,"
		      "\"bundle\":\".\"}}\n");
	sock = client_connect(&f);
	client_send(sock, text, strlen(text), &exec.listener, 1);
	close(sock);
	free(text);
	TEST_WAIT(status_int(&f, "listeners") == 3, WAIT_S);
	assert_int_equal(status_int(&f, "containers"), 2);
	assert_int_equal(status_int(&f, "workers"), 3);

	o = fixture_call(&f, "List", NULL);
	assert_int_equal(json_object_array_length(at(o, "containers")), 2);
	row = json_object_array_get_idx(at(o, "containers"), 0);
	assert_string_equal(json_object_get_string(at(row, "id")), "c");
	assert_int_equal(int_at(row, "listeners"), 2);
	assert_int_equal(int_at(row, "received"), 1);
	assert_true(int_at(row, "userns") != 0);
	json_object_put(o);

	/* Its calls are counted for good, also after its end. */
	tracee_call(&exec, STANDIN_ERRNO);
	assert_int_equal(tracee_result(&exec), -EXDEV);
	tracee_end(&exec);
	TEST_WAIT(status_int(&f, "listeners") == 2, WAIT_S);
	o = show(&f, "c");
	assert_int_equal(int_at(at(o, "container"), "received"), 2);
	json_object_put(o);
	tracee_end(&init);
	TEST_WAIT(status_int(&f, "containers") == 1, WAIT_S);
	error = fixture_call_error(&f, "Show", varlink_parameter_str("id", "c"));
	assert_string_equal(error, CONTROL_INTERFACE ".NotFound");
	free(error);
	o = fixture_call(&f, "Status", NULL);
	assert_int_equal(int_at(at(o, "counters"), "received"), 3);
	json_object_put(o);
	tracee_end(&other);
	stop(&f);
}

/* The id alone joins nobody: another user namespace is another container. */
TEST(service, the_same_id_elsewhere_is_another_container)
{
	struct fixture f;
	struct tracee a, b, host;

	start(&f);
	attach(&a, &f, "c", TRACEE_USERNS);
	attach(&b, &f, "c", TRACEE_USERNS);
	attach(&host, &f, "c", 0);
	assert_int_equal(status_int(&f, "containers"), 3);
	tracee_end(&a);
	tracee_end(&b);
	tracee_end(&host);
	stop(&f);
}

static bool answers(struct tracee *t, int result)
{
	tracee_call(t, 0);
	return tracee_result(t) == result;
}

/* The real worker: it leaves when asked, and the next one answers anew. */
TEST(service, reload_changes_the_answers)
{
	struct fixture f = { .worker = DEPUTY_WORKER };
	struct tracee t;

	fixture_init(&f);
	fixture_start(&f);
	tracee_start(&t, 0);
	tracee_attach(&t, &f, "c");
	for (int i = 0; i < 20; i++) {
		const char *policy = i % 2 ? fixture_good_policy :
					     fixture_other_policy;

		assert_true(answers(&t, i % 2 ? -EPERM : -ENOENT));
		fixture_write_policy(&f, policy);
		json_object_put(fixture_call(&f, "Reload", NULL));
		TEST_WAIT(answers(&t, i % 2 ? -ENOENT : -EPERM), WAIT_S);
	}
	tracee_end(&t);
	stop(&f);
}
