// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Not uv_pipe: when a runtime does one sendmsg and closes, libuv before 1.52
 * loses all of it but the first 36,544 bytes.
 */
#include "daemon/attach_oci.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "daemon/conn.h"
#include "daemon/registry.h"
#include "lib/log.h"

#define ACCEPTS_AT_ONCE 64
#define RETRY_MS	1000 /* after EMFILE and the like */

struct attach {
	struct conn_pool pool;
	int fd;
	uv_poll_t poll;
	uv_timer_t retry;
	unsigned open_handles;
};

static void on_acceptable(uv_poll_t *p, int status, int events);

static void on_retry(uv_timer_t *t)
{
	struct attach *a = t->data;

	(void)uv_poll_start(&a->poll, UV_READABLE, on_acceptable);
}

/* Without a pause the loop would spin: the connection waits on. */
static void pause_accept(struct attach *a, int error)
{
	log_event(LOG_ERR, "accept-failed", LOG_E(-error),
		  LOG_U("retry_ms", RETRY_MS));
	(void)uv_poll_stop(&a->poll);
	(void)uv_timer_start(&a->retry, on_retry, RETRY_MS, 0);
}

static void on_acceptable(uv_poll_t *p, int status, int events)
{
	struct attach *a = p->data;

	for (int i = 0; i < ACCEPTS_AT_ONCE; i++) {
		int fd = accept4(a->fd, NULL, NULL,
				 SOCK_CLOEXEC | SOCK_NONBLOCK);
		const char *why;
		int r;

		if (fd < 0 && (errno == EINTR || errno == ECONNABORTED))
			continue;
		if (fd < 0 && errno == EAGAIN)
			return;
		if (fd < 0) {
			pause_accept(a, errno);
			return;
		}
		r = conn_new(&a->pool, fd, &why);
		if (r < 0)
			log_event(LOG_WARNING, "connection-refused",
				  LOG_S("why", why), LOG_E(r));
	}
}

static void on_closed(uv_handle_t *h)
{
	struct attach *a = h->data;

	if (--a->open_handles == 0)
		free(a);
}

int attach_new(struct registry *r, int listening_fd, struct attach **ret)
{
	struct attach *a = calloc(1, sizeof(*a));
	int error;

	if (!a)
		return -ENOMEM;
	a->pool.registry = r;
	LIST_INIT(&a->pool.conns);
	a->fd = listening_fd;
	error = uv_poll_init(r->loop, &a->poll, listening_fd);
	if (error < 0) {
		free(a);
		return error;
	}
	(void)uv_timer_init(r->loop, &a->retry);
	a->poll.data = a->retry.data = a;
	a->open_handles = 2;
	(void)uv_poll_start(&a->poll, UV_READABLE, on_acceptable);
	*ret = a;
	return 0;
}

void attach_close(struct attach *a)
{
	conn_end_all(&a->pool);
	uv_close((uv_handle_t *)&a->poll, on_closed);
	uv_close((uv_handle_t *)&a->retry, on_closed);
}
