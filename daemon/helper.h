/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Helpers: further workers of a listener whose own one is slow.
 *
 * Where each worker of a listener has had one call for a tick at least (watch.h),
 * and another call waits, one more is started, a tick one. It is a session of its
 * own on the same listener: what a slot, a deadline and a restart mean holds for
 * it alone. One that had nothing to do for a while goes; its session stays.
 * LXC's monitors have one call at a time: nothing waits behind it.
 */

/* Of a container. */
#define HELPERS_MAX	  3
#define HELPER_IDLE_TICKS 10

struct container;

void helper_tick(struct container *c);
