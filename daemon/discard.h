/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Closes a stranger's fds outside of the loop: close() of a FUSE file waits for
 * its server, which may be the stranger.
 */

#include <stddef.h>
#include <uv.h>

#include "daemon/peer.h"
#include "lib/own.h"

/* Connections of one uid whose unwanted fds are still being closed. */
#define DISCARD_MAX_PER_UID 16
#define DISCARD_LIMIT                                                          \
	"the uid's limit of " TEXT_OF(DISCARD_MAX_PER_UID) " connections "     \
	"whose fds hang in close is reached"

/* Embedded in what the fds came with. */
struct discard {
	uv_work_t work;
	struct peer *peer;
	const int *fds;
	size_t n_fds;
	void (*done)(struct discard *d);
};

/* Starts; @d's members other than .work are set. In the end .done is called. */
void discard_start(struct discard *d, uv_loop_t *loop);
