/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * A profile while it is made: profile.c, which begins and ends it, and
 * profile_merge.c, which brings in the base's rules.
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

/* Does the policy want anything of it that the kernel would not do? */
static inline bool profile_handles(const struct profile_call *c)
{
	return c->notify.n > 0;
}

/* Are both handled alike, so that one rule does for them? */
static inline bool profile_alike(const struct profile_call *a,
				 const struct profile_call *b)
{
	return a->error == b->error && cubes_equal(&a->notify, &b->notify) &&
	       cubes_equal(&a->leave, &b->leave);
}

/* A rule of the base without what is handled, and what is left of that. */
int profile_add_base_rule(struct making *m, const struct seccomp_rule *r);
/* Says so where @c is denied by the base and now may end in a continue. */
void profile_warn_of_opening(struct making *m, const struct profile_call *c);

/* They take @value, NULL too. Return: 0 or -ENOMEM */
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
