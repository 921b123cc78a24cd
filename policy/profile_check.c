// SPDX-License-Identifier: LGPL-2.1-or-later
/* A profile against a policy, both as sets of cubes; and against the engines. */
#include "policy/profile.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "policy/lex_node.h"
#include "policy/profile_calls.h"
#include "policy/profile_engine.h"
#include "policy/profile_rules.h"

struct checking {
	struct doc *policy_doc;
	const struct doc_policy *policy;
	struct seccomp_profile *profile;
	struct profile_calls calls;
	const char *path;
};

#define ERROR(c, node, ...)                                                    \
	doc_complain((c)->profile->doc, DIAG_ERROR, node, __VA_ARGS__)
#define WARNING(c, node, ...)                                                  \
	doc_complain((c)->profile->doc, DIAG_WARNING, node, __VA_ARGS__)

/* "args[1] & 0xf000 is 0x2000 and ...", "always" */
static const char *cube_text(const struct cube *c, char *buf, size_t size)
{
	size_t n = 0;

	(void)snprintf(buf, size, "always");
	for (int i = 0; i < CUBE_ARGS && n < size; i++) {
		if (!c->mask[i])
			continue;
		n += (size_t)snprintf(buf + n, size - n, "%sargs[%d]",
				      n ? " and " : "where ", i);
		if (c->mask[i] != UINT64_MAX && n < size)
			n += (size_t)snprintf(buf + n, size - n,
					      " & 0x%" PRIx64, c->mask[i]);
		if (n < size)
			n += (size_t)snprintf(buf + n, size - n,
					      " is 0x%" PRIx64, c->value[i]);
	}
	return buf;
}

static bool notifies(const struct seccomp_rule *r)
{
	return seccomp_rule_is(r, SECCOMP_ACT_NOTIFY);
}

/* -- what engines make of it ------------------------------------------------------- */

static uint32_t node_of(const struct checking *c, const char *key)
{
	uint32_t node = lex_member(c->profile->doc->lex, LEX_ROOT, key);

	return node == LEX_NONE ? LEX_ROOT : node;
}

static void check_listener(struct checking *c, bool any)
{
	struct json_object *o = c->profile->doc->tree;
	const char *path = json_object_get_string(
		json_object_object_get(o, "listenerPath"));
	struct json_object *flags = json_object_object_get(o, "flags");
	const char *why = path && *path ? profile_listener_complaint(path) :
					  "without \"listenerPath\" runc and "
					  "youki refuse to notify, and crun "
					  "answers ENOSYS";

	if (any && why)
		ERROR(c, node_of(c, "listenerPath"), "%s", why);
	if (any && json_object_is_type(flags, json_type_array) &&
	    json_object_array_length(flags) > 0)
		WARNING(c, node_of(c, "flags"),
			"runc before 1.5 refuses a "
			"profile with flags");
	if (any && c->profile->docker)
		WARNING(c, LEX_ROOT,
			"the docker dialect: Docker before 23.0 "
			"drops \"listenerPath\"; containerd and CRI-O ignore "
			"\"archMap\", \"includes\" and \"excludes\"");
}

/* Two rules for one call that can both match: one of them does not count. */
static void check_rivals(struct checking *c, const struct seccomp_rule *r,
			 const char *name)
{
	struct cube both;

	for (size_t i = 0; i < c->profile->n_rules; i++) {
		const struct seccomp_rule *other = &c->profile->rules[i];

		if (notifies(other) || !seccomp_rule_has(other, name) ||
		    other->odd_args || other->twice_args ||
		    !cube_meet(&r->cube, &other->cube, &both))
			continue;
		doc_complain(c->profile->doc,
			     r->conditional || other->conditional ? DIAG_WARNING :
								    DIAG_ERROR,
			     r->node,
			     "rule %zu has another action for the same %s: "
			     "engines apply only one of them",
			     i, name);
		return;
	}
}

static void check_engine_rule(struct checking *c, const struct seccomp_rule *r)
{
	for (size_t i = 0; i < seccomp_rule_count(r); i++) {
		const char *name = seccomp_rule_name(r, i);
		const char *why = profile_never(name);

		if (why)
			ERROR(c, r->node, "%s cannot be notified: %s", name, why);
		check_rivals(c, r, name);
	}
	if (r->twice_args)
		ERROR(c, r->node,
		      "one argument is compared twice: engines "
		      "notify where either holds, or refuse");
	else if (r->odd_args)
		WARNING(c, r->node,
			"only its SCMP_CMP_EQ and SCMP_CMP_MASKED_EQ are "
			"checked, not its other comparisons");
}

static void check_engines(struct checking *c)
{
	bool any = strcmp(c->profile->default_action, SECCOMP_ACT_NOTIFY) == 0;

	if (any)
		ERROR(c, node_of(c, "defaultAction"),
		      "no engine can notify everything: it makes calls itself "
		      "before it hands the listener over");
	for (size_t i = 0; i < c->profile->n_rules; i++)
		if (notifies(&c->profile->rules[i])) {
			any = true;
			check_engine_rule(c, &c->profile->rules[i]);
		}
	check_listener(c, any);
}

/* -- notified, and by which rule handled? --------------------------------------------- */

