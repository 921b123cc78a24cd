// SPDX-License-Identifier: LGPL-2.1-or-later
/* What comes in on the OCI socket, mostly from those who mean no good. */
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <linux/sockios.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/attach_oci.h"
#include "daemon/discard.h"
#include "daemon/registry.h"
#include "lib/fdmsg.h"
#include "lib/own.h"
#include "proto/oci_state.h"
#include "tests/live/daemon/fixture.h"
#include "tests/live/daemon/hanging.h"

#define WAIT_S 20

/* A container comes, makes a call, goes; deputyd holds what it held before. */
static void expect_served(const struct fixture *f, int fds)
{
	struct tracee t;

	tracee_start(&t, 0);
	tracee_attach(&t, f, "good");
	tracee_call(&t, STANDIN_ERRNO);
	assert_int_equal(tracee_result(&t), -EXDEV);
	tracee_call(&t, STANDIN_CONTINUE);
	assert_int_equal(tracee_result(&t), -ENOENT);
	tracee_end(&t);
	TEST_WAIT(fixture_workers(f, NULL, 0) == 0, WAIT_S);
	TEST_WAIT(fixture_fds(f) == fds, WAIT_S);
}

/* Return: deputyd's fds at rest, once it has served somebody */
static int begin(struct fixture *f)
{
	int fds;

	*f = (struct fixture){ .worker = NULL };
	fixture_init(f);
	fixture_start(f);
	fds = fixture_fds(f);
	expect_served(f, fds);
	return fds;
}

static void finish(struct fixture *f, int fds)
{
	TEST_WAIT(fixture_fds(f) == fds, WAIT_S);
	expect_served(f, fds);
	fixture_stop(f);
	fixture_done(f);
}

/* Sends one message; it must be refused. */
static void expect_refused(const struct fixture *f, const char *data, size_t n,
			   const int *fds, size_t n_fds)
{
	int sock = client_connect(f);

	assert_true(sock >= 0);
	client_send(sock, data, n, fds, n_fds);
	TEST_WAIT(client_is_closed(sock), WAIT_S);
	close(sock);
	assert_int_equal(fixture_workers(f, NULL, 0), 0);
}

TEST(attach, garbage)
{
	static const char *const rows[] = {
		"hello\n",  "[]",	   "{}",	"\"",
		"{]",	    "{\"a\":\"\\u0000\"}", "}",	"GET / HTTP/1.1\r\n",
		"{\"a\":}", "{{",	   "\xff\xfe",	"null",
	};
	struct fixture f;
	int fds = begin(&f);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int sock = client_connect(&f);

		client_send(sock, rows[i], strlen(rows[i]), NULL, 0);
		if (i == 9) /* may still become an object */
			shutdown(sock, SHUT_WR);
		TEST_WAIT(client_is_closed(sock), WAIT_S);
		close(sock);
	}
	expect_refused(&f, "\0", 1, NULL, 0);
	finish(&f, fds);
}

TEST(attach, oversized)
{
	struct fixture f;
	int fds = begin(&f);
	size_t n = OCI_STATE_MAX_BYTES + 1;
	char *text = malloc(n);

	memset(text, ' ', n);
	text[0] = '{';
	expect_refused(&f, text, n, NULL, 0);
	free(text);
	TEST_WAIT(fixture_log_has(&f, "longer than 1 MiB"), WAIT_S);
	finish(&f, fds);
}

/* What lies behind a message in deputyd's memory is not looked at. */
TEST(attach, questions_of_any_length)
{
	struct fixture f;
	int fds = begin(&f);
	char text[1024], answer[1024];

	for (int n = 1; n <= 500; n++) {
		int sock = client_connect(&f);
		int len = snprintf(text, sizeof(text),
				   "{\"method\":\"io.deputy.Control.Check\","
				   "\"parameters\":{\"bundle\":\"%0*d\"}}", n, 0);
		ssize_t got;

		client_send(sock, text, (size_t)len + 1, NULL, 0);
		got = recv(sock, answer, sizeof(answer) - 1, 0);
		assert_true(got > 0);
		answer[got] = '\0';
		assert_non_null(strstr(answer, "\"accepted\""));
		close(sock);
	}
	finish(&f, fds);
}

