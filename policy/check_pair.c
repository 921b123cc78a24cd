// SPDX-License-Identifier: LGPL-2.1-or-later
/* Calls that have the same effect, of which a policy knows one alone. */
#include <string.h>

#include "policy/arch.h"
#include "policy/doc.h"

static const struct {
	const char *older, *newer;
} pairs[] = {
#define X(older, newer) { #older, #newer },
#include "policy/pair.def"
#undef X
};

static bool policy_names(const struct doc_policy *p, const char *call)
{
	for (size_t i = 0; i < p->n_rules; i++)
		if (doc_rule_names(&p->rules[i], call))
			return true;
	return false;
}

static bool is_missing(const struct doc_policy *p, const char *call)
{
	return arch_number(arch_native(), call) >= 0 && !policy_names(p, call);
}

/* Return: a call that has the effect of @name and that no rule names, or NULL */
static const char *missing_beside(const struct doc_policy *p, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		if (strcmp(name, pairs[i].older) == 0 &&
		    is_missing(p, pairs[i].newer))
			return pairs[i].newer;
		if (strcmp(name, pairs[i].newer) == 0 &&
		    is_missing(p, pairs[i].older))
			return pairs[i].older;
	}
	return NULL;
}

/* The rule's first call that has one. Return: was there any? */
static bool check_rule(struct doc *d, const struct doc_policy *p,
		       const struct doc_rule *r)
{
	for (size_t i = 0; i < r->n_syscalls; i++) {
		const struct doc_syscall *s = &r->syscalls[i];
		const char *other = missing_beside(p, s->name);

		if (!other)
			continue;
		doc_complain(d, DIAG_WARNING, s->node,
			     "no rule names %s, which has the same effect: "
			     "programs may call either; add \"%s\"",
			     other, other);
		return true;
	}
	return false;
}

/* Once: who forgot one call mostly forgot it in each rule. */
void doc_check_pairs(struct doc *d, const struct doc_policy *p)
{
	if (p->def.kind != VERDICT_CONTINUE) /* which the other one gets */
		return;
	for (size_t i = 0; i < p->n_rules; i++)
		if ((p->rules[i].emulate || doc_denies(&p->rules[i])) &&
		    !p->rules[i].advisory && check_rule(d, p, &p->rules[i]))
			return;
}
