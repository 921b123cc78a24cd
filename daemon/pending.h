/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The connections of one socket that have brought no listener yet.
 *
 * No uid can keep the others out: root's connections come on top of max, and
 * when places get scarce, the uid with the most connections loses its oldest one.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "daemon/peer.h"

/* Embedded in a connection. */
struct pending {
	TAILQ_ENTRY(pending) entry;
	struct peer *peer; /* the connection's reference */
	uint64_t since_ms;
};

struct pending_pool {
	enum peer_pool kind;
	unsigned max;	      /* connections of all uids but root */
	unsigned max_per_uid; /* root too */
	/* How long a connection may wait once max / 2 others do. */
	uint64_t silent_ms;
	const char *all_full, *uid_full; /* what the log says */
	/* Must call pending_remove(). @why: NULL where deputyd ends */
	void (*end)(struct pending *p, const char *why);
	TAILQ_HEAD(, pending) oldest_first;
	unsigned others; /* the list's length without root's */
};

/**
 * pending_check() - may one more connection of @peer wait?
 * May end another one for it.
 * Return: NULL, or why not
 */
const char *pending_check(struct pending_pool *pool, const struct peer *peer,
			  uint64_t now_ms);
/* @p: with .peer set */
void pending_add(struct pending_pool *pool, struct pending *p, uint64_t now_ms);
void pending_remove(struct pending_pool *pool, struct pending *p);
void pending_end_all(struct pending_pool *pool);
