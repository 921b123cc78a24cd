// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/orphan.h"

#include <errno.h>
#include <linux/oom.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "keeper/child.h"
#include "keeper/keeper.h"
#include "keeper/store.h"
#include "lib/log.h"
#include "lib/oom.h"
#include "lib/own.h"

static void on_gone(uv_poll_t *p, int status, int events)
{
	struct orphan *o = p->data;

	(void)uv_poll_stop(p);
	o->on_orphaned(o->ctx);
}

void orphan_watch(struct orphan *o, uv_loop_t *loop,
		  void (*on_orphaned)(void *ctx), void *ctx)
{
	const char *text = getenv(KEEPER_PID);
	pid_t keeper = text ? (pid_t)strtol(text, NULL, 10) : 0;

	*o = (struct orphan){ .pidfd = -1,
			      .on_orphaned = on_orphaned,
			      .ctx = ctx };
	if (keeper <= 1)
		return;
	o->pidfd = (int)syscall(SYS_pidfd_open, keeper, 0);
	if (o->pidfd < 0 || getppid() != keeper) {
		o->pidfd = fd_close(o->pidfd);
		log_event(LOG_WARNING, "keeper-not-watched",
			  LOG_I("keeper", keeper));
		return;
	}
	(void)uv_poll_init(loop, &o->poll, o->pidfd);
	o->poll.data = o;
	(void)uv_poll_start(&o->poll, UV_READABLE, on_gone);
	uv_unref((uv_handle_t *)&o->poll);
}

static void on_closed(uv_handle_t *h)
{
	struct orphan *o = h->data;

	o->pidfd = fd_close(o->pidfd);
}

void orphan_close(struct orphan *o)
{
	if (o->pidfd >= 0)
		uv_close((uv_handle_t *)&o->poll, on_closed);
}

int orphan_become_keeper(int argc, char **argv, struct store *s)
{
	static char keeper[] = "--keeper";
	char **more = calloc((size_t)argc + 2, sizeof(*more));
	const struct child_plan plan = { argv[0], more, NULL };

	if (!more)
		return -ENOMEM;
	if (access(argv[0], X_OK) < 0) {
		int r = -errno;

		free(more);
		return r;
	}
	more[0] = argv[0];
	more[1] = keeper;
	for (int i = 1; i < argc; i++)
		more[i + 1] = argv[i];
	(void)oom_shift(-OOM_STEP, OOM_SCORE_ADJ_MIN); /* what the keeper had */
	/* It lays the store out over whatever we have open: no way back. */
	log_event(LOG_ERR, "not-a-keeper",
		  LOG_E(child_become(&plan, s, NULL)));
	_exit(EXIT_FAILURE);
}
