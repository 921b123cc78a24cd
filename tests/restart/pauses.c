// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What containers see of "systemctl restart deputyd": each calls all the time,
 * so that the longest call around the restart is the pause.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/own.h"
#include "tests/restart/jail.h"
#include "tests/restart/service.h"
#include "tests/restart/torture.h"

#define RESTARTS	   3 /* of which each counts */
#define PAUSE_ONE_MAX_MS   250
#define PAUSE_MANY_MAX_MS  2000
#define CALLS_PER_S_OF_ALL 1000 /* the machine is to be busy, not drowned */
#define CALLS_MAX	   60000
#define DONE_WITHIN_S	   60

struct crowd {
	struct jail *jails;
	uint32_t n;
	uint32_t *before; /* entries of each, before the restart */
	uint32_t *seen;	  /* the same, at the last look */
};

static void crowd_start(struct crowd *c, const struct torture *t, uint32_t n)
{
	size_t before = service_workers(NULL, 0);

	c->n = n;
	c->jails = calloc(n, sizeof(*c->jails));
	c->seen = calloc(n, sizeof(*c->seen));
	c->before = calloc(n, sizeof(*c->before));
	if (!c->jails || !c->seen || !c->before)
		die("no memory for %u containers", n);
	for (uint32_t i = 0; i < n; i++) {
		char id[32];
		struct jail_plan plan = {
			.id = id,
			.parent_dir = t->dir,
			.threads = 1,
			.calls_max = CALLS_MAX / n + 1000,
			.pause_us =
				n == 1 ? 200 : 1000000 / CALLS_PER_S_OF_ALL * n,
			.seed = t->seed + i,
			.load = LOAD_NODES,
		};

		(void)snprintf(id, sizeof(id), "crowd%u", i);
		jail_start(&c->jails[i], &plan);
		jail_attach(&c->jails[i], SERVICE_OCI);
	}
	service_settle(before + n, 30 * SLOWNESS);
	for (uint32_t i = 0; i < n; i++)
		jail_go(&c->jails[i]);
}

static uint32_t entries(const struct jail *j)
{
	return atomic_load(&j->ledger->columns[0].n);
}

static void crowd_mark(struct crowd *c)
{
	for (uint32_t i = 0; i < c->n; i++)
		c->seen[i] = entries(&c->jails[i]);
}

/* Has each made @calls calls since the mark? */
static bool crowd_moved(const struct crowd *c, uint32_t calls)
{
	for (uint32_t i = 0; i < c->n; i++)
		if (entries(&c->jails[i]) < c->seen[i] + calls)
			return false;
	return true;
}

static uint32_t crowd_longest_ms(const struct crowd *c)
{
	uint32_t longest = 0;

	for (uint32_t i = 0; i < c->n; i++)
		for (uint32_t k = c->before[i]; k < entries(&c->jails[i]); k++) {
			uint32_t usec =
				c->jails[i].ledger->columns[0].entries[k].usec;

			if (usec > longest)
				longest = usec;
		}
	return longest / 1000;
}

static unsigned long crowd_end(struct crowd *c)
{
	unsigned long wrong = 0;

	for (uint32_t i = 0; i < c->n; i++)
		atomic_store(&c->jails[i].ledger->stop, true);
	for (uint32_t i = 0; i < c->n; i++) {
		jail_finish(&c->jails[i], DONE_WITHIN_S);
		wrong += look_at(&c->jails[i]);
		jail_end(&c->jails[i]);
	}
	service_settle(0, 30 * SLOWNESS);
	free(c->jails);
	free(c->seen);
	free(c->before);
	return wrong;
}

/* Of two processes on one CPU each waits for the other: the bounds are those
 * of a machine that has nothing else to do. Return: at least 1 */
static double contention(void)
{
	double load = 0;

	(void)getloadavg(&load, 1);
	load /= (double)sysconf(_SC_NPROCESSORS_ONLN);
	return load > 1 ? load : 1;
}

static uint32_t bound_ms(uint32_t containers, double contended)
{
	uint32_t bound = containers == 1 ? PAUSE_ONE_MAX_MS : PAUSE_MANY_MAX_MS;

	return (uint32_t)(bound * contended * SLOWNESS);
}

static void restart_by_systemctl(void)
{
	systemctl("restart", SERVICE_UNIT);
}

static void restart_by_kill(void)
{
	(void)kill(service_pid(), SIGKILL);
}

static uint32_t measure_ms(struct crowd *c, void (*restart)(void))
{
	pid_t old = service_pid();

	crowd_mark(c);
	WAIT_FOR(crowd_moved(c, 3), DONE_WITHIN_S, "the crowd does not move");
	crowd_mark(c);
	memcpy(c->before, c->seen, c->n * sizeof(*c->before));
	restart();
	WAIT_FOR(service_pid() > 0 && service_pid() != old, DONE_WITHIN_S,
		 "deputyd does not come back");
	/* Those that waited, and one more. */
	crowd_mark(c);
	WAIT_FOR(crowd_moved(c, 2), DONE_WITHIN_S,
		 "a container does not move after a restart");
	return crowd_longest_ms(c);
}

static unsigned long measure(const struct torture *t, struct crowd *c,
			     const char *beside)
{
	static const struct {
		const char *by;
		void (*restart)(void);
	} ways[] = { { "systemctl restart", restart_by_systemctl },
		     { "kill -9", restart_by_kill } };
	unsigned long wrong = 0;

	for (size_t i = 0; i < RESTARTS * ARRAY_SIZE(ways); i++) {
		size_t way = i % ARRAY_SIZE(ways);
		uint32_t ms = measure_ms(c, ways[way].restart);
		double contended = contention();
		uint32_t bound = bound_ms(c->n, contended);

		(void)printf(
			"pause of %u over %s%s: %u ms, %ld ms of CPU time (at "
			"most %u ms, %.1f tasks on a CPU)\n",
			c->n, ways[way].by, beside, ms,
			service_number("CPUUsageNSec") / 1000000, bound,
			contended);
		if (t->timed && ms > bound) {
			(void)printf("wrong: the pause is too long\n");
			wrong++;
		}
	}
	return wrong;
}

unsigned long pauses(const struct torture *t, uint32_t containers)
{
	unsigned long wrong;
	struct crowd c;

	crowd_start(&c, t, containers);
	wrong = measure(t, &c, "");
	return wrong + crowd_end(&c);
}

unsigned long pauses_beside_hanging(const struct torture *t)
{
	struct jail_plan plan = { .id = "hanging",
				  .parent_dir = t->dir,
				  .threads = 1,
				  .calls_max = 100,
				  .load = LOAD_STUCK };
	struct jail hanging;
	unsigned long wrong;
	struct crowd c;

	jail_start(&hanging, &plan);
	jail_attach(&hanging, SERVICE_OCI);
	service_settle(1, 20 * SLOWNESS);
	jail_go(&hanging);
	crowd_start(&c, t, 1);
	wrong = measure(t, &c, ", beside one that hangs");
	jail_end(&hanging);
	return wrong + crowd_end(&c);
}
