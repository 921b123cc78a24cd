// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/admit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "daemon/log_budget.h"
#include "daemon/registry.h"
#include "lib/log.h"
#include "lib/own.h"
#include "proto/varlink.h"

static int refuse(const char **why, int error, const char *text)
{
	*why = text;
	return -error;
}

/* One value of a log line, of several words. */
struct words {
	char text[LOG_VALUE_MAX + 1];
	size_t len;
};

static void add_word(struct words *w, const char *word)
{
	size_t room = sizeof(w->text) - w->len;
	int n = snprintf(w->text + w->len, room, "%s%s", w->len ? ", " : "",
			 word);

	if (n > 0)
		w->len += (size_t)n < room ? (size_t)n : room - 1;
}

/* Cut, so that a long one leaves room for others. */
static void add_annotation(struct words *w, const char *key, const char *value)
{
	char word[160];

	(void)snprintf(word, sizeof(word), "%.64s=%.64s", key, value);
	add_word(w, word);
}

static bool is_full(const struct words *w)
{
	return w->len == sizeof(w->text) - 1;
}

/* Do bindings look at this one, before their @end-th? */
static bool is_asked(const struct policy_set *set, const char *key, size_t end)
{
	const char *asked;

	for (size_t i = 0; i < end && (asked = policy_set_annotation(set, i)); i++)
		if (strcmp(asked, key) == 0)
			return true;
	return false;
}

/* Those that the bindings look at first: engines have many more. */
static void add_annotations(struct words *w, struct json_object *all,
			    const struct policy_set *set)
{
	const char *asked;

	for (size_t i = 0; (asked = policy_set_annotation(set, i)); i++) {
		const char *value = oci_annotation(all, asked);

		if (value && !is_full(w) && !is_asked(set, asked, i))
			add_annotation(w, asked, value);
	}
	if (!all)
		return;
	json_object_object_foreach(all, key, object)
	{
		if (is_full(w))
			break;
		if (!is_asked(set, key, SIZE_MAX))
			add_annotation(w, key, json_object_get_string(object));
	}
}

/*
 * All that a binding could have looked at, for who is to write one. What the
 * kernel says stands first: a line that is too long loses its end.
 */
static void log_unbound(const struct registry *r, const struct container *c,
			pid_t peer_pid)
{
	const struct policy_set *set = r->set;
	const char *suppressed;
	AUTO(json_put) struct json_object *tree = container_annotations(c);
	struct words cgroups = { .len = 0 }, annotations = { .len = 0 };
	char owner[IDENTITY_OWNER_MAX];

	if (!log_budget_take(c->peer->uid, uv_now(r->loop), &suppressed))
		return;
	for (size_t i = 0; i < c->identity.cgroups.n; i++)
		add_word(&cgroups, c->identity.cgroups.paths[i]);
	add_annotations(&annotations, tree, set);
	log_event(LOG_WARNING, "attach-refused",
		  LOG_S("why", "no binding of the policy matches"),
		  LOG_U("peer_uid", c->peer->uid),
		  LOG_U("peer_gid", c->peer_gid), LOG_I("peer_pid", peer_pid),
		  LOG_S("suppressed", suppressed),
		  LOG_S("userns_owner", identity_owner(&c->identity, owner)),
		  LOG_S("cgroup", cgroups.len ? cgroups.text : "unknown"),
		  LOG_S("id", c->id), LOG_S("bundle", c->bundle),
		  LOG_S("metadata", c->metadata),
		  LOG_S("annotation", annotations.len ? annotations.text : NULL));
}

/* crun's exec says neither pid: then the id must be enough, if it is one's
 * only.  A second listener of a container comes with its init's pid, too. */
static struct container *find(struct registry *r, const struct sender *sender,
			      const struct oci_state *state,
			      const struct identity *id)
{
	return registry_find(r, sender->peer->uid, sender->gid, state->id,
			     state->init_pid > 0 ? &id->userns : NULL);
}

static int create(struct registry *r, const struct sender *sender,
		  const struct oci_state *state, struct identity *id_taken,
		  struct container **ret, const char **why)
{
	struct container *c = container_new(r, sender->peer, state->id, id_taken);
	const struct policy *p;

	if (!c)
		return refuse(why, ENOMEM, "no memory");
	c->peer_gid = sender->gid;
	if (container_set_facts(c, state->bundle, state->metadata,
				state->annotations) < 0) {
		container_reap(r, c);
		return refuse(why, ENOMEM, "no memory");
	}
	p = container_bind(c, r->set);
	if (!p) {
		log_unbound(r, c, sender->pid);
		container_reap(r, c);
		return ADMIT_UNBOUND;
	}
	container_set_policy(c, r->set, p);
	*ret = c;
	return 0;
}

