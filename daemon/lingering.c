// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/lingering.h"

#include <stdatomic.h>
#include <stdbool.h>

#include "daemon/registry.h"
#include "lib/log.h"

/* Has a worker of ours this number? Its lock is its own, whatever child it has. */
static bool is_worker(const struct session *s, pid_t pid)
{
	for (size_t i = 0; i < ARRAY_SIZE(s->workers); i++)
		if (s->workers[i].used && s->workers[i].pid == pid)
			return true;
	return false;
}

/* Locks that nobody can read (a worker may have lied) count as too many. */
static unsigned count(const struct session *s)
{
	pid_t pid = 0;
	unsigned n = 0;

	while (n < LINGERING_MAX && (pid = slot_locker(s->slot_fd, pid)) > 0)
		n += !is_worker(s, pid);
	return pid < 0 ? LINGERING_MAX : n;
}

static void tell(struct session *s)
{
	atomic_store_explicit(&s->slot->childless,
			      s->container->lingering >= LINGERING_MAX,
			      memory_order_relaxed);
}

static void tell_all(struct container *c, unsigned before)
{
	struct session *s;

	if ((before >= LINGERING_MAX) == (c->lingering >= LINGERING_MAX))
		return;
	TAILQ_FOREACH(s, &c->sessions, entry)
		tell(s);
	if (c->lingering < LINGERING_MAX)
		log_event(LOG_NOTICE, "children-gone",
			  LOG_S("container", c->id));
	else
		log_event(LOG_WARNING, "children-linger",
			  LOG_S("container", c->id),
			  LOG_U("children", c->lingering),
			  LOG_S("so", "its calls that need one more fail"));
}

static void set(struct session *s, unsigned n)
{
	struct container *c = s->container;
	unsigned before = c->lingering;

	c->lingering += n - s->lingering;
	s->lingering = n;
	tell_all(c, before);
}

void lingering_count(struct session *s)
{
	set(s, count(s));
	tell(s); /* its slot may be a new one */
}

void lingering_tick(struct container *c)
{
	struct session *s;

	if (c->lingering == 0)
		return;
	TAILQ_FOREACH(s, &c->sessions, entry)
		if (s->lingering > 0)
			set(s, count(s));
}

void lingering_forget(struct session *s)
{
	set(s, 0);
}
