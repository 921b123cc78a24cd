// SPDX-License-Identifier: LGPL-2.1-or-later
/* The control server with ops of our own, on a loop in a thread of its own. */
#include "daemon/control.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/own.h"
#include "proto/varlink.h"
#include "tests/harness/test.h"

#define OTHER_UID  12345
#define LIST_BYTES (1024 * 1024) /* more than any socket's buffer */
#define C	   CONTROL_INTERFACE "."
#define S	   SERVICE_INTERFACE "."

struct server {
	uv_loop_t loop;
	uv_async_t stop;
	uv_prepare_t turn;
	pthread_t thread;
	struct control *control;
	char dir[32];
	struct sockaddr_un addr;
	atomic_int lists, reloads, freed, turns;
	int reload_result;
};

/* libuv's two fds for signals stay open: before a test's are counted. */
__attribute__((constructor)) static void libuv_global_init(void)
{
	uv_loop_t loop;

	if (uv_loop_init(&loop) == 0)
		(void)uv_loop_close(&loop);
}

static int op_status(void *ctx, struct json_object **ret)
{
	*ret = varlink_parameter_str("version", "x/y");
	return CONTROL_OK;
}

static int op_list(void *ctx, struct json_object **ret)
{
	struct server *s = ctx;
	char *big = malloc(LIST_BYTES + 1);

	atomic_fetch_add(&s->lists, 1);
	memset(big, 'x', LIST_BYTES);
	big[LIST_BYTES] = 0;
	*ret = varlink_parameter_str("containers", big);
	free(big);
	return CONTROL_OK;
}

static int op_show(void *ctx, const char *id, struct json_object **ret)
{
	if (strcmp(id, "known") != 0)
		return CONTROL_NOT_FOUND;
	*ret = varlink_parameter_str("id", id);
	return CONTROL_OK;
}

static int op_check(void *ctx, const struct control_check *c,
		    struct json_object **ret)
{
	char text[128];

	(void)snprintf(text, sizeof(text), "%s,%s,%u,%u,%s,%s,%d,%d,%d",
		       c->policy ?: "-", c->metadata ?: "-", c->peer_uid,
		       c->peer_gid, c->id ?: "-", c->bundle ?: "-", c->pid,
		       c->each,
		       c->annotations ?
			       json_object_object_length(c->annotations) :
			       -1);
	*ret = varlink_parameter_str("got", text);
	return CONTROL_OK;
}

static int op_reload(void *ctx, struct json_object **ret)
{
	struct server *s = ctx;

	atomic_fetch_add(&s->reloads, 1);
	if (s->reload_result >= 0)
		*ret = varlink_parameter_str("source", "/p.json");
	return s->reload_result;
}

static const struct control_ops ops = { op_status, op_list, op_show,
					op_reload, op_check };

static void on_freed(void *ctx)
{
	struct server *s = ctx;

	atomic_fetch_add(&s->freed, 1);
}

static void on_turn(uv_prepare_t *turn)
{
	struct server *s = turn->data;

	atomic_fetch_add(&s->turns, 1);
}

static void on_stop(uv_async_t *async)
{
	struct server *s = async->data;

	control_free(s->control, on_freed);
	uv_close((uv_handle_t *)async, NULL);
	uv_close((uv_handle_t *)&s->turn, NULL);
}

static void *server_run(void *arg)
{
	struct server *s = arg;

	uv_run(&s->loop, UV_RUN_DEFAULT);
	return NULL;
}

