/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * siege() - let a hostile container run, and look from outside what it got
 * @policy_json: its worker's policy
 * @run:	 as struct inmate_plan's; 0 is wanted
 * @want_in_box: world_snapshot() of its box afterwards, or NULL
 *
 * Outside the container's root nothing may have changed, the worker must serve
 * on with the fds that it had, and leave when the container ends.
 */

#include <sys/types.h>

#include "tests/live/emulation/world.h"

void siege(const char *policy_json, int (*run)(void *), const char *want_in_box);

/* Open fds of that process. */
int siege_fds(pid_t pid);
/* All of the world's directory but the container's root: names, owners and
 * attributes. Freed by the caller. */
char *siege_surroundings(const struct world *w);
