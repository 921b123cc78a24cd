// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Everything at once: containers under load, and a list of events, shuffled by
 * the seed.  In the end the ledgers must agree with what stands outside.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/restart/fault.h"
#include "tests/restart/group.h"
#include "tests/restart/harm.h"
#include "tests/restart/jail.h"
#include "tests/restart/memory.h"
#include "tests/restart/service.h"
#include "tests/restart/strangers.h"
#include "tests/restart/torture.h"

#define THREADS	      3
#define EVENT_GAP_MS  15 /* on average */
#define DONE_WITHIN_S 120

static const char *const event_names[EVENT_KINDS] = {
#define X(event, function, count, plural) plural,
	EVENTS(X)
#undef X
};

static void plan_events(struct havoc *h)
{
	const uint32_t counts[EVENT_KINDS] = {
#define X(event, function, count, plural) h->torture->count,
		EVENTS(X)
#undef X
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
		size_t j = havoc_next(h) % i;
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
		char id[32], group[JAIL_GROUP_BYTES];
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
		jail_group(i, group);
		if (!group_make(group) || !group_enter(group, h->jails[i].pid))
			die("%s: no such group", group);
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
		pause_ms(havoc_next(h) % (2 * EVENT_GAP_MS));
		harm(h, h->events[i]);
		h->done[h->events[i]]++;
	}
	WAIT_FOR(calls_of_all(h) >= h->torture->calls, DONE_WITHIN_S,
		 "not %u calls, but %lu", h->torture->calls,
		 (unsigned long)calls_of_all(h));
}

static unsigned long end_jails(struct havoc *h)
{
	unsigned long wrong = h->wrong;
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
	for (uint32_t i = 0; i < JAILS; i++) {
		char group[JAIL_GROUP_BYTES];

		jail_end(&h->jails[i]);
		jail_group(i, group);
		group_remove(group);
	}
	return wrong;
}

unsigned long havoc(const struct torture *t)
{
	struct havoc h = { .torture = t, .random = t->seed * 2654435761U | 1 };
	unsigned long wrong;

	plan_events(&h);
	preload_fault(&h);
	h.memory = t->squeezes && memory_start();
	start_jails(&h);
	strangers_start(t->seed);
	wreak(&h);
	strangers_end();
	wrong = end_jails(&h);
	if (h.memory)
		(void)printf("%lu kills by the OOM killer\n", memory_end());
#ifndef DEPUTY_SANITIZED
	run_program("/deputy/source/tests/restart/preload.sh", "off", NULL);
#endif
	(void)munmap(h.fault, sizeof(*h.fault));
	free(h.events);
	return wrong;
}