static void server_start(struct server *s, uint64_t idle_ms)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memset(s, 0, sizeof(*s));
	strcpy(s->dir, "/tmp/deputy-control-XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	s->addr.sun_family = AF_UNIX;
	snprintf(s->addr.sun_path, sizeof(s->addr.sun_path), "%s/s", s->dir);
	assert_int_equal(bind(fd, (void *)&s->addr, sizeof(s->addr)), 0);
	assert_int_equal(chmod(s->dir, 0755) | chmod(s->addr.sun_path, 0666),
			 0);
	uv_loop_init(&s->loop);
	uv_async_init(&s->loop, &s->stop, on_stop);
	uv_prepare_init(&s->loop, &s->turn);
	uv_prepare_start(&s->turn, on_turn);
	s->stop.data = s->turn.data = s;
	assert_int_equal(control_new(&s->loop, fd, &ops, s, &s->control), 0);
	if (idle_ms)
		control_set_idle_ms(s->control, idle_ms);
	assert_int_equal(pthread_create(&s->thread, NULL, server_run, s), 0);
}

static void server_stop(struct server *s)
{
	uv_async_send(&s->stop);
	pthread_join(s->thread, NULL);
	assert_int_equal(uv_loop_close(&s->loop), 0);
	assert_int_equal(s->freed, 1);
	unlink(s->addr.sun_path);
	rmdir(s->dir);
}

/* SO_PEERCRED notes the connecting thread's effective uid. */
static int client_as(const struct server *s, uid_t uid)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), r;

	if (uid && syscall(SYS_setresuid, -1, uid, -1) < 0)
		TEST_SKIP("changing the uid needs root");
	r = connect(fd, (const void *)&s->addr, sizeof(s->addr));
	if (uid)
		assert_int_equal(syscall(SYS_setresuid, -1, 0, -1), 0);
	assert_int_equal(r, 0);
	return fd;
}

static int client(const struct server *s)
{
	return client_as(s, 0);
}

static void put(int fd, const char *text, size_t bytes)
{
	assert_int_equal(send(fd, text, bytes, MSG_NOSIGNAL), bytes);
}

static void call(int fd, const char *text)
{
	put(fd, text, strlen(text) + 1);
}

/* The same where the server may have closed the connection. */
static void try_call(int fd, const char *text)
{
	(void)send(fd, text, strlen(text) + 1, MSG_NOSIGNAL);
}

/* Bytes to the next NUL; -1: the connection ended first. */
static ssize_t get(int fd, char *buf, size_t size)
{
	size_t n = 0;

	for (; n < size; n++) {
		struct pollfd p = { .fd = fd, .events = POLLIN };

		if (poll(&p, 1, 10000) != 1)
			fail_msg("no answer within 10 s");
		if (read(fd, buf + n, 1) != 1)
			return -1;
		if (buf[n] == 0)
			return (ssize_t)n;
	}
	fail_msg("answer too long: %.100s", buf);
	return -1;
}

static void expect(int fd, const char *want)
{
	char buf[4096];

	assert_true(get(fd, buf, sizeof(buf)) >= 0);
	if (!strstr(buf, want))
		fail_msg("wanted %s in %s", want, buf);
}

static void expect_end(int fd)
{
	char buf[4096];

	assert_int_equal(get(fd, buf, sizeof(buf)), -1);
}

static bool is_served(const struct server *s)
{
	AUTO(fd_close) int fd = client(s);
	char buf[4096];

	try_call(fd, "{\"method\":\"" C "Status\"}");
	return get(fd, buf, sizeof(buf)) >= 0 && strstr(buf, "x/y");
}

static void expect_alive(const struct server *s)
{
	AUTO(fd_close) int fd = client(s);

	call(fd, "{\"method\":\"" C "Status\"}");
	expect(fd, "{\"parameters\":{\"version\":\"x/y\"}}");
}

