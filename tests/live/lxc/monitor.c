// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/live/lxc/monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "lib/own.h"

#define NODE "/box/n"

/* -- the container ------------------------------------------------------------ */

static int orders[2];

static int make_anew(void)
{
	struct stat st;

	if (mknod(NODE, S_IFCHR | 0640, makedev(1, 3)) < 0)
		return errno;
	if (lstat(NODE, &st) < 0 || unlink(NODE) < 0)
		return EDOM;
	return st.st_rdev == makedev(1, 3) && (st.st_mode & 0777) == 0640 ? 0
									  : EDOM;
}

static int obey_one(enum box_order order)
{
	int r = -1;

	switch (order) {
	case BOX_MKNOD:
		r = mknod(NODE, S_IFCHR | 0600, makedev(1, 3));
		break;
	case BOX_MKNOD_DISK:
		r = mknod("/box/disk", S_IFBLK | 0600, makedev(8, 0));
		break;
	case BOX_SETXATTR:
		r = setxattr("/box", "trusted.deputy.a", "v", 1, 0);
		break;
	case BOX_MAKE_ANEW:
		return make_anew();
	}
	return r < 0 ? errno : 0;
}

static int obey(void *ctx)
{
	char order;

	close(orders[0]); /* so that the test's end is seen */
	while (read(orders[1], &order, 1) == 1) {
		int r = obey_one((unsigned char)order);

		if (write(orders[1], &r, sizeof(r)) != sizeof(r))
			return errno;
	}
	return 0;
}

void box_start(struct box *b)
{
	const struct inmate_plan plan = { .notified = true, .run = obey };

	world_init(&b->w, WORLD_TMPFS);
	world_reset(&b->w);
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, orders), 0);
	inmate_start(&b->w, &plan, &b->i);
	inmate_go(&b->i);
	close(orders[1]);
	b->orders = orders[0];
}

void box_order(struct box *b, enum box_order order)
{
	char c = (char)order;

	assert_int_equal(write(b->orders, &c, 1), 1);
}

bool box_has_result(const struct box *b)
{
	struct pollfd p = { .fd = b->orders, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

int box_result(struct box *b)
{
	int r;

	TEST_WAIT(box_has_result(b), 20);
	assert_int_equal(read(b->orders, &r, sizeof(r)), sizeof(r));
	return r;
}

void box_end(struct box *b)
{
	inmate_end(&b->i);
	close(b->orders);
	world_done(&b->w);
}

/* -- its monitor ---------------------------------------------------------------- */

static void put(struct packet *p, const void *data, size_t n)
{
	memcpy(p->bytes + p->n, data, n);
	p->n += n;
}

void packet_make(struct packet *p, const struct box *b,
		 const struct seccomp_notif *n, const char *cookie)
{
	const struct {
		uint64_t reserved;
		int32_t monitor, init;
		uint16_t notif, resp, data, padding;
		uint64_t cookie;
	} head = { .monitor = getpid(),
		   .init = b->i.pid,
		   .notif = sizeof(struct seccomp_notif),
		   .resp = sizeof(struct seccomp_notif_resp),
		   .data = sizeof(struct seccomp_data),
		   .cookie = strlen(cookie) };
	const struct seccomp_notif_resp resp = { .id = n->id };
	char path[32];

	*p = (struct packet){ .notif = *n, .n_fds = LXC_FDS };
	put(p, &head, sizeof(head));
	put(p, n, sizeof(*n));
	put(p, &resp, sizeof(resp));
	put(p, cookie, strlen(cookie));
	(void)snprintf(path, sizeof(path), "/proc/%u", n->pid);
	p->fds[LXC_FD_PROC] = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	(void)snprintf(path, sizeof(path), "/proc/%u/mem", n->pid);
	p->fds[LXC_FD_MEM] = open(path, O_RDWR | O_CLOEXEC);
	p->fds[LXC_FD_LISTENER] = b->i.listener;
	assert_true(p->fds[LXC_FD_PROC] >= 0 && p->fds[LXC_FD_MEM] >= 0);
}

void packet_receive(struct packet *p, const struct box *b, const char *cookie)
{
	union listener_notif n;

	memset(&n, 0, sizeof(n));
	assert_int_equal(listener_recv(b->i.listener, &n), LISTENER_OK);
	packet_make(p, b, &n.notif, cookie);
}

bool packet_send(const struct packet *p, int sock)
{
	union {
		char bytes[CMSG_SPACE(PACKET_FDS_MAX * sizeof(int))];
		struct cmsghdr align;
	} control = { .bytes = { 0 } };
	struct iovec iov = { .iov_base = (void *)(uintptr_t)p->bytes,
			     .iov_len = p->n };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (p->n_fds) {
		struct cmsghdr *c;

		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(p->n_fds * sizeof(int));
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(p->n_fds * sizeof(int));
		memcpy(CMSG_DATA(c), p->fds, p->n_fds * sizeof(int));
	}
	return sendmsg(sock, &msg, MSG_NOSIGNAL) == (ssize_t)p->n;
}

void packet_done(struct packet *p)
{
	(void)fd_close(p->fds[LXC_FD_PROC]);
	(void)fd_close(p->fds[LXC_FD_MEM]);
}

int monitor_connect(const struct fixture *f)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	AUTO(fd_close)
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", f->lxc);
	if (connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0)
		return -1;
	return TAKE_FD(fd);
}

int monitor_answer(int sock, const struct box *b, const struct packet *p,
		   int seconds)
{
	struct seccomp_notif_resp resp = { .id = p->notif.id, .error = -ENOSYS };
	struct pollfd wait = { .fd = sock, .events = POLLIN };
	uint8_t answer[LXC_ANSWER_BYTES + 1];
	ssize_t n;
	int status = MONITOR_CLOSED;

	assert_int_equal(poll(&wait, 1, seconds * 1000 * test_slowness()),
			 1);
	n = recv(sock, answer, sizeof(answer), 0);
	if (n > 0) {
		/* Echoed but for the answer, and without the cookie. */
		assert_int_equal(n, LXC_ANSWER_BYTES);
		assert_memory_equal(answer, p->bytes,
				    LXC_ANSWER_BYTES - sizeof(resp));
		memcpy(&resp, answer + LXC_ANSWER_BYTES - sizeof(resp),
		       sizeof(resp));
		assert_true(resp.id == p->notif.id);
		status = MONITOR_ANSWERED;
	}
	/* It may be gone: that is the kernel's and the caller's business. */
	(void)ioctl(b->i.listener, SECCOMP_IOCTL_NOTIF_SEND, &resp);
	return status;
}

int monitor_serve(int *sock, const struct fixture *f, const struct box *b,
		  const char *cookie)
{
	struct packet p;
	int status;

	packet_receive(&p, b, cookie);
	if (*sock < 0 || !packet_send(&p, *sock)) {
		(void)fd_close(*sock);
		*sock = monitor_connect(f);
		assert_true(*sock >= 0 && packet_send(&p, *sock));
	}
	status = monitor_answer(*sock, b, &p, 25);
	packet_done(&p);
	return status;
}
