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

static unsigned listeners_of(const struct registry *r, uid_t uid)
{
	const struct peer *p;

	LIST_FOREACH(p, &r->peers, entry)
	if (p->uid == uid)
		return p->listeners;
	return 0;
}

/* Policy names are of the policy's file or, cut, of who asks. */
static bool is_refused(const struct registry *r, const struct control_check *c,
		       const struct policy *p, char reason[REASON_BYTES])
{
	const char *limit = admit_limit(r, listeners_of(r, c->peer_uid));

	if (c->policy && strlen(c->policy) > POLICY_NAME_MAX)
		(void)snprintf(reason, REASON_BYTES,
			       "the policy's name is longer than %d bytes",
			       POLICY_NAME_MAX);
	else if (c->policy && !policy_set_find(r->set, c->policy))
		(void)snprintf(reason, REASON_BYTES,
			       "deputyd has no policy \"%s\"", c->policy);
	else if (!p)
		(void)snprintf(reason, REASON_BYTES,
			       "no binding of deputyd's policy is for a "
			       "container like this of uid %u",
			       c->peer_uid);
	else if (c->policy && strcmp(c->policy, policy_name(p)) != 0)
		(void)snprintf(reason, REASON_BYTES,
			       "it wants the policy \"%s\", but the bindings "
			       "give \"%s\" to a container like this of uid %u",
			       c->policy, policy_name(p), c->peer_uid);
	else if (limit)
		(void)snprintf(reason, REASON_BYTES, "%s", limit);
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

struct json_object *foretell(const struct registry *r,
			     const struct control_check *c)
{
	const struct binding_facts facts = {
		.peer_uid = c->peer_uid,
		.metadata = c->metadata,
		.annotation = oci_annotation,
		.annotation_ctx = c->annotations,
	};
	const struct policy *p = policy_set_bind(r->set, &facts);
	struct json_object *o = json_object_new_object();
	char reason[REASON_BYTES];
	bool refused = is_refused(r, c, p, reason);
	int error = o ? 0 : -1;

	if (!error)
		error = add(o, "accepted", json_object_new_boolean(!refused));
	if (!error && p)
		error = add(o, "policy", json_object_new_string(policy_name(p)));
	if (!error && refused)
		error = add(o, "reason", json_object_new_string(reason));
	if (!error)
		return o;
	json_object_put(o);
	return NULL;
}