static void check_needless(struct checking *c, const struct seccomp_rule *r,
			   const struct profile_call *call)
{
	char where[256], more[32] = "";

	if (r->odd_args || r->twice_args || !cubes_touch(&call->leave, &r->cube))
		return;
	if (call->notify.n == 0) {
		WARNING(c, r->node,
			"%s is notified for nothing: the policy only continues "
			"it",
			call->name);
		return;
	}
	if (call->notify.n > 1)
		(void)snprintf(more, sizeof(more), ", and %zu more",
			       call->notify.n - 1);
	WARNING(c, r->node, "%s is notified more often than needed: rules need "
			    "it %s%s",
		call->name, cube_text(&call->notify.c[0], where, sizeof(where)),
		more);
}

static void check_notified(struct checking *c)
{
	for (size_t i = 0; i < c->profile->n_rules; i++) {
		const struct seccomp_rule *r = &c->profile->rules[i];

		for (size_t k = 0; notifies(r) && k < seccomp_rule_count(r); k++) {
			const char *name = seccomp_rule_name(r, k);
			const struct profile_call *call =
				profile_calls_find(&c->calls, name);

			if (call)
				check_needless(c, r, call);
			else
				ERROR(c, r->node,
				      "%s is notified, but no rule "
				      "of the policy names it: it gets the "
				      "default",
				      name);
		}
	}
}

/* -- handled, but notified? ------------------------------------------------------------ */

static bool errno_is(const char *action, int64_t ret, int error)
{
	return strcmp(action, SECCOMP_ACT_ERRNO) == 0 &&
	       (ret < 0 ? EPERM : ret) == error;
}

/* Does the filter give the errno itself that the policy would? */
static bool denied_alike(const struct checking *c, const struct profile_call *call)
{
	bool named = false;

	for (size_t i = 0; i < c->profile->n_rules; i++) {
		const struct seccomp_rule *r = &c->profile->rules[i];

		if (!seccomp_rule_has(r, call->name))
			continue;
		named = true;
		if (!r->compares && !r->conditional &&
		    errno_is(r->action, r->errno_ret, call->error))
			return call->error;
	}
	return !named && call->error &&
	       errno_is(c->profile->default_action,
			c->profile->default_errno_ret, call->error);
}

static int check_call(struct checking *c, const struct profile_call *call)
{
	bool by_default =
		strcmp(c->profile->default_action, SECCOMP_ACT_NOTIFY) == 0;
	struct cubes rest = { 0 };
	bool any = false, unsure = call->coarse;
	char where[256];
	int r = 0;

	for (size_t i = 0; i < call->notify.n && r == 0; i++)
		r = cubes_add(&rest, &call->notify.c[i]);
	for (size_t i = 0; i < c->profile->n_rules && r == 0; i++) {
		const struct seccomp_rule *rule = &c->profile->rules[i];

		if (!notifies(rule) || !seccomp_rule_has(rule, call->name))
			continue;
		any = true;
		if (rule->odd_args || rule->twice_args)
			unsure = true; /* complained about already */
		else
			r = cubes_subtract(&rest, &rule->cube);
	}
	if (r == 0 && rest.n && !by_default && !denied_alike(c, call)) {
		cubes_merge(&rest);
		if (!any)
			doc_complain(c->policy_doc, DIAG_ERROR, call->node,
				     "%s is never notified by %s", call->name,
				     c->path);
		else if (!unsure)
			doc_complain(c->policy_doc, DIAG_ERROR, call->node,
				     "%s is not notified by %s %s", call->name,
				     c->path,
				     cube_text(&rest.c[0], where, sizeof(where)));
	}
	cubes_done(&rest);
	return r == -E2BIG ? 0 : r;
}

/* -- both -------------------------------------------------------------------------------- */

static int check(struct checking *c)
{
	int r = profile_calls_make(c->policy, CUBES_MAX, false, &c->calls);

	if (r < 0)
		return r;
	check_engines(c);
	check_notified(c);
	for (size_t i = 0; i < c->calls.n && r == 0; i++)
		r = check_call(c, &c->calls.calls[i]);
	if (r == 0)
		r = profile_rules_check(c->policy_doc, c->policy, &c->calls,
					c->profile, c->path);
	return r;
}

static const char *metadata_policy(const struct checking *c)
{
	const char *name = json_object_get_string(json_object_object_get(
		c->profile->doc->tree, "listenerMetadata"));

	for (size_t i = 0; name && i < c->policy_doc->n_policies; i++)
		if (strcmp(c->policy_doc->policies[i].name, name) == 0)
			return name;
	return NULL;
}

int profile_check(const struct policy_set *set, const char *policy,
		  const char *path, struct diags *diags, struct diags *found)
{
	AUTO(seccomp_profile_free) struct seccomp_profile *p = NULL;
	struct checking c = { .policy_doc = doc_of_set(set), .path = path };
	int r = seccomp_profile_load(path, found, &p);

	if (r < 0)
		return r;
	c.profile = p;
	c.policy = profile_policy(c.policy_doc,
				  policy ? policy : metadata_policy(&c), diags);
	if (!c.policy)
		return -EINVAL;
	c.policy_doc->diags = diags;
	r = check(&c);
	c.policy_doc->diags = NULL;
	diags_sort(diags);
	diags_sort(found);
	profile_calls_done(&c.calls);
	if (r == 0 && (diags->n_errors || found->n_errors))
		r = -EINVAL;
	return r;
}
