// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/pending.h"

static bool is_root(const struct pending *p)
{
	return p->peer->uid == 0;
}

/* Return: the oldest connection of the uid with the most; NULL: only root's wait */
static struct pending *find_victim(const struct pending_pool *pool)
{
	struct pending *p, *victim = NULL;
	unsigned most = 0;

	TAILQ_FOREACH(p, &pool->oldest_first, entry)
	{
		unsigned n = p->peer->pending[pool->kind];

		if (is_root(p) || n <= most)
			continue;
		most = n;
		victim = p;
	}
	return victim;
}

/* A newcomer whose uid has fewer connections takes the victim's place at once;
 * among equals only a connection that waited too long goes. */
static void make_room(struct pending_pool *pool, const struct peer *newcomer,
		      uint64_t now_ms)
{
	struct pending *victim = find_victim(pool);

	if (!victim)
		return;
	if (now_ms - victim->since_ms >= pool->silent_ms)
		pool->end(victim, "silent for too long while many others wait");
	else if (pool->others >= pool->max &&
		 victim->peer->pending[pool->kind] >
			 newcomer->pending[pool->kind] + 1)
		pool->end(victim, "no place is left, and its uid has the most");
}

const char *pending_check(struct pending_pool *pool, const struct peer *peer,
			  uint64_t now_ms)
{
	if (peer->pending[pool->kind] >= pool->max_per_uid)
		return pool->uid_full;
	if (peer->uid == 0)
		return NULL;
	if (pool->others >= pool->max / 2)
		make_room(pool, peer, now_ms);
	return pool->others >= pool->max ? pool->all_full : NULL;
}

void pending_add(struct pending_pool *pool, struct pending *p, uint64_t now_ms)
{
	p->since_ms = now_ms;
	TAILQ_INSERT_TAIL(&pool->oldest_first, p, entry);
	p->peer->pending[pool->kind]++;
	pool->others += !is_root(p);
}

void pending_remove(struct pending_pool *pool, struct pending *p)
{
	TAILQ_REMOVE(&pool->oldest_first, p, entry);
	p->peer->pending[pool->kind]--;
	pool->others -= !is_root(p);
}

void pending_end_all(struct pending_pool *pool)
{
	while (!TAILQ_EMPTY(&pool->oldest_first))
		pool->end(TAILQ_FIRST(&pool->oldest_first), NULL);
}