TEST(attach, truncated)
{
	struct fixture f;
	int fds = begin(&f);
	struct tracee t;
	char *text;

	tracee_start(&t, 0);
	text = tracee_state(&t, "c");
	for (size_t n = 1; n < strlen(text); n += 17) {
		int sock = client_connect(&f);

		client_send(sock, text, n, &t.listener, 1);
		close(sock);
	}
	TEST_WAIT(fixture_log_has(&f, "the connection ended within its message"), WAIT_S);
	free(text);
	TEST_WAIT(fixture_fds(&f) == fds, WAIT_S);
	assert_int_equal(fixture_workers(&f, NULL, 0), 0);
	tracee_end(&t);
	finish(&f, fds);
}

TEST(attach, without_an_fd)
{
	struct fixture f;
	int fds = begin(&f);
	struct tracee t;
	char *text;

	tracee_start(&t, 0);
	text = tracee_state(&t, "c");
	expect_refused(&f, text, strlen(text), NULL, 0);
	TEST_WAIT(fixture_log_has(&f, "the number of fds is not that of their "
				      "names"), WAIT_S);
	free(text);
	tracee_end(&t);
	finish(&f, fds);
}

TEST(attach, wrong_fd)
{
	struct fixture f;
	int fds = begin(&f);
	int wrong[8], p[2], sv[2];
	struct tracee t;
	char *text;

	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	wrong[0] = p[0];
	wrong[1] = p[1];
	wrong[2] = sv[0];
	wrong[3] = sv[1];
	wrong[4] = open("/dev/null", O_RDWR);
	wrong[5] = open(f.policy, O_RDONLY);
	wrong[6] = epoll_create1(0);
	wrong[7] = memfd_create("x", 0);
	tracee_start(&t, 0);
	text = tracee_state(&t, "c");
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		expect_refused(&f, text, strlen(text), &wrong[i], 1);
		close(wrong[i]);
	}
	TEST_WAIT(fixture_log_has(&f, "not a seccomp listener"), WAIT_S);
	free(text);
	tracee_end(&t);
	finish(&f, fds);
}

/* A message with @n names, the listener's the last but one. */
static char *many_names(const struct tracee *t, int n)
{
	char names[512] = "", *text;

	for (int i = 0; i < n; i++)
		(void)snprintf(names + strlen(names),
			       sizeof(names) - strlen(names), "%s\"%s\"",
			       i ? "," : "", i == n - 2 ? "seccompFd" : "x");
	assert_true(asprintf(&text,
			     "{\"ociVersion\":\"1\",\"fds\":[%s],\"pid\":%d,"
			     "\"state\":{\"ociVersion\":\"1\",\"id\":\"c\","
			     "\"status\":\"s\",\"pid\":%d,\"bundle\":\"/\"}}",
			     names, t->pid, t->pid) > 0);
	return text;
}

static void fill_fds(int *fds, int n, const struct tracee *t)
{
	for (int i = 0; i < n; i++)
		fds[i] = i == n - 2 ? t->listener : t->sock;
}

TEST(attach, of_many_fds_the_listener_is_kept)
{
	struct fixture f;
	int fds = begin(&f), sent[FDMSG_MAX_FDS], sock;
	struct tracee t;
	char *text;

	tracee_start(&t, 0);
	text = many_names(&t, FDMSG_MAX_FDS);
	fill_fds(sent, FDMSG_MAX_FDS, &t);
	sock = client_connect(&f);
	client_send(sock, text, strlen(text), sent, FDMSG_MAX_FDS);
	TEST_WAIT(client_is_closed(sock), WAIT_S);
	close(sock);
	free(text);
	tracee_call(&t, STANDIN_ERRNO);
	assert_int_equal(tracee_result(&t), -EXDEV);
	/* Listener, slot and worker; no user namespace of its own. */
	TEST_WAIT(fixture_fds(&f) == fds + 3, WAIT_S);
	tracee_end(&t);
	finish(&f, fds);
}

