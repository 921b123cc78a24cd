// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/attach_oci.h"

#include <errno.h>
#include <stdlib.h>

#include "daemon/acceptor.h"
#include "daemon/conn.h"
#include "daemon/log_budget.h"
#include "daemon/registry.h"
#include "lib/log.h"

struct attach {
	struct conn_pool pool;
	struct acceptor *acceptor;
};

static void take(void *ctx, int sock_taken)
{
	struct attach *a = ctx;
	const char *why, *suppressed;
	uid_t uid = peer_uid_of(sock_taken);
	int r = conn_new(&a->pool, sock_taken, &why);

	if (r < 0 && log_budget_take(uid, uv_now(a->pool.registry->loop), &suppressed))
		log_event(LOG_WARNING, "connection-refused", LOG_S("why", why),
			  LOG_U("peer_uid", uid), LOG_E(r),
			  LOG_S("suppressed", suppressed));
}

int attach_new(struct registry *r, int listening_fd, struct attach **ret)
{
	struct attach *a = calloc(1, sizeof(*a));
	int error;

	if (!a)
		return -ENOMEM;
	conn_pool_init(&a->pool, r);
	error = acceptor_new(r->loop, listening_fd, take, a, &a->acceptor);
	if (error < 0) {
		free(a);
		return error;
	}
	*ret = a;
	return 0;
}

void attach_adopt(struct attach *a, struct inherit *in)
{
	conn_adopt_all(&a->pool, in);
}

void attach_stop(struct attach *a)
{
	acceptor_stop(a->acceptor);
	conn_leave_silent(&a->pool);
}

int attach_list(struct attach *a,
		int (*add)(void *ctx, const char *name, int fd_taken), void *ctx)
{
	return conn_list(&a->pool, add, ctx);
}

size_t attach_unfinished(const struct attach *a)
{
	return conn_count(&a->pool);
}

void attach_close(struct attach *a)
{
	conn_end_all(&a->pool);
	acceptor_close(a->acceptor);
}
