// SPDX-License-Identifier: LGPL-2.1-or-later
#include "lib/fdmsg.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

union fdmsg_control {
	char bytes[CMSG_SPACE(FDMSG_MAX_FDS * sizeof(int))];
	struct cmsghdr align;
};

static void take_fds(struct msghdr *msg, struct fdmsg *m)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		size_t n;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		/* One SCM_RIGHTS per recvmsg; the buffer has room for no more. */
		if (n > FDMSG_MAX_FDS - m->n_fds)
			n = FDMSG_MAX_FDS - m->n_fds;
		memcpy(m->fds + m->n_fds, CMSG_DATA(c), n * sizeof(int));
		m->n_fds += n;
	}
}

static ssize_t receive(int sock, void *buf, size_t size, int flags,
		       struct fdmsg *m)
{
	union fdmsg_control control;
	struct iovec iov = { .iov_base = buf, .iov_len = size };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control.bytes,
			      .msg_controllen = sizeof(control.bytes) };
	ssize_t n;

	*m = (struct fdmsg){ .n_fds = 0 };
	do
		n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC | flags);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	take_fds(&msg, m);
	m->truncated = (msg.msg_flags & MSG_CTRUNC) != 0;
	return n;
}

ssize_t fdmsg_recv(int sock, void *buf, size_t size, struct fdmsg *m)
{
	return receive(sock, buf, size, 0, m);
}

ssize_t fdmsg_peek(int sock, void *buf, size_t size, struct fdmsg *m)
{
	return receive(sock, buf, size, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT, m);
}

void fdmsg_drop(int sock)
{
	struct msghdr msg = { .msg_iov = NULL };

	while (recvmsg(sock, &msg, MSG_DONTWAIT) < 0 && errno == EINTR)
		;
}

ssize_t fdmsg_send(int sock, const void *buf, size_t size, const int *fds,
		   size_t n_fds)
{
	union fdmsg_control control = { .bytes = { 0 } };
	struct iovec iov = { .iov_base = (void *)buf, .iov_len = size };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	if (n_fds > FDMSG_MAX_FDS)
		return -E2BIG;
	if (n_fds) {
		struct cmsghdr *c;

		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(c), fds, n_fds * sizeof(int));
	}
	do
		n = sendmsg(sock, &msg, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}