TEST(attach, too_many_fds)
{
	static const int counts[] = { FDMSG_MAX_FDS + 1, 64, 253 };
	struct fixture f;
	int fds = begin(&f), sent[253];
	struct tracee t;

	tracee_start(&t, 0);
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		char *text = many_names(&t, FDMSG_MAX_FDS);

		fill_fds(sent, counts[i], &t);
		sent[FDMSG_MAX_FDS - 2] = t.listener;
		expect_refused(&f, text, strlen(text), sent,
			       (size_t)counts[i]);
		free(text);
		TEST_WAIT(fixture_fds(&f) == fds, WAIT_S);
	}
	TEST_WAIT(fixture_log_has(&f, "more than 16 fds"), WAIT_S);
	tracee_end(&t);
	finish(&f, fds);
}

static bool is_read(int sock)
{
	int unread;

	assert_int_equal(ioctl(sock, SIOCOUTQ, &unread), 0);
	return unread == 0;
}

TEST(attach, late_fd)
{
	struct fixture f;
	int fds = begin(&f), sock;
	struct tracee t;
	char *text;

	tracee_start(&t, 0);
	text = tracee_state(&t, "c");
	for (int with_first = 0; with_first < 2; with_first++) {
		sock = client_connect(&f);
		client_send(sock, text, 10, &t.listener, (size_t)with_first);
		/* Else both come with one recvmsg, and nothing was late. */
		TEST_WAIT(is_read(sock), WAIT_S);
		client_send(sock, text + 10, strlen(text) - 10, &t.listener, 1);
		TEST_WAIT(client_is_closed(sock), WAIT_S);
		close(sock);
	}
	TEST_WAIT(fixture_log_has(&f, "fds after the first message"), WAIT_S);
	assert_int_equal(fixture_workers(&f, NULL, 0), 0);
	free(text);
	tracee_end(&t);
	finish(&f, fds);
}

TEST(attach, bytes_after_the_message)
{
	struct fixture f;
	int fds = begin(&f);
	struct tracee t;
	char *text, *more;

	tracee_start(&t, 0);
	text = tracee_state(&t, "c");
	assert_true(asprintf(&more, "%s\n{", text) > 0);
	expect_refused(&f, more, strlen(more), &t.listener, 1);
	TEST_WAIT(fixture_log_has(&f, "bytes after the message"), WAIT_S);
	free(more);
	free(text);
	tracee_end(&t);
	finish(&f, fds);
}

TEST(attach, byte_by_byte)
{
	struct fixture f;
	int fds = begin(&f), sock;
	struct tracee t;
	char *text;

	tracee_start(&t, 0);
	text = tracee_state(&t, "slow");
	sock = client_connect(&f);
	for (size_t i = 0; text[i]; i++) {
		client_send(sock, text + i, 1, &t.listener, i == 0);
		test_poll_pause();
	}
	/* Held open, as runtimes do: deputyd does not wait for our end. */
	TEST_WAIT(client_is_closed(sock), WAIT_S);
	close(sock);
	free(text);
	tracee_call(&t, STANDIN_ERRNO);
	assert_int_equal(tracee_result(&t), -EXDEV);
	tracee_end(&t);
	finish(&f, fds);
}

TEST(attach, big_annotations_in_odd_pieces)
{
	enum { BYTES = 300 * 1024 };
	struct fixture f;
	int fds = begin(&f);
	char *text, *value = malloc(BYTES + 1);
	struct tracee t;
	size_t step = 1;
	int sock;

	memset(value, 'v', BYTES);
	value[BYTES] = '\0';
	tracee_start(&t, 0);
	assert_true(asprintf(&text,
			     "{\"ociVersion\":\"1\",\"fds\":[\"seccompFd\"],"
			     "\"pid\":0,\"state\":{\"ociVersion\":\"1\","
			     "\"id\":\"big\",\"status\":\"s\",\"pid\":0,"
			     "\"bundle\":\".\",\"annotations\":{\"a\":\"%s\"}}}\n",
			     value) > 0);
	sock = client_connect(&f);
	for (size_t at = 0; at < strlen(text); step = step * 3 + 1) {
		size_t n = strlen(text) - at < step ? strlen(text) - at : step;

		client_send(sock, text + at, n, &t.listener, at == 0);
		at += n;
	}
	tracee_call(&t, STANDIN_ERRNO);
	assert_int_equal(tracee_result(&t), -EXDEV);
	close(sock);
	free(text);
	free(value);
	tracee_end(&t);
	finish(&f, fds);
}

