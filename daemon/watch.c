// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/watch.h"

#include <signal.h>
#include <time.h>

#include "daemon/appoint.h"
#include "lib/listener.h"
#include "lib/log.h"

/* -- hang-up ------------------------------------------------------------------------ */

/* No task can be waiting: nothing is lost. */
static void on_hangup(uv_poll_t *p, int status, int events)
{
	struct listener *l = p->data;

	if (listener_hung_up(l->fd))
		listener_end(l, SIGKILL);
}

static void on_hangup_closed(uv_handle_t *h)
{
	listener_handle_closed(h->data);
}

void watch_start(uv_loop_t *loop, struct listener *l)
{
	int r = uv_poll_init(loop, &l->hangup, l->fd);

	l->hangup.data = l;
	/* Not UV_READABLE: deputyd is not to be woken by notifications. */
	if (r == 0) {
		l->handles++;
		r = uv_poll_start(&l->hangup, UV_DISCONNECT, on_hangup);
	}
	l->watched = r == 0;
	if (r < 0) /* its worker still notices, on kernels that tell it */
		log_event(LOG_WARNING, "hangup-not-watched",
			  LOG_S("container", l->container->id), LOG_E(r));
}

void watch_stop(struct listener *l)
{
	if (!l->watched)
		return;
	l->watched = false;
	uv_close((uv_handle_t *)&l->hangup, on_hangup_closed);
}

/* -- stalls ------------------------------------------------------------------------- */

/* The worker's clock, lib/slot.h. */
static uint64_t now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
	return (uint64_t)ts.tv_sec * UINT64_C(1000000000) + (uint64_t)ts.tv_nsec;
}

static void look_at(struct listener *l, uint64_t now)
{
	const struct slot_call *call = &l->slot->call;
	uint32_t phase = atomic_load_explicit(&call->phase, memory_order_acquire);
	uint64_t start = atomic_load_explicit(&call->start_ns,
					      memory_order_relaxed);

	if (l->over || !appoint_pid(l) || l->expired ||
	    phase < SLOT_RECEIVED || phase >= SLOT_ANSWERED ||
	    now < start + CALL_DEADLINE_MS * UINT64_C(1000000))
		return;
	log_event(LOG_WARNING, "call-too-long",
		  LOG_S("container", l->container->id),
		  LOG_U("listener", l->number),
		  LOG_U("deadline_ms", CALL_DEADLINE_MS));
	appoint_expire(l);
}

static void on_interval(uv_timer_t *t)
{
	struct watch *w = t->data;
	uint64_t now = now_ns();
	struct container *c;
	struct listener *l;

	LIST_FOREACH(c, &w->registry->containers, link)
		LIST_FOREACH(l, &c->listeners, link)
			look_at(l, now);
}

void watch_init(struct watch *w, struct registry *r)
{
	w->registry = r;
	w->timer.data = w;
	(void)uv_timer_init(r->loop, &w->timer);
	(void)uv_timer_start(&w->timer, on_interval, WATCH_INTERVAL_MS,
			     WATCH_INTERVAL_MS);
}

void watch_done(struct watch *w)
{
	uv_close((uv_handle_t *)&w->timer, NULL);
}
