/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sched.h>
#include <signal.h>

#include "worker/home.h"

/* What is shared, and nothing else: the worker's filter lets no other clone pass. */
#define CHILD_CLONE_FLAGS (CLONE_VM | CLONE_VFORK | CLONE_FILES | SIGCHLD)

/**
 * child_run() - run @fn in a child that shares memory and fds, but no root,
 * working directory, namespace or credentials, while this process waits
 * @fn:  allocates nothing, has at most one fd open that it did not find open;
 *       what it returns is the result
 * @ret: written only when 0 is returned
 *
 * The child is neither dumpable nor traceable, and takes no signal but SIGKILL and
 * SIGSTOP; it dies with this process once
 * child_bind_life() was called in it.
 * Return: 0, or a negative errno of ours (-ECHILD: it was killed, and what it
 * had opened is closed; -EBUSY: too many of the container's cannot die)
 */
int child_run(const struct home *h, int (*fn)(void *ctx), void *ctx, int *ret);

/* In the child, after each change of credentials but those that another follows at
 * once: as home_rearm(). Return: 0 or a negative errno */
int child_bind_life(void);
