// SPDX-License-Identifier: LGPL-2.1-or-later
/* Calls that have the same effect, of which a policy decides one alone. */
#include <stdio.h>
#include <string.h>

#include "lib/text.h"
#include "policy/arch.h"
#include "policy/doc.h"

/* Who decides .call has to decide .other, or .either of it. */
static const struct same {
	const char *call, *other, *either;
	bool denied; /* it matters to denials alone */
} sames[] = {
#define PAIR(older, newer)                                                     \
	{ #older, #newer, #newer, false }, { #newer, #older, #older, false },
#define PASSES(denied, by, or) { #denied, #by, #or, true },
#include "policy/pair.def"
#undef PAIR
#undef PASSES
};

/* A rule's calls that others have the effect of. */
struct missing {
	const struct doc_policy *p;
	const struct doc_rule *r;
	size_t n;
	struct text names;
	char buf[160];
};

/* Does a rule that names @call match whatever @r matches? Beyond the limit it is
 * taken for granted: a file of that size gets no such advice. */
static bool decides(struct doc *d, const struct doc_policy *p, const char *call,
		    const struct doc_rule *r)
{
	for (size_t i = 0; i < p->n_rules; i++)
		if (d->comparisons++ > DOC_COMPARISONS_MAX ||
		    (doc_rule_names(&p->rules[i], call) &&
		    doc_rule_covers(d, &p->rules[i], r)))
			return true;
	return false;
}

/* The same by several rules, each for some of the devices. */
static bool decides_each(struct doc *d, const struct doc_policy *p,
			 const char *call, const struct doc_rule *r)
{
	struct doc_rule one = *r;

	if (r->match.n_devices == 0)
		return decides(d, p, call, r);
	one.match.n_devices = 1;
	for (size_t i = 0; i < r->match.n_devices; i++) {
		one.match.devices = &r->match.devices[i];
		if (!decides(d, p, call, &one))
			return false;
	}
	return true;
}

static void look_beside(struct doc *d, struct missing *m, const char *call)
{
	for (size_t i = 0; i < ARRAY_SIZE(sames); i++) {
		const struct same *s = &sames[i];

		if (strcmp(call, s->call) != 0 || (s->denied && m->r->emulate) ||
		    arch_number(arch_native(), s->other) < 0 ||
		    decides_each(d, m->p, s->other, m->r) ||
		    decides_each(d, m->p, s->either, m->r))
			continue;
		text_printf(&m->names, "%s\"%s\"", m->n++ ? ", " : "", s->other);
	}
}

/* The rule's first call that has one. Return: was there any? */
static bool check_rule(struct doc *d, const struct doc_policy *p,
		       const struct doc_rule *r)
{
	struct missing m = { .p = p, .r = r };

	m.names = (struct text){ .buf = m.buf, .size = sizeof(m.buf) };
	for (size_t i = 0; i < r->n_syscalls; i++) {
		const struct doc_syscall *s = &r->syscalls[i];

		look_beside(d, &m, s->name);
		if (m.n == 0)
			continue;
		doc_complain(d, DIAG_WARNING, s->node,
			     "programs can call %.*s for the effect of %s, and no "
			     "rule decides %s for all that this one matches: add "
			     "%s",
			     (int)m.names.len, m.names.buf, s->name,
			     m.n == 1 ? "it" : "them", m.n == 1 ? "it" : "them");
		return true;
	}
	return false;
}

/* Whoever forgot one call mostly forgot it in each rule: one warning. Where the
 * default denies, only who emulates one call misses the other. */
void doc_check_pairs(struct doc *d, const struct doc_policy *p)
{
	bool open = p->def.kind == VERDICT_CONTINUE;

	for (size_t i = 0; i < p->n_rules; i++) {
		const struct doc_rule *r = &p->rules[i];

		if ((r->emulate || (open && doc_denies(r))) && !r->advisory &&
		    check_rule(d, p, r))
			return;
	}
}