/* Return: a message of about 1 MiB, a tree of which takes 20 times as much */
static char *greedy_state(size_t number)
{
	size_t size = OCI_STATE_MAX_BYTES, at;
	char *text = malloc(size);

	assert_non_null(text);
	at = (size_t)snprintf(text, size,
			      "{\"ociVersion\":\"1\",\"fds\":[\"seccompFd\"],"
			      "\"pid\":0,\"state\":{\"ociVersion\":\"1\","
			      "\"id\":\"greedy%zu\",\"status\":\"s\",\"pid\":0,"
			      "\"bundle\":\".\",\"annotations\":{\"a\":\"\"",
			      number);
	for (unsigned i = 0; at < size - 64; i++)
		at += (size_t)snprintf(text + at, size - at, ",\"%x\":\"\"", i);
	(void)snprintf(text + at, size - at, "}}}\n");
	return text;
}

static long memory_kib(const struct fixture *f)
{
	char path[64], line[256];
	long kib = -1;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", f->pid);
	file = fopen(path, "re");
	assert_non_null(file);
	while (kib < 0 && fgets(line, sizeof(line), file))
		(void)sscanf(line, "Pss: %ld", &kib);
	(void)fclose(file);
	assert_true(kib > 0);
	return kib;
}

TEST_WITHIN(attach, annotations_are_kept_in_little_memory_and_bounded, 120)
{
	static struct tracee t[FACTS_MAX_MIB_PER_UID + 8];
	struct fixture f;
	int fds = begin(&f);
	long kib = memory_kib(&f);
	size_t n = 0;

	do {
		char *text = greedy_state(n);
		int sock = client_connect(&f);

		assert_true(n < ARRAY_SIZE(t));
		tracee_start(&t[n], 0);
		client_send(sock, text, strlen(text), &t[n].listener, 1);
		TEST_WAIT(client_is_closed(sock), WAIT_S);
		close(sock);
		close(t[n].listener);
		t[n].listener = -1;
		free(text);
		n++;
	} while (!fixture_log_has(&f, "of bundles, metadata and annotations"));
	assert_true(n > FACTS_MAX_MIB_PER_UID);
	kib = memory_kib(&f) - kib;
	for (size_t i = 0; i < n; i++)
		tracee_end(&t[i]);
	TEST_WAIT(fixture_workers(&f, NULL, 0) == 0, WAIT_S);
#ifndef DEPUTY_SANITIZED /* which keeps what is freed */
	if (kib > 3L * 1024 * FACTS_MAX_MIB_PER_UID)
		fail_msg("%zu MiB of annotations take %ld KiB", n, kib);
#endif
	finish(&f, fds);
}

TEST(attach, silent_connections_have_a_cap)
{
	struct fixture f;
	int fds = begin(&f), socks[OCI_PENDING_MAX_PER_UID], more, again;
	struct tracee t;
	char *text;

	for (size_t i = 0; i < ARRAY_SIZE(socks); i++)
		socks[i] = client_connect(&f);
	TEST_WAIT(fixture_fds(&f) == fds + (int)ARRAY_SIZE(socks), WAIT_S);
	more = client_connect(&f);
	TEST_WAIT(client_is_closed(more), WAIT_S);
	close(more);
	TEST_WAIT(fixture_log_has(&f, "256 unfinished connections"), WAIT_S);
	assert_false(client_is_closed(socks[0]));

	/* One that was silent for long, and then speaks, is served. */
	tracee_start(&t, 0);
	text = tracee_state(&t, "patient");
	client_send(socks[7], text, strlen(text), &t.listener, 1);
	tracee_call(&t, STANDIN_ERRNO);
	assert_int_equal(tracee_result(&t), -EXDEV);
	free(text);
	/* And its place is free again. */
	again = client_connect(&f);
	TEST_WAIT(fixture_fds(&f) == fds + (int)ARRAY_SIZE(socks) + 3, WAIT_S);
	assert_false(client_is_closed(again));
	close(again);
	for (size_t i = 0; i < ARRAY_SIZE(socks); i++)
		close(socks[i]);
	tracee_end(&t);
	finish(&f, fds);
}

