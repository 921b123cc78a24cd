// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/flight.h"

#include <errno.h>
#include <signal.h>

#include "daemon/failed_call.h"
#include "daemon/proxied.h"
#include "daemon/registry.h"
#include "lib/handover.h"
#include "lib/log.h"
#include "policy/policy.h"

struct flight {
	uint32_t phase;
	uint64_t id;
};

static struct flight flight_read(const struct session *s)
{
	const struct slot_call *c = &s->slot->call;
	const volatile struct seccomp_notif *n = &c->notif.notif;
	struct flight f = { atomic_load_explicit(&c->phase,
						 memory_order_acquire),
			    n->id };

	/* RECEIVING: RECV may have come back just now. */
	if (f.phase < SLOT_RECEIVING || f.phase >= SLOT_ANSWERED)
		f.id = 0;
	return f;
}

uint64_t flight_now(const struct session *s)
{
	uint64_t id = s->proxy_fd >= 0 ? proxied_now(s->proxy_fd) : 0;

	return id ?: flight_read(s).id;
}

/* A monitor keeps the listener: there its word is that somebody waits. */
static bool still_waits(const struct session *s, uint64_t id)
{
	return s->proxy_fd >= 0 ||
	       listener_id_valid(s->listener_fd, id) == LISTENER_OK;
}

static int respond(const struct session *s, uint64_t id, const struct verdict *v)
{
	if (s->proxy_fd >= 0)
		return proxied_answer(s->proxy_fd, id, v);
	return listener_send(s->listener_fd, id, v);
}

static void set_phase(struct session *s, enum slot_phase phase)
{
	atomic_store_explicit(&s->slot->call.phase, phase,
			      memory_order_release);
}

static void give_up(struct session *s, uint64_t id, const struct failed_call *f,
		    const char *why)
{
	const struct verdict v = policy_fail(s->container->policy);
	int r = respond(s, id, &v);

	slot_count(&s->slot->counters.given_up);
	failed_call_log(s, f, why, v.error,
			r == LISTENER_OK ? "answered" : "gone");
}

static void give_up_in_flight(struct session *s, uint64_t id, const char *why)
{
	struct failed_call f;

	failed_call_of_slot(s, id, &f);
	give_up(s, id, &f, why);
}

/* The phase is the worker's to write, as long as it may not be dead. */
void flight_expire(struct session *s)
{
	if (s->proxy_fd >= 0) {
		struct failed_call f;

		failed_call_of_slot(s, s->expired_id, &f);
		proxied_close(s->proxy_fd);
		slot_count(&s->slot->counters.given_up);
		failed_call_log(s, &f, "deadline", ENOSYS, "answered by LXC");
	} else if (still_waits(s, s->expired_id)) {
		give_up_in_flight(s, s->expired_id, "deadline");
	}
}

/* A worker that is asked to leave before it listens to signals dies of one. */
bool flight_left_in_order(const struct session *s)
{
	if (s->exit_signal)
		return s->leaving && s->exit_signal == SIGTERM;
	return s->leaving && s->exit_status == HANDOVER_EXIT_HANGUP;
}

/* How the last worker ended says whether the call may be what ended it.  One
 * that could not start, for want of fds or memory, has tried nothing.  A container
 * has no way to SIGKILL one, so that it was somebody else; except at the limit of
 * its own workers' memory, where the next one dies, too. */
static void count_attempt(struct session *s)
{
	if (s->exit_signal == SIGKILL && !s->starved)
		s->kills++;
	else if (s->exit_signal || s->exit_status != HANDOVER_EXIT_SETUP)
		s->attempts++;
}

static bool is_alone(const struct session *s)
{
	const struct session *other;

	TAILQ_FOREACH(other, &s->container->sessions, entry)
		if (other != s && other->number == s->number &&
		    (other->worker_state != WORKER_NONE || flight_now(other)))
			return false;
	return true;
}

/*
 * The journal tells of one call.  What else was received and not answered it has
 * lost, or a worker has lied; where the kernel can, whoever serves next receives
 * it once more.  Not while that one call is in flight, or another of a helper's:
 * it would go back, too, and how far it came would be forgotten.
 */
static void bring_back(const struct session *s)
{
	int n = is_alone(s) ? listener_requeue(s->listener_fd) : 0;

	if (n > 0)
		log_event(LOG_NOTICE, "calls-requeued",
			  LOG_S("container", s->container->id),
			  LOG_I("calls", n));
}

/* One that waits is there, so RECV does not block; its caller may be gone, though. */
static bool fail_one(struct session *s)
{
	union listener_notif n = { .notif = { .id = 0 } };
	struct failed_call f;

	if (!listener_has_waiting(s->listener_fd) ||
	    listener_recv(s->listener_fd, &n) != LISTENER_OK)
		return false;
	slot_count(&s->slot->counters.received);
	failed_call_of(&n.notif, &f);
	give_up(s, n.notif.id, &f, "there is no worker");
	return true;
}

void flight_fail_waiting(struct session *s)
{
	uint64_t id = flight_now(s);

	if (!is_alone(s))
		return;
	if (id != 0 && id != s->expired_id && still_waits(s, id)) {
		s->expired_id = id;
		give_up_in_flight(s, id, "there is no worker");
	}
	for (int i = 0; i < FLIGHT_FAILED_AT_ONCE && fail_one(s); i++)
		;
}

int flight_settle(struct session *s)
{
	struct flight f = flight_read(s);

	/* Answered, but the worker died before it could note that; or its caller
	 * is gone: not in flight any more. */
	if (f.id != 0 && !still_waits(s, f.id))
		f.id = 0;
	if (f.id != s->flight_id)
		s->attempts = s->kills = 0;
	s->flight_id = f.id;
	if (f.id == 0) { /* also where the phase is none at all */
		if (s->proxy_fd < 0 || f.phase != SLOT_ANSWERING)
			set_phase(s, SLOT_IDLE);
		bring_back(s);
		return FLIGHT_NONE;
	}
	if (f.id == s->expired_id || s->attempts >= FLIGHT_ATTEMPTS_MAX ||
	    s->kills >= FLIGHT_KILLS_MAX) {
		give_up_in_flight(s, f.id,
				  f.id == s->expired_id ? "deadline" : "crashes");
		set_phase(s, SLOT_ANSWERED);
		bring_back(s);
		return FLIGHT_NONE;
	}
	/* However often an administrator reloads, no call fails of it. */
	if (!flight_left_in_order(s))
		count_attempt(s);
	return FLIGHT_GOES_ON;
}
