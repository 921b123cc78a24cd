// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * One container whose worker is stopped, and one whose own file system never
 * answers: what does a third one see?  Its 99th percentile, in turns quiet and
 * disturbed, so that whatever else the machine does falls on both.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"
#include "tests/restart/jail.h"
#include "tests/restart/service.h"
#include "tests/restart/torture.h"

#define WINDOW_CALLS 1500
#define SAMPLES_MAX  (16 * WINDOW_CALLS)
#define TIMES_MAX    2 /* the quiet one */
#define WINDOW_S     60
#define ATTEMPTS     3 /* the machine has other work, too */

struct samples {
	uint32_t usec[SAMPLES_MAX];
	size_t n;
};

static void take_window(const struct jail *j, struct samples *s)
{
	const struct column *c = &j->ledger->columns[0];
	uint32_t from = atomic_load(&c->n);

	WAIT_FOR(atomic_load(&c->n) >= from + WINDOW_CALLS, WINDOW_S,
		 "the witness is stuck");
	for (uint32_t i = from; i < from + WINDOW_CALLS && s->n < SAMPLES_MAX; i++)
		s->usec[s->n++] = c->entries[i].usec;
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static uint32_t p99(struct samples *s)
{
	qsort(s->usec, s->n, sizeof(s->usec[0]), compare);
	return s->n ? s->usec[s->n * 99 / 100] : 0;
}

static void start(struct jail *j, const struct torture *t, const char *id,
		  enum jail_load load, uint32_t calls_max)
{
	struct jail_plan plan = {
		.id = id,
		.parent_dir = t->dir,
		.threads = 1,
		.calls_max = calls_max,
		.pause_us = 150,
		.seed = t->seed,
		.load = load,
	};
	size_t before = service_workers(NULL, 0);

	jail_start(j, &plan);
	jail_attach(j, SERVICE_OCI);
	service_settle(before + 1, 20 * SLOWNESS);
	jail_go(j);
}

/* The one that is not among @before. */
static pid_t new_worker(const pid_t *before, size_t n)
{
	pid_t now[16];
	size_t found = service_workers(now, 16);

	for (size_t i = 0; i < found && i < 16; i++) {
		bool old = false;

		for (size_t k = 0; k < n; k++)
			old = old || before[k] == now[i];
		if (!old)
			return now[i];
	}
	die("no new worker");
}

/* Return: whether the disturbed p99 is too long */
static bool judge(const struct torture *t, const char *beside,
		  struct samples *quiet, struct samples *disturbed)
{
	uint32_t q = p99(quiet), d = p99(disturbed);

	(void)printf(
		"p99 of a neighbour: quiet %u us, beside %s %u us (at most "
		"%d times)\n",
		q, beside, d, TIMES_MAX);
	return t->timed && d > TIMES_MAX * q;
}

static struct samples quiet, disturbed;

/* A worker that is stopped, while its container calls. */
static bool beside_stopped(const struct torture *t, const struct jail *witness)
{
	struct jail victim;
	pid_t before[16], worker;
	size_t n = service_workers(before, 16);
	bool over;

	start(&victim, t, "victim", LOAD_NODES, 500000);
	worker = new_worker(before, n);
	quiet.n = disturbed.n = 0;
	for (uint32_t i = 0; i < t->rounds; i++) {
		/* The victim works in neither. */
		atomic_store(&victim.ledger->pause_us, 1000000);
		take_window(witness, &quiet);
		atomic_store(&victim.ledger->pause_us, 0);
		if (kill(worker, SIGSTOP) < 0)
			die("SIGSTOP: %s", strerror(errno));
		take_window(witness, &disturbed);
		if (kill(worker, SIGCONT) < 0)
			die("SIGCONT: %s", strerror(errno));
	}
	over = judge(t, "a stopped worker", &quiet, &disturbed);
	jail_finish(&victim, 60);
	if (look_at(&victim))
		over = true;
	jail_end(&victim);
	service_settle(n, 20 * SLOWNESS);
	return over;
}

/* A container that waits for its own file system, and its worker with it. */
static bool beside_hanging(const struct torture *t, const struct jail *witness)
{
	quiet.n = disturbed.n = 0;
	for (uint32_t i = 0; i < t->rounds; i++) {
		size_t n = service_workers(NULL, 0);
		struct jail victim;

		take_window(witness, &quiet);
		start(&victim, t, "stuck", LOAD_STUCK, 100);
		take_window(witness, &disturbed);
		if (ledger_count(victim.ledger))
			die("a call into a hanging file system came back");
		jail_end(&victim);
		service_settle(n, 20 * SLOWNESS);
	}
	return judge(t, "a hanging file system", &quiet, &disturbed);
}

unsigned long neighbours(const struct torture *t)
{
	static bool (*const cases[])(
		const struct torture *t,
		const struct jail *witness) = { beside_stopped, beside_hanging };
	struct jail witness;
	unsigned long wrong = 0;

	start(&witness, t, "witness", LOAD_NODES, 2000000);
	for (size_t c = 0; c < ARRAY_SIZE(cases); c++) {
		bool over = true;

		for (int i = 0; over && i < ATTEMPTS; i++)
			over = cases[c](t, &witness);
		if (over)
			(void)printf("wrong: the neighbour is disturbed\n");
		wrong += over;
	}
	jail_finish(&witness, 60);
	wrong += look_at(&witness);
	jail_end(&witness);
	service_settle(0, 20 * SLOWNESS);
	return wrong;
}
