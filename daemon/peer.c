// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/peer.h"

#include <stdlib.h>

struct peer *peer_get(struct peers *all, uid_t uid)
{
	struct peer *p;

	LIST_FOREACH(p, all, entry)
		if (p->uid == uid)
			return peer_ref(p);
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->uid = uid;
	LIST_INSERT_HEAD(all, p, entry);
	return peer_ref(p);
}

unsigned peer_listeners(const struct peers *all, uid_t uid)
{
	const struct peer *p;

	LIST_FOREACH(p, all, entry)
		if (p->uid == uid)
			return p->listeners;
	return 0;
}

struct peer *peer_ref(struct peer *p)
{
	p->refs++;
	return p;
}

struct peer *peer_put(struct peer *p)
{
	if (p && --p->refs == 0) {
		LIST_REMOVE(p, entry);
		free(p);
	}
	return NULL;
}
