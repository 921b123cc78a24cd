/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * This process plays an inmate's worker, outside of a sandbox: for what no worker of
 * its own would come to, such as a kernel that it does not run on.
 */

#include "tests/live/emulation/world.h"
#include "worker/serve.h"

/* Starts a process in a user namespace of its own, in all else as this one. It waits
 * to be killed. */
pid_t played_caller(void);

/* Kills @a's own worker, which must not have been called yet, and takes its place. */
void played_open(struct server *s, struct attendant *a, const struct inmate *i);

/* Waits for a call: it is for serve(). */
void played_receive(struct server *s);
/* Waits for a call and serves it. */
void played_serve(struct server *s);

/* Is root again, which a worker is not once it has served. Frees @a, too. */
void played_close(struct server *s, struct attendant *a);
