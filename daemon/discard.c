// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/discard.h"

#include "lib/own.h"

static void close_all(uv_work_t *w)
{
	struct discard *d = w->data;

	for (size_t i = 0; i < d->n_fds; i++)
		(void)fd_close(d->fds[i]);
}

static void on_done(uv_work_t *w, int status)
{
	struct discard *d = w->data;

	d->peer->discarding--;
	d->done(d);
}

void discard_start(struct discard *d, uv_loop_t *loop)
{
	d->work.data = d;
	d->peer->discarding++;
	/* Fails only without a callback. */
	(void)uv_queue_work(loop, &d->work, close_all, on_done);
}
