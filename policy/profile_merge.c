// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * No two rules of a profile overlap where their actions differ: libseccomp
 * drops the more special one of two that do, and engines refuse others.  So
 * where the base has a rule for a call that is handled, the rule loses it, and
 * copies of the rule follow for what is left, a comparison for each bit in
 * which that differs from what is notified.
 */
#include <string.h>

#include "policy/lex_node.h"
#include "policy/profile_make.h"

/* The names of @r that are left as @like is (NULL: that are not handled). */
static struct json_object *names_left(const struct making *m,
				      const struct seccomp_rule *r,
				      const struct profile_call *like)
{
	struct json_object *names = json_object_new_array();

	for (size_t i = 0; names && i < seccomp_rule_count(r); i++) {
		const char *name = seccomp_rule_name(r, i);
		const struct profile_call *c =
			profile_calls_find(&m->calls, name);
		bool handled = c && profile_handles(c);

		if (like ? !handled || !profile_alike(c, like) : handled)
			continue;
		if (profile_append(names, json_object_new_string(name)) < 0) {
			json_object_put(names);
			return NULL;
		}
	}
	return names;
}

/* The rule says what happens without it, too. */
static bool is_default(const struct seccomp_profile *p,
		       const struct seccomp_rule *r)
{
	if (seccomp_rule_is(r, SECCOMP_ACT_NOTIFY))
		return strcmp(p->default_action, SECCOMP_ACT_ALLOW) == 0;
	return !r->conditional && seccomp_rule_is(r, p->default_action) &&
	       r->errno_ret == p->default_errno_ret;
}

