// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * More containers than the fd store has room for, and then a deputyd that is
 * killed.  All are served before that; those in the store are served after it;
 * the calls of the others fail with ENOSYS, and none has another answer.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/own.h"
#include "tests/restart/jail.h"
#include "tests/restart/service.h"
#include "tests/restart/torture.h"

#define DROPIN	      "/run/systemd/system/" SERVICE_UNIT ".d/70-store.conf"
#define POLICY_FDS    1 /* that the store has without containers */
#define CONTAINER_FDS 4 /* record, user namespace, listener, slot */
#define FITTING	      3 /* containers */
#define JAILS	      (FITTING + 3)
#define SOME_CALLS    20 /* before, and after */
#define CALLS_MAX     100000
#define WAIT_S	      (60 * SLOWNESS)

struct shop {
	struct jail jails[JAILS];
	unsigned long wrong;
};

static void say_wrong(struct shop *s, const char *what, long got, long want)
{
	(void)printf("wrong: full fd store: %s: %ld, not %ld\n", what, got, want);
	s->wrong++;
}

/* @max: 0 is the unit's own */
static void restart_with_store(long max)
{
	FILE *f = max ? fopen(DROPIN, "we") : NULL;

	if (max &&
	    (!f || fprintf(f, "[Service]\nFileDescriptorStoreMax=%ld\n", max) < 0 ||
	     fclose(f) != 0))
		die(DROPIN ": no drop-in");
	if (!max && unlink(DROPIN) < 0)
		die(DROPIN " stays");
	systemctl("daemon-reload");
	systemctl("restart", SERVICE_UNIT);
}

static void await_calls(struct jail *j)
{
	uint64_t from = ledger_count(j->ledger);

	WAIT_FOR(ledger_count(j->ledger) >= from + SOME_CALLS, WAIT_S,
		 "%s gets no answers", j->id);
}

static void start(struct shop *s, const struct torture *t, uint32_t i)
{
	char id[32];
	struct jail_plan plan = { .id = id,
				  .parent_dir = t->dir,
				  .threads = 1,
				  .calls_max = CALLS_MAX,
				  .pause_us = 500,
				  .seed = t->seed + i };

	(void)snprintf(id, sizeof(id), "stored%u", i);
	jail_start(&s->jails[i], &plan);
	jail_attach(&s->jails[i], SERVICE_OCI);
	service_settle(i + 1, WAIT_S);
	jail_go(&s->jails[i]);
	await_calls(&s->jails[i]);
}

static void kill_daemon(struct shop *s)
{
	long restarts = service_number("NRestarts");
	pid_t old = service_pid();

	if (kill(old, SIGKILL) < 0)
		die("no deputyd to kill");
	/* An orphan that was to become a worker has deputyd's name, too. */
	WAIT_FOR(service_number("NRestarts") > restarts, WAIT_S,
		 "deputyd does not come back");
	for (uint32_t i = 0; i < JAILS; i++)
		await_calls(&s->jails[i]);
	if (service_number("NRestarts") != restarts + 1)
		say_wrong(s, "restarts", service_number("NRestarts"),
			  restarts + 1);
}

/* Right answers, and from some call on ENOSYS. Return: whether it came to that */
static bool look_at_lost(struct shop *s, const struct jail *j)
{
	const struct column *c = &j->ledger->columns[0];
	bool lost = false;

	for (uint32_t i = 0; i < atomic_load(&c->n); i++) {
		const struct entry *e = &c->entries[i];
		int want = lost ? ENOSYS : call_kind_answer(e->kind);

		if (e->kind == CALL_DOOMED)
			continue;
		lost = lost || e->answer == ENOSYS;
		if (e->answer != ENOSYS && e->answer != want)
			say_wrong(s, call_kind_name(e->kind), e->answer, want);
	}
	return lost;
}

static void end(struct shop *s)
{
	for (uint32_t i = 0; i < JAILS; i++) {
		struct jail *j = &s->jails[i];

		jail_finish(j, WAIT_S);
		if (i < FITTING)
			s->wrong += look_at(j);
		else if (!look_at_lost(s, j) && i > FITTING)
			say_wrong(s, "survivor", i, FITTING);
		jail_end(j);
	}
	service_settle(0, WAIT_S);
}

/* @rest: so many fds of the first container that does not fit get in */
static unsigned long fill(const struct torture *t, long rest)
{
	long max = POLICY_FDS + FITTING * CONTAINER_FDS + rest, got;
	struct shop s = { .wrong = 0 };

	restart_with_store(max);
	for (uint32_t i = 0; i < JAILS; i++)
		start(&s, t, i);
	got = service_number("NFileDescriptorStore");
	if (got != max)
		say_wrong(&s, "stored fds", got, max);
	if (rest % 2) {
		write_policy(true);
		run_program("/usr/local/bin/deputyctl", "reload", NULL);
	}
	kill_daemon(&s);
	end(&s);
	write_policy(false);
	return s.wrong;
}

unsigned long full_store(const struct torture *t)
{
	/* The most telling first: a listener without its slot. */
	static const long rests[CONTAINER_FDS] = { 3, 1, 0, 2 };
	unsigned long wrong = 0;

	for (uint32_t i = 0; i < t->stores && i < CONTAINER_FDS; i++)
		wrong += fill(t, rests[i]);
	if (t->stores)
		restart_with_store(0);
	(void)printf("%u times a full fd store: %d of %d containers survive, "
		     "%lu wrong\n",
		     t->stores, FITTING, JAILS, wrong);
	return wrong;
}
