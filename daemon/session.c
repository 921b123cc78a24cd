// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/appoint.h"
#include "daemon/keep.h"
#include "daemon/registry.h"
#include "daemon/watch.h"
#include "lib/listener.h"
#include "lib/log.h"
#include "lib/own.h"

static void session_free(struct session *s)
{
	(void)fd_close(s->listener_fd);
	(void)fd_close(s->proxy_fd);
	(void)fd_close(s->slot_fd);
	slot_unmap(s->slot);
	free(s);
}

void session_identify(const struct session *s, struct slot_identity *ret)
{
	const struct container *c = s->container;

	*ret = (struct slot_identity){
		.userns_dev = c->identity.each ? SLOT_USERNS_EACH :
						 c->identity.userns.dev,
		.userns_ino = c->identity.userns.ino,
		.peer_uid = c->peer->uid,
		.deputyd_pid = (uint64_t)getpid(),
	};
	(void)snprintf(ret->container, sizeof(ret->container), "%s", c->id);
	(void)snprintf(ret->policy, sizeof(ret->policy), "%s",
		       policy_name(c->policy));
}

static struct session *session_alloc(struct registry *r, struct container *c)
{
	struct session *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->registry = r;
	s->container = c;
	s->listener_fd = s->proxy_fd = s->slot_fd = -1;
	return s;
}

/* Into the registry; a session without a worker yet. The fd stays the caller's
 * where it fails. Return: 0 or negative */
static int enlist(struct session *s, int listener_fd, int proxy_fd)
{
	struct container *c = s->container;
	struct registry *r = s->registry;
	int error;

	s->listener_fd = listener_fd;
	s->proxy_fd = proxy_fd;
	error = watch_session(s);
	if (error < 0) {
		s->listener_fd = s->proxy_fd = -1;
		return error;
	}
	/* EINVAL is an older kernel: slower, no worse. */
	if (listener_fd >= 0)
		(void)listener_set_sync(listener_fd);
	TAILQ_INSERT_TAIL(&c->sessions, s, entry);
	c->n_sessions++;
	c->peer->listeners++;
	r->n_sessions++;
	appoint_init(s);
	watch_wake(r);
	return 0;
}

/* Return: NULL with errno set */
static struct session *begin(struct registry *r, struct container *c,
			     int listener_fd, int proxy_fd)
{
	struct session *s = session_alloc(r, c);
	struct slot_identity id;
	int error;

	if (!s)
		return NULL;
	session_identify(s, &id);
	error = slot_new(&id, &s->slot_fd, &s->slot);
	if (error == 0)
		error = enlist(s, listener_fd, proxy_fd);
	if (error == 0)
		return s;
	session_free(s);
	errno = -error;
	return NULL;
}

int session_new(struct registry *r, struct container *c, int *listener_fd_taken)
{
	struct session *s = begin(r, c, *listener_fd_taken, -1);

	if (!s)
		return -errno;
	*listener_fd_taken = -1;
	keep_session(s);
	appoint(s);
	return 0;
}

/* Not kept: LXC's monitor, who has the listener, connects anew. */
int session_new_proxied(struct registry *r, struct container *c,
			int *proxy_fd_taken)
{
	struct session *s = begin(r, c, -1, *proxy_fd_taken);

	if (!s)
		return -errno;
	*proxy_fd_taken = -1;
	appoint(s);
	return 0;
}

int session_adopt(struct registry *r, struct container *c, uint64_t store_id,
		  int *listener_fd_taken, int *slot_fd_taken, struct slot *slot)
{
	struct session *s = session_alloc(r, c);
	int error;

	if (!s)
		return -ENOMEM;
	s->store_id = store_id;
	s->kept = true;
	error = enlist(s, *listener_fd_taken, -1);
	if (error < 0) {
		session_free(s);
		return error;
	}
	*listener_fd_taken = -1;
	s->slot_fd = TAKE_FD(*slot_fd_taken);
	s->slot = slot;
	appoint_inherited(s);
	return 0;
}

void session_handle_closed(struct session *s)
{
	if (--s->open_handles == 0 && s->ended)
		session_free(s);
}

void session_end(struct session *s, const char *why)
{
	struct container *c = s->container;
	struct registry *r = s->registry;
	struct counters sum = { 0 };

	counters_add_slot(&sum, s->slot);
	counters_add(&c->ended, &sum);
	log_event(LOG_INFO, "listener-ended", LOG_S("container", c->id),
		  LOG_S("why", why), LOG_U("received", sum.received),
		  LOG_U("restarts", s->restarts));
	keep_forget_session(s);
	TAILQ_REMOVE(&c->sessions, s, entry);
	c->n_sessions--;
	c->peer->listeners--;
	r->n_sessions--;
	s->ended = true;
	s->container = NULL;
	watch_session_end(s);
	appoint_end(s);
	container_reap(r, c);
}
