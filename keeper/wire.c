// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The socket's file is removed as soon as it is open: it is reached through
 * /proc/PID/fd, so nothing is left behind, whatever ends the keeper, and nobody
 * but root comes near it.
 */
#include "keeper/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/own.h"

static int bind_in(int fd, const char *dir, struct sockaddr_un *addr)
{
	uint64_t random;
	mode_t old;
	int r;

	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return -errno;
	*addr = (struct sockaddr_un){ .sun_family = AF_UNIX };
	(void)snprintf(addr->sun_path, sizeof(addr->sun_path),
		       "%s/deputyd-keeper-%016llx", dir,
		       (unsigned long long)random);
	old = umask(0077);
	r = bind(fd, (struct sockaddr *)addr, sizeof(*addr));
	r = r < 0 ? -errno : 0;
	(void)umask(old);
	return r;
}

static void set_path(struct wire *w)
{
	(void)snprintf(w->path, sizeof(w->path), "/proc/%d/fd/%d", getpid(),
		       w->path_fd);
}

int wire_open(struct wire *w)
{
	static const char *const dirs[] = { "/run", "/tmp" };
	AUTO(fd_close) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	AUTO(fd_close) int path_fd = -1;
	struct sockaddr_un addr;
	const int on = 1;
	int r = -ENOENT;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0)
		return -errno;
	for (size_t i = 0; i < ARRAY_SIZE(dirs) && r < 0; i++)
		r = bind_in(fd, dirs[i], &addr);
	if (r < 0)
		return r;
	path_fd = open(addr.sun_path, O_PATH | O_CLOEXEC | O_NOFOLLOW);
	r = path_fd < 0 ? -errno : 0;
	(void)unlink(addr.sun_path);
	if (r < 0)
		return r;
	w->fd = TAKE_FD(fd);
	w->path_fd = TAKE_FD(path_fd);
	set_path(w);
	return 0;
}

int wire_move(struct wire *w, int first)
{
	int fd = fcntl(w->fd, F_DUPFD_CLOEXEC, first);
	int path_fd = fcntl(w->path_fd, F_DUPFD_CLOEXEC, first);

	if (fd < 0 || path_fd < 0)
		return -errno;
	(void)close(w->fd);
	(void)close(w->path_fd);
	w->fd = fd;
	w->path_fd = path_fd;
	set_path(w);
	return 0;
}

static void parse_line(const char *line, struct wire_message *m)
{
	static const char name[] = "FDNAME=";

	m->ready |= strcmp(line, "READY=1") == 0;
	m->watchdog |= strcmp(line, "WATCHDOG=1") == 0;
	m->store |= strcmp(line, "FDSTORE=1") == 0;
	m->remove |= strcmp(line, "FDSTOREREMOVE=1") == 0;
	if (strncmp(line, name, sizeof(name) - 1) == 0)
		(void)snprintf(m->name, sizeof(m->name), "%s",
			       line + sizeof(name) - 1);
}

static void take_control(struct msghdr *msg, struct wire_message *m,
			 pid_t *ret_from)
{
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		struct ucred cred;
		size_t bytes = c->cmsg_len - CMSG_LEN(0);

		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_CREDENTIALS && bytes == sizeof(cred)) {
			memcpy(&cred, CMSG_DATA(c), sizeof(cred));
			*ret_from = cred.pid;
		} else if (c->cmsg_type == SCM_RIGHTS && bytes <= sizeof(m->fds)) {
			memcpy(m->fds, CMSG_DATA(c), bytes);
			m->n_fds = bytes / sizeof(int);
		}
	}
}

static int drop(struct wire_message *m)
{
	for (size_t i = 0; i < m->n_fds; i++)
		(void)fd_close(m->fds[i]);
	m->n_fds = 0;
	return WIRE_FOREIGN;
}

int wire_receive(struct wire *w, pid_t from, struct wire_message *ret)
{
	union {
		char bytes[CMSG_SPACE(sizeof(struct ucred)) +
			   CMSG_SPACE(WIRE_FDS_MAX * sizeof(int))];
		struct cmsghdr align;
	} control;
	char text[WIRE_BYTES_MAX + 1], *rest = text, *line;
	struct iovec iov = { text, WIRE_BYTES_MAX };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control.bytes,
			      .msg_controllen = sizeof(control.bytes) };
	ssize_t n = recvmsg(w->fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	pid_t sender = 0;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? WIRE_NONE : -errno;
	*ret = (struct wire_message){ .name = "stored" };
	take_control(&msg, ret, &sender);
	if (sender != from || (msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
		return drop(ret);
	text[n] = '\0';
	if (strlen(text) != (size_t)n) /* what is behind a NUL would be lost */
		return drop(ret);
	while ((line = strsep(&rest, "\n")))
		parse_line(line, ret);
	return WIRE_MESSAGE;
}
