/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Sums of journal slots' counters, as plain numbers.
 */

#include <stdatomic.h>
#include <stdint.h>

#include "lib/slot.h"

struct counters {
#define X(name, help) uint64_t name;
	SLOT_COUNTERS(X)
#undef X
};

static inline void counters_add(struct counters *to, const struct counters *c)
{
#define X(name, help) to->name += c->name;
	SLOT_COUNTERS(X)
#undef X
}

/* Adds what a slot says, each number read once. */
static inline void counters_add_slot(struct counters *to, const struct slot *s)
{
#define X(name, help)                                                          \
	to->name += atomic_load_explicit(&s->counters.name,                    \
					 memory_order_relaxed);
	SLOT_COUNTERS(X)
#undef X
}
