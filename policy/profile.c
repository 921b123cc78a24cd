// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A profile is a base, of which everything stays but the calls that deputy is
 * asked about, and rules for these:
 *
 *   notify   what the policy's rules need
 *   errno    a call that gets the same errno whatever it asks
 *   the base's own rule for it, cut down to what is left
 */
#include "policy/profile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/lex_node.h"
#include "policy/profile_engine.h"
#include "policy/profile_make.h"

/* -- ours ----------------------------------------------------------------------------- */

static int add_rule(struct making *m, struct json_object *names,
		    const struct cube *cube, int error)
{
	struct json_object *o = json_object_new_object();
	const struct cube all = { 0 };
	int r = o ? profile_put(o, "names", json_object_get(names)) : -ENOMEM;

	if (r == 0)
		r = profile_put_str(o, "action",
				    error ? SECCOMP_ACT_ERRNO :
					    SECCOMP_ACT_NOTIFY);
	if (r == 0 && error)
		r = profile_put(o, "errnoRet", json_object_new_int(error));
	if (r == 0 && !error && memcmp(cube, &all, sizeof(all)) != 0)
		r = profile_put(o, "args", seccomp_args(cube));
	if (r < 0) {
		json_object_put(o);
		return r;
	}
	return profile_append(m->rules, o);
}

static int add_ours(struct making *m, size_t at)
{
	const struct profile_call *c = &m->calls.calls[at];
	struct json_object *names;
	int r = 0;

	for (size_t i = 0; i < at; i++)
		if (profile_alike(c, &m->calls.calls[i]))
			return 0; /* with that one */
	names = json_object_new_array();
	if (!names)
		return -ENOMEM;
	for (size_t i = at; i < m->calls.n && r == 0; i++)
		if (profile_alike(c, &m->calls.calls[i]))
			r = profile_append(
				names,
				json_object_new_string(m->calls.calls[i].name));
	for (size_t i = 0; i < c->notify.n && r == 0; i++) {
		r = add_rule(m, names, &c->notify.c[i], c->error);
		if (c->error)
			break;
	}
	json_object_put(names);
	return r;
}

static int add_rules(struct making *m)
{
	int r = 0;

	for (size_t i = 0; i < m->calls.n && r == 0; i++)
		if (profile_handles(&m->calls.calls[i])) {
			r = add_ours(m, i);
			if (m->base)
				profile_warn_of_opening(m, &m->calls.calls[i]);
		}
	for (size_t i = 0; m->base && i < m->base->n_rules && r == 0; i++)
		r = profile_add_base_rule(m, &m->base->rules[i]);
	return r;
}

/* -- around the rules ------------------------------------------------------------------- */

static struct json_object *sub_arches(const struct profile_arch *a,
				      struct json_object *list)
{
	for (size_t i = 0; list && i < ARRAY_SIZE(a->sub) && a->sub[i]; i++)
		if (profile_append(list, json_object_new_string(a->sub[i])) < 0) {
			json_object_put(list);
			return NULL;
		}
	return list;
}

static int put_arch_map(struct json_object *o)
{
	struct json_object *map = json_object_new_array();
	int r = map ? 0 : -ENOMEM;

	for (const struct profile_arch *a = NULL;
	     r == 0 && (a = profile_arch_next(a));) {
		struct json_object *one = json_object_new_object();

		r = one ? profile_put_str(one, "architecture", a->name) : -ENOMEM;
		if (r == 0)
			r = profile_put(one, "subArchitectures",
					sub_arches(a, json_object_new_array()));
		if (r == 0)
			r = profile_append(map, json_object_get(one));
		json_object_put(one);
	}
	if (r == 0)
		return profile_put(o, "archMap", map);
	json_object_put(map);
	return r;
}

static int put_arches(struct json_object *o)
{
	const struct profile_arch *a = NULL;
	struct json_object *list = json_object_new_array();

	if (!list)
		return -ENOMEM;
	while ((a = profile_arch_next(a)))
		if (a->token == seccomp_arch_native())
			break;
	if (!a) { /* the engine's own is always there */
		json_object_put(list);
		return 0;
	}
	if (profile_append(list, json_object_new_string(a->name)) < 0) {
		json_object_put(list);
		return -ENOMEM;
	}
	return profile_put(o, "architectures", sub_arches(a, list));
}

static bool notifies(const struct making *m)
{
	for (size_t i = 0; i < m->calls.n; i++)
		if (profile_handles(&m->calls.calls[i]) &&
		    !m->calls.calls[i].error)
			return true;
	return false;
}

static int put_flag(struct json_object *o)
{
	struct json_object *flags = json_object_object_get(o, "flags");

	for (size_t i = 0; flags && i < json_object_array_length(flags); i++)
		if (strcmp(json_object_get_string(
				   json_object_array_get_idx(flags, i)),
			   PROFILE_KILLABLE_FLAG) == 0)
			return 0;
	if (!flags) {
		flags = json_object_new_array();
		if (profile_put(o, "flags", flags) < 0)
			return -ENOMEM;
	}
	return profile_append(flags,
			      json_object_new_string(PROFILE_KILLABLE_FLAG));
}

static int put_frame(struct making *m)
{
	struct json_object *o = m->out;
	int r = 0;

	if (m->base) {
		struct json_object_iter i;

		json_object_object_foreachC(m->base->doc->tree,
					    i) if (strcmp(i.key, "syscalls") !=
						   0)(void)
			json_object_object_add(o, i.key, json_object_get(i.val));
	} else {
		r = profile_put_str(o, "defaultAction", SECCOMP_ACT_ALLOW);
		if (r == 0)
			r = m->docker ? put_arch_map(o) : put_arches(o);
	}
	if (r == 0 && notifies(m)) {
		r = profile_put_str(o, "listenerPath", m->o->listener);
		if (r == 0)
			r = profile_put_str(o, "listenerMetadata",
					    m->policy->name);
		if (r == 0 && m->o->wait_killable)
			r = put_flag(o);
	}
	if (r == 0)
		r = profile_put(o, "syscalls", json_object_get(m->rules));
	return r;
}