enum { HOGS = OCI_PENDING_MAX / OCI_PENDING_MAX_PER_UID, HOG_UID = 70000 };

/* HOGS uids take all places but root's, and say nothing. */
static void hog(const struct fixture *f, int fds, int socks[OCI_PENDING_MAX])
{
	const struct rlimit limit = { 4 * OCI_PENDING_MAX, 4 * OCI_PENDING_MAX };

	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	fixture_open_to_all(f);
	for (int i = 0; i < OCI_PENDING_MAX; i++) {
		socks[i] = client_connect_as(f->oci, SOCK_STREAM,
					     HOG_UID + (uid_t)i % HOGS);
		assert_true(socks[i] >= 0);
	}
	TEST_WAIT(fixture_fds(f) == fds + OCI_PENDING_MAX, WAIT_S);
}

/* A container whose runtime connects as @uid is served. */
static void expect_served_as(const struct fixture *f, uid_t uid)
{
	struct tracee t;
	char *text;
	int sock;

	tracee_start(&t, 0);
	text = tracee_state(&t, "good");
	sock = client_connect_as(f->oci, SOCK_STREAM, uid);
	client_send(sock, text, strlen(text), &t.listener, 1);
	free(text);
	close(sock);
	close(t.listener);
	t.listener = -1;
	tracee_call(&t, STANDIN_ERRNO);
	assert_int_equal(tracee_result(&t), -EXDEV);
	tracee_end(&t);
	TEST_WAIT(fixture_workers(f, NULL, 0) == 0, WAIT_S);
}

TEST(attach, silent_users_lock_out_nobody)
{
	static int socks[OCI_PENDING_MAX];
	struct fixture f;
	int fds = begin(&f), lost = 0;

	hog(&f, fds, socks);
	expect_served_as(&f, 0);
	for (int i = 0; i < OCI_PENDING_MAX; i++)
		assert_false(client_is_closed(socks[i]));
	for (uid_t i = 0; i < 3; i++) /* each takes the place of the oldest */
		expect_served_as(&f, HOG_UID + HOGS + i);
	for (int i = 0; i < OCI_PENDING_MAX; i++)
		lost += client_is_closed(socks[i]);
	assert_int_equal(lost, 1); /* it was free for the next two */
	assert_true(client_is_closed(socks[0]));
	for (int i = 0; i < OCI_PENDING_MAX; i++)
		close(socks[i]);
	finish(&f, fds);
}

