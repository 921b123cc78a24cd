// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A worker's life: spawn() -> on_exit_of -> uv_close -> on_reaped -> succeed().
 * One that is killed and does not die (it waits in the kernel for a file system
 * of the container's) is given up, and reaped whenever that ends.
 * What comes next is decided in succeed() alone, whatever ended the worker:
 *
 *   deputyd ends, or the last task is gone   the session ends
 *   it was asked to leave, or had a call      the next worker, at once
 *     in flight, or had done any work
 *   it died young and idle, or never started  the next worker, after a while
 *   so did the first ones of a new listener   the session ends: refused
 *   it was a helper with nothing to do        none, until there is again
 */
#include "daemon/appoint.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/flight.h"
#include "daemon/lingering.h"
#include "daemon/predecessor.h"
#include "daemon/registry.h"
#include "daemon/spawn.h"
#include "lib/handover.h"
#include "lib/log.h"
#include "lib/own.h"

#define BACKOFF_MIN_MS 100
#define BACKOFF_MAX_MS 5000
#define YOUNG_MS       1000
/* A new listener whose first workers all fail is refused after so many. */
#define FIRST_WORKERS_MAX 3
/* For workers of an earlier deputyd to die, once they were killed. */
#define PREDECESSOR_MS	     2000
#define PREDECESSOR_RETRY_MS 1

static void succeed(struct session *s);

static void on_reaped(uv_handle_t *h)
{
	struct session *s = h->data;

	s->worker->pidfd = fd_close(s->worker->pidfd);
	s->worker->used = false;
	s->worker_state = WORKER_NONE;
	if (!s->ended)
		succeed(s);
	session_handle_closed(s);
}

static void on_lost_reaped(uv_handle_t *h)
{
	struct worker *w = (struct worker *)h;
	struct session *s = h->data;

	w->pidfd = fd_close(w->pidfd);
	w->used = false;
	s->n_lost--;
	session_handle_closed(s);
}

static void on_exit_of(uv_poll_t *p, int uv_status, int events)
{
	struct worker *w = (struct worker *)p;
	struct session *s = p->data;
	siginfo_t info = { .si_pid = 0 };

	if (waitid(P_PID, (id_t)w->pid, &info, WEXITED | WNOHANG) == 0 &&
	    info.si_pid == 0)
		return;
	s->registry->n_workers--;
	if (w->lost) {
		uv_close((uv_handle_t *)p, on_lost_reaped);
		return;
	}
	s->exit_status = info.si_code == CLD_EXITED ? info.si_status : 0;
	s->exit_signal = info.si_code == CLD_EXITED ? 0 : info.si_status;
	s->worker_state = WORKER_GONE;
	uv_close((uv_handle_t *)p, on_reaped);
}

static void on_backoff(uv_timer_t *t)
{
	appoint(t->data);
}

static void on_not_started(uv_timer_t *t)
{
	struct session *s = t->data;

	s->worker_state = WORKER_NONE;
	succeed(s);
}

static void on_backoff_closed(uv_handle_t *h)
{
	session_handle_closed(h->data);
}

void appoint_init(struct session *s)
{
	(void)uv_timer_init(s->registry->loop, &s->backoff);
	s->backoff.data = s;
	s->open_handles++;
}

void appoint_end(struct session *s)
{
	uv_close((uv_handle_t *)&s->backoff, on_backoff_closed);
}

/* Want of fds or memory passes; nothing else that keeps a program from starting. */
static bool is_short(int error)
{
	return error == -EAGAIN || error == -ENOMEM || error == -EMFILE ||
	       error == -ENFILE;
}

/* Return: 0, or a negative errno; then no handle is open */
static int start(struct session *s)
{
	struct worker *w = s->worker;
	struct program *p = &s->registry->program;
	struct groups *g = &s->registry->groups;
	AUTO(fd_close) int group = groups_enter(g, &s->container->group);
	const int fds[HANDOVER_FDS] = {
		[0] = -1,
		[1] = -1,
		[HANDOVER_STDERR] = STDERR_FILENO,
		[HANDOVER_LISTENER] = session_fd(s),
		[HANDOVER_POLICY] = policy_memfd(s->container->policy),
		[HANDOVER_SLOT] = s->slot_fd,
		[HANDOVER_NODES] = container_nodes(s->registry, s->container),
		[HANDOVER_GROUP] = group,
	};

	s->oom_kills = groups_oom_kills(g, s->container->group);
	if (program_open(p))
		return -ENOEXEC;
	w->pid = spawn(p->fd, fds, &w->pidfd);
	if (w->pid < 0) {
		if (!is_short(w->pid))
			program_renew(p);
		return w->pid;
	}
	(void)uv_poll_init(s->registry->loop, &w->exit, w->pidfd);
	(void)uv_poll_start(&w->exit, UV_READABLE, on_exit_of);
	w->exit.data = s;
	return 0;
}

/* There are as many as may be in use at once. */
static struct worker *take_worker(struct session *s)
{
	struct worker *w = s->workers;

	while (w->used)
		w++;
	*w = (struct worker){ .used = true, .pidfd = -1 };
	return w;
}

/* Return: is the worker of an earlier deputyd still to be waited for? One that
 * was killed and does not die is given up, as appoint_abandon() does. */
static bool await_predecessor(struct session *s)
{
	uint64_t waited_ms = uv_now(s->registry->loop) - s->asked_ms;
	int n = predecessor_end(s->slot_fd);

	if (n > 0 && waited_ms < PREDECESSOR_MS) {
		(void)uv_timer_start(&s->backoff, on_backoff,
				     PREDECESSOR_RETRY_MS, 0);
		return true;
	}
	if (n != 0)
		log_event(LOG_ERR, "worker-lost",
			  LOG_S("container", s->container->id),
			  LOG_S("of", "an earlier deputyd"),
			  LOG_E(n < 0 ? n : -ETIMEDOUT));
	s->inherited = false;
	if (flight_settle(s) == FLIGHT_GOES_ON)
		log_event(LOG_NOTICE, "call-inherited",
			  LOG_S("container", s->container->id));
	return false;
}

void appoint_inherited(struct session *s)
{
	uv_update_time(s->registry->loop);
	s->asked_ms = uv_now(s->registry->loop);
	s->inherited = true;
	s->proven = true; /* by an earlier deputyd */
	appoint(s);
}

void appoint(struct session *s)
{
	struct slot_identity id;
	int r;

	session_identify(s, &id);
	/* Anew: the policy may be another, and the last worker a liar. */
	slot_identify(s->slot, &id);
	if (s->inherited && await_predecessor(s))
		return;
	lingering_count(s);
	atomic_store_explicit(&s->slot->superseded, 0, memory_order_release);
	s->leaving = s->outdated = s->retiring = false;
	s->idle_ticks = 0;
	if (s->proxy_fd < 0) /* a monitor's patience is not the worker's */
		s->seen_id = 0;
	s->received_before = atomic_load_explicit(
		&s->slot->counters.received, memory_order_relaxed);
	s->worker_since_ms = uv_now(s->registry->loop);
	s->worker = take_worker(s);
	r = start(s);
	s->start_error = r;
	if (r == 0) {
		s->open_handles++;
		s->worker_state = WORKER_RUNNING;
		s->registry->n_workers++;
		log_event(LOG_DEBUG, "worker-appointed",
			  LOG_S("container", s->container->id),
			  LOG_I("worker", s->worker->pid));
		return;
	}
	log_event(LOG_ERR, "worker-not-started",
		  LOG_S("container", s->container->id),
		  LOG_S("path", s->registry->program.path),
		  LOG_S("why", s->registry->program.fd < 0 ?
				       s->registry->program.why :
				       "it cannot be executed"),
		  LOG_E(r));
	s->exit_status = HANDOVER_EXIT_SETUP;
	s->exit_signal = 0;
	s->worker->used = false;
	s->worker_state = WORKER_GONE;
	(void)uv_timer_start(&s->backoff, on_not_started, 0, 0);
}

void appoint_dismiss(struct session *s)
{
	if (s->worker_state != WORKER_RUNNING)
		return;
	if (!s->leaving)
		s->asked_ms = uv_now(s->registry->loop);
	s->leaving = true;
	(void)kill(s->worker->pid, SIGTERM);
}

void appoint_supersede(struct session *s)
{
	if (s->worker_state != WORKER_RUNNING)
		return;
	s->outdated = true;
	atomic_store_explicit(&s->slot->superseded, 1, memory_order_release);
	appoint_dismiss(s);
}

void appoint_retire(struct session *s)
{
	s->retiring = true;
	appoint_dismiss(s);
}

/* Its exact child dies with it, but not where a container stopped it before it
 * could ask for that.  While the worker waits for it, its pid is no other's. */
static void kill_children(pid_t worker)
{
	char path[64], pids[64];
	AUTO(fd_close) int fd = -1;
	ssize_t n;
	long pid;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", worker,
		       worker);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, pids, sizeof(pids) - 1);
	if (n <= 0)
		return;
	pids[n] = '\0'; /* it has at most one at a time */
	pid = strtol(pids, NULL, 10);
	if (pid > 1)
		(void)kill((pid_t)pid, SIGKILL);
}

