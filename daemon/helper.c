// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/helper.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/appoint.h"
#include "daemon/flight.h"
#include "daemon/registry.h"
#include "lib/listener.h"
#include "lib/log.h"

static bool is_slow(const struct session *s)
{
	return s->worker_state == WORKER_RUNNING && s->seen_id != 0 &&
	       s->seen_ticks > 0;
}

static bool rests(const struct session *s)
{
	return s->helper && s->worker_state == WORKER_NONE &&
	       !uv_is_active((const uv_handle_t *)&s->backoff);
}

/* Does a call wait, and nobody of this listener can take it soon? */
static bool is_behind(const struct container *c, const struct session *main)
{
	const struct session *s;

	TAILQ_FOREACH(s, &c->sessions, entry)
		if (s->number == main->number && !is_slow(s) && !rests(s))
			return false;
	return listener_has_waiting(main->listener_fd);
}

static void start_one(struct container *c, struct session *main)
{
	struct session *s;
	unsigned n = 0;
	int error;

	TAILQ_FOREACH(s, &c->sessions, entry) {
		n += s->helper;
		if (s->number != main->number || !rests(s))
			continue;
		appoint(s);
		return;
	}
	if (n >= HELPERS_MAX)
		return;
	error = session_help(main);
	if (error < 0)
		log_event(LOG_ERR, "helper-not-started",
			  LOG_S("container", c->id), LOG_E(error));
	else
		log_event(LOG_NOTICE, "helper-started",
			  LOG_S("container", c->id), LOG_U("helpers", n + 1));
}

static void retire_if_idle(struct session *s)
{
	uint64_t received = atomic_load_explicit(&s->slot->counters.received,
						 memory_order_relaxed);

	if (s->worker_state != WORKER_RUNNING || s->leaving)
		return;
	if (flight_now(s) != 0 || received != s->idle_received)
		s->idle_ticks = 0;
	s->idle_received = received;
	if (++s->idle_ticks > HELPER_IDLE_TICKS)
		appoint_retire(s);
}

void helper_tick(struct container *c)
{
	struct session *s;

	TAILQ_FOREACH(s, &c->sessions, entry)
		if (s->helper)
			retire_if_idle(s);
		else if (s->proxy_fd < 0 && is_slow(s) && is_behind(c, s))
			start_one(c, s);
}