static const struct {
	const char *call, *answer;
} answers[] = {
	{ "{\"method\":\"" C "Status\"}", "{\"parameters\":{\"version\":" },
	{ "{\"method\":\"" C "Status\",\"parameters\":{},\"more\":true}",
	  "{\"parameters\":{\"version\":" },
	{ "{\"method\":\"" C "Status\",\"parameters\":{\"x\":1}}",
	  S "InvalidParameter\",\"parameters\":{\"parameter\":\"x\"" },
	{ "{\"method\":\"" C "Status\",\"upgrade\":true}",
	  S "InvalidParameter\",\"parameters\":{\"parameter\":\"upgrade\"" },
	{ "{\"method\":\"" C "Show\",\"parameters\":{\"id\":\"known\"}}",
	  "{\"parameters\":{\"id\":\"known\"}}" },
	{ "{\"method\":\"" C "Show\",\"parameters\":{\"id\":\"no\"}}",
	  C "NotFound\",\"parameters\":{\"id\":\"no\"}" },
	{ "{\"method\":\"" C "Show\"}", S "InvalidParameter" },
	{ "{\"method\":\"" C "Show\",\"parameters\":{\"id\":7}}",
	  S "InvalidParameter\",\"parameters\":{\"parameter\":\"id\"" },
	{ "{\"method\":\"" C "Show\",\"parameters\":{\"id\":null}}",
	  S "InvalidParameter" },
	{ "{\"method\":\"" C
	  "Show\",\"parameters\":{\"id\":\"known\\u0000\"}}",
	  S "InvalidParameter" },
	{ "{\"method\":\"" C "Show\",\"parameters\":{\"id\":\"known\",\"y\":1}}",
	  S "InvalidParameter\",\"parameters\":{\"parameter\":\"y\"" },
	{ "{\"method\":\"" C "Reload\"}",
	  "{\"parameters\":{\"source\":\"/p.json\"}}" },
	{ "{\"method\":\"" C "Check\"}",
	  "{\"parameters\":{\"got\":\"-,-,0,0,-,-,0,0,-1\",\"socket\":\"control\"}}" },
	{ "{\"method\":\"" C "Check\",\"parameters\":{\"policy\":\"p\","
	  "\"metadata\":\"m\",\"peer_uid\":1000,\"annotations\":"
	  "{\"a\":\"b\",\"c\":\"\"}}}",
	  "{\"parameters\":{\"got\":\"p,m,1000,0,-,-,0,0,2\",\"socket\":\"control\"}}" },
	{ "{\"method\":\"" C "Check\",\"parameters\":{\"policy\":null,"
	  "\"metadata\":null,\"peer_uid\":null,\"annotations\":null}}",
	  "{\"parameters\":{\"got\":\"-,-,0,0,-,-,0,0,-1\",\"socket\":\"control\"}}" },
	{ "{\"method\":\"" C "Check\",\"parameters\":{\"peer_gid\":7,"
	  "\"id\":\"i\",\"bundle\":\"/b\",\"pid\":2147483647,"
	  "\"userns\":\"each\"}}",
	  "{\"parameters\":{\"got\":\"-,-,0,7,i,/b,2147483647,1,-1\",\"socket\":\"control\"}}" },
	{ "{\"method\":\"" C "Check\",\"parameters\":{\"pid\":0}}",
	  S "InvalidParameter\",\"parameters\":{\"parameter\":\"pid\"" },
	{ "{\"method\":\"" C "Check\",\"parameters\":{\"pid\":2147483648}}",
	  S "InvalidParameter\",\"parameters\":{\"parameter\":\"pid\"" },
	{ "{\"method\":\"" C "Check\",\"parameters\":{\"userns\":\"\"}}",
	  S "InvalidParameter\",\"parameters\":{\"parameter\":\"userns\"" },
	{ "{\"method\":\"" C "Check\",\"parameters\":{\"policy\":1}}",
	  S "InvalidParameter\",\"parameters\":{\"parameter\":\"policy\"" },
	{ "{\"method\":\"" C "Check\",\"parameters\":{\"policy\":"
	  "\"a\\u0000b\"}}",
	  S "InvalidParameter\",\"parameters\":{\"parameter\":\"policy\"" },
	{ "{\"method\":\"" C "Check\",\"parameters\":{\"peer_uid\":-1}}",
	  S "InvalidParameter\",\"parameters\":{\"parameter\":\"peer_uid\"" },
	{ "{\"method\":\"" C
	  "Check\",\"parameters\":{\"peer_uid\":4294967295}}",
	  S "InvalidParameter\",\"parameters\":{\"parameter\":\"peer_uid\"" },
	{ "{\"method\":\"" C "Check\",\"parameters\":{\"annotations\":[]}}",
	  S "InvalidParameter" },
	{ "{\"method\":\"" C
	  "Check\",\"parameters\":{\"annotations\":{\"a\":1}}}",
	  S "InvalidParameter" },
	{ "{\"method\":\"" C "Check\",\"parameters\":{\"x\":\"\"}}",
	  S "InvalidParameter\",\"parameters\":{\"parameter\":\"x\"" },
	{ "{\"method\":\"" C "Nothing\"}",
	  S "MethodNotFound\",\"parameters\":{\"method\":\"" C "Nothing\"" },
	{ "{\"method\":\"Status\"}", S "MethodNotFound" },
	{ "{\"method\":\"" C "\"}", S "MethodNotFound" },
	{ "{\"method\":\"com.example.Status\"}",
	  S "InterfaceNotFound\",\"parameters\":{\"interface\":\"com.example\"" },
	{ "{\"method\":\"" S "GetInfo\"}",
	  "\"interfaces\":[\"" SERVICE_INTERFACE "\",\"" CONTROL_INTERFACE },
	{ "{\"method\":\"" S "GetInterfaceDescription\",\"parameters\":"
	  "{\"interface\":\"" SERVICE_INTERFACE "\"}}",
	  "interface org.varlink.service" },
	{ "{\"method\":\"" S "GetInterfaceDescription\",\"parameters\":"
	  "{\"interface\":\"a.b\"}}",
	  S "InterfaceNotFound\",\"parameters\":{\"interface\":\"a.b\"" },
};

