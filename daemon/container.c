// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <json-c/json.h>

#include "daemon/keep.h"
#include "daemon/nodes.h"
#include "daemon/registry.h"
#include "lib/log.h"
#include "lib/own.h"
#include "proto/varlink.h"
#include "proto/oci_state.h"

struct container *container_new(struct registry *r, struct peer *peer,
				const char *id, struct identity *id_taken)
{
	struct container *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	(void)snprintf(c->id, sizeof(c->id), "%s", id);
	c->peer = peer_ref(peer);
	c->identity = *id_taken;
	*id_taken = (struct identity){ .userns_fd = -1 };
	c->nodes_fd = -1;
	c->since = (int64_t)time(NULL);
	TAILQ_INIT(&c->sessions);
	TAILQ_INSERT_TAIL(&r->containers, c, entry);
	r->n_containers++;
	return c;
}

/* NULL stays NULL. Return: 0 or -ENOMEM */
static int copy(const char *s, char **ret)
{
	if (!s)
		return 0;
	*ret = strdup(s);
	return *ret ? 0 : -ENOMEM;
}

static size_t length(const char *s)
{
	return s ? strlen(s) : 0;
}

int container_set_facts(struct container *c, const char *bundle,
			const char *metadata, struct json_object *annotations)
{
	if (copy(bundle, &c->bundle) < 0 || copy(metadata, &c->metadata) < 0)
		return -ENOMEM;
	if (annotations &&
	    copy(json_object_to_json_string_ext(annotations,
						JSON_C_TO_STRING_PLAIN),
		 &c->annotations) < 0)
		return -ENOMEM;
	c->facts_bytes = length(c->bundle) + length(c->metadata) +
			 length(c->annotations);
	c->peer->facts_bytes += c->facts_bytes;
	return 0;
}

struct json_object *container_annotations(const struct container *c)
{
	return c->annotations ? json_tokener_parse(c->annotations) : NULL;
}

void container_set_policy(struct container *c, struct policy_set *set,
			  const struct policy *p)
{
	struct policy_set *old = c->set;
	bool renamed = !c->policy ||
		       strcmp(policy_name(c->policy), policy_name(p)) != 0;

	c->set = policy_set_ref(set);
	c->policy = p;
	policy_set_unref(old);
	if (renamed)
		keep_policy(c);
}

const struct policy *container_bind(const struct container *c,
				    const struct policy_set *set)
{
	AUTO(json_put) struct json_object *annotations =
		container_annotations(c);
	const struct binding_facts facts = {
		.peer_uid = c->peer->uid,
		.peer_gid = c->peer_gid,
		.userns = c->identity.userns_fact,
		.userns_owner = c->identity.userns_owner,
		.cgroups = c->identity.cgroups.paths,
		.n_cgroups = c->identity.cgroups.n,
		.id = c->id,
		.bundle = c->bundle,
		.metadata = c->metadata,
		.annotation = oci_annotation,
		.annotation_ctx = annotations,
	};

	if (c->annotations && !annotations) /* no memory: not by half the facts */
		return NULL;
	return policy_set_bind(set, &facts);
}

int container_nodes(struct registry *r, struct container *c)
{
	if (!r->has_nodes || !policy_binds_nodes(c->policy))
		return -1;
	if (c->nodes_fd >= 0)
		return c->nodes_fd;
	c->nodes = ++r->last_nodes;
	c->nodes_fd = nodes_mount(c->nodes);
	if (c->nodes_fd < 0) {
		log_event(LOG_WARNING, "nodes-not-bound", LOG_E(c->nodes_fd),
			  LOG_S("container", c->id),
			  LOG_S("so", "nodes on its own tmpfs do not open"));
		c->nodes_fd = -1;
	}
	return c->nodes_fd;
}

static void drop_nodes(struct container *c)
{
	if (c->nodes_fd < 0)
		return;
	c->nodes_fd = fd_close(c->nodes_fd);
	nodes_umount(c->nodes);
}

void container_reap(struct registry *r, struct container *c)
{
	if (!TAILQ_EMPTY(&c->sessions))
		return;
	keep_forget_container(r, c);
	groups_remove(&r->groups, c->group);
	counters_add(&r->ended, &c->ended);
	TAILQ_REMOVE(&r->containers, c, entry);
	r->n_containers--;
	identity_done(&c->identity);
	drop_nodes(c);
	c->peer->facts_bytes -= c->facts_bytes;
	peer_put(c->peer);
	policy_set_unref(c->set);
	free(c->annotations);
	free(c->bundle);
	free(c->metadata);
	free(c);
}

void container_counters(const struct container *c, struct counters *ret)
{
	const struct session *s;

	*ret = c->ended;
	TAILQ_FOREACH(s, &c->sessions, entry)
		counters_add_slot(ret, s->slot);
}