/* -- what cannot be ----------------------------------------------------------------------- */

/* LXC looks names up for the machine's own ABI. libseccomp gives negative
 * numbers for calls that only other ABIs have, and LXC skips those. */
static bool lxc_lacks(const char *name)
{
	int nr = seccomp_syscall_resolve_name(name);

	return nr < 0 && nr != __NR_SCMP_ERROR;
}

/* Reports the parts of the policy that no filter, or no engine, can do. */
static int complain_of_policy(struct making *m)
{
	struct doc *d = m->policy_doc;

	for (size_t i = 0; i < m->calls.n; i++) {
		const struct profile_call *c = &m->calls.calls[i];
		const char *why = profile_never(c->name);

		if (why && profile_handles(c))
			doc_complain(d, DIAG_ERROR, c->node,
				     "%s cannot be notified: %s", c->name, why);
		if (m->o->dialect == PROFILE_LXC && profile_handles(c) &&
		    lxc_lacks(c->name))
			doc_complain(d, DIAG_WARNING, c->node,
				     "LXC has no name for %s, which only "
				     "another ABI of this machine has: the "
				     "profile does not notify it",
				     c->name);
		if (c->coarse)
			doc_complain(
				d, DIAG_WARNING, c->node,
				"more than %d filter rules would be needed "
				"for exactly these calls of %s: the profile "
				"notifies more calls",
				PROFILE_CALL_RULES_MAX, c->name);
	}
	if (!notifies(m))
		doc_complain(d, DIAG_WARNING, m->policy->node,
			     "the policy's rules need no notification, so "
			     "containers get no listener");
	return d->diags->n_errors ? -EINVAL : 0;
}

static int complain_of_base(struct making *m)
{
	struct doc *d = m->base->doc;

	if (strcmp(m->base->default_action, SECCOMP_ACT_NOTIFY) == 0) {
		doc_complain(d, DIAG_ERROR,
			     lex_member(d->lex, LEX_ROOT, "defaultAction"),
			     "no engine can notify everything");
		return -EINVAL;
	}
	for (size_t i = 0; i < m->base->n_rules; i++) {
		const struct seccomp_rule *r = &m->base->rules[i];

		for (size_t k = 0; seccomp_rule_is(r, SECCOMP_ACT_NOTIFY) &&
				   k < seccomp_rule_count(r);
		     k++) {
			const char *name = seccomp_rule_name(r, k);

			if (!profile_calls_find(&m->calls, name))
				doc_complain(d, DIAG_WARNING, r->node,
					     "it notifies %s, which no rule of "
					     "the policy names: it gets the "
					     "default",
					     name);
		}
	}
	return 0;
}

static int settle_dialect(struct making *m)
{
	bool docker = m->base && m->base->docker;

	m->docker = m->o->dialect == PROFILE_DOCKER ||
		    (m->o->dialect == PROFILE_AS_BASE && docker);
	if (!docker || m->docker)
		return 0;
	for (size_t i = 0; i < m->base->n_rules; i++)
		if (m->base->rules[i].conditional) {
			doc_complain(m->base->doc, DIAG_ERROR,
				     m->base->rules[i].node,
				     "\"includes\" and \"excludes\" are of the "
				     "docker dialect: the others ignore them");
			return -EINVAL;
		}
	doc_complain(m->base->doc, DIAG_ERROR, LEX_ROOT,
		     "\"archMap\", \"includes\" and \"excludes\" are of the "
		     "docker dialect: the others ignore them");
	return -EINVAL;
}

static int make(struct making *m)
{
	int r = settle_dialect(m);

	if (r == 0)
		r = profile_calls_make(m->policy, PROFILE_CALL_RULES_MAX,
				       m->base, &m->calls);
	if (r == 0)
		r = profile_calls_deny_rings(m->policy, &m->calls);
	if (r == 0)
		r = complain_of_policy(m);
	if (r == 0 && m->base)
		r = complain_of_base(m);
	if (r < 0)
		return r;
	m->out = json_object_new_object();
	m->rules = json_object_new_array();
	r = m->out && m->rules ? add_rules(m) : -ENOMEM;
	return r < 0 ? r : put_frame(m);
}

int profile_make(const struct policy_set *set, const struct profile_options *o,
		 struct diags *diags, struct diags *base,
		 struct json_object **ret)
{
	AUTO(seccomp_profile_free) struct seccomp_profile *p = NULL;
	struct making m = { .o = o, .policy_doc = doc_of_set(set) };
	int r;

	m.policy = profile_policy(m.policy_doc, o->policy, diags);
	if (!m.policy)
		return -EINVAL;
	r = 0;
	if (o->base_text)
		r = seccomp_profile_parse(o->base_text, base, &p);
	else if (o->base)
		r = seccomp_profile_load(o->base, base, &p);
	if (r < 0)
		return r;
	m.base = p;
	m.policy_doc->diags = diags;
	r = make(&m);
	m.policy_doc->diags = NULL;
	diags_sort(diags);
	profile_calls_done(&m.calls);
	json_object_put(m.rules);
	if (r == 0)
		*ret = json_object_get(m.out);
	json_object_put(m.out);
	return r;
}
