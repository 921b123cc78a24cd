// SPDX-License-Identifier: LGPL-2.1-or-later
#include "lib/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Ids start at a random value and count up: any will do for a probe. */
#define MADE_UP_ID UINT64_C(0xdeb070ffffffffff)

int listener_check(int fd)
{
	static const char want[] = "anon_inode:seccomp notify";
	char link[64], path[64];
	uint64_t id = MADE_UP_ID;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlinkat(AT_FDCWD, path, link, sizeof(link));
	if (n < 0)
		return -errno;
	/* A file's own name starts with '/', so no file can be called this. */
	if ((size_t)n != sizeof(want) - 1 || memcmp(link, want, (size_t)n) != 0)
		return -ENOTTY;
	if (ioctl(fd, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0 ||
	    errno == ENOENT)
		return 0;
	return -errno;
}

int listener_sizes_fit(void)
{
	struct seccomp_notif_sizes sizes;

	if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) < 0)
		return -errno;
	return sizes.seccomp_notif > LISTENER_NOTIF_MAX_BYTES ? -E2BIG : 0;
}

int listener_set_sync(int fd)
{
	uint64_t flags = SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP;

	/* The argument is the value itself, not a pointer to it. */
	if (ioctl(fd, SECCOMP_IOCTL_NOTIF_SET_FLAGS, flags) < 0)
		return -errno;
	return 0;
}

bool listener_can_continue(int fd)
{
	struct seccomp_notif_resp resp = {
		.id = MADE_UP_ID, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE
	};

	/* Flags are looked at first: EINVAL. */
	return ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &resp) < 0 && errno == ENOENT;
}

int listener_recv(int fd, union listener_notif *n)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	for (;;) {
		if (ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &n->notif) == 0)
			return LISTENER_OK;
		if (errno == ENOENT || errno == EINTR)
			return LISTENER_AGAIN;
		if (errno != EAGAIN)
			return -errno;
		/* A signal, or the last task is gone: for the caller to see. */
		if (poll(&p, 1, -1) != 1 || !(p.revents & POLLIN))
			return LISTENER_AGAIN;
	}
}

int listener_requeue(int fd)
{
	int n = ioctl(fd, SECCOMP_IOCTL_NOTIF_REQUEUE, 0);

	return n < 0 ? -errno : n;
}

bool listener_hung_up(int fd)
{
	struct pollfd p = { .fd = fd };

	return poll(&p, 1, 0) == 1 && (p.revents & POLLHUP);
}

bool listener_has_waiting(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1 && (p.revents & POLLIN);
}

int listener_id_valid(int fd, uint64_t id)
{
	if (ioctl(fd, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0)
		return LISTENER_OK;
	return LISTENER_GONE;
}

struct seccomp_notif_resp listener_resp(uint64_t id, const struct verdict *v)
{
	struct seccomp_notif_resp resp = { .id = id };

	switch (v->kind) {
	case VERDICT_CONTINUE:
		resp.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		break;
	case VERDICT_RETURN:
		resp.val = v->value;
		break;
	default:
		resp.error = -v->error;
		break;
	}
	return resp;
}

int listener_send(int fd, uint64_t id, const struct verdict *v)
{
	struct seccomp_notif_resp resp = listener_resp(id, v);

	if (ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &resp) == 0)
		return LISTENER_OK;
	/* EINPROGRESS: somebody else holding this listener answered already, or
	 * has put it back into the queue. */
	if (errno == ENOENT || errno == EINPROGRESS)
		return LISTENER_GONE;
	return -errno;
}
