/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The torture: its options, and its parts, each of which says what it found on
 * standard output and returns how much of it is wrong.
 */

#include <stdbool.h>
#include <stdint.h>

/* Limits on time, where the programs are slowed down by sanitizers. */
#ifdef DEPUTY_SANITIZED
#define SLOWNESS 10
#else
#define SLOWNESS 1
#endif

/* X(member, option, short form, long form, help) */
#define TORTURE_OPTIONS(X)                                                     \
	X(seed, "seed", 1, 1, "what happens when, and which calls")            \
	X(calls, "calls", 15000, 100000, "calls under the havoc, at least")     \
	X(daemon_kills, "daemon-kills", 20, 100, "kill -9 of deputyd")         \
	X(worker_kills, "worker-kills", 200, 1000, "kill -9 of a worker")      \
	X(restarts, "restarts", 3, 20, "systemctl restart")                    \
	X(upgrades, "upgrades", 2, 5, "from one build to the other")           \
	X(reloads, "reloads", 6, 50, "of a policy with other bytes")           \
	X(starvings, "starvings", 3, 20, "deputyd may open no fd")             \
	X(faults, "faults", 3, 20, "ENOMEM, EMFILE, ENOSPC within deputyd")    \
	X(clocks, "clocks", 3, 20, "jumps of deputyd's clocks")                \
	X(freezes, "freezes", 12, 60, "of deputyd, a worker or a container")   \
	X(oversleeps, "oversleeps", 0, 2, "the same, beyond the deadline")     \
	X(newcomers, "newcomers", 6, 40, "containers that start meanwhile")    \
	X(squeezes, "squeezes", 6, 40, "OOM kills, at a memory limit")         \
	X(stores, "stores", 2, 4, "ways in which the fd store is full")        \
	X(crowd, "crowd", 100, 500, "containers that a restart is seen by")    \
	X(rounds, "rounds", 2, 5, "of disturbed neighbours")                   \
	X(timed, "timed", 0, 1, "1: it is wrong to be beyond a bound of time")

struct torture {
#define X(member, option, small, big, help) uint32_t member;
	TORTURE_OPTIONS(X)
#undef X
	const char *dir; /* its containers' */
};

/* havoc.c: everything at once. */
unsigned long havoc(const struct torture *t);
/* full_store.c: what outlives deputyd, and what does not. */
unsigned long full_store(const struct torture *t);
/* pauses.c: what a container sees of a restart; of one, and of many. */
unsigned long pauses(const struct torture *t, uint32_t containers);
/* The same for one, while the worker of another is stuck in the kernel. */
unsigned long pauses_beside_hanging(const struct torture *t);
/* neighbours.c: a stopped worker and a hanging file system cost one only. */
unsigned long neighbours(const struct torture *t);

/* The policy in force; @other: the same answers by other bytes. */
void write_policy(bool other);
