/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * What each peer uid holds, so that none takes it all.
 */

#include <stddef.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "daemon/fdstore.h"

/* The sockets where connections wait (pending.h). */
enum peer_pool { PEER_OCI, PEER_LXC, PEER_POOLS };

struct peer {
	LIST_ENTRY(peer) entry;
	uid_t uid;
	unsigned refs;
	unsigned pending[PEER_POOLS]; /* connections without a listener */
	unsigned discarding; /* connections whose fds are being closed */
	unsigned listeners;
	struct fdstore_share stored;
	size_t facts_bytes; /* of its containers, as runtimes sent them */
	size_t buffered; /* bytes of messages that are not whole */
};
LIST_HEAD(peers, peer);

/* Return: a reference, or NULL for lack of memory */
struct peer *peer_get(struct peers *all, uid_t uid);
/* Return: the uid that connected, (uid_t)-1 where the kernel does not say */
uid_t peer_uid_of(int sock);
/* Return: how many listeners this uid has attached */
unsigned peer_listeners(const struct peers *all, uid_t uid);
/* Return: its .facts_bytes */
size_t peer_facts(const struct peers *all, uid_t uid);
struct peer *peer_ref(struct peer *p);
/* Return: NULL */
struct peer *peer_put(struct peer *p);
