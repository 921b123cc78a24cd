// SPDX-License-Identifier: LGPL-2.1-or-later
#include "policy/profile_rules.h"

#include <errno.h>
#include <strings.h>

#include <seccomp.h>

#include "policy/arch.h"

#define ARCH_PREFIX	    "SCMP_ARCH_"
#define ERROR(d, node, ...) doc_complain(d, DIAG_ERROR, node, __VA_ARGS__)

/* -- architectures --------------------------------------------------------------- */

static uint32_t scmp_arch_bit(struct json_object *o)
{
	const char *name = json_object_get_string(o);
	size_t prefix = strlen(ARCH_PREFIX);

	if (!name || strncmp(name, ARCH_PREFIX, prefix) != 0)
		return 0;
	for (size_t i = 0; i < n_arches; i++)
		if (strcasecmp(name + prefix, arches[i].name) == 0)
			return arch_bit(&arches[i]);
	return 0;
}

static uint32_t arch_bits(struct json_object *list)
{
	uint32_t bits = 0;

	if (!json_object_is_type(list, json_type_array))
		return 0;
	for (size_t i = 0; i < json_object_array_length(list); i++)
		bits |= scmp_arch_bit(json_object_array_get_idx(list, i));
	return bits;
}

/* A map has them for each machine: what is not for this one is for another. */
static uint32_t mapped_bits(struct json_object *map)
{
	uint32_t bits = 0;

	if (!json_object_is_type(map, json_type_array))
		return 0;
	for (size_t i = 0; i < json_object_array_length(map); i++) {
		struct json_object *one = json_object_array_get_idx(map, i);

		if (!json_object_is_type(one, json_type_object))
			continue;
		bits |= scmp_arch_bit(json_object_object_get(one, "architecture")) |
			arch_bits(json_object_object_get(one,
							 "subArchitectures"));
	}
	return bits;
}

/* libseccomp's filters have that of the machine, whatever the profile says. */
static uint32_t native_bit(void)
{
	for (size_t i = 0; i < n_arches; i++)
		if (arches[i].token == seccomp_arch_native())
			return arch_bit(&arches[i]);
	return 0;
}

static uint32_t profile_arches(const struct seccomp_profile *p)
{
	struct json_object *o = p->doc->tree;

	return native_bit() |
	       arch_bits(json_object_object_get(o, "architectures")) |
	       mapped_bits(json_object_object_get(o, "archMap"));
}

/* -- calls ----------------------------------------------------------------------- */

struct seen {
	struct cubes notified;
	bool unsure; /* complained about elsewhere */
	bool denied; /* the filter itself gives the rule's errno */
};

static bool gives(const char *action, int64_t ret, const struct doc_rule *r)
{
	return doc_denies(r) && r->verdict.kind == VERDICT_ERRNO &&
	       strcmp(action, SECCOMP_ACT_ERRNO) == 0 &&
	       (ret < 0 ? EPERM : ret) == r->verdict.error;
}

static int look(const struct seccomp_profile *p, const struct doc_rule *r,
		const char *name, struct seen *ret)
{
	int error = 0;

	ret->denied = gives(p->default_action, p->default_errno_ret, r);
	for (size_t i = 0; i < p->n_rules && error == 0; i++) {
		const struct seccomp_rule *one = &p->rules[i];

		if (!seccomp_rule_has(one, name))
			continue;
		ret->denied |= gives(one->action, one->errno_ret, r);
		if (!seccomp_rule_is(one, SECCOMP_ACT_NOTIFY))
			continue;
		ret->unsure |= one->odd_args || one->twice_args;
		error = cubes_add(&ret->notified, &one->cube);
	}
	return error;
}

/* A call that is never notified at all is reported by profile_check.c. */
static int check_call(struct doc *d, const struct seccomp_profile *p,
		      const struct doc_rule *r, const struct doc_syscall *s,
		      const char *path)
{
	struct seen seen = { .unsure = false };
	int error = look(p, r, s->name, &seen);

	if (error == 0 && seen.notified.n && !seen.unsure && !seen.denied) {
		error = profile_match_meets(&r->match, s->id, &seen.notified);
		if (error == 0)
			ERROR(d, s->node,
			      "never reached: %s notifies no %s that this rule "
			      "matches",
			      path, s->name);
	}
	cubes_done(&seen.notified);
	return error < 0 && error != -E2BIG ? error : 0;
}

/* Has profile_check.c reported at this place that the call is not notified? */
static bool is_told(const struct profile_calls *calls,
		    const struct doc_syscall *s)
{
	const struct profile_call *c = profile_calls_find(calls, s->name);

	return c && c->node == s->node;
}

int profile_rules_check(struct doc *d, const struct doc_policy *p,
			const struct profile_calls *calls,
			const struct seccomp_profile *profile, const char *path)
{
	uint32_t abis = profile_arches(profile);
	bool all = strcmp(profile->default_action, SECCOMP_ACT_NOTIFY) == 0;
	int error = 0;

	for (size_t i = 0; i < p->n_rules && error == 0; i++) {
		const struct doc_rule *r = &p->rules[i];

		if (doc_is_plain_continue(r))
			continue;
		if (r->match.arches && !(r->match.arches & abis)) {
			/* The rule may be for another machine's profile. */
			doc_complain(d, DIAG_WARNING, r->match.arch_node,
				     "never reached: %s has none of these "
				     "architectures",
				     path);
			continue;
		}
		for (size_t k = 0; !all && k < r->n_syscalls && error == 0; k++)
			if (!is_told(calls, &r->syscalls[k]))
				error = check_call(d, profile, r,
						   &r->syscalls[k], path);
	}
	return error;
}
