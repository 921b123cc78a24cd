/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The faults of the havoc, one function each (harm.c), and what they know of it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/restart/jail.h"

#define JAILS 6

struct fault;
struct torture;

/* X(EVENT, function in harm.c, how many: of struct torture, its plural) */
#define EVENTS(X)                                                              \
	X(KILL_DAEMON, kill_daemon, daemon_kills, "kills of deputyd")          \
	X(KILL_WORKER, kill_worker, worker_kills, "kills of workers")          \
	X(RESTART, restart, restarts, "restarts")                              \
	X(UPGRADE, upgrade, upgrades, "upgrades")                              \
	X(RELOAD, reload, reloads, "reloads")                                  \
	X(STARVE, starve, starvings, "starvings")                              \
	X(FAULT, break_calls, faults, "faults")                                \
	X(CLOCK, jump, clocks, "clock jumps")                                  \
	X(FREEZE, freeze, freezes, "freezes")                                  \
	X(OVERSLEEP, oversleep, oversleeps, "freezes beyond the deadline")     \
	X(NEWCOMER, start_newcomer, newcomers, "newcomers")                    \
	X(SQUEEZE, squeeze, squeezes, "squeezes of memory")

enum event {
#define X(event, function, count, plural) event,
	EVENTS(X)
#undef X
		EVENT_KINDS
};

struct havoc {
	const struct torture *torture;
	struct jail jails[JAILS]; /* each in a group of its own */
	uint8_t *events;
	size_t n_events;
	unsigned long done[EVENT_KINDS];
	uint32_t random;
	bool other_policy, other_build;
	bool memory; /* can be limited */
	struct fault *fault;
	unsigned long wrong; /* what the newcomers saw */
};

/* The group of jail @i. */
#define JAIL_GROUP_BYTES 64
void jail_group(uint32_t i, char ret[JAIL_GROUP_BYTES]);

/* Random, by the seed. */
uint32_t havoc_next(struct havoc *h);
void harm(struct havoc *h, enum event kind);
