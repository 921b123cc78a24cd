// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Nothing in the store is trusted for being there: a kind of fd is told by what
 * the kernel says of it, who a container is by its record, which no worker can
 * write to, and which listener is whose by its name, which is the store's.
 * A slot is the worker's word; only the call in flight is taken from it, as
 * after any worker's end.  Where it is lost and the kernel can give back what was
 * received (requeue), an empty one will do; else its listener is refused.
 */
#include <json-c/json.h>

#include "daemon/adopt.h"

#include <errno.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "daemon/appoint.h"
#include "daemon/fdstore.h"
#include "daemon/helper.h"
#include "daemon/inherit.h"
#include "daemon/record.h"
#include "daemon/registry.h"
#include "lib/listener.h"
#include "lib/log.h"
#include "lib/own.h"

struct entry {
	struct fdstore_name name;
	struct inherit_fd *f;
};

/* Some entries of one name, or of one container. */
struct run {
	struct entry *e;
	size_t n;
};

static int cmp(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

/* A container before its listeners, its last change before the others. */
static int compare(const void *a, const void *b)
{
	const struct fdstore_name *x = &((const struct entry *)a)->name;
	const struct fdstore_name *y = &((const struct entry *)b)->name;
	int r = cmp(x->container, y->container);

	if (r == 0)
		r = cmp(x->listener, y->listener);
	return r ? r : cmp(y->change, x->change);
}

static void drop_name(struct registry *r, const struct entry *e, size_t n,
		      struct fdstore_share *share)
{
	char name[FDSTORE_NAME_MAX];

	fdstore_name_format(&e->name, name);
	fdstore_drop(r->store, name, n, share);
}

/* What is left of them, out of the store, too. */
static void refuse(struct registry *r, struct run run, const char *why)
{
	for (size_t i = 0; i < run.n; i++) {
		if (run.e[i].f->fd >= 0)
			inherit_refuse(run.e[i].f, r->loop, why);
		drop_name(r, &run.e[i], 1, NULL);
	}
}

/* @share: what they were charged to, or NULL */
static void drop_quietly(struct registry *r, struct run run,
			 struct fdstore_share *share)
{
	for (size_t i = 0; i < run.n; i++) {
		run.e[i].f->fd = fd_close(run.e[i].f->fd);
		drop_name(r, &run.e[i], 1, share);
	}
}

/* Return: the first ones that are alike in container, listener and, if it is
 * asked for, change; they are taken off @rest */
static struct run next_run(struct run *rest, bool changes)
{
	struct run got = { rest->e, 0 };

	while (got.n < rest->n &&
	       got.e[got.n].name.container == got.e->name.container &&
	       got.e[got.n].name.listener == got.e->name.listener &&
	       (!changes || got.e[got.n].name.change == got.e->name.change))
		got.n++;
	rest->e += got.n;
	rest->n -= got.n;
	return got;
}

static bool is_userns(int fd, const struct ns_id *want)
{
	struct ns_id id;

	return identity_fd(fd, &id) == 0 && ns_id_is(&id, want);
}

/* The container's own fds of one change. Return: as record_read() */
static int read_own(struct run own, struct record *rec, struct identity *id,
		    const char **why)
{
	int r = -EPROTO;

	*why = "no record";
	for (size_t i = 0; i < own.n && r < 0; i++) {
		r = record_read(own.e[i].f->fd, rec, why);
		if (r == 0)
			own.e[i].f->fd = fd_close(own.e[i].f->fd);
	}
	for (size_t i = 0; r == 0 && i < own.n && id->userns_fd < 0; i++)
		if (own.e[i].f->fd >= 0 &&
		    is_userns(own.e[i].f->fd, &rec->userns)) {
			id->userns = rec->userns;
			id->userns_fd = TAKE_FD(own.e[i].f->fd);
		}
	return r;
}

static const struct policy *closed_policy(struct registry *r)
{
	static const char text[] =
		"{\"version\":1,\"policies\":{\"closed\":{\"rules\":[],"
		"\"default\":{\"errno\":\"EPERM\"}}},\"bindings\":[{\"when\":{}"
		","
		"\"policy\":\"closed\"}]}";
	struct diags *diags;

	if (!r->closed_set) {
		diags = malloc(sizeof(*diags));
		if (!diags || policy_set_parse("closed", text, strlen(text),
					       &r->closed_set, diags) < 0)
			r->closed_set = NULL;
		free(diags);
	}
	return r->closed_set ? policy_set_at(r->closed_set, 0) : NULL;
}

/* Return: 0 or -ENOMEM */
static int choose_policy(struct registry *r, struct container *c,
			 const struct record *rec)
{
	const struct policy *p = container_bind(c, r->set);
	struct policy_set *set = r->set;

	if (!p) {
		p = policy_set_find(r->set, rec->policy);
		if (p)
			log_event(LOG_WARNING, "policy-kept",
				  LOG_S("container", c->id),
				  LOG_S("policy", rec->policy),
				  LOG_S("why", "no binding matches"));
	}
	if (!p) {
		p = closed_policy(r);
		set = r->closed_set;
		if (!p)
			return -ENOMEM;
		log_event(LOG_ERR, "policy-gone", LOG_S("container", c->id),
			  LOG_S("policy", rec->policy),
			  LOG_S("why", "no binding matches, and there is no "
				       "policy of that name"),
			  LOG_S("so", "its notified calls get EPERM"));
	}
	container_set_policy(c, set, p);
	return 0;
}

/* Return: NULL for lack of memory */
static struct container *restore(struct registry *r, const struct record *rec,
				 struct identity *id_taken)
{
	struct peer *peer = peer_get(&r->peers, rec->peer_uid);
	struct container *c =
		peer ? container_new(r, peer, rec->id, id_taken) : NULL;

	if (peer)
		(void)peer_put(peer);
	if (!c)
		return NULL;
	c->since = rec->since;
	c->peer_gid = rec->peer_gid;
	if (container_set_facts(c, rec->bundle, rec->metadata,
				rec->annotations) < 0 ||
	    choose_policy(r, c, rec) < 0) {
		container_reap(r, c);
		return NULL;
	}
	return c;
}

/* The slots of one listener, its helpers' behind its own: which is whose makes no
 * difference. */
struct slots {
	struct slot *maps[1 + HELPERS_MAX];
	int fds[1 + HELPERS_MAX];
	size_t n;
};

static void slots_done(struct slots *s)
{
	for (size_t i = 0; i < s->n; i++) {
		slot_unmap(s->maps[i]);
		(void)fd_close(s->fds[i]);
	}
}

static inline void slots_done_cleanup(struct slots *s)
{
	slots_done(s);
}

static bool can_requeue(const struct registry *r)
{
	return r->features.mask & KFEAT_BIT(KFEAT_REQUEUE);
}

/* None was ever stored, or it was thrown away: a new one, beside the listener in
 * the store. Return: a sentence, or NULL */
static const char *make_slot(struct registry *r, const struct entry *l,
			     struct slots *ret)
{
	const struct slot_identity nobody = { .peer_uid = 0 };
	char name[FDSTORE_NAME_MAX];

	if (slot_new(&nobody, &ret->fds[0], &ret->maps[0]) < 0)
		return "no memory";
	ret->n = 1;
	fdstore_name_format(&l->name, name);
	(void)fdstore_put(r->store, name, ret->fds, 1, NULL); /* charged below */
	return NULL;
}

/* Beside helpers a lost one costs the listener: where one of them has a call, the
 * kernel is not asked for the rest. Return: a sentence, or NULL with @fd taken */
static const char *take_slot(struct registry *r, struct run run, int *fd,
			     struct slots *ret)
{
	struct slot **map = &ret->maps[ret->n];
	const char *why = "no slot";

	if (slot_adopt(*fd, map, &why) < 0 &&
	    !(run.n == 2 && can_requeue(r) && slot_renew(*fd, map) == 0))
		return why;
	ret->fds[ret->n++] = TAKE_FD(*fd);
	return NULL;
}

/* Return: a sentence, or NULL with all fds taken */
static const char *take_all(struct registry *r, struct run run, int *ret_listener,
			    struct slots *ret)
{
	struct entry *listener = NULL;
	const char *why = NULL;

	if (run.n > 2 + HELPERS_MAX)
		return "more than a listener and its slots";
	for (size_t i = 0; i < run.n && !listener; i++)
		if (listener_check(run.e[i].f->fd) == 0)
			listener = &run.e[i];
	if (run.n < 2 && !(listener && can_requeue(r)))
		return "a listener without a slot, or a slot without a listener";
	if (!listener)
		return "neither is a listener";
	if (run.n == 1)
		why = make_slot(r, listener, ret);
	for (size_t i = 0; i < run.n && !why; i++)
		if (&run.e[i] != listener)
			why = take_slot(r, run, &run.e[i].f->fd, ret);
	if (!why)
		*ret_listener = TAKE_FD(listener->f->fd);
	return why;
}

/* All of them are there before one serves: flight.c looks at each. */
static int adopt_session(struct registry *r, struct container *c,
			 struct session_found *f, struct slots *slots)
{
	struct session *main, *s;
	int error = session_adopt(r, c, f, &main);

	if (error < 0)
		return error;
	slots->fds[0] = -1;
	slots->maps[0] = NULL;
	for (size_t i = 1; i < slots->n && error == 0; i++) {
		error = session_adopt_helper(main, &slots->fds[i],
					     slots->maps[i]);
		if (error == 0)
			slots->maps[i] = NULL;
	}
	TAILQ_FOREACH(s, &c->sessions, entry)
		if (s->number == f->number)
			appoint_inherited(s);
	return error;
}

/* @n fds of that name are the container's, and its peer's. */
static void charge(const struct registry *r, const struct container *c,
		   const struct entry *e, size_t n)
{
	char name[FDSTORE_NAME_MAX];

	fdstore_name_format(&e->name, name);
	fdstore_charge(r->store, name, n, &c->peer->stored);
}

/* Return: is there one more listener? */
static bool adopt_listener(struct registry *r, struct container *c, struct run run)
{
	AUTO(slots_done) struct slots slots = { .n = 0 };
	AUTO(fd_close) int listener = -1;
	struct session_found f = { .number = run.e->name.listener };
	const char *why = take_all(r, run, &listener, &slots);
	int error;

	if (f.number > c->last_listener)
		c->last_listener = f.number;
	if (why) {
		refuse(r, run, why);
		return false;
	}
	if (listener_hung_up(listener)) {
		drop_quietly(r, run, NULL);
		return false;
	}
	f.listener_fd = TAKE_FD(listener);
	f.kept = 1 + slots.n;
	f.slot_fd = slots.fds[0];
	f.slot = slots.maps[0];
	charge(r, c, run.e, f.kept);
	error = adopt_session(r, c, &f, &slots);
	if (error == 0)
		return true;
	log_event(LOG_ERR, "not-adopted", LOG_S("container", c->id),
		  LOG_E(error));
	if (f.listener_fd < 0) /* it serves, but for a helper's call */
		return true;
	(void)fd_close(f.listener_fd);
	drop_quietly(r, run, &c->peer->stored);
	return false;
}

/* Paths of a record, as the kernel's file has them. What cannot be had is not
 * known: no binding that asks for it matches. */
static void restore_cgroups(struct json_object *paths, struct cgroups *ret)
{
	size_t n = paths ? json_object_array_length(paths) : 0, size;
	char *text = NULL;
	FILE *out = n ? open_memstream(&text, &size) : NULL;

	for (size_t i = 0; out && i < n; i++)
		(void)fprintf(out, "0::%s\n",
			      json_object_get_string(
				      json_object_array_get_idx(paths, i)));
	if (!out)
		return;
	if (fclose(out) == 0)
		(void)cgroups_parse(text, ret);
	else
		free(text);
}

static void restore_facts(const struct record *rec, struct identity *id)
{
	id->userns_fact = rec->userns_fact;
	id->userns_owner = rec->userns_owner;
	id->each = rec->each;
	restore_cgroups(rec->cgroups, &id->cgroups);
}

/* Return: the container, or NULL: refused, with the reason */
static struct container *adopt_own(struct registry *r, struct run own,
				   const char **why)
{
	AUTO(record_done) struct record rec = { .root = NULL };
	AUTO(identity_done) struct identity id = { .userns_fd = -1 };
	struct run one = { NULL, 0 };
	struct container *c;
	int error = -EPROTO;

	*why = "its container is unknown";
	while (error < 0 && own.n > 0) {
		one = next_run(&own, true);
		error = read_own(one, &rec, &id, why);
		if (error < 0)
			refuse(r, one, *why);
	}
	drop_quietly(r, own, NULL); /* what an older change said */
	if (error < 0)
		return NULL;
	for (size_t i = 0; i < one.n; i++)
		if (one.e[i].f->fd >= 0)
			inherit_refuse(
				one.e[i].f, r->loop,
				"neither its record nor its user namespace");
	if (rec.userns.ino && id.userns_fd < 0)
		log_event(LOG_WARNING, "container-unknown",
			  LOG_S("container", rec.id),
			  LOG_S("why", "its user namespace was not stored"),
			  LOG_S("so", "nothing is emulated for it"));
	restore_facts(&rec, &id);
	c = restore(r, &rec, &id);
	if (!c) {
		*why = "no memory";
		refuse(r, one, *why);
		return NULL;
	}
	c->store = r->store;
	c->store_id = one.e->name.container;
	c->store_change = one.e->name.change;
	charge(r, c, one.e, c->identity.userns_fd >= 0 ? 2 : 1);
	return c;
}

static void adopt_container(struct registry *r, struct run all)
{
	struct run own = { all.e, 0 };
	const char *why;
	struct container *c;
	size_t n = 0;

	while (own.n < all.n && own.e[own.n].name.listener == 0)
		own.n++;
	c = adopt_own(r, own, &why);
	all.e += own.n;
	all.n -= own.n;
	if (!c) {
		refuse(r, all, why);
		return;
	}
	while (all.n > 0)
		n += adopt_listener(r, c, next_run(&all, false));
	if (n > 0)
		log_event(LOG_INFO, "container-adopted",
			  LOG_S("container", c->id),
			  LOG_U("peer_uid", c->peer->uid),
			  LOG_S("policy", policy_name(c->policy)),
			  LOG_U("userns", c->identity.userns.ino),
			  LOG_U("listeners", n));
	container_reap(r, c);
}

static size_t collect(struct registry *r, struct inherit *in,
		      struct entry *entries)
{
	size_t n = 0;

	for (size_t i = 0; i < in->n; i++) {
		struct entry *e = &entries[n];

		if (in->fds[i].fd < 0 ||
		    !fdstore_name_parse(in->fds[i].name, &e->name))
			continue;
		e->f = &in->fds[i];
		fdstore_had(r->store, in->fds[i].name);
		if (e->name.container > r->store->last)
			r->store->last = e->name.container;
		n++;
	}
	return n;
}

void adopt(struct registry *r, struct inherit *in)
{
	AUTO(free_ptr)
	struct entry *entries = calloc(in->n + 1, sizeof(*entries));
	struct run rest;

	if (!entries) {
		log_event(LOG_ERR, "not-adopted", LOG_E(-ENOMEM));
		return;
	}
	rest = (struct run){ entries, collect(r, in, entries) };
	qsort(entries, rest.n, sizeof(*entries), compare);
	while (rest.n > 0) {
		struct run all = { rest.e, 0 };

		while (all.n < rest.n &&
		       all.e[all.n].name.container == all.e->name.container)
			all.n++;
		rest.e += all.n;
		rest.n -= all.n;
		adopt_container(r, all);
	}
}
