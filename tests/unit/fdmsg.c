// SPDX-License-Identifier: LGPL-2.1-or-later
#include "lib/fdmsg.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/own.h"
#include "tests/harness/test.h"

static void pair(int sv[2])
{
	assert_int_equal(socketpair(AF_UNIX,
				    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
				    0, sv),
			 0);
}

static void unpair(int sv[2])
{
	close(sv[0]);
	close(sv[1]);
}

TEST(fdmsg, bytes_and_fds_arrive_cloexec)
{
	int sv[2], fds[FDMSG_MAX_FDS];
	struct fdmsg m;
	char buf[8];

	pair(sv);
	for (int i = 0; i < FDMSG_MAX_FDS; i++)
		fds[i] = sv[0];
	assert_int_equal(fdmsg_send(sv[0], "hello", 5, fds, FDMSG_MAX_FDS), 5);
	assert_int_equal(fdmsg_recv(sv[1], buf, sizeof(buf), &m), 5);
	assert_memory_equal(buf, "hello", 5);
	assert_int_equal(m.n_fds, FDMSG_MAX_FDS);
	assert_false(m.truncated);
	for (size_t i = 0; i < m.n_fds; i++) {
		assert_true(fcntl(m.fds[i], F_GETFD) & FD_CLOEXEC);
		close(m.fds[i]);
	}
	unpair(sv);
}

TEST(fdmsg, nothing_there_and_the_end)
{
	struct fdmsg m = { .n_fds = 3 };
	int sv[2];
	char c;

	pair(sv);
	assert_int_equal(fdmsg_recv(sv[1], &c, 1, &m), -EAGAIN);
	assert_int_equal(m.n_fds, 0);
	assert_int_equal(fdmsg_send(sv[0], "x", 1, NULL, 0), 1);
	assert_int_equal(fdmsg_recv(sv[1], &c, 1, &m), 1);
	close(sv[0]);
	assert_int_equal(fdmsg_recv(sv[1], &c, 1, &m), 0);
	assert_int_equal(fdmsg_send(sv[1], "x", 1, NULL, 0), -EPIPE);
	close(sv[1]);
}

TEST(fdmsg, too_many_are_refused_by_the_sender)
{
	int sv[2], fds[FDMSG_MAX_FDS + 1] = { 0 };

	pair(sv);
	assert_int_equal(fdmsg_send(sv[0], "x", 1, fds, FDMSG_MAX_FDS + 1),
			 -E2BIG);
	unpair(sv);
}

/* A stranger's sendmsg may carry up to SCM_MAX_FD, 253. */
TEST(fdmsg, truncation_is_said)
{
	enum { N = FDMSG_MAX_FDS + 8 };
	union {
		char bytes[CMSG_SPACE(N * sizeof(int))];
		struct cmsghdr align;
	} control = { .bytes = { 0 } };
	struct iovec iov = { .iov_base = (void *)(uintptr_t)"x", .iov_len = 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control.bytes,
			      .msg_controllen = sizeof(control.bytes) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	int sv[2], fds[N];
	struct fdmsg m;
	char b;

	pair(sv);
	for (int i = 0; i < N; i++)
		fds[i] = sv[0];
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(c), fds, sizeof(fds));
	assert_int_equal(sendmsg(sv[0], &msg, 0), 1);
	assert_int_equal(fdmsg_recv(sv[1], &b, 1, &m), 1);
	assert_true(m.truncated);
	assert_int_equal(m.n_fds, FDMSG_MAX_FDS);
	for (size_t i = 0; i < m.n_fds; i++)
		close(m.fds[i]);
	unpair(sv);
}

static void pair_of_packets(int sv[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
				    sv),
			 0);
}

TEST(fdmsg, a_packet_is_looked_at_and_stays)
{
	struct fdmsg m;
	char buf[4];
	int sv[2];

	pair_of_packets(sv);
	assert_int_equal(fdmsg_peek(sv[1], buf, sizeof(buf), &m), -EAGAIN);
	assert_int_equal(fdmsg_send(sv[0], "longer", 6, sv, 2), 6);
	assert_int_equal(fdmsg_send(sv[0], "next", 4, NULL, 0), 4);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(fdmsg_peek(sv[1], buf, sizeof(buf), &m), 6);
		assert_memory_equal(buf, "long", 4);
		assert_int_equal(m.n_fds, 2);
		assert_true(fcntl(m.fds[0], F_GETFD) & FD_CLOEXEC);
		close(m.fds[0]);
		close(m.fds[1]);
	}
	fdmsg_drop(sv[1]);
	assert_int_equal(fdmsg_peek(sv[1], buf, sizeof(buf), &m), 4);
	assert_int_equal(m.n_fds, 0);
	fdmsg_drop(sv[1]);
	fdmsg_drop(sv[1]); /* none: does not wait */
	assert_int_equal(fdmsg_peek(sv[1], buf, sizeof(buf), &m), -EAGAIN);
	unpair(sv);
}
