// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/foretell.h"

#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "daemon/admit.h"
#include "daemon/control.h"
#include "daemon/registry.h"
#include "proto/oci_state.h"

#define REASON_BYTES 512

/* As when its listener comes; without a process there is no knowing yet. */
static void settle(const struct control_check *c, struct identity *ret)
{
	struct ns_id peer = identity_peer(c->asker.pid);

	*ret = (struct identity){ .userns_fd = -1 };
	if (c->each)
		identity_settle_each(c->peer_uid, ret);
	else if (c->pid)
		(void)identity_settle(&peer, c->pid, ret);
}

/* The policies that it may get. */
struct outlook {
	const struct policy *first; /* NULL: none */
	bool is_sure;		    /* it is the first */
	bool may_be_wanted;	    /* or no one is wanted */
};

static void look_out(const struct policy_set *set, const struct control_check *c,
		     const struct binding_facts *f, struct outlook *ret)
{
	const struct policy *p;

	*ret = (struct outlook){ .is_sure = true };
	for (size_t i = 0; (p = policy_set_may_bind(set, f, i)); i++) {
		ret->first = ret->first ?: p;
		ret->is_sure = ret->is_sure && p == ret->first;
		if (!c->policy || strcmp(c->policy, policy_name(p)) == 0)
			ret->may_be_wanted = true;
	}
	/* It may also be that none is. */
	if (ret->first && !policy_set_bind(set, f))
		ret->is_sure = false;
}

/* Policy names are of the policy's file or, cut, of who asks. */
static bool is_refused(struct registry *r, const struct control_check *c,
		       const struct outlook *o, char reason[REASON_BYTES])
{
	const char *limit = admit_limit(r, c->peer_uid);
	const char *worker = program_open(&r->program);

	if (c->policy && strlen(c->policy) > POLICY_NAME_MAX)
		(void)snprintf(reason, REASON_BYTES,
			       "the policy's name is longer than %d bytes",
			       POLICY_NAME_MAX);
	else if (c->policy && !policy_set_find(r->set, c->policy))
		(void)snprintf(reason, REASON_BYTES,
			       "deputyd has no policy \"%s\"", c->policy);
	else if (!o->first)
		(void)snprintf(reason, REASON_BYTES,
			       "no binding of deputyd's policy matches this "
			       "container of uid %u",
			       c->peer_uid);
	else if (!o->may_be_wanted)
		(void)snprintf(reason, REASON_BYTES,
			       "the container wants policy \"%s\", but the "
			       "bindings give it \"%s\" for uid %u",
			       c->policy, policy_name(o->first), c->peer_uid);
	else if (limit || worker)
		(void)snprintf(reason, REASON_BYTES, "%s", limit ?: worker);
	else
		return false;
	return true;
}

static int add(struct json_object *o, const char *key, struct json_object *v)
{
	if (v && json_object_object_add(o, key, v) == 0)
		return 0;
	json_object_put(v);
	return -1;
}

static struct json_object *tell(struct registry *r,
				const struct control_check *c,
				const struct outlook *look)
{
	struct json_object *o = json_object_new_object();
	char reason[REASON_BYTES];
	bool refused = is_refused(r, c, look, reason);
	int error = o ? 0 : -1;

	if (!error)
		error = add(o, "accepted", json_object_new_boolean(!refused));
	if (!error && look->first && look->is_sure)
		error = add(o, "policy",
			    json_object_new_string(policy_name(look->first)));
	if (!error && refused)
		error = add(o, "reason", json_object_new_string(reason));
	if (!error)
		return o;
	json_object_put(o);
	return NULL;
}

struct json_object *foretell(struct registry *r,
			     const struct control_check *c)
{
	struct outlook look;
	struct identity its;

	settle(c, &its);
	const struct binding_facts facts = {
		.peer_uid = c->peer_uid,
		.peer_gid = c->peer_gid,
		.userns = its.userns_fact,
		.userns_owner = its.userns_owner,
		.cgroups = its.cgroups.paths,
		.n_cgroups = its.cgroups.n,
		.id = c->id,
		.bundle = c->bundle,
		.metadata = c->metadata,
		.annotation = oci_annotation,
		.annotation_ctx = c->annotations,
		.foretold = (!c->pid && !c->each) || !c->id || !c->bundle,
	};

	look_out(r->set, c, &facts, &look);
	identity_done(&its);
	return tell(r, c, &look);
}
