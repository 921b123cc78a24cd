// SPDX-License-Identifier: LGPL-2.1-or-later
#include "proto/client.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>

#include "lib/own.h"

int varlink_connect(const char *path, int timeout_ms)
{
	AUTO(fd_close) int fd = -1;
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct timeval timeout = { .tv_sec = timeout_ms / 1000,
				   .tv_usec = timeout_ms % 1000 * 1000 };

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout,
				 sizeof(timeout)) < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return -errno;
	return TAKE_FD(fd);
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* A call is far smaller than a socket's buffer: either all fits or none.
 * deputyd may refuse before it reads; then its reply says why. */
static int call_send(int fd, const char *method, struct json_object *parameters)
{
	AUTO(json_put)
	struct json_object *call = varlink_call_new(method, parameters);
	AUTO(free_ptr) char *text = NULL;
	size_t bytes;
	int r;

	if (!call)
		return -ENOMEM;
	r = varlink_encode(call, &text, &bytes);
	if (r < 0)
		return r;
	for (size_t sent = 0; sent < bytes;) {
		ssize_t n = send(fd, text + sent, bytes - sent, MSG_NOSIGNAL);

		if (n < 0 && errno == EPIPE)
			return 0;
		if (n < 0 && errno != EINTR)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		sent += n < 0 ? 0 : (size_t)n;
	}
	return 0;
}

/* Waits for one whole message. Return: 0 or a negative errno */
static int message_read(int fd, struct varlink_reader *reader, int timeout_ms,
			const char **ret_text, size_t *ret_bytes)
{
	int64_t until_ms = now_ms() + timeout_ms;
	char chunk[16 * 1024];

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int64_t left_ms = until_ms - now_ms();
		int r = varlink_reader_next(reader, ret_text, ret_bytes);
		ssize_t n;

		if (r == VARLINK_FRAME_OK)
			return 0;
		if (r == VARLINK_FRAME_TOO_BIG)
			return -EMSGSIZE;
		if (left_ms <= 0)
			return -ETIMEDOUT;
		r = poll(&p, 1, (int)left_ms);
		if (r < 0 && errno != EINTR)
			return -errno;
		if (r <= 0)
			continue;
		n = recv(fd, chunk, sizeof(chunk), MSG_DONTWAIT);
		if (n == 0)
			return -ECONNRESET;
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return -errno;
		r = n < 0 ? 0 : varlink_reader_push(reader, chunk, (size_t)n);
		if (r < 0)
			return r;
	}
}

int varlink_reply_read(int fd, int timeout_ms, struct varlink_reply *ret,
		       const char **ret_reason)
{
	struct varlink_reader reader;
	const char *text;
	size_t bytes;
	int r;

	varlink_reader_init(&reader, VARLINK_MESSAGE_MAX_BYTES);
	r = message_read(fd, &reader, timeout_ms, &text, &bytes);
	if (r == 0)
		r = varlink_reply_parse(text, bytes, ret, ret_reason);
	varlink_reader_done(&reader);
	return r;
}

int varlink_exchange(int fd, const char *method, struct json_object *parameters,
		     int timeout_ms, struct varlink_reply *ret,
		     const char **ret_reason)
{
	int r = call_send(fd, method, parameters);

	return r < 0 ? r : varlink_reply_read(fd, timeout_ms, ret, ret_reason);
}
