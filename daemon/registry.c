// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/registry.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/appoint.h"
#include "daemon/watch.h"
#include "lib/listener.h"
#include "lib/log.h"
#include "lib/own.h"

void registry_init(struct registry *r, uv_loop_t *loop, const char *worker_path,
		   int nodes_fd)
{
	*r = (struct registry){ .loop = loop,
				.worker_path = worker_path,
				.nodes_fd = nodes_fd,
				.next_number = 1 };
	LIST_INIT(&r->containers);
}

/* -- finding ----------------------------------------------------------------- */

/* Anonymous inodes are all alike; only kcmp(2) tells two open files apart. */
static bool is_same_file(int a, int b)
{
	pid_t self = getpid();

	return syscall(SYS_kcmp, self, self, KCMP_FILE, a, b) == 0;
}

static bool is_served(const struct registry *r, int fd)
{
	const struct container *c;
	const struct listener *l;

	LIST_FOREACH(c, &r->containers, link)
		LIST_FOREACH(l, &c->listeners, link)
			if (is_same_file(l->fd, fd))
				return true;
	return false;
}

static size_t count_of_uid(const struct registry *r, uid_t uid)
{
	const struct container *c;
	const struct listener *l;
	size_t n = 0;

	LIST_FOREACH(c, &r->containers, link)
		if (c->peer_uid == uid)
			LIST_FOREACH(l, &c->listeners, link)
				n++;
	return n;
}

static bool is_full(const struct registry *r, uid_t uid)
{
	return r->n_listeners >= LISTENERS_MAX ||
	       (uid != 0 && count_of_uid(r, uid) >= LISTENERS_MAX_PER_UID);
}

/* Return: the container to join, or NULL */
static struct container *find_joined(const struct registry *r,
				     const struct attachment *a,
				     const struct identity *id)
{
	struct container *c, *found = NULL;

	LIST_FOREACH(c, &r->containers, link) {
		if (c->peer_uid != a->peer_uid || strcmp(c->id, a->id) != 0)
			continue;
		if (a->init_pid > 0 &&
		    c->identity.userns_dev == id->userns_dev &&
		    c->identity.userns_ino == id->userns_ino)
			return c;
		if (a->init_pid <= 0) {
			if (found) /* which of the two? nobody said */
				return NULL;
			found = c;
		}
	}
	return found;
}

/* -- coming ------------------------------------------------------------------- */

static struct container *container_free(struct container *c)
{
	if (c) {
		fd_close(c->policy_fd);
		identity_done(&c->identity);
		free(c);
	}
	return NULL;
}
DEFINE_AUTO(struct container *, container_free);

static struct listener *listener_free(struct listener *l)
{
	if (l) {
		fd_close(l->fd);
		fd_close(l->slot_fd);
		slot_unmap(l->slot);
		free(l);
	}
	return NULL;
}
DEFINE_AUTO(struct listener *, listener_free);

