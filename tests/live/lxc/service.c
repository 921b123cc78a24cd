// SPDX-License-Identifier: LGPL-2.1-or-later
/* A container behind a monitor as LXC's, served by a real deputyd. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <json-c/json.h>

#include "daemon/watch.h"
#include "lib/own.h"
#include "proto/varlink.h"
#include "tests/live/lxc/monitor.h"

#define WAIT_S 20
#define KILLS  30

static void begin(struct fixture *f, struct box *b, const char *policy)
{
	*f = (struct fixture){ .worker = DEPUTY_WORKER };
	box_start(b); /* first: it moves to a mount namespace of its own */
	fixture_init(f);
	fixture_write_policy(f, policy);
	fixture_start(f);
}

static void finish(struct fixture *f, struct box *b, int sock)
{
	(void)fd_close(sock);
	TEST_WAIT(fixture_workers(f, NULL, 0) == 0, WAIT_S);
	fixture_stop(f);
	fixture_done(f);
	box_end(b);
}

static void start_anew(struct fixture *f)
{
	assert_int_equal(truncate(f->log, 0), 0); /* it says "ready" */
	fixture_start(f);
}

/* One call, answered. Return: its errno */
static int call(struct box *b, const struct fixture *f, int *sock,
		enum box_order order)
{
	box_order(b, order);
	assert_int_equal(monitor_serve(sock, f, b, "cookie"), MONITOR_ANSWERED);
	return box_result(b);
}

static struct json_object *at(struct json_object *o, const char *key)
{
	struct json_object *v;

	if (!json_object_object_get_ex(o, key, &v))
		fail_msg("no \"%s\" in %s", key, json_object_to_json_string(o));
	return v;
}

/* Return: the only container's row of List, the caller's */
static struct json_object *only_container(const struct fixture *f)
{
	struct json_object *o = fixture_call(f, "List", NULL), *row;

	assert_int_equal(json_object_array_length(at(o, "containers")), 1);
	row = json_object_get(json_object_array_get_idx(at(o, "containers"), 0));
	json_object_put(o);
	return row;
}

static pid_t only_worker(const struct fixture *f)
{
	pid_t pid = 0;

	TEST_WAIT(fixture_workers(f, &pid, 1) == 1, WAIT_S);
	return pid;
}

TEST(lxc, calls_are_emulated_left_and_counted)
{
	char path[PATH_MAX], want[32], value[8];
	struct json_object *row;
	struct fixture f;
	struct stat st;
	struct box b;
	int sock = -1;

	begin(&f, &b, world_policy_exact);
	assert_int_equal(call(&b, &f, &sock, BOX_MKNOD), 0);
	assert_int_equal(call(&b, &f, &sock, BOX_MKNOD), EEXIST);
	assert_int_equal(call(&b, &f, &sock, BOX_MKNOD_DISK), EPERM);
	assert_int_equal(call(&b, &f, &sock, BOX_SETXATTR), 0);

	(void)snprintf(path, sizeof(path), "%s/box/n", b.w.root);
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_mode, S_IFCHR | 0600);
	assert_int_equal(st.st_rdev, makedev(1, 3));
	assert_int_equal(st.st_uid, WORLD_BASE);
	(void)snprintf(path, sizeof(path), "%s/box/disk", b.w.root);
	assert_int_equal(lstat(path, &st), -1);
	(void)snprintf(path, sizeof(path), "%s/box", b.w.root);
	assert_int_equal(getxattr(path, "trusted.deputy.a", value, 8), 1);

	row = only_container(&f);
	(void)snprintf(want, sizeof(want), "lxc-%d", b.i.pid);
	assert_string_equal(json_object_get_string(at(row, "id")), want);
	assert_int_equal(json_object_get_int(at(row, "listeners")), 1);
	assert_int_equal(json_object_get_int(at(row, "received")), 4);
	assert_int_equal(json_object_get_int(at(row, "emulated")), 2);
	assert_int_equal(json_object_get_int(at(row, "failed")), 1);
	assert_int_equal(json_object_get_int(at(row, "continued")), 1);
	assert_true(json_object_get_int64(at(row, "userns")) != 0);
	json_object_put(row);
	finish(&f, &b, sock);
}