/* Keeps the comparisons of the base's rule that are no cube. */
static int add_odd_args(const struct seccomp_rule *r, struct json_object *args)
{
	struct json_object *all = json_object_object_get(r->json, "args");

	for (size_t i = 0; r->odd_args && i < json_object_array_length(all); i++) {
		struct json_object *arg = json_object_array_get_idx(all, i);
		int index = json_object_get_int(
			json_object_object_get(arg, "index"));

		if ((r->odd_args & 1U << index) &&
		    profile_append(args, json_object_get(arg)) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* @r once more, for what of its names is left as @like. Takes @args. */
static int add_copy(struct making *m, const struct seccomp_rule *r,
		    const struct profile_call *like, struct json_object *args)
{
	/* The filter now selects what the base notified as a whole. */
	const char *action = seccomp_rule_is(r, SECCOMP_ACT_NOTIFY) ?
				     SECCOMP_ACT_ALLOW :
				     r->action;
	struct json_object *copy = NULL;

	if (!args || add_odd_args(r, args) < 0 ||
	    json_object_deep_copy(r->json, &copy, NULL) < 0) {
		json_object_put(args);
		return -ENOMEM;
	}
	json_object_object_del(copy, "name");
	if (profile_put(copy, "args", args) < 0 ||
	    profile_put(copy, "names", names_left(m, r, like)) < 0 ||
	    profile_put_str(copy, "action", action) < 0) {
		json_object_put(copy);
		return -ENOMEM;
	}
	return profile_append(m->rules, copy);
}

static int clash(struct making *m, const struct seccomp_rule *r,
		 const struct profile_call *c)
{
	doc_complain(m->base->doc, DIAG_ERROR, r->node,
		     "it compares an argument of %s that the policy's rules "
		     "compare, too, and no filter can do both",
		     c->name);
	return -EINVAL;
}

/* Does the rule want another value than @value there already? */
static bool excludes(const struct seccomp_rule *r, int arg, uint64_t value)
{
	struct json_object *all = json_object_object_get(r->json, "args");

	for (size_t i = 0; r->odd_args && i < json_object_array_length(all); i++) {
		struct json_object *one = json_object_array_get_idx(all, i);
		struct json_object *v = json_object_object_get(one, "value");
		struct json_object *op = json_object_object_get(one, "op");
		struct json_object *at = json_object_object_get(one, "index");

		if (json_object_get_int(at) == arg &&
		    json_object_get_uint64(v) == value &&
		    strcmp(json_object_get_string(op), "SCMP_CMP_NE") == 0)
			return true;
	}
	return false;
}

/* Where the one register has not the one value. */
static int add_all_but(struct making *m, const struct seccomp_rule *r,
		       const struct profile_call *c, int arg)
{
	const struct cube *n = &c->notify.c[0];
	struct json_object *args;
	struct cube both;

	if (r->twice_args)
		return clash(m, r, c);
	if (!cube_meet(&r->cube, n, &both) || excludes(r, arg, n->value[arg]))
		return add_copy(m, r, c, seccomp_args(&r->cube));
	if (cube_holds(n, &r->cube))
		return 0;
	if (r->cube.mask[arg] || (r->odd_args & 1U << arg))
		return clash(m, r, c);
	args = seccomp_args(&r->cube);
	if (args &&
	    seccomp_args_add(args, arg, "SCMP_CMP_NE", n->value[arg]) < 0) {
		json_object_put(args);
		return -ENOMEM;
	}
	return add_copy(m, r, c, args);
}

/* Adds rules for the calls of @c that are not notified and that the base's rule
 * is for. */
static int add_left(struct making *m, const struct seccomp_rule *r,
		    const struct profile_call *c)
{
	int arg, ret = 0;

	if (profile_call_is_single(c, &arg))
		return add_all_but(m, r, c, arg);
	for (size_t i = 0; i < c->leave.n && ret == 0; i++) {
		struct cube both;

		for (int k = 0; k < CUBE_ARGS; k++)
			if (r->twice_args ||
			    ((r->odd_args & 1U << k) && c->leave.c[i].mask[k]))
				return clash(m, r, c);
		if (cube_meet(&r->cube, &c->leave.c[i], &both))
			ret = add_copy(m, r, c, seccomp_args(&both));
	}
	return ret;
}

static bool denies(const char *action)
{
	return strcmp(action, SECCOMP_ACT_ALLOW) != 0 &&
	       strcmp(action, SECCOMP_ACT_NOTIFY) != 0 &&
	       strcmp(action, "SCMP_ACT_LOG") != 0;
}

/* Handled names leave the rule; what is left of them follows it. */
int profile_add_base_rule(struct making *m, const struct seccomp_rule *r)
{
	struct json_object *names = names_left(m, r, NULL), *copy = NULL;
	int ret = 0;

	if (!names)
		return -ENOMEM;
	if (json_object_array_length(names) == seccomp_rule_count(r)) {
		json_object_put(names);
		return profile_append(m->rules, json_object_get(r->json));
	}
	if (json_object_array_length(names) == 0) {
		json_object_put(names);
	} else if (json_object_deep_copy(r->json, &copy, NULL) < 0) {
		json_object_put(names);
		return -ENOMEM;
	} else {
		ret = profile_put(copy, "names", names);
		if (ret == 0)
			ret = profile_append(m->rules, json_object_get(copy));
		json_object_put(copy);
	}
	for (size_t i = 0; i < m->calls.n && ret == 0; i++) {
		const struct profile_call *c = &m->calls.calls[i];
		bool first = profile_handles(c) && seccomp_rule_has(r, c->name);

		for (size_t k = 0; k < i && first; k++)
			first = !(seccomp_rule_has(r, m->calls.calls[k].name) &&
				  profile_handles(&m->calls.calls[k]) &&
				  profile_alike(c, &m->calls.calls[k]));
		if (first && !is_default(m->base, r))
			ret = add_left(m, r, c);
	}
	return ret;
}

void profile_warn_of_opening(struct making *m, const struct profile_call *c)
{
	const struct seccomp_rule *by = NULL;
	bool named = false;

	if (!c->opens)
		return;
	for (size_t i = 0; i < m->base->n_rules && !by; i++) {
		const struct seccomp_rule *r = &m->base->rules[i];

		if (!seccomp_rule_has(r, c->name))
			continue;
		named = named || (!r->compares && !r->conditional);
		if (denies(r->action))
			by = r;
	}
	if (by || (!named && denies(m->base->default_action)))
		doc_complain(m->base->doc, DIAG_WARNING,
			     by ? by->node :
				  lex_member(m->base->doc->lex, LEX_ROOT,
					     "defaultAction"),
			     "it denies %s, but a notified call that deputy "
			     "leaves to the kernel continues",
			     c->name);
}
