/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * What each peer uid holds, so that none takes it all.
 */

#include <stddef.h>
#include <sys/queue.h>
#include <sys/types.h>

struct peer {
	LIST_ENTRY(peer) entry;
	uid_t uid;
	unsigned refs;
	unsigned pending;    /* connections without a whole message */
	unsigned discarding; /* connections whose fds are being closed */
	unsigned silent; /* LXC's connections before their first packet */
	unsigned listeners;
	size_t buffered; /* bytes of messages that are not whole */
};
LIST_HEAD(peers, peer);

/* Return: a reference, or NULL for lack of memory */
struct peer *peer_get(struct peers *all, uid_t uid);
struct peer *peer_ref(struct peer *p);
/* Return: NULL */
struct peer *peer_put(struct peer *p);
