// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/peer.h"

#include <stdlib.h>
#include <sys/socket.h>

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
	p->stored.limited = uid != 0;
	LIST_INSERT_HEAD(all, p, entry);
	return peer_ref(p);
}

uid_t peer_uid_of(int sock)
{
	struct ucred cred;
	socklen_t size = sizeof(cred);

	if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &cred, &size) < 0)
		return (uid_t)-1;
	return cred.uid;
}

static const struct peer *find(const struct peers *all, uid_t uid)
{
	const struct peer *p;

	LIST_FOREACH(p, all, entry)
		if (p->uid == uid)
			return p;
	return NULL;
}

unsigned peer_listeners(const struct peers *all, uid_t uid)
{
	const struct peer *p = find(all, uid);

	return p ? p->listeners : 0;
}

size_t peer_facts(const struct peers *all, uid_t uid)
{
	const struct peer *p = find(all, uid);

	return p ? p->facts_bytes : 0;
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