TEST(lxc, the_socket_is_roots)
{
	struct fixture f = { .worker = DEPUTY_WORKER };
	struct stat st;

	fixture_init(&f);
	fixture_start(&f);
	assert_int_equal(lstat(f.lxc, &st), 0);
	assert_int_equal(st.st_mode, S_IFSOCK | 0600);
	fixture_kill(&f);
	start_anew(&f); /* replaces the stale one */
	fixture_stop(&f);
	fixture_done(&f);
}

#define POLICY(name, action)                                                   \
	"\"" name "\":{\"rules\":[],\"default\":" action "}"

TEST(lxc, the_cookie_chooses_the_policy)
{
	static const struct {
		const char *cookie;
		int result;
	} rows[] = { { "one", EXDEV }, { "two", EROFS }, { "", ENODEV } };
	struct fixture f;
	struct box b;

	begin(&f, &b,
	      "{\"version\":1,\"policies\":{" POLICY("a", "{\"errno\":"
							  "\"EXDEV\"}") "," POLICY(
		      "b", "{\"errno\":\"EROFS\"}") "," POLICY("c",
							       "{\"errno\":"
							       "\"ENODEV\"}") "},\"bindings\":["
									      "{\"when\":{\"metadata\":\"one\",\"peer_uid\":[0]},\"policy\":\"a\"},"
									      "{\"when\":{\"metadata\":\"two\",\"peer_uid\":[0]},\"policy\":\"b\"},"
									      "{\"when\":{},\"policy\":\"c\"}]}");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int sock = -1;

		box_order(&b, BOX_MKNOD);
		assert_int_equal(monitor_serve(&sock, &f, &b, rows[i].cookie),
				 MONITOR_ANSWERED);
		assert_int_equal(box_result(&b), rows[i].result);
		close(sock);
		TEST_WAIT(fixture_workers(&f, NULL, 0) == 0, WAIT_S);
	}
	finish(&f, &b, -1);
}

TEST(lxc, no_binding_no_answer)
{
	struct fixture f;
	struct box b;
	int sock = -1;

	begin(&f, &b,
	      "{\"version\":1,\"policies\":{" POLICY(
		      "a",
		      "{\"errno\":\"EPERM\"}") "},"
				      "\"bindings\":[{\"when\":{\"metadata\":"
				      "\"x\",\"peer_uid\":[0]},"
				      "\"policy\":\"a\"}]}");
	box_order(&b, BOX_MKNOD);
	assert_int_equal(monitor_serve(&sock, &f, &b, "y"), MONITOR_CLOSED);
	assert_int_equal(box_result(&b), ENOSYS);
	TEST_WAIT(fixture_log_has(&f, "no binding of the policy matches"), WAIT_S);
	finish(&f, &b, sock);
}

TEST(lxc, a_reload_changes_the_answers)
{
	struct fixture f;
	struct box b;
	int sock = -1;

	begin(&f, &b, world_policy);
	for (int i = 0; i < 10; i++) {
		fixture_write_policy(&f, fixture_other_policy);
		json_object_put(fixture_call(&f, "Reload", NULL));
		assert_int_equal(call(&b, &f, &sock, BOX_MAKE_ANEW), EPERM);
		fixture_write_policy(&f, world_policy);
		json_object_put(fixture_call(&f, "Reload", NULL));
		assert_int_equal(call(&b, &f, &sock, BOX_MAKE_ANEW), 0);
	}
	assert_false(fixture_log_has(&f, "listener-ended"));
	finish(&f, &b, sock);
}

/* deputyd goes, in order or not, and comes back: the monitor finds it. */
TEST(lxc, deputyd_is_restarted)
{
	struct fixture f;
	struct box b;
	int sock = -1;

	begin(&f, &b, world_policy);
	for (int i = 0; i < 6; i++) {
		assert_int_equal(call(&b, &f, &sock, BOX_MAKE_ANEW), 0);
		if (i % 2)
			fixture_kill(&f);
		else
			fixture_stop(&f);
		/* What is sent before its worker is gone has LXC's ENOSYS. */
		TEST_WAIT(listener_hung_up(sock), WAIT_S);
		start_anew(&f);
	}
	assert_int_equal(call(&b, &f, &sock, BOX_MAKE_ANEW), 0);
	finish(&f, &b, sock);
}

