// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/appoint.h"
#include "daemon/keep.h"
#include "daemon/lingering.h"
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
	if (!s->helper) {
		c->n_sessions++;
		c->peer->listeners++;
		r->n_sessions++;
	}
	if (s->number > c->last_listener)
		c->last_listener = s->number;
	appoint_init(s);
	watch_wake(r);
	return 0;
}

/* With a slot of its own. Takes @s, which is freed where that fails. */
static int enlist_new(struct session *s, int listener_fd, int proxy_fd)
{
	struct slot_identity id;
	int error;

	session_identify(s, &id);
	error = slot_new(&id, &s->slot_fd, &s->slot);
	if (error == 0)
		error = enlist(s, listener_fd, proxy_fd);
	if (error < 0)
		session_free(s);
	return error;
}

int session_new(struct registry *r, struct container *c, int *listener_fd_taken)
{
	struct session *s = session_alloc(r, c);
	int error;

	if (!s)
		return -ENOMEM;
	s->number = c->last_listener + 1;
	error = enlist_new(s, *listener_fd_taken, -1);
	if (error < 0)
		return error;
	*listener_fd_taken = -1;
	keep_session(s);
	appoint(s);
	return 0;
}

/* Not kept: LXC's monitor, who has the listener, connects anew. */
int session_new_proxied(struct registry *r, struct container *c,
			int *proxy_fd_taken)
{
	struct session *s = session_alloc(r, c);
	int error;

	if (!s)
		return -ENOMEM;
	s->number = c->last_listener + 1;
	error = enlist_new(s, -1, *proxy_fd_taken);
	if (error < 0)
		return error;
	*proxy_fd_taken = -1;
	appoint(s);
	return 0;
}

/* With a slot that came back. Takes @s, which is freed where that fails. */
static int enlist_found(struct session *s, int *listener_fd_taken,
			int *slot_fd_taken, struct slot *slot)
{
	int error = enlist(s, *listener_fd_taken, -1);

	if (error < 0) {
		session_free(s);
		return error;
	}
	*listener_fd_taken = -1;
	s->slot_fd = TAKE_FD(*slot_fd_taken);
	s->slot = slot;
	return 0;
}

int session_adopt(struct registry *r, struct container *c,
		  struct session_found *f, struct session **ret)
{
	struct session *s = session_alloc(r, c);
	int error;

	if (!s)
		return -ENOMEM;
	s->number = f->number;
	s->kept = f->kept;
	error = enlist_found(s, &f->listener_fd, &f->slot_fd, f->slot);
	if (error == 0)
		*ret = s;
	return error;
}

/* Return: a session and its @ret_listener_fd, or NULL with errno */
static struct session *helper_alloc(struct session *main, int *ret_listener_fd)
{
	struct session *s = session_alloc(main->registry, main->container);

	if (!s)
		return NULL;
	s->number = main->number;
	s->helper = true;
	*ret_listener_fd = fcntl(main->listener_fd, F_DUPFD_CLOEXEC, 0);
	if (*ret_listener_fd < 0) {
		int error = errno;

		session_free(s);
		errno = error;
		return NULL;
	}
	return s;
}

int session_help(struct session *main)
{
	AUTO(fd_close) int fd = -1;
	struct session *s = helper_alloc(main, &fd);
	int error;

	if (!s)
		return -errno;
	error = enlist_new(s, fd, -1);
	if (error < 0)
		return error;
	(void)TAKE_FD(fd);
	if (!keep_helper(main, s)) {
		session_end(s, "its slot does not fit into the fd store");
		return -ENOSPC;
	}
	appoint(s);
	return 0;
}

int session_adopt_helper(struct session *main, int *slot_fd_taken,
			 struct slot *slot)
{
	AUTO(fd_close) int fd = -1;
	struct session *s = helper_alloc(main, &fd);

	return s ? enlist_found(s, &fd, slot_fd_taken, slot) : -errno;
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
	log_event(LOG_INFO, s->helper ? "helper-ended" : "listener-ended",
		  LOG_S("container", c->id), LOG_S("why", why),
		  LOG_U("received", sum.received),
		  LOG_U("restarts", s->restarts));
	keep_forget_session(s);
	lingering_forget(s);
	TAILQ_REMOVE(&c->sessions, s, entry);
	if (!s->helper) {
		c->n_sessions--;
		c->peer->listeners--;
		r->n_sessions--;
	}
	s->ended = true;
	s->container = NULL;
	watch_session_end(s);
	appoint_end(s);
	container_reap(r, c);
}
