// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Everything at once: containers under load, and a list of events, shuffled by
 * the seed.  In the end the ledgers must agree with what stands outside.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/restart/fault.h"
#include "tests/restart/jail.h"
#include "tests/restart/service.h"
#include "tests/restart/torture.h"

#define JAILS	      6
#define THREADS	      3
#define EVENT_GAP_MS  15 /* on average */
#define STARVED_MS    60
#define DONE_WITHIN_S 120

enum event {
	KILL_DAEMON,
	KILL_WORKER,
	RESTART,
	UPGRADE,
	RELOAD,
	STARVE,
	FAULT,
	CLOCK,
	EVENT_KINDS
};

static const char *const event_names[EVENT_KINDS] = {
	"kills of deputyd", "kills of workers", "restarts", "upgrades",
	"reloads",	    "starvings",	"faults",   "clock jumps",
};

struct havoc {
	const struct torture *torture;
	struct jail jails[JAILS];
	uint8_t *events;
	size_t n_events;
	unsigned long done[EVENT_KINDS];
	uint32_t random;
	bool other_policy, other_build;
	struct fault *fault;
};

static uint32_t next(struct havoc *h)
{
	h->random ^= h->random << 13;
	h->random ^= h->random >> 17;
	h->random ^= h->random << 5;
	return h->random;
}

static void plan_events(struct havoc *h)
{
	const struct torture *t = h->torture;
	const uint32_t counts[EVENT_KINDS] = {
		t->daemon_kills, t->worker_kills, t->restarts, t->upgrades,
		t->reloads,	 t->starvings,	  t->faults,   t->clocks,
	};
	size_t n = 0;

	for (int k = 0; k < EVENT_KINDS; k++)
		n += counts[k];
	h->events = malloc(n + 1);
	if (!h->events)
		die("no memory for %zu events", n);
	for (int k = 0; k < EVENT_KINDS; k++)
		for (uint32_t i = 0; i < counts[k]; i++)
			h->events[h->n_events++] = (uint8_t)k;
	for (size_t i = n; i > 1; i--) {
		size_t j = next(h) % i;
		uint8_t e = h->events[i - 1];

		h->events[i - 1] = h->events[j];
		h->events[j] = e;
	}
}

static void start_jails(struct havoc *h)
{
	const struct torture *t = h->torture;
	/* So that the load lasts as long as the events do, and longer. */
	uint32_t share = t->calls / (JAILS * THREADS) + 1;

	for (uint32_t i = 0; i < JAILS; i++) {
		char id[32];
		struct jail_plan plan = {
			.id = id,
			.parent_dir = t->dir,
			.threads = THREADS,
			.calls_max = 20 * share + 20000,
			.pause_us = 2000,
			.seed = t->seed * 1000 + i,
			.load = LOAD_MIXED,
			.own_tmpfs = i == 1,
			.signals = i % 2 == 0,
		};

		(void)snprintf(id, sizeof(id), "havoc%u", i);
		jail_start(&h->jails[i], &plan);
		jail_attach(&h->jails[i], SERVICE_OCI);
	}
	service_settle(JAILS, 30 * SLOWNESS);
	for (uint32_t i = 0; i < JAILS; i++)
		jail_go(&h->jails[i]);
}

static uint64_t calls_of_all(const struct havoc *h)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < JAILS; i++)
		n += ledger_count(h->jails[i].ledger);
	return n;
}

static pid_t wait_for_daemon(void)
{
	pid_t pid = 0;

	WAIT_FOR((pid = service_pid()) > 0, 30, "deputyd does not come back");
	return pid;
}

static void kill_daemon(struct havoc *h)
{
	/* A while after the last one: while it starts, and while it serves. */
	if (kill(wait_for_daemon(), SIGKILL) < 0 && errno != ESRCH)
		die("kill: %s", strerror(errno));
}

/* Return: whether there was one */
static bool kill_worker_now(struct havoc *h)
{
	pid_t pids[4 * JAILS];
	size_t n = service_workers(pids, 4 * JAILS);

	if (n > 4 * JAILS)
		n = 4 * JAILS;
	return n > 0 && kill(pids[next(h) % n], SIGKILL) == 0;
}

static void kill_worker(struct havoc *h)
{
	WAIT_FOR(kill_worker_now(h), 30, "no worker comes back");
}

static void restart(struct havoc *h)
{
	systemctl("restart", SERVICE_UNIT);
}

static void upgrade(struct havoc *h)
{
	h->other_build = !h->other_build;
	run_program("/deputy/source/tests/restart/upgrade.sh",
		    h->other_build ? "/deputy/other" : "/deputy/build", NULL);
	systemctl("restart", SERVICE_UNIT);
}

