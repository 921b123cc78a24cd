// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/keep.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include <json-c/json.h>

#include "daemon/fdstore.h"
#include "daemon/last_good.h"
#include "daemon/record.h"
#include "daemon/registry.h"
#include "lib/log.h"
#include "lib/own.h"
#include "proto/varlink.h"

static void name_of(const struct container *c, uint64_t listener,
		    char ret[FDSTORE_NAME_MAX])
{
	const struct fdstore_name n = { c->store_id,
					listener ? 0 : c->store_change,
					listener };

	fdstore_name_format(&n, ret);
}

/* Return: NULL where there are none, or no memory: then they are not known */
static struct json_object *cgroups_json(const struct cgroups *g)
{
	struct json_object *a = g->n ? json_object_new_array() : NULL;

	for (size_t i = 0; a && i < g->n; i++)
		json_object_array_add(a, json_object_new_string(g->paths[i]));
	return a;
}

static int record_of(const struct container *c)
{
	AUTO(json_put) struct json_object *annotations =
		container_annotations(c);
	struct json_object *cgroups = cgroups_json(&c->identity.cgroups);
	const struct record r = {
		.bundle = c->bundle,
		.peer_gid = c->peer_gid,
		.userns_fact = c->identity.userns_fact,
		.userns_owner = c->identity.userns_owner,
		.cgroups = cgroups,
		.id = c->id,
		.policy = policy_name(c->policy),
		.metadata = c->metadata,
		.annotations = annotations,
		.peer_uid = c->peer->uid,
		.userns = c->identity.userns,
		.each = c->identity.each,
		.since = c->since,
	};

	int fd = record_new(&r);

	json_object_put(cgroups);
	return fd;
}

/* A store takes no open file twice, not under another name either: so one more
 * open file of the same namespace. Return: -1 where there is none */
static int open_again(int fd)
{
	char path[32];

	if (fd < 0)
		return -1;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static bool put_container(struct container *c, struct fdstore *store)
{
	AUTO(fd_close) int record = record_of(c);
	AUTO(fd_close) int userns = open_again(c->identity.userns_fd);
	const int fds[] = { record, userns };
	char name[FDSTORE_NAME_MAX];

	if (record < 0) {
		log_event(LOG_ERR, "not-stored", LOG_S("container", c->id),
			  LOG_E(record));
		return false;
	}
	name_of(c, 0, name);
	if (!fdstore_put(store, name, fds, ARRAY_SIZE(fds),
			 &c->peer->stored))
		return false;
	c->store = store;
	return true;
}

static size_t fds_of(const struct container *c)
{
	return c->identity.userns_fd >= 0 ? 2 : 1;
}

void keep_session(struct session *s)
{
	const int fds[] = { s->listener_fd, s->slot_fd };
	struct fdstore *store = s->registry->store;
	struct container *c = s->container;
	char name[FDSTORE_NAME_MAX];

	if (!store || !store->on)
		return;
	if (!c->store) {
		c->store_id = ++store->last;
		c->store_change = 0;
		if (!put_container(c, store))
			return;
	}
	name_of(c, s->number, name);
	if (fdstore_put(store, name, fds, ARRAY_SIZE(fds), &c->peer->stored))
		s->kept = ARRAY_SIZE(fds);
}

/* Under the same name: the listener is there already, and a store takes no open
 * file twice. It stays until that name goes. */
bool keep_helper(struct session *main, const struct session *helper)
{
	char name[FDSTORE_NAME_MAX];

	if (!main->kept)
		return true;
	name_of(main->container, main->number, name);
	if (!fdstore_put(main->registry->store, name, &helper->slot_fd, 1,
			 &main->container->peer->stored))
		return false;
	main->kept++;
	return true;
}

void keep_policy(struct container *c)
{
	char old[FDSTORE_NAME_MAX];

	if (!c->store)
		return;
	name_of(c, 0, old);
	c->store_change++;
	if (put_container(c, c->store))
		fdstore_drop(c->store, old, fds_of(c), &c->peer->stored);
	else /* the old one says all but the policy, which bindings choose */
		c->store_change--;
}

void keep_forget_session(struct session *s)
{
	char name[FDSTORE_NAME_MAX];

	if (!s->kept || s->registry->closing)
		return;
	name_of(s->container, s->number, name);
	fdstore_drop(s->container->store, name, s->kept,
		     &s->container->peer->stored);
	s->kept = 0;
}

void keep_forget_container(const struct registry *r, struct container *c)
{
	char name[FDSTORE_NAME_MAX];

	if (!c->store || r->closing)
		return;
	name_of(c, 0, name);
	fdstore_drop(c->store, name, fds_of(c), &c->peer->stored);
	c->store = NULL;
}

struct list {
	int (*add)(void *ctx, const char *name, int fd_taken);
	void *ctx;
	int error; /* the first one */
};

static void add_taken(struct list *l, const char *name, int fd)
{
	int r;

	if (l->error < 0) {
		(void)fd_close(fd);
		return;
	}
	r = fd < 0 ? fd : l->add(l->ctx, name, fd);
	if (r < 0)
		l->error = r;
}

static void add_copy(struct list *l, const char *name, int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	add_taken(l, name, copy < 0 ? -errno : copy);
}

static void list_container(struct list *l, const struct container *c)
{
	const struct session *s;
	char name[FDSTORE_NAME_MAX];

	name_of(c, 0, name);
	add_taken(l, name, record_of(c));
	if (c->identity.userns_fd >= 0)
		add_taken(l, name, open_again(c->identity.userns_fd));
	TAILQ_FOREACH(s, &c->sessions, entry) {
		if (s->proxy_fd >= 0)
			continue;
		name_of(c, s->number, name);
		if (!s->helper)
			add_copy(l, name, s->listener_fd);
		add_copy(l, name, s->slot_fd);
	}
}

int keep_list(const struct registry *r,
	      int (*add)(void *ctx, const char *name, int fd_taken), void *ctx)
{
	struct list l = { add, ctx, 0 };
	char name[FDSTORE_NAME_MAX];
	const struct container *c;

	if (last_good_name(r, name))
		add_taken(&l, name, last_good_record(r->set));
	TAILQ_FOREACH(c, &r->containers, entry)
		if (c->store)
			list_container(&l, c);
	return l.error;
}