static void log_attached(const struct registry *r, const struct container *c,
			 const struct oci_state *state)
{
	log_event(LOG_INFO, "listener-attached", LOG_S("container", c->id),
		  LOG_U("peer_uid", c->peer->uid), LOG_U("peer_gid", c->peer_gid),
		  LOG_S("policy", policy_name(c->policy)),
		  LOG_U("userns", c->identity.userns.ino),
		  LOG_S("each_userns", c->identity.each ? "yes" : "no"),
		  LOG_I("init_pid", state->init_pid),
		  LOG_S("status", state->status),
		  LOG_U("container_listeners", c->n_sessions),
		  LOG_U("listeners", r->n_sessions));
}

static void log_unknown(const struct oci_state *state, int error)
{
	log_event(LOG_NOTICE, "container-unknown", LOG_S("container", state->id),
		  LOG_I("init_pid", state->init_pid), LOG_E(error),
		  LOG_S("so", "nothing is emulated for it"));
}

const char *admit_limit(const struct registry *r, uid_t peer_uid)
{
	size_t others = r->n_sessions - peer_listeners(&r->peers, 0);

	if (r->n_sessions >= LISTENERS_MAX)
		return "the limit of " TEXT_OF(LISTENERS_MAX) " listeners is "
		       "reached";
	if (peer_uid != 0 && others >= LISTENERS_MAX - LISTENERS_OF_ROOT)
		return "all listeners are taken, except " TEXT_OF(
			LISTENERS_OF_ROOT) " that are kept for root";
	if (peer_facts(&r->peers, peer_uid) >= FACTS_MAX_MIB_PER_UID << 20)
		return "the uid's limit of " TEXT_OF(FACTS_MAX_MIB_PER_UID) " MiB "
		       "of bundles, metadata and annotations is reached";
	if (peer_listeners(&r->peers, peer_uid) >= LISTENERS_MAX_PER_UID)
		return "the uid's limit of " TEXT_OF(LISTENERS_MAX_PER_UID)
		       " listeners is reached";
	return NULL;
}

static int check_limits(struct registry *r, const struct peer *peer,
			int listener_fd, const char **why)
{
	const char *limit = admit_limit(r, peer->uid);
	const char *worker = program_open(&r->program);

	if (limit)
		return refuse(why, EMFILE, limit);
	if (worker)
		return refuse(why, ENOEXEC, worker);
	if (registry_has_listener(r, listener_fd))
		return refuse(why, EEXIST, "this listener is attached already");
	return 0;
}

/* Return: 0, or a negative errno: why it is unknown */
static int settle(const struct sender *sender, const struct oci_state *state,
		  struct identity *ret)
{
	if (!state->userns)
		return identity_settle(&sender->userns, state->init_pid, ret);
	identity_settle_each(sender->peer->uid, ret);
	return 0;
}

/* @session_start: session_new() or session_new_proxied(), of @fd_taken */
static int join(struct registry *r, const struct sender *sender,
		const struct oci_state *state,
		int (*session_start)(struct registry *r, struct container *c,
				     int *fd_taken),
		int *fd_taken, const char **why)
{
	AUTO(identity_done) struct identity id = { .userns_fd = -1 };
	int error = settle(sender, state, &id);
	struct container *c = find(r, sender, state, &id);

	if (!c) {
		int status = create(r, sender, state, &id, &c, why);

		if (status != 0)
			return status;
		if (error < 0)
			log_unknown(state, error);
	}
	error = session_start(r, c, fd_taken);
	if (error < 0) {
		container_reap(r, c);
		return refuse(why, -error, "cannot attach");
	}
	log_attached(r, c, state);
	return ADMIT_OK;
}

int admit(struct registry *r, const struct sender *sender,
	  const struct oci_state *state, int *listener_fd_taken, const char **why)
{
	int error = check_limits(r, sender->peer, *listener_fd_taken, why);

	if (error < 0)
		return error;
	return join(r, sender, state, session_new, listener_fd_taken, why);
}

int admit_proxied(struct registry *r, const struct sender *sender,
		  const struct oci_state *state, int listener_fd,
		  int *sock_taken, const char **why)
{
	int error = check_limits(r, sender->peer, listener_fd, why);

	if (error < 0)
		return error;
	return join(r, sender, state, session_new_proxied, sock_taken, why);
}
