// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/restart/harm.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "tests/restart/fault.h"
#include "tests/restart/group.h"
#include "tests/restart/memory.h"
#include "tests/restart/service.h"
#include "tests/restart/torture.h"

#define STARVED_MS	60
#define FROZEN_MS	60	    /* at most */
#define OOM_KILLS_MAX	5	    /* of a squeeze; 11 of one call fail it */
#define OVERSLEPT_MS	(12 * 1000) /* a call's deadline is 10 s */
#define UNIT_GROUP	GROUPS "/system.slice/" SERVICE_UNIT
#define WORKER_GROUP	UNIT_GROUP "/frozen"
#define NEWCOMER_CALLS	20
#define NEWCOMER_WAIT_S (60 * SLOWNESS)

uint32_t havoc_next(struct havoc *h)
{
	h->random ^= h->random << 13;
	h->random ^= h->random >> 17;
	h->random ^= h->random << 5;
	return h->random;
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

/* Return: its pid, or 0 if there is none */
static pid_t any_worker(struct havoc *h)
{
	pid_t pids[4 * JAILS];
	size_t n = service_workers(pids, 4 * JAILS);

	if (n > 4 * JAILS)
		n = 4 * JAILS;
	return n > 0 ? pids[havoc_next(h) % n] : 0;
}

/* Return: whether there was one */
static bool kill_worker_now(struct havoc *h)
{
	pid_t pid = any_worker(h);

	return pid > 0 && kill(pid, SIGKILL) == 0;
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

static void change_policy(struct havoc *h, pid_t pid)
{
	h->other_policy = !h->other_policy;
	write_policy(h->other_policy);
	(void)kill(pid, SIGHUP); /* as ExecReload does, and it may be dying */
}

static void reload(struct havoc *h)
{
	change_policy(h, wait_for_daemon());
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
	h->fault->memory = 3 + havoc_next(h) % 20;
	h->fault->fds = 2 + havoc_next(h) % 5;
	h->fault->space = 2 + havoc_next(h) % 5;
	(void)kill_worker_now(h);
	pause_ms(STARVED_MS);
	h->fault->memory = h->fault->fds = h->fault->space = 0;
}

/* The monotonic one only goes forward, while somebody looks at it. */
static void jump(struct havoc *h)
{
	h->fault->monotonic_s += havoc_next(h) % 5000;
	h->fault->realtime_s = (int64_t)(havoc_next(h) % 200000) - 100000;
}

void jail_group(uint32_t i, char ret[JAIL_GROUP_BYTES])
{
	(void)snprintf(ret, JAIL_GROUP_BYTES, GROUPS "/torture-%u", i);
}

/* While something is frozen. A deputyd that is killed in a frozen unit does not
 * come back before that is thawed. */
static void disturb(struct havoc *h)
{
	pid_t pid = service_pid();
	uint32_t dice = havoc_next(h) % 4;

	if (dice == 0 && pid > 0)
		(void)kill(pid, SIGKILL);
	else if (dice == 1)
		(void)kill_worker_now(h);
	else if (dice == 2 && pid > 0)
		change_policy(h, pid);
	pause_ms(havoc_next(h) % FROZEN_MS);
}

/* Return: whether one is frozen, in a group of its own */
static bool freeze_worker(struct havoc *h)
{
	pid_t pid = any_worker(h);

	return pid > 0 && group_make(WORKER_GROUP) &&
	       group_enter(WORKER_GROUP, pid) && group_freeze(WORKER_GROUP);
}

/* deputyd with its workers, one worker, or a container. */
static void freeze(struct havoc *h)
{
	char group[JAIL_GROUP_BYTES] = UNIT_GROUP;
	uint32_t dice = havoc_next(h) % 3;

	if (dice == 0) {
		WAIT_FOR(freeze_worker(h), 30, "no worker comes back");
		(void)snprintf(group, sizeof(group), "%s", WORKER_GROUP);
	} else {
		if (dice == 1)
			jail_group(havoc_next(h) % JAILS, group);
		WAIT_FOR(group_freeze(group), 30, "%s is not there", group);
	}
	disturb(h);
	group_thaw(group);
}

/* No call may fail of it: nobody was there to work on one. */
static void oversleep(struct havoc *h)
{
	char group[JAIL_GROUP_BYTES] = UNIT_GROUP;

	if (h->done[OVERSLEEP] % 2)
		jail_group(havoc_next(h) % JAILS, group);
	WAIT_FOR(group_freeze(group), 30, "%s is not there", group);
	pause_ms(OVERSLEPT_MS);
	group_thaw(group);
}

/* A container from its start to its end, whatever the others do. */
static void start_newcomer(struct havoc *h)
{
	struct jail j;
	char id[32];
	struct jail_plan plan = { .id = id,
				  .parent_dir = h->torture->dir,
				  .threads = 1,
				  .calls_max = 100 * NEWCOMER_CALLS,
				  .pause_us = 100,
				  .seed = havoc_next(h) };

	(void)snprintf(id, sizeof(id), "newcomer%lu", h->done[NEWCOMER]);
	(void)wait_for_daemon();
	jail_start(&j, &plan);
	jail_attach(&j, SERVICE_OCI);
	jail_go(&j);
	WAIT_FOR(ledger_count(j.ledger) >= NEWCOMER_CALLS, NEWCOMER_WAIT_S,
		 "%s is not served", j.id);
	jail_finish(&j, NEWCOMER_WAIT_S);
	h->wrong += look_at(&j);
	jail_end(&j);
}

static void squeeze(struct havoc *h)
{
	if (h->memory)
		memory_squeeze(1 + havoc_next(h) % OOM_KILLS_MAX);
}

static void (*const acts[EVENT_KINDS])(struct havoc *h) = {
#define X(event, function, count, plural) function,
	EVENTS(X)
#undef X
};

void harm(struct havoc *h, enum event kind)
{
	acts[kind](h);
}
