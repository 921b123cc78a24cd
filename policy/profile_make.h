/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * A profile while it is made.  profile.c begins and ends it; profile_merge.c
 * adds the base's rules.
 */

#include <errno.h>

#include "policy/profile.h"
#include "policy/profile_calls.h"
#include "policy/profile_read.h"

struct making {
	const struct profile_options *o;
	struct doc *policy_doc;
	const struct doc_policy *policy;
	struct seccomp_profile *base; /* NULL: none */
	struct profile_calls calls;
	struct json_object *out, *rules;
	bool docker;
};

/* Does the policy do more with this call than let it continue? */
static inline bool profile_handles(const struct profile_call *c)
{
	return c->notify.n > 0;
}

/* Are both calls handled alike, so that one rule is enough? */
static inline bool profile_alike(const struct profile_call *a,
				 const struct profile_call *b)
{
	return a->error == b->error && cubes_equal(&a->notify, &b->notify) &&
	       cubes_equal(&a->leave, &b->leave);
}

/* Adds a rule of the base without the handled calls, and rules for their
 * remaining register values. */
int profile_add_base_rule(struct making *m, const struct seccomp_rule *r);
/* Warns if the base denies @c, and @c may now end in a continue. */
void profile_warn_of_opening(struct making *m, const struct profile_call *c);

/* These functions own @value, which may be NULL. Return: 0 or -ENOMEM */
static inline int profile_put(struct json_object *o, const char *key,
			      struct json_object *value)
{
	if (value && json_object_object_add(o, key, value) == 0)
		return 0;
	json_object_put(value);
	return -ENOMEM;
}

static inline int profile_put_str(struct json_object *o, const char *key,
				  const char *value)
{
	return profile_put(o, key, json_object_new_string(value));
}

static inline int profile_append(struct json_object *list,
				 struct json_object *value)
{
	if (value && json_object_array_add(list, value) == 0)
		return 0;
	json_object_put(value);
	return -ENOMEM;
}
