// SPDX-License-Identifier: LGPL-2.1-or-later
/* Denied calls that io_uring does, too, where no filter sees them. */
#include <string.h>

#include "policy/doc.h"

static const struct {
	const char *name, *kernel;
} operations[] = {
#define X(name, kernel) { #name, kernel },
#include "policy/uring.def"
#undef X
};

/* Return: the first kernel whose io_uring does this call, or NULL */
static const char *kernel_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(operations); i++)
		if (strcmp(operations[i].name, name) == 0)
			return operations[i].kernel;
	return NULL;
}

/* Is a ring refused to everybody? */
static bool denies_rings(const struct doc_policy *p)
{
	for (size_t i = 0; i < p->n_rules; i++) {
		const struct doc_rule *r = &p->rules[i];

		if (doc_rule_names(r, DOC_URING_SETUP))
			return doc_denies(r) && doc_matches_all(&r->match);
	}
	return p->def.kind != VERDICT_CONTINUE;
}

/* Return: the rule's first call that it denies and io_uring does, or NULL */
static const struct doc_syscall *passed_by(const struct doc_rule *r)
{
	for (size_t i = 0; i < r->n_syscalls; i++)
		if (doc_denies(r) && !r->advisory &&
		    kernel_of(r->syscalls[i].name))
			return &r->syscalls[i];
	return NULL;
}

/* Return: the policy's first one, or NULL */
static const struct doc_syscall *first_passed_by(const struct doc_policy *p)
{
	const struct doc_syscall *s = NULL;

	if (denies_rings(p))
		return NULL;
	for (size_t i = 0; i < p->n_rules && !s; i++)
		s = passed_by(&p->rules[i]);
	return s;
}

bool doc_uring_passes(const struct doc_policy *p)
{
	return first_passed_by(p) != NULL;
}

/* Reports once: one more rule corrects it for all calls. */
void doc_check_uring(struct doc *d, const struct doc_policy *p)
{
	const struct doc_syscall *s = first_passed_by(p);

	if (s)
		doc_complain(d, DIAG_WARNING, s->node,
			     "io_uring does %s, too, from Linux %s on, and no "
			     "filter sees that: deny \"" DOC_URING_SETUP "\" "
			     "with { \"errno\": \"ENOSYS\" }",
			     s->name, kernel_of(s->name));
}