static int set_policy(struct container *c, const struct policy *p)
{
	int fd = fcntl(policy_memfd(p), F_DUPFD_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	fd_close(c->policy_fd);
	c->policy_fd = fd;
	strncpy(c->policy, policy_name(p), sizeof(c->policy) - 1);
	return 0;
}

/* Takes the identity on success. */
static int container_new(const struct attachment *a, struct identity *id,
			 struct container **ret)
{
	AUTO(container_free) struct container *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return -ENOMEM;
	c->policy_fd = c->identity.userns_fd = -1;
	LIST_INIT(&c->listeners);
	strncpy(c->id, a->id, sizeof(c->id) - 1);
	c->peer_uid = a->peer_uid;
	c->since = time(NULL);
	r = set_policy(c, a->policy);
	if (r < 0)
		return r;
	c->identity = *id;
	id->userns_fd = -1;
	*ret = TAKE_PTR(c);
	return 0;
}

static int listener_new(const struct container *c, struct listener **ret)
{
	AUTO(listener_free) struct listener *l = calloc(1, sizeof(*l));
	struct slot_identity id = {
		.userns_dev = c->identity.userns_dev,
		.userns_ino = c->identity.userns_ino,
		.peer_uid = c->peer_uid,
	};
	int r;

	if (!l)
		return -ENOMEM;
	l->fd = l->slot_fd = -1;
	memcpy(id.container, c->id, sizeof(id.container));
	memcpy(id.policy, c->policy, sizeof(id.policy));
	r = slot_new(&id, &l->slot_fd, &l->slot);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(l);
	return 0;
}

static void listener_add(struct registry *r, struct container *c,
			 struct listener *l)
{
	if (!c->registry) {
		c->registry = r;
		LIST_INSERT_HEAD(&r->containers, c, link);
		r->n_containers++;
	}
	l->container = c;
	l->number = r->next_number++;
	LIST_INSERT_HEAD(&c->listeners, l, link);
	r->n_listeners++;
	r->attached++;
}

int registry_attach(struct registry *r, const struct attachment *a,
		    struct listener **ret_listener)
{
	AUTO(container_free) struct container *made = NULL;
	AUTO(listener_free) struct listener *l = NULL;
	struct identity id;
	struct container *c;
	int e;

	if (is_full(r, a->peer_uid))
		return REGISTRY_FULL;
	if (is_served(r, a->fd))
		return REGISTRY_DUPLICATE;
	e = identity_settle(a->init_pid, a->peer_pid, &id);
	if (e < 0)
		return e;
	c = find_joined(r, a, &id);
	if (!c && !a->policy)
		e = REGISTRY_NO_POLICY;
	else if (!c)
		e = container_new(a, &id, &made);
	identity_done(&id);
	if (e != 0)
		return e;
	if (made)
		c = made;
	e = listener_new(c, &l);
	if (e < 0)
		return e;
	/* A handle of libuv's can only be given up by the loop, so from here on
	 * nothing fails. */
	made = NULL;
	l->fd = a->fd;
	listener_add(r, c, l);
	appoint_init(r->loop, l);
	watch_start(r->loop, l);
	/* Where the kernel has it: half of the cost of a call is the wake-up. */
	(void)listener_set_sync(l->fd);
	*ret_listener = l;
	appoint(TAKE_PTR(l));
	return REGISTRY_OK;
}

/* -- new rules ------------------------------------------------------------------ */

/* Are two compiled policies the same, byte for byte? */
static bool is_same_policy(int a, int b)
{
	char x[4096], y[sizeof(x)];
	ssize_t n;

	for (off_t at = 0; (n = pread(a, x, sizeof(x), at)) > 0; at += n)
		if (pread(b, y, sizeof(y), at) != n ||
		    memcmp(x, y, (size_t)n) != 0)
			return false;
	return n == 0;
}

static bool is_same_size(int a, int b)
{
	struct stat x, y;

	return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_size == y.st_size;
}

static bool container_repolicy(struct container *c, const struct policy *p)
{
	struct listener *l;
	int e;

	if (!p) {
		log_event(LOG_WARNING, "policy-gone", LOG_S("container", c->id),
			  LOG_S("policy", c->policy),
			  LOG_S("hint", "its old rules stay in force until it "
					"ends"));
		return false;
	}
	if (is_same_size(c->policy_fd, policy_memfd(p)) &&
	    is_same_policy(c->policy_fd, policy_memfd(p)))
		return false;
	e = set_policy(c, p);
	if (e < 0) {
		log_event(LOG_ERR, "policy-not-changed",
			  LOG_S("container", c->id), LOG_E(e));
		return false;
	}
	LIST_FOREACH(l, &c->listeners, link)
		appoint_successor(l);
	return true;
}

size_t registry_repolicy(struct registry *r, const struct policy_set *set)
{
	struct container *c;
	size_t n = 0;

	LIST_FOREACH(c, &r->containers, link)
		n += container_repolicy(c, policy_set_find(set, c->policy));
	return n;
}

/* -- counting ------------------------------------------------------------------- */

static void add_slot(struct totals *sum, const struct slot_counters *c)
{
#define X(name, help)                                                          \
	sum->name += atomic_load_explicit(&c->name, memory_order_relaxed);
	SLOT_COUNTERS(X)
#undef X
}

static void add_totals(struct totals *sum, const struct totals *t)
{
#define X(name, help) sum->name += t->name;
	SLOT_COUNTERS(X)
#undef X
}

void container_totals(const struct container *c, struct totals *sum)
{
	const struct listener *l;

	add_totals(sum, &c->ended);
	LIST_FOREACH(l, &c->listeners, link)
		add_slot(sum, &l->slot->counters);
}

void registry_totals(const struct registry *r, struct totals *sum)
{
	const struct container *c;

	add_totals(sum, &r->ended);
	LIST_FOREACH(c, &r->containers, link)
		container_totals(c, sum);
}

/* -- going ---------------------------------------------------------------------- */

static void container_end(struct registry *r, struct container *c)
{
	struct totals t = c->ended;

	log_event(LOG_INFO, "container-ended", LOG_S("container", c->id),
		  LOG_U("peer_uid", c->peer_uid), LOG_U("received", t.received),
		  LOG_U("emulated", t.emulated));
	add_totals(&r->ended, &t);
	LIST_REMOVE(c, link);
	r->n_containers--;
	container_free(c);
}

static void tell_if_empty(struct registry *r)
{
	void (*on_empty)(void *) = r->on_empty;

	if (!on_empty || r->n_listeners)
		return;
	r->on_empty = NULL;
	on_empty(r->on_empty_ctx);
}

void listener_handle_closed(struct listener *l)
{
	struct container *c = l->container;
	struct registry *r = c->registry;

	if (--l->handles)
		return;
	add_slot(&c->ended, &l->slot->counters);
	LIST_REMOVE(l, link);
	r->n_listeners--;
	listener_free(l);
	if (LIST_EMPTY(&c->listeners))
		container_end(r, c);
	tell_if_empty(r);
}

void listener_end(struct listener *l, int sig)
{
	l->over = true;
	watch_stop(l);
	appoint_end(l, sig);
}

void registry_end(struct registry *r, int sig, void (*on_empty)(void *ctx),
		  void *ctx)
{
	struct container *c;
	struct listener *l;

	r->on_empty = on_empty;
	r->on_empty_ctx = ctx;
	LIST_FOREACH(c, &r->containers, link)
		LIST_FOREACH(l, &c->listeners, link)
			listener_end(l, sig);
	tell_if_empty(r);
}