/* Containers that come and go leave nothing behind, whether they call or not. */
TEST(lxc, fds_are_as_before)
{
	struct fixture f;
	struct box b;
	int before, sock;

	begin(&f, &b, world_policy);
	before = fixture_fds(&f);
	for (int i = 0; i < 50; i++) {
		sock = -1;
		assert_int_equal(call(&b, &f, &sock, BOX_MAKE_ANEW), 0);
		close(sock);
		sock = monitor_connect(&f);
		assert_true(sock >= 0);
		close(sock);
	}
	TEST_WAIT(fixture_workers(&f, NULL, 0) == 0, WAIT_S);
	assert_int_equal(fixture_fds(&f), before);
	/* And of a worker, between two calls. */
	sock = -1;
	for (int i = 0; i < 50; i++)
		assert_int_equal(call(&b, &f, &sock, BOX_MAKE_ANEW), 0);
	{
		struct fixture w = { .pid = only_worker(&f) };
		int now = fixture_fds(&w);

		for (int i = 0; i < 50; i++)
			assert_int_equal(call(&b, &f, &sock, BOX_MAKE_ANEW), 0);
		assert_int_equal(fixture_fds(&w), now);
	}
	finish(&f, &b, sock);
}

/* The next worker finds the packet, and answers on the same connection. */
TEST(lxc, a_worker_is_killed_before_it_answers)
{
	struct fixture f;
	struct box b;
	int sock = -1;

	begin(&f, &b, world_policy);
	assert_int_equal(call(&b, &f, &sock, BOX_MAKE_ANEW), 0);
	for (int i = 0; i < 10; i++) {
		pid_t worker = only_worker(&f);
		struct packet p;

		assert_int_equal(kill(worker, SIGSTOP), 0);
		box_order(&b, BOX_MAKE_ANEW);
		packet_receive(&p, &b, "cookie");
		assert_true(packet_send(&p, sock));
		assert_int_equal(kill(worker, SIGKILL), 0);
		assert_int_equal(monitor_answer(sock, &b, &p, WAIT_S),
				 MONITOR_ANSWERED);
		assert_int_equal(box_result(&b), 0);
		packet_done(&p);
	}
	finish(&f, &b, sock);
}

/* Kills as many workers, each at any moment; one call gets two at most, since
 * deputyd gives up on what workers die of. */
static void kill_workers(const struct fixture *f, pid_t parent,
			 const _Atomic int *calls)
{
	int at[2] = { -1, -1 }; /* how many calls there were at the last kills */
	pid_t last = 0, pid = 0;

	for (int kills = 0; kills < KILLS && getppid() == parent;) {
		if (*calls == at[0] || fixture_workers(f, &pid, 1) != 1 ||
		    pid == last)
			continue;
		for (int i = rand() % 50000; i > 0; i--)
			(void)getppid();
		at[0] = at[1];
		at[1] = *calls;
		if (kill(pid, SIGKILL) == 0)
			kills++;
		last = pid;
	}
}