/* Return: the lowest number that no fd of deputyd has */
static rlim_t free_number(const struct fixture *f)
{
	char path[64], link[64];

	for (int n = 0;; n++) {
		(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", f->pid, n);
		if (readlink(path, link, sizeof(link)) < 0)
			return (rlim_t)n;
	}
}

/* The kernel would drop the listener, and say that there were more fds. */
TEST(attach, without_free_fds_a_listener_waits)
{
	struct fixture f;
	int fds = begin(&f), sock = client_connect(&f);
	struct rlimit none, before;
	struct tracee t;
	char *text;

	TEST_WAIT(fixture_fds(&f) == fds + 1, WAIT_S);
	assert_int_equal(prlimit(f.pid, RLIMIT_NOFILE, NULL, &before), 0);
	none = before;
	none.rlim_cur = free_number(&f);
	assert_int_equal(prlimit(f.pid, RLIMIT_NOFILE, &none, NULL), 0);
	tracee_start(&t, 0);
	text = tracee_state(&t, "patient");
	client_send(sock, text, strlen(text), &t.listener, 1);
	close(t.listener);
	t.listener = -1;
	free(text);
	tracee_call(&t, STANDIN_ERRNO);
	TEST_WAIT(fixture_log_has(&f, "event=attach-"), WAIT_S);
	assert_false(tracee_has_result(&t));
	assert_int_equal(prlimit(f.pid, RLIMIT_NOFILE, &before, NULL), 0);
	assert_int_equal(tracee_result(&t), -EXDEV);
	close(sock);
	tracee_end(&t);
	finish(&f, fds);
}

TEST(attach, a_message_has_a_deadline_but_silence_has_none)
{
	struct fixture f;
	int fds = begin(&f), silent = client_connect(&f);
	int sock = client_connect(&f);
	int64_t start = test_now_ms();

	client_send(sock, "{", 1, NULL, 0);
	TEST_WAIT(client_is_closed(sock), WAIT_S);
	assert_true(test_now_ms() - start >= OCI_MESSAGE_DEADLINE_MS - 100);
	assert_false(client_is_closed(silent));
	close(sock);
	close(silent);
	finish(&f, fds);
}

/* By which deputyd tells that it has a listener already. */
static bool kernel_has_kcmp(void)
{
	return syscall(SYS_kcmp, getpid(), getpid(), KCMP_FILE, 0, 0) == 0;
}

TEST(attach, the_same_listener_twice)
{
	struct fixture f;
	struct tracee t;
	char *text;
	int fds, sock;

	if (!kernel_has_kcmp())
		TEST_SKIP("kcmp");
	fds = begin(&f);
	tracee_start(&t, 0);
	text = tracee_state(&t, "c");
	for (int i = 0; i < 2; i++) {
		sock = client_connect(&f);
		client_send(sock, text, strlen(text), &t.listener, 1);
		TEST_WAIT(client_is_closed(sock), WAIT_S);
		close(sock);
	}
	TEST_WAIT(fixture_log_has(&f, "attached already"), WAIT_S);
	assert_int_equal(fixture_workers(&f, NULL, 0), 1);
	tracee_call(&t, STANDIN_ERRNO);
	assert_int_equal(tracee_result(&t), -EXDEV);
	free(text);
	tracee_end(&t);
	finish(&f, fds);
}

/* Refused, whether at once or as the wrong fd. */
static void send_hanging(const struct fixture *f, const struct tracee *t,
			 struct hanging *h)
{
	char *text = tracee_state(t, "c");
	int sock = client_connect(f);

	hanging_send(h, sock, text);
	TEST_WAIT(client_is_closed(sock), WAIT_S);
	close(sock);
	free(text);
}

TEST(attach, files_that_hang_in_close)
{
	struct hanging h;
	struct fixture f;
	struct tracee t;
	int fds;

	hanging_open(&h);
	fds = begin(&f);
	tracee_start(&t, 0);
	for (int i = 0; i < DISCARD_MAX_PER_UID; i++) {
		send_hanging(&f, &t, &h);
		if (i == 0) /* it hangs, and nobody else notices */
			expect_served(&f, fixture_fds(&f));
	}
	assert_false(fixture_log_has(&f, "16 connections whose fds hang"));
	send_hanging(&f, &t, &h);
	TEST_WAIT(fixture_log_has(&f, "16 connections whose fds hang"), WAIT_S);
	hanging_release(&h);
	tracee_end(&t);
	finish(&f, fds);
}

/* Files of a message that never gets whole are open in deputyd, while it starts a
 * worker for somebody else: nobody has to close them for that. */
TEST(attach, files_that_hang_beside_a_worker_that_starts)
{
	struct hanging h;
	struct fixture f;
	int sock, fds;

	hanging_open(&h);
	fds = begin(&f);
	sock = client_connect(&f);
	hanging_send(&h, sock, "{");
	TEST_WAIT(fixture_fds(&f) > fds + 1, WAIT_S);
	expect_served(&f, fixture_fds(&f));
	hanging_release(&h);
	close(sock);
	finish(&f, fds);
}

TEST(attach, the_end_does_not_wait_for_a_hanging_file)
{
	struct hanging h;
	struct fixture f;
	struct tracee t;

	hanging_open(&h);
	begin(&f);
	tracee_start(&t, 0);
	send_hanging(&f, &t, &h);
	assert_int_equal(kill(f.pid, SIGTERM), 0);
	TEST_WAIT(fixture_log_has(&f, "event=ended-with-work-left"), WAIT_S);
	assert_int_equal(access(f.oci, F_OK), -1);
	hanging_release(&h);
	tracee_end(&t);
	assert_int_equal(fixture_reap(&f), 0);
	fixture_done(&f);
}
