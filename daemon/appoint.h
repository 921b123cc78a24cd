/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The worker of a listener: started, reaped, succeeded.
 *
 * A worker gets the fds of lib/handover.h and nothing else.  When it ends while
 * its listener goes on, a successor takes over the same slot and finishes the
 * call that was in flight.  A call that has killed CALL_DEATHS_MAX workers, or
 * took longer than the deadline, is answered with EPERM by deputyd itself.
 */

#include "daemon/registry.h"

#define CALL_DEATHS_MAX	   3
/* Between workers that die without having received anything. */
#define BACKOFF_FIRST_MS   100
#define BACKOFF_LONGEST_MS 5000

/* Makes the handles of a new listener. */
void appoint_init(uv_loop_t *loop, struct listener *l);

/* Starts a worker; where that fails, tries again later. */
void appoint(struct listener *l);

/* Lets another worker take over, under the container's present policy. */
void appoint_successor(struct listener *l);

/* The listener is over (l->over): no worker any more.  @sig: SIGTERM lets it
 * finish the call it holds. */
void appoint_end(struct listener *l, int sig);

/* Kills a worker whose call took too long; the call will be answered. */
void appoint_expire(struct listener *l);

/* The running worker's pid, or 0. */
pid_t appoint_pid(const struct listener *l);