/* At any moment: no call is lost, done twice or answered for another. */
TEST_WITHIN(lxc, workers_are_killed_at_random, 120)
{
	_Atomic int *calls = mmap(NULL, sizeof(*calls), PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct fixture f;
	struct box b;
	pid_t killer, parent = getpid();
	int sock = -1, status;

	assert_true(calls != MAP_FAILED);
	begin(&f, &b, world_policy);
	assert_int_equal(call(&b, &f, &sock, BOX_MAKE_ANEW), 0);
	killer = fork();
	assert_true(killer >= 0);
	if (killer == 0) {
		kill_workers(&f, parent, calls);
		_exit(0);
	}
	while (waitpid(killer, &status, WNOHANG) == 0) {
		assert_int_equal(call(&b, &f, &sock, BOX_MAKE_ANEW), 0);
		++*calls;
	}
	assert_int_equal(status, 0);
	print_message("%d calls under %d kills\n", *calls, KILLS);
	(void)munmap((void *)calls, sizeof(*calls));
	assert_int_equal(call(&b, &f, &sock, BOX_MAKE_ANEW), 0);
	finish(&f, &b, sock);
}

/* Of how long a busy machine may take to see one pass. */
#define DEADLINE_S 80

/* Nobody answers, with a worker that does not run: after the deadline the
 * connection is closed, and no answer has come. */
TEST_WITHIN(lxc, a_deadline_closes_the_connection, 120)
{
	struct fixture f;
	int64_t since;
	struct packet p;
	struct box b;
	int sock = -1;

	begin(&f, &b, world_policy);
	assert_int_equal(call(&b, &f, &sock, BOX_MAKE_ANEW), 0);
	assert_int_equal(kill(only_worker(&f), SIGSTOP), 0);
	box_order(&b, BOX_MKNOD);
	packet_receive(&p, &b, "cookie");
	since = test_now_ms();
	assert_true(packet_send(&p, sock));
	assert_int_equal(monitor_answer(sock, &b, &p, DEADLINE_S), MONITOR_CLOSED);
	assert_true(test_now_ms() - since >= (LXC_DEADLINE_S - 1) * 1000);
	packet_done(&p);
	assert_int_equal(box_result(&b), ENOSYS);
	/* It connects anew, and all is well. */
	assert_int_equal(call(&b, &f, &sock, BOX_MAKE_ANEW), 0);
	TEST_WAIT(fixture_workers(&f, NULL, 0) == 1, WAIT_S);
	finish(&f, &b, sock);
}

/* The same where no worker ever starts. */
TEST_WITHIN(lxc, a_deadline_needs_no_worker, 120)
{
	struct fixture f = { .worker = ENDING };
	struct packet p;
	struct box b;
	int sock;

	box_start(&b);
	fixture_init(&f);
	fixture_start(&f);
	sock = monitor_connect(&f);
	box_order(&b, BOX_MKNOD);
	packet_receive(&p, &b, "cookie");
	assert_true(packet_send(&p, sock));
	assert_int_equal(monitor_answer(sock, &b, &p, DEADLINE_S), MONITOR_CLOSED);
	packet_done(&p);
	assert_int_equal(box_result(&b), ENOSYS);
	finish(&f, &b, sock);
}

/* The caller dies: the monitor is answered all the same, and goes on. */
TEST(lxc, a_caller_that_is_gone)
{
	struct packet first, p;
	struct fixture f;
	struct box b, other;
	pid_t worker;
	int sock = -1;

	begin(&f, &b, world_policy);
	assert_int_equal(call(&b, &f, &sock, BOX_MAKE_ANEW), 0);
	worker = only_worker(&f);
	assert_int_equal(kill(worker, SIGSTOP), 0);
	box_order(&b, BOX_MKNOD);
	packet_receive(&first, &b, "cookie");
	assert_true(packet_send(&first, sock));
	assert_int_equal(kill(b.i.pid, SIGKILL), 0);
	TEST_WAIT(listener_id_valid(b.i.listener, first.notif.id) == LISTENER_GONE,
		  WAIT_S);
	assert_int_equal(kill(worker, SIGCONT), 0);
	assert_int_equal(monitor_answer(sock, &b, &first, WAIT_S),
			 MONITOR_ANSWERED);
	packet_done(&first);

	/* As of lxc-attach: another listener behind the same connection, of a
	 * process that is not in the container's user namespace here. */
	box_start(&other);
	box_order(&other, BOX_MKNOD);
	packet_receive(&p, &other, "cookie");
	assert_true(packet_send(&p, sock));
	assert_int_equal(monitor_answer(sock, &other, &p, WAIT_S),
			 MONITOR_ANSWERED);
	packet_done(&p);
	assert_int_equal(box_result(&other), EPERM);
	assert_int_equal(only_worker(&f), worker);
	box_end(&other);
	finish(&f, &b, sock);
}