TEST(control, answers)
{
	struct server s;
	int fd;

	server_start(&s, 0);
	fd = client(&s);
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		call(fd, answers[i].call);
		expect(fd, answers[i].answer);
	}
	close(fd);
	server_stop(&s);
}

TEST(control, description_is_the_idl)
{
	struct server s;
	struct varlink_reply r;
	static char buf[64 * 1024];
	const char *why;
	ssize_t n;
	int fd;

	server_start(&s, 0);
	fd = client(&s);
	call(fd, "{\"method\":\"" S "GetInterfaceDescription\",\"parameters\":"
		 "{\"interface\":\"" CONTROL_INTERFACE "\"}}");
	n = get(fd, buf, sizeof(buf));
	assert_true(n > 0);
	assert_int_equal(varlink_reply_parse(buf, (size_t)n, &r, &why), 0);
	assert_string_equal(json_object_get_string(json_object_object_get(
				    r.parameters, "description")),
			    varlink_idl_control);
	varlink_reply_done(&r);
	close(fd);
	server_stop(&s);
}

TEST(control, reload_tells_what_happened)
{
	static const struct {
		int result;
		const char *answer;
	} rows[] = {
		{ CONTROL_RELOAD_FAILED, C "ReloadFailed\",\"parameters\":"
					   "{\"source\":\"/p.json\"}" },
		{ -EMFILE, C "InternalError\",\"parameters\":{\"reason\":" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct server s;
		int fd;

		server_start(&s, 0);
		s.reload_result = rows[i].result;
		fd = client(&s);
		call(fd, "{\"method\":\"" C "Reload\"}");
		expect(fd, rows[i].answer);
		close(fd);
		server_stop(&s);
	}
}

TEST(control, others_may_read_but_not_change)
{
	struct server s;
	int fd;

	server_start(&s, 0);
	fd = client_as(&s, OTHER_UID);
	call(fd, "{\"method\":\"" C "Reload\"}");
	expect(fd, "{\"error\":\"" S "PermissionDenied\",\"parameters\":{}}");
	call(fd, "{\"method\":\"" C "Reload\",\"oneway\":true}");
	call(fd, "{\"method\":\"" C "Status\"}");
	expect(fd, "\"version\"");
	assert_int_equal(s.reloads, 0);
	close(fd);
	server_stop(&s);
}

TEST(control, oneway_is_done_and_not_answered)
{
	struct server s;
	int fd;

	server_start(&s, 0);
	fd = client(&s);
	call(fd, "{\"method\":\"" C "Reload\",\"oneway\":true}");
	call(fd, "{\"method\":\"" C "Nothing\",\"oneway\":true}");
	call(fd, "{\"method\":\"" C "List\",\"oneway\":true}");
	call(fd, "{\"method\":\"" C "Status\"}");
	expect(fd, "{\"parameters\":{\"version\":");
	assert_int_equal(s.reloads, 1);
	assert_int_equal(s.lists, 0);
	close(fd);
	server_stop(&s);
}

static const char *const garbage[] = { "", "GET / HTTP/1.1", "[]", "{}",
				       "{\"method\":1}", "\xff\xfe" };

TEST(control, garbage_is_answered_and_ends_the_connection)
{
	struct server s;

	server_start(&s, 0);
	for (size_t i = 0; i < ARRAY_SIZE(garbage); i++) {
		AUTO(fd_close) int fd = client(&s);

		call(fd, garbage[i]);
		expect(fd, C "ProtocolError\",\"parameters\":{\"reason\":\"");
		expect_end(fd);
	}
	expect_alive(&s);
	server_stop(&s);
}

TEST(control, call_too_big)
{
	struct server s;
	static char big[CONTROL_CALL_MAX_BYTES + 1];
	int fd;

	memset(big, ' ', sizeof(big));
	server_start(&s, 0);
	fd = client(&s);
	put(fd, big, sizeof(big));
	expect(fd, C "LimitExceeded\",\"parameters\":"
		     "{\"limit\":\"call bytes\",\"max\":65536}");
	expect_end(fd);
	close(fd);
	expect_alive(&s);
	server_stop(&s);
}

TEST(control, pipelined_calls_are_answered_in_order)
{
	static const char two[] = "{\"method\":\"" C "Status\"}\0{\"method\":\""
				  C "Nothing\"}";
	struct server s;
	int fd;

	server_start(&s, 0);
	fd = client(&s);
	for (int i = 0; i < 100; i++)
		put(fd, two, sizeof(two));
	for (int i = 0; i < 100; i++) {
		expect(fd, "version");
		expect(fd, "MethodNotFound");
	}
	/* half a call, and the rest later */
	put(fd, two, 10);
	expect_alive(&s);
	put(fd, two + 10, sizeof(two) - 10);
	expect(fd, "version");
	expect(fd, "MethodNotFound");
	/* calls that came before the end of the stream are done */
	call(fd, "{\"method\":\"" C "Status\"}");
	shutdown(fd, SHUT_WR);
	expect(fd, "version");
	expect_end(fd);
	close(fd);
	server_stop(&s);
}

/* Many calls take a few turns of the loop, and never one alone: there are others. */
TEST(control, pipelined_calls_share_turns_and_leave_some_to_others)
{
	enum { CALLS = 20 * CONTROL_TURN_CALLS_MAX };
	static const char one[] = "{\"method\":\"" C "Status\"}";
	char all[CALLS * sizeof(one)];
	struct server s;
	int fd, before, turns;

	for (size_t i = 0; i < CALLS; i++)
		memcpy(all + i * sizeof(one), one, sizeof(one));
	server_start(&s, 0);
	fd = client(&s);
	before = s.turns;
	put(fd, all, sizeof(all));
	for (int i = 0; i < CALLS; i++)
		expect(fd, "version");
	turns = s.turns - before;
	close(fd);
	server_stop(&s);
	assert_in_range(turns, 2, CALLS / 4);
}

static bool ended(int fd)
{
	struct pollfd p = { .fd = fd };

	return poll(&p, 1, 0) == 1 && (p.revents & POLLHUP);
}

TEST(control, one_who_does_not_read_waits_and_is_dropped)
{
	struct server s;
	int fd;

	server_start(&s, 300);
	fd = client(&s);
	for (int i = 0; i < 20; i++)
		call(fd, "{\"method\":\"" C "List\"}");
	expect_alive(&s);
	TEST_WAIT(ended(fd), 10);
	assert_int_equal(s.lists, 1); /* the others were not even looked at */
	close(fd);
	expect_alive(&s);
	server_stop(&s);
}

TEST(control, unread_answers_are_bounded_in_all_but_for_root)
{
	struct server s;
	int fds[CONTROL_BACKLOG_MAX_BYTES / LIST_BYTES], n = 0, root;

	server_start(&s, 0);
	for (; n < (int)ARRAY_SIZE(fds) - 1; n++) {
		fds[n] = client_as(&s, OTHER_UID);
		call(fds[n], "{\"method\":\"" C "List\"}");
	}
	TEST_WAIT(s.lists == n, 10);
	fds[n] = client_as(&s, OTHER_UID + 1);
	call(fds[n], "{\"method\":\"" C "List\"}");
	expect(fds[n], "LimitExceeded\",\"parameters\":{\"limit\":\"backlog");
	expect_end(fds[n]);
	root = client(&s);
	call(root, "{\"method\":\"" C "List\"}");
	TEST_WAIT(s.lists == n + 2, 10);
	expect_alive(&s);
	for (; n >= 0; n--)
		close(fds[n]);
	close(root);
	server_stop(&s);
}

TEST(control, silent_and_halting_ones_are_dropped)
{
	struct server s;
	int silent, half;

	server_start(&s, 200);
	silent = client(&s);
	half = client(&s);
	for (int i = 0; i < 1000 && !ended(half); i++) {
		(void)send(half, " ", 1, MSG_NOSIGNAL);
		test_poll_pause();
	}
	TEST_WAIT(ended(half) && ended(silent), 10);
	close(silent);
	close(half);
	expect_alive(&s);
	server_stop(&s);
}

TEST(control, connections_are_limited_by_uid_and_in_all)
{
	struct server s;
	int fds[CONTROL_CONNECTIONS_MAX], n, more;

	server_start(&s, 0);
	for (n = 0; n < CONTROL_CONNECTIONS_MAX; n++)
		fds[n] = client_as(&s, OTHER_UID +
					       n / CONTROL_CONNECTIONS_PER_UID_MAX);
	more = client_as(&s, OTHER_UID);
	expect(more, "\"connections of one uid\",\"max\":16");
	expect_end(more);
	close(more);
	more = client_as(&s, OTHER_UID - 1);
	expect(more, "\"connections\",\"max\":64");
	expect_end(more);
	close(more);
	expect_alive(&s); /* root */
	for (n = 0; n < CONTROL_CONNECTIONS_MAX; n++)
		close(fds[n]);
	for (n = 0; n < 200; n++)
		expect_alive(&s);
	server_stop(&s);
}

TEST(control, clients_that_vanish)
{
	struct server s;

	server_start(&s, 0);
	for (int i = 0; i < 50; i++) {
		AUTO(fd_close) int fd = client(&s);

		for (int k = 0; k < i % 5; k++)
			try_call(fd, "{\"method\":\"" C "List\"}");
	}
	/* as soon as enough of them were seen to be gone */
	TEST_WAIT(is_served(&s), 10);
	server_stop(&s);
}

TEST(control, freed_with_answers_in_flight)
{
	struct server s;
	int fd, idle;

	server_start(&s, 0);
	idle = client(&s);
	fd = client(&s);
	call(fd, "{\"method\":\"" C "List\"}");
	TEST_WAIT(s.lists == 1, 10);
	server_stop(&s);
	expect_end(idle);
	close(fd);
	close(idle);
}

TEST(control, no_socket)
{
	uv_loop_t loop;
	struct control *c = NULL;
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	uv_loop_init(&loop);
	assert_true(control_new(&loop, fd, &ops, NULL, &c) < 0);
	assert_null(c);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
}
