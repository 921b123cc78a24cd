// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * deputyd polls a listener (or LXC's connection) for hang-up only, never for
 * notifications: those
 * are its worker's, and must not wake deputyd.  One coarse timer looks for
 * stalls, while there is anything to look at.
 */
#include "daemon/watch.h"

#include "daemon/appoint.h"
#include "daemon/flight.h"
#include "daemon/helper.h"
#include "daemon/lingering.h"
#include "daemon/notify.h"
#include "daemon/registry.h"
#include "lib/listener.h"
#include "lib/log.h"

/* The worker sees it too on newer kernels, and goes by itself; on older ones
 * it would sit in RECV for good. */
static void on_hangup(uv_poll_t *p, int status, int events)
{
	struct session *s = p->data;

	if (!listener_hung_up(session_fd(s)))
		return;
	(void)uv_poll_stop(p);
	s->hung_up = true;
	if (s->worker_state == WORKER_NONE)
		session_end(s, "no task is left");
	else
		appoint_dismiss(s);
}

static void on_closed(uv_handle_t *h)
{
	session_handle_closed(h->data);
}

int watch_session(struct session *s)
{
	int r = uv_poll_init(s->registry->loop, &s->hangup, session_fd(s));

	if (r < 0)
		return r;
	s->hangup.data = s;
	s->open_handles++;
	/* Cannot fail: it only sets flags. */
	(void)uv_poll_start(&s->hangup, UV_DISCONNECT, on_hangup);
	return 0;
}

void watch_session_end(struct session *s)
{
	uv_close((uv_handle_t *)&s->hangup, on_closed);
}

static unsigned deadline_s(const struct session *s)
{
	unsigned given = policy_deadline_s(s->container->policy);

	return s->proxy_fd >= 0 && given > LXC_DEADLINE_S ? LXC_DEADLINE_S :
							      given;
}

static void check_stall(struct session *s)
{
	unsigned patience_s = deadline_s(s);
	uint64_t id = flight_now(s);

	if (id == 0 || id != s->seen_id) {
		s->seen_id = id;
		s->seen_ticks = 0;
		s->seen_since_ms = uv_now(s->registry->loop);
		return;
	}
	s->seen_ticks++;
	/* A monitor counts real time, also when deputyd gets none. */
	if (s->proxy_fd >= 0)
		s->seen_ticks = (unsigned)((uv_now(s->registry->loop) -
					    s->seen_since_ms) / TICK_MS);
	if (id == s->expired_id) {
		if (++s->expired_ticks >= LOST_TICKS)
			appoint_abandon(s);
		return;
	}
	if (s->seen_ticks < patience_s * 1000 / TICK_MS)
		return;
	s->expired_id = id;
	s->expired_ticks = 0;
	log_event(LOG_ERR, "worker-stalled",
		  LOG_S("container", s->container->id),
		  LOG_I("worker", s->worker->pid),
		  LOG_U("seconds", patience_s));
	appoint_kill(s);
	flight_expire(s);
}

/* A listener without a worker, since none can be started: its calls wait for the
 * next one, but no longer than their deadline. */
static void check_unserved(struct session *s)
{
	if (!flight_now(s) && !listener_has_waiting(s->listener_fd))
		s->unserved_ticks = 0;
	else if (++s->unserved_ticks >= deadline_s(s) * 1000 / TICK_MS)
		flight_fail_waiting(s);
}

static void look_at(struct session *s, uint64_t now)
{
	if (s->worker_state == WORKER_NONE && s->proxy_fd < 0 && !s->helper)
		check_unserved(s);
	/* A monitor waits also where there is no worker. */
	if (s->worker_state == WORKER_RUNNING || s->proxy_fd >= 0)
		check_stall(s);
	if (s->worker_state != WORKER_RUNNING)
		return;
	if (!s->leaving)
		return;
	if (s->hung_up && now - s->asked_ms > LEAVE_MS)
		appoint_kill(s);
	else /* the signal may have come just before it went to wait */
		appoint_dismiss(s);
}

static void on_tick(uv_timer_t *t)
{
	struct registry *r = t->data;
	struct container *c;
	struct session *s;

	if (!groups_tick(&r->groups) && TAILQ_EMPTY(&r->containers))
		(void)uv_timer_stop(t);
	notify_status(r->n_containers, r->n_sessions);
	TAILQ_FOREACH(c, &r->containers, entry) {
		TAILQ_FOREACH(s, &c->sessions, entry)
			look_at(s, uv_now(r->loop));
		helper_tick(c);
		lingering_tick(c);
	}
}

void watch_init(struct registry *r)
{
	(void)uv_timer_init(r->loop, &r->tick);
	r->tick.data = r;
}

void watch_close(struct registry *r)
{
	uv_close((uv_handle_t *)&r->tick, NULL);
}

void watch_wake(struct registry *r)
{
	if (!uv_is_active((const uv_handle_t *)&r->tick))
		(void)uv_timer_start(&r->tick, on_tick, TICK_MS, TICK_MS);
}