void appoint_kill(struct session *s)
{
	if (s->worker_state != WORKER_RUNNING)
		return;
	kill_children(s->worker->pid);
	(void)kill(s->worker->pid, SIGKILL);
}

static bool is_crash_loop(const struct session *s, int flight)
{
	uint64_t received = atomic_load_explicit(&s->slot->counters.received,
						 memory_order_relaxed);
	/* Told to leave, but not by us: perhaps over and over. */
	bool strange = !s->exit_signal && s->exit_status == HANDOVER_EXIT_HANGUP;

	if (s->starved || (!s->exit_signal && s->exit_status == HANDOVER_EXIT_SETUP))
		return true;
	if (s->leaving || flight == FLIGHT_GOES_ON ||
	    (received != s->received_before && !strange))
		return false;
	return uv_now(s->registry->loop) - s->worker_since_ms < YOUNG_MS;
}

static void log_crash(const struct session *s, int flight)
{
	log_event(LOG_WARNING, "worker-died",
		  LOG_S("container", s->container->id),
		  LOG_I("signal", s->exit_signal),
		  LOG_I("status", s->exit_status),
		  LOG_S("call", flight == FLIGHT_GOES_ON ? "taken over" : "none"),
		  LOG_U("restarts", s->restarts));
}

/* Will the listener never have a worker, as far as one can tell? One that was
 * served once is kept: its calls wait, and get the policy's "fail". */