static void reload(struct havoc *h)
{
	pid_t pid = wait_for_daemon();

	h->other_policy = !h->other_policy;
	write_policy(h->other_policy);
	(void)kill(pid, SIGHUP); /* as ExecReload does, and it may be dying */
}

/* Whatever it opens fails, a worker's birth too. */
static void starve(struct havoc *h)
{
	struct rlimit old, none;
	pid_t pid = wait_for_daemon();

	if (prlimit(pid, RLIMIT_NOFILE, NULL, &old) < 0)
		return; /* died meanwhile: killed by the last event */
	none = old;
	none.rlim_cur = 8;
	(void)prlimit(pid, RLIMIT_NOFILE, &none, NULL);
	(void)kill_worker_now(h); /* none: deputyd has just started, with no fd */
	pause_ms(STARVED_MS);
	(void)prlimit(pid, RLIMIT_NOFILE, &old, NULL);
}

static void break_calls(struct havoc *h)
{
	h->fault->memory = 3 + next(h) % 20;
	h->fault->fds = 2 + next(h) % 5;
	h->fault->space = 2 + next(h) % 5;
	(void)kill_worker_now(h);
	pause_ms(STARVED_MS);
	h->fault->memory = h->fault->fds = h->fault->space = 0;
}

/* The monotonic one only goes forward, while somebody looks at it. */
static void jump(struct havoc *h)
{
	h->fault->monotonic_s += next(h) % 5000;
	h->fault->realtime_s = (int64_t)(next(h) % 200000) - 100000;
}

static void (*const acts[EVENT_KINDS])(struct havoc *h) = {
	[KILL_DAEMON] = kill_daemon, [KILL_WORKER] = kill_worker,
	[RESTART] = restart,	     [UPGRADE] = upgrade,
	[RELOAD] = reload,	     [STARVE] = starve,
	[FAULT] = break_calls,	     [CLOCK] = jump,
};

static void preload_fault(struct havoc *h)
{
	int fd = open(FAULT_FILE, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || ftruncate(fd, sizeof(*h->fault)) < 0)
		die(FAULT_FILE ": %s", strerror(errno));
	h->fault = mmap(NULL, sizeof(*h->fault), PROT_READ | PROT_WRITE,
			MAP_SHARED, fd, 0);
	close(fd);
	if (h->fault == MAP_FAILED)
		die(FAULT_FILE ": %s", strerror(errno));
#ifdef DEPUTY_SANITIZED
	(void)printf("no faults within deputyd: its sanitizer has malloc\n");
#else
	run_program("/deputy/source/tests/restart/preload.sh", "on", NULL);
#endif
}

static void wreak(struct havoc *h)
{
	for (size_t i = 0; i < h->n_events; i++) {
		pause_ms(next(h) % (2 * EVENT_GAP_MS));
		acts[h->events[i]](h);
		h->done[h->events[i]]++;
	}
	WAIT_FOR(calls_of_all(h) >= h->torture->calls, DONE_WITHIN_S,
		 "not %u calls, but %lu", h->torture->calls,
		 (unsigned long)calls_of_all(h));
}

static unsigned long end_jails(struct havoc *h)
{
	unsigned long wrong = 0;
	uint64_t calls, full = 0, signals = 0;

	for (uint32_t i = 0; i < JAILS; i++) {
		const struct ledger *l = h->jails[i].ledger;

		jail_finish(&h->jails[i], DONE_WITHIN_S);
		for (uint32_t t = 0; t < l->threads; t++)
			full += l->columns[t].n + 8 > l->max;
		signals += atomic_load(&l->signals_sent);
		wrong += look_at(&h->jails[i]);
	}
	calls = calls_of_all(h);
	for (int k = 0; k < EVENT_KINDS; k++)
		(void)printf("%lu %s, ", h->done[k], event_names[k]);
	(void)printf("%lu signals: %lu calls, %lu wrong\n",
		     (unsigned long)signals, (unsigned long)calls, wrong);
	if (full) {
		(void)printf("wrong: the load ended before the havoc\n");
		wrong++;
	}
	for (uint32_t i = 0; i < JAILS; i++)
		jail_end(&h->jails[i]);
	return wrong;
}

unsigned long havoc(const struct torture *t)
{
	struct havoc h = { .torture = t, .random = t->seed * 2654435761U | 1 };
	unsigned long wrong;

	plan_events(&h);
	preload_fault(&h);
	start_jails(&h);
	wreak(&h);
	wrong = end_jails(&h);
#ifndef DEPUTY_SANITIZED
	run_program("/deputy/source/tests/restart/preload.sh", "off", NULL);
#endif
	(void)munmap(h.fault, sizeof(*h.fault));
	free(h.events);
	return wrong;
}
