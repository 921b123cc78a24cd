// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Not uv_pipe: when a runtime does one sendmsg and closes, libuv before 1.52
 * loses all of it but the first 36,544 bytes.
 */
#include "daemon/acceptor.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "daemon/fd_room.h"
#include "lib/log.h"

#define ACCEPTS_AT_ONCE 64
#define RETRY_MS	1000 /* after EMFILE and the like */

struct acceptor {
	int fd;
	void (*take)(void *ctx, int sock_taken);
	void *ctx;
	uv_poll_t poll;
	uv_timer_t retry;
	unsigned open_handles;
};

static void on_acceptable(uv_poll_t *p, int status, int events);

static void on_retry(uv_timer_t *t)
{
	struct acceptor *a = t->data;

	(void)uv_poll_start(&a->poll, UV_READABLE, on_acceptable);
}

/* Without a pause the loop would spin: the connection waits on. */
static void pause_accept(struct acceptor *a, int error)
{
	log_event(LOG_ERR, "accept-failed", LOG_E(-error),
		  LOG_U("retry_ms", RETRY_MS));
	(void)uv_poll_stop(&a->poll);
	(void)uv_timer_start(&a->retry, on_retry, RETRY_MS, 0);
}

static void on_acceptable(uv_poll_t *p, int status, int events)
{
	struct acceptor *a = p->data;

	for (int i = 0; i < ACCEPTS_AT_ONCE; i++) {
		int fd;

		/* Those that are accepted need room for what they send. */
		if (!fd_room(a->fd, FD_ROOM_MESSAGE + 1)) {
			pause_accept(a, EMFILE);
			return;
		}
		fd = accept4(a->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd < 0 && (errno == EINTR || errno == ECONNABORTED))
			continue;
		if (fd < 0 && errno == EAGAIN)
			return;
		if (fd < 0) {
			pause_accept(a, errno);
			return;
		}
		a->take(a->ctx, fd);
	}
}

static void on_closed(uv_handle_t *h)
{
	struct acceptor *a = h->data;

	if (--a->open_handles)
		return;
	free(a->ctx);
	free(a);
}

int acceptor_new(uv_loop_t *loop, int listening_fd,
		 void (*take)(void *ctx, int sock_taken), void *ctx,
		 struct acceptor **ret)
{
	struct acceptor *a = calloc(1, sizeof(*a));
	int error;

	if (!a)
		return -ENOMEM;
	a->fd = listening_fd;
	a->take = take;
	a->ctx = ctx;
	error = uv_poll_init(loop, &a->poll, listening_fd);
	if (error < 0) {
		free(a);
		return error;
	}
	(void)uv_timer_init(loop, &a->retry);
	a->poll.data = a->retry.data = a;
	a->open_handles = 2;
	(void)uv_poll_start(&a->poll, UV_READABLE, on_acceptable);
	*ret = a;
	return 0;
}

void acceptor_stop(struct acceptor *a)
{
	(void)uv_poll_stop(&a->poll);
	(void)uv_timer_stop(&a->retry);
}

void acceptor_close(struct acceptor *a)
{
	uv_close((uv_handle_t *)&a->poll, on_closed);
	uv_close((uv_handle_t *)&a->retry, on_closed);
}
