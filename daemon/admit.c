// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/admit.h"

#include <errno.h>

#include "daemon/registry.h"
#include "lib/listener.h"
#include "lib/log.h"
#include "lib/own.h"

static int refuse(const char **why, int error, const char *text)
{
	*why = text;
	return -error;
}

/* crun's exec says neither pid: then the id must be enough, if it is one's
 * only.  A second listener of a container comes with its init's pid, too. */
static struct container *find(struct registry *r, const struct peer *peer,
			      const struct oci_state *state,
			      const struct identity *id)
{
	return registry_find(r, peer->uid, state->id,
			     state->init_pid > 0 ? &id->userns : NULL);
}

static int create(struct registry *r, struct peer *peer,
		  const struct oci_state *state, struct identity *id_taken,
		  struct container **ret, const char **why)
{
	struct container *c = container_new(r, peer, state->id, id_taken);
	const struct policy *p;

	if (!c)
		return refuse(why, ENOMEM, "no memory");
	if (container_set_facts(c, state->metadata, state->annotations) < 0) {
		container_reap(r, c);
		return refuse(why, ENOMEM, "no memory");
	}
	p = container_bind(c, r->set);
	if (!p) {
		container_reap(r, c);
		return refuse(why, EACCES, "no binding of the policy matches");
	}
	container_set_policy(c, r->set, p);
	*ret = c;
	return 0;
}

static void log_attached(const struct registry *r, const struct container *c,
			 const struct oci_state *state)
{
	log_event(LOG_INFO, "listener-attached", LOG_S("container", c->id),
		  LOG_U("peer_uid", c->peer->uid),
		  LOG_S("policy", policy_name(c->policy)),
		  LOG_U("userns", c->identity.userns.ino),
		  LOG_I("init_pid", state->init_pid),
		  LOG_S("status", state->status),
		  LOG_U("container_listeners", c->n_sessions),
		  LOG_U("listeners", r->n_sessions));
}

/* EINVAL is an older kernel: slower, no worse. */
static void set_sync(struct registry *r, int listener_fd)
{
	int error = listener_set_sync(listener_fd);

	if (r->sync_wake_up < 0)
		log_event(LOG_INFO, "kernel-feature",
			  LOG_S("name", "sync_wake_up"),
			  LOG_S("found", error == 0 ? "yes" : "no"));
	r->sync_wake_up = error == 0;
}

static int check_limits(const struct registry *r, const struct peer *peer,
			const char **why)
{
	if (r->n_sessions >= LISTENERS_MAX)
		return refuse(why, EMFILE, "LISTENERS_MAX is reached");
	if (peer->listeners >= LISTENERS_MAX_PER_UID)
		return refuse(why, EMFILE, "LISTENERS_MAX_PER_UID is reached");
	return 0;
}

/* @session_start: session_new() or session_new_proxied(), of @fd_taken */
static int join(struct registry *r, struct peer *peer,
		const struct ns_id *peer_userns, const struct oci_state *state,
		int (*session_start)(struct registry *r, struct container *c,
				     int *fd_taken),
		int *fd_taken, const char **why)
{
	AUTO(identity_done) struct identity id = { .userns_fd = -1 };
	struct container *c;
	int error = identity_settle(peer_userns, state->init_pid, &id);

	c = find(r, peer, state, &id);
	if (error < 0 && !c)
		log_event(LOG_NOTICE, "container-unknown",
			  LOG_S("container", state->id),
			  LOG_I("init_pid", state->init_pid), LOG_E(error),
			  LOG_S("so", "nothing is emulated for it"));
	if (!c) {
		error = create(r, peer, state, &id, &c, why);
		if (error < 0)
			return error;
	}
	error = session_start(r, c, fd_taken);
	if (error < 0) {
		container_reap(r, c);
		return refuse(why, -error, "cannot attach");
	}
	log_attached(r, c, state);
	return 0;
}

int admit(struct registry *r, struct peer *peer, const struct ns_id *peer_userns,
	  const struct oci_state *state, int *listener_fd_taken, const char **why)
{
	int error = check_limits(r, peer, why);

	if (error < 0)
		return error;
	if (registry_has_listener(r, *listener_fd_taken))
		return refuse(why, EEXIST, "this listener is attached already");
	set_sync(r, *listener_fd_taken);
	return join(r, peer, peer_userns, state, session_new, listener_fd_taken,
		    why);
}

int admit_proxied(struct registry *r, struct peer *peer,
		  const struct ns_id *peer_userns, const struct oci_state *state,
		  int listener_fd, int *sock_taken, const char **why)
{
	int error = check_limits(r, peer, why);

	if (error < 0)
		return error;
	if (registry_has_listener(r, listener_fd))
		return refuse(why, EEXIST, "this listener is attached already");
	return join(r, peer, peer_userns, state, session_new_proxied,
		    sock_taken, why);
}
