// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/appoint.h"

#include <errno.h>
#include <signal.h>

#include "lib/handover.h"
#include "lib/listener.h"
#include "lib/log.h"

static void schedule(struct listener *l);

static void on_process_closed(uv_handle_t *h)
{
	struct listener *l = h->data;

	l->state = WORKER_NONE;
	if (!l->over)
		schedule(l);
	listener_handle_closed(l);
}

static void on_backoff_closed(uv_handle_t *h)
{
	listener_handle_closed(h->data);
}

static void on_backoff(uv_timer_t *t)
{
	appoint(t->data);
}

/* -- what a dead worker left ----------------------------------------------------- */

/* The slot is the worker's to write, so nothing in it is trusted further than
 * to answer a call of this very listener. */
static bool has_in_flight(const struct listener *l, uint64_t *ret_id)
{
	const struct slot_call *call = &l->slot->call;
	uint32_t phase = atomic_load_explicit(&call->phase, memory_order_acquire);
	uint64_t id = call->notif.notif.id;

	if (phase < SLOT_RECEIVING || phase >= SLOT_ANSWERED ||
	    listener_id_valid(l->fd, id) != LISTENER_OK)
		return false;
	*ret_id = id;
	return true;
}

static void give_up_call(struct listener *l, uint64_t id)
{
	const struct verdict fail = verdict_errno(EPERM);
	int r = listener_send(l->fd, id, &fail);

	atomic_store_explicit(&l->slot->call.phase, SLOT_ANSWERED,
			      memory_order_release);
	log_event(LOG_ERR, "call-given-up",
		  LOG_S("container", l->container->id),
		  LOG_U("listener", l->number),
		  LOG_S("reason", l->expired ? "deadline" : "killed its workers"),
		  LOG_S("answer", r == LISTENER_OK ? "EPERM" : "none"));
}

static void settle_in_flight(struct listener *l)
{
	uint64_t id;

	if (!has_in_flight(l, &id)) {
		l->in_flight_deaths = 0;
	} else {
		if (l->in_flight_deaths == 0 || l->in_flight_id != id)
			l->in_flight_deaths = 0;
		l->in_flight_id = id;
		if (++l->in_flight_deaths >= CALL_DEATHS_MAX || l->expired)
			give_up_call(l, id);
	}
	l->expired = false;
}

/* -- the end of a worker ----------------------------------------------------------- */

static void log_end(const struct listener *l, int64_t status, int sig)
{
	log_event(LOG_WARNING, "worker-died",
		  LOG_S("container", l->container->id),
		  LOG_U("listener", l->number), LOG_I("pid", l->process.pid),
		  LOG_I("status", status), LOG_I("signal", sig),
		  LOG_U("restarts", l->restarts));
}

static void on_exit(uv_process_t *p, int64_t status, int sig)
{
	struct listener *l = p->data;
	bool left = sig == 0 && status == HANDOVER_EXIT_HANGUP;

	if (!l->over && left && listener_hung_up(l->fd)) {
		listener_end(l, SIGKILL);
	} else if (!l->over) {
		settle_in_flight(l);
		l->restarts++;
		l->container->registry->worker_restarts++;
		if (!left)
			log_end(l, status, sig);
	}
	uv_close((uv_handle_t *)p, on_process_closed);
}

/* -- its beginning ------------------------------------------------------------------ */

static uint64_t count_received(const struct listener *l)
{
	return atomic_load_explicit(&l->slot->counters.received,
				    memory_order_relaxed);
}

/* At once, unless workers die without ever serving a call. */
static void schedule(struct listener *l)
{
	uint64_t delay_ms = 0;

	if (count_received(l) != l->received_before || l->in_flight_deaths)
		l->idle_deaths = 0;
	else if (l->idle_deaths++ > 0)
		delay_ms = BACKOFF_FIRST_MS;
	for (unsigned i = 2; i < l->idle_deaths && delay_ms < BACKOFF_LONGEST_MS;
	     i++)
		delay_ms *= 2;
	if (delay_ms > BACKOFF_LONGEST_MS)
		delay_ms = BACKOFF_LONGEST_MS;
	if (delay_ms)
		(void)uv_timer_start(&l->backoff, on_backoff, delay_ms, 0);
	else
		appoint(l);
}

static int spawn(struct listener *l)
{
	const struct registry *r = l->container->registry;
	const int fds[HANDOVER_FDS] = {
		[0] = -1,
		[1] = -1,
		[HANDOVER_STDERR] = 2,
		[HANDOVER_LISTENER] = l->fd,
		[HANDOVER_POLICY] = l->container->policy_fd,
		[HANDOVER_SLOT] = l->slot_fd,
		[HANDOVER_NODES] = r->nodes_fd,
	};
	uv_stdio_container_t stdio[HANDOVER_FDS];
	char *args[] = { (char *)"deputy-worker", NULL }, *env[] = { NULL };
	uv_process_options_t options = {
		.exit_cb = on_exit,
		.file = r->worker_path,
		.args = args,
		.env = env,
		.stdio = stdio,
		.stdio_count = HANDOVER_FDS,
	};

	for (int i = 0; i < HANDOVER_FDS; i++) {
		stdio[i].flags = fds[i] < 0 ? UV_IGNORE : UV_INHERIT_FD;
		stdio[i].data.fd = fds[i];
	}
	return uv_spawn(r->loop, &l->process, &options);
}

void appoint_init(uv_loop_t *loop, struct listener *l)
{
	(void)uv_timer_init(loop, &l->backoff);
	l->backoff.data = l;
	l->process.data = l;
	l->handles++;
}

void appoint(struct listener *l)
{
	int r;

	l->received_before = count_received(l);
	l->handles++;
	r = spawn(l);
	if (r == 0) {
		l->state = WORKER_SERVING;
		log_event(LOG_DEBUG, "worker-appointed",
			  LOG_S("container", l->container->id),
			  LOG_U("listener", l->number),
			  LOG_I("pid", l->process.pid));
		return;
	}
	log_event(LOG_ERR, "worker-not-started",
		  LOG_S("container", l->container->id),
		  LOG_S("worker", l->container->registry->worker_path),
		  LOG_E(r));
	l->idle_deaths++; /* not at once again */
	uv_close((uv_handle_t *)&l->process, on_process_closed);
}

void appoint_successor(struct listener *l)
{
	if (l->state != WORKER_SERVING)
		return; /* the next one gets the present policy anyhow */
	l->state = WORKER_LEAVING;
	(void)uv_process_kill(&l->process, SIGTERM);
}

void appoint_expire(struct listener *l)
{
	l->expired = true;
	l->state = WORKER_KILLED;
	(void)uv_process_kill(&l->process, SIGKILL);
}

void appoint_end(struct listener *l, int sig)
{
	if (!uv_is_closing((uv_handle_t *)&l->backoff))
		uv_close((uv_handle_t *)&l->backoff, on_backoff_closed);
	if (appoint_pid(l)) {
		l->state = WORKER_KILLED;
		(void)uv_process_kill(&l->process, sig);
	}
}

pid_t appoint_pid(const struct listener *l)
{
	return l->state == WORKER_NONE ||
			       uv_is_closing((const uv_handle_t *)&l->process) ?
		       0 :
		       l->process.pid;
}