static bool is_hopeless(struct session *s)
{
	uint32_t phase = atomic_load_explicit(&s->slot->call.phase,
					      memory_order_acquire);

	s->proven |= phase != SLOT_IDLE;
	if (s->proven || flight_left_in_order(s) || is_short(s->start_error))
		return false;
	s->failures++;
	return s->start_error < 0 || s->failures >= FIRST_WORKERS_MAX;
}

static void refuse(struct session *s)
{
	log_event(LOG_ERR, "listener-refused",
		  LOG_S("container", s->container->id),
		  LOG_S("why", s->start_error ? "its worker cannot be started" :
						"its workers end before they "
						"serve"),
		  LOG_S("path", s->registry->program.path),
		  LOG_I("signal", s->exit_signal),
		  LOG_I("status", s->exit_status), LOG_E(s->start_error),
		  LOG_S("so", "its notified calls fail with ENOSYS"));
	program_renew(&s->registry->program);
	session_end(s, "no worker");
}

/* Did the kernel kill it for the memory that its container's workers may have? */
static bool is_starved(const struct session *s)
{
	return s->exit_signal == SIGKILL &&
	       groups_oom_kills(&s->registry->groups, s->container->group) >
		       s->oom_kills;
}

/* Who serves next, and when? */
static void replace(struct session *s)
{
	bool hopeless = is_hopeless(s);
	int flight;

	s->starved = is_starved(s);
	flight = flight_settle(s);

	if (!flight_left_in_order(s)) {
		s->restarts++;
		log_crash(s, flight);
	}
	if (hopeless) {
		refuse(s);
		return;
	}
	if (!is_crash_loop(s, flight)) {
		s->backoff_ms = 0;
		appoint(s);
		return;
	}
	s->backoff_ms = s->backoff_ms ? s->backoff_ms * 2 : BACKOFF_MIN_MS;
	if (s->backoff_ms > BACKOFF_MAX_MS)
		s->backoff_ms = BACKOFF_MAX_MS;
	(void)uv_timer_start(&s->backoff, on_backoff, s->backoff_ms, 0);
}

static void succeed(struct session *s)
{
	if (listener_hung_up(session_fd(s)))
		session_end(s, "no task is left");
	else if (s->registry->closing)
		session_end(s, "deputyd ends");
	else if (s->retiring && flight_now(s) == 0)
		log_event(LOG_DEBUG, "helper-rests",
			  LOG_S("container", s->container->id));
	else
		replace(s);
}

/* It runs no instruction any more, so the slot is its successor's. */
void appoint_abandon(struct session *s)
{
	if (s->worker_state != WORKER_RUNNING ||
	    s->n_lost == WORKERS_LOST_MAX || listener_hung_up(session_fd(s)))
		return;
	log_event(LOG_ERR, "worker-lost",
		  LOG_S("container", s->container->id),
		  LOG_I("worker", s->worker->pid),
		  LOG_U("lost", s->n_lost + 1));
	s->worker->lost = true;
	s->n_lost++;
	s->worker_state = WORKER_NONE;
	s->exit_status = 0;
	s->exit_signal = SIGKILL;
	replace(s);
}
