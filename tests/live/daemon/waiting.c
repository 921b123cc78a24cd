// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A connection that deputyd accepted and that has sent no listener yet: crun is
 * silent from "create" to "start". It outlives deputyd.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/live/daemon/manager.h"

#define WAIT_S 20

/* Return: how many connections are stored, by what deputyd has said until now */
static size_t stored(struct manager *m)
{
	size_t n = 0;

	manager_hear(m);
	for (size_t i = 0; i < m->store.n; i++)
		n += m->store.items[i].name[0] == 'w';
	return n;
}

/* Return: a silent connection that deputyd has accepted */
static int connect_silently(struct manager *m)
{
	int fds = fixture_fds(&m->f), sock = client_connect(&m->f);

	assert_true(sock >= 0);
	TEST_WAIT(fixture_fds(&m->f) > fds, WAIT_S);
	return sock;
}

/* Sends the message of a new container from byte @from on, with the listener. */
static void send_rest(int sock, struct tracee *t, const char *text, size_t from)
{
	client_send(sock, text + from, strlen(text) - from,
		    from ? NULL : &t->listener, from ? 0 : 1);
}

/* Has deputyd read all that was sent? */
static bool is_read(int sock)
{
	int unread = 0;

	assert_int_equal(ioctl(sock, SIOCOUTQ, &unread), 0);
	return unread == 0;
}

static void expect_served(struct manager *m, int sock, struct tracee *t)
{
	close(t->listener);
	t->listener = -1;
	tracee_call(t, STANDIN_ERRNO);
	assert_int_equal(tracee_result(t), -EXDEV);
	TEST_WAIT(stored(m) == 0, WAIT_S);
	TEST_WAIT(client_is_closed(sock), WAIT_S);
	close(sock);
	tracee_end(t);
	manager_finish(m, NULL);
}

static void send_all(int sock, struct tracee *t)
{
	char *text = tracee_state(t, "late");

	send_rest(sock, t, text, 0);
	free(text);
}

/* The tracee comes first: it is a fork, and must not hold what is stored. */
static void begin(struct manager *m, struct tracee *t)
{
	tracee_start(t, TRACEE_USERNS);
	manager_init(m, NULL);
	manager_start(m);
}

TEST(waiting, outlives_a_stop)
{
	struct manager m;
	struct tracee t;
	int sock;

	begin(&m, &t);
	sock = connect_silently(&m);
	manager_end(&m, SIGTERM);
	manager_start(&m);
	send_all(sock, &t);
	expect_served(&m, sock, &t);
}

TEST(waiting, outlives_many_deaths)
{
	struct manager m;
	struct tracee t;
	int sock;

	begin(&m, &t);
	sock = connect_silently(&m);
	TEST_WAIT(stored(&m) == 1, WAIT_S);
	for (int i = 0; i < 3; i++) {
		manager_end(&m, i == 1 ? SIGTERM : SIGKILL);
		assert_int_equal(stored(&m), 1);
		manager_start(&m);
	}
	send_all(sock, &t);
	expect_served(&m, sock, &t);
}

/* What a runtime sent while there was no deputyd is read by the next one. */
TEST(waiting, is_heard_later)
{
	struct manager m;
	struct tracee t;
	int sock;

	begin(&m, &t);
	sock = connect_silently(&m);
	manager_end(&m, SIGTERM);
	send_all(sock, &t);
	manager_start(&m);
	expect_served(&m, sock, &t);
}

/* Whoever is in the middle of a sentence may end it. */
TEST(waiting, is_let_finish)
{
	struct manager m;
	struct tracee t;
	char *text;
	int sock;

	begin(&m, &t);
	sock = connect_silently(&m);
	text = tracee_state(&t, "late");
	client_send(sock, text, 20, &t.listener, 1);
	TEST_WAIT(is_read(sock), WAIT_S);
	assert_int_equal(kill(m.f.pid, SIGTERM), 0);
	TEST_WAIT(fixture_log_has(&m.f, "event=ending"), WAIT_S);
	send_rest(sock, &t, text, 20);
	free(text);
	manager_end(&m, 0); /* it ends already; a second signal might kill it */
	manager_start(&m);
	expect_served(&m, sock, &t);
}

/* And nobody can hold deputyd by not ending it. */
TEST(waiting, is_not_waited_for)
{
	struct manager m;
	int sock;

	manager_init(&m, NULL);
	manager_start(&m);
	sock = connect_silently(&m);
	client_send(sock, "{", 1, NULL, 0);
	TEST_WAIT(is_read(sock), WAIT_S);
	manager_end(&m, SIGTERM);
	assert_true(client_is_closed(sock));
	close(sock);
	assert_int_equal(stored(&m), 0);
	manager_start(&m);
	manager_finish(&m, NULL);
}

TEST(waiting, is_forgotten_when_it_ends)
{
	struct manager m;
	int socks[2];

	manager_init(&m, NULL);
	manager_start(&m);
	for (int i = 0; i < 2; i++)
		socks[i] = connect_silently(&m);
	TEST_WAIT(stored(&m) == 2, WAIT_S);
	close(socks[0]);
	TEST_WAIT(stored(&m) == 1, WAIT_S);
	manager_end(&m, SIGKILL);
	close(socks[1]);
	manager_start(&m);
	TEST_WAIT(stored(&m) == 0, WAIT_S);
	assert_false(fixture_log_has(&m.f, "refused"));
	manager_finish(&m, NULL);
}

static int listening(void)
{
	int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	/* Its address is one of the kernel's choice. */
	assert_int_equal(bind(sock, &(struct sockaddr){ AF_UNIX }, 2), 0);
	assert_int_equal(listen(sock, 1), 0);
	return sock;
}

TEST(waiting, is_nothing_else)
{
	struct manager m;

	manager_init(&m, NULL);
	manager_put(&m, "w1-1", memfd_create("w", MFD_CLOEXEC));
	manager_put(&m, "w2-1", open("/dev/null", O_RDWR | O_CLOEXEC));
	manager_put(&m, "w3-1", listening());
	manager_put(&m, "w4-1", socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	manager_put(&m, "w5-1", socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
	manager_put(&m, "w6", listening());
	manager_start(&m);
	TEST_WAIT(stored(&m) == 0, WAIT_S);
	assert_int_equal(fixture_log_count(&m.f, "event=stored-fd-refused"), 6);
	manager_finish(&m, NULL);
}
