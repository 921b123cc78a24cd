/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Calls whose effect was had but whose answer came too late: a signal took the
 * caller out of its wait.  It will ask again (SA_RESTART, or a loop on EINTR),
 * and must not be told that what it made exists already.
 *
 * A filter with SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (Linux >= 5.19) lets no
 * signal in between receive and answer, and nothing is ever kept here.
 */

#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "worker/home.h"

/* Threads interrupted and not back yet; the oldest is forgotten first. */
#define INTERRUPTED_MAX 32

/* The inode that a mknod made: enough to know it again. */
struct made {
	uint64_t dev, ino;
	int64_t born_ns; /* birth time */
};

/* Keeps that @tid's call @data had its effect, and what it made. */
void interrupted_keep(const struct home *h, pid_t tid,
		      const struct seccomp_data *data, const struct made *made);

/**
 * interrupted_take() - is this call one that had its effect already?
 * Forgets whatever was kept of @tid: it asks again at once, or never.
 * Return: whether it is the same call of the same thread; then *ret_made is set
 */
bool interrupted_take(const struct home *h, pid_t tid,
		      const struct seccomp_data *data, struct made *ret_made);
