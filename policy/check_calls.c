// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What the rules for one call mean together: which are never reached, and
 * whether they obey the type rule.
 *
 * The type rule.  An argument is a register, which is what it is, or pointed-to
 * memory (an attribute's name, its value), which another thread of the caller
 * can rewrite between our look and the kernel's.  So where one call can either
 * be let through or be denied and only pointed-to bytes decide which, the denial
 * is no boundary: the caller shows one text to deputy and another to the kernel.
 * An emulation beside a continue is fine, for it acts on the copy it looked at.
 * So it is beside a denial, where a worker that cannot emulate does not leave
 * the call to the kernel as it would else (struct decision, closed).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/doc.h"

#define ERROR(d, node, ...) doc_complain(d, DIAG_ERROR, node, __VA_ARGS__)

/* Of names and devices with each other, in one file. */
#define COMPARISONS_MAX (20 * 1000 * 1000)

/* A syscall as one rule names it. */
struct mention {
	const char *call;
	size_t rule; /* index in the policy's */
	uint32_t node;
};

/* All rules of a policy for one call, in their order. */
struct group {
	struct doc *d;
	const struct doc_policy *p;
	const struct mention *m;
	size_t n;
};

static const struct doc_rule *rule_at(const struct group *g, size_t i)
{
	return &g->p->rules[g->m[i].rule];
}

/* -- rules that never come to it --------------------------------------------------- */

static bool device_in(struct doc *d, const struct doc_match *m,
		      const struct doc_device *dev)
{
	for (size_t i = 0; i < m->n_devices; i++, d->comparisons++)
		if (m->devices[i].major == dev->major &&
		    m->devices[i].first_minor <= dev->first_minor &&
		    m->devices[i].last_minor >= dev->last_minor)
			return true;
	return false;
}

static bool devices_cover(struct doc *d, const struct doc_match *a,
			  const struct doc_match *b)
{
	for (size_t i = 0; i < b->n_devices; i++)
		if (!device_in(d, a, &b->devices[i]))
			return false;
	return b->n_devices;
}

static bool name_in(struct doc *d, const struct doc_match *m,
		    const struct doc_name *n)
{
	for (size_t i = 0; i < m->n_names; i++, d->comparisons++) {
		const struct doc_name *one = &m->names[i];
		bool fits = one->prefix ? one->bytes <= n->bytes :
					  one->bytes == n->bytes && !n->prefix;

		if (fits && memcmp(one->text, n->text, one->bytes) == 0)
			return true;
	}
	return false;
}

static bool names_cover(struct doc *d, const struct doc_match *a,
			const struct doc_match *b)
{
	for (size_t i = 0; i < b->n_names; i++)
		if (!name_in(d, a, &b->names[i]))
			return false;
	return b->n_names;
}

/* Does @a match whatever @b matches? */
static bool covers(struct doc *d, const struct doc_match *a,
		   const struct doc_match *b)
{
	d->comparisons++;
	if (a->type && a->type != b->type)
		return false;
	if (a->n_devices && !devices_cover(d, a, b))
		return false;
	if (a->n_names && !names_cover(d, a, b))
		return false;
	return !a->value || (b->value && strcmp(a->value, b->value) == 0);
}

static void check_reachable(const struct group *g)
{
	for (size_t i = 1; i < g->n; i++)
		for (size_t k = 0; k < i; k++) {
			if (g->d->comparisons > COMPARISONS_MAX)
				return;
			if (!covers(g->d, &rule_at(g, k)->match,
				    &rule_at(g, i)->match))
				continue;
			ERROR(g->d, g->m[i].node,
			      "never reached: rule %zu matches this %s first",
			      g->m[k].rule, g->m[i].call);
			break;
		}
}

/* -- the type rule ------------------------------------------------------------------ */

static bool is_pointed_to(const struct doc_match *m)
{
	return m->n_names || m->value;
}

static bool lets_through(const struct doc_rule *r)
{
	return !r->emulate && !doc_denies(r);
}

static bool default_denies(const struct group *g)
{
	return g->p->def.kind != VERDICT_CONTINUE;
}

#define SWAP                                                                   \
	"another thread can swap the bytes between deputy's look and the "    \
	"kernel's, so this denial is no boundary: emulate what is let "       \
	"through, or deny the whole call, or say \"advisory\": true"

/* Return: how many rules can come to it; n + 1 where the default can, too */
static size_t count_reached(const struct group *g)
{
	for (size_t i = 0; i < g->n; i++)
		if (doc_matches_all(&rule_at(g, i)->match))
			return i + 1;
	return g->n + 1;
}

/* Return: behind the last of @n rules (the default's is the last place) that
 * lets the call through, 0 where none does */
static size_t end_of_ways(const struct group *g, size_t n)
{
	if (n > g->n && !default_denies(g))
		return n;
	for (n = n > g->n ? g->n : n; n; n--)
		if (lets_through(rule_at(g, n - 1)))
			return n;
	return 0;
}

static void check_types(const struct group *g)
{
	size_t n = count_reached(g), ways = end_of_ways(g, n);
	size_t by_bytes = SIZE_MAX; /* a rule that lets through by bytes */

	for (size_t i = 0; i < n && i < g->n; i++) {
		const struct doc_rule *r = rule_at(g, i);
		bool bytes = is_pointed_to(&r->match);

		if (by_bytes == SIZE_MAX && bytes && lets_through(r))
			by_bytes = g->m[i].rule;
		if (!doc_denies(r) || r->advisory)
			continue;
		if (by_bytes != SIZE_MAX || (bytes && ways > i))
			ERROR(g->d, r->action_node, "%s: " SWAP, g->m[i].call);
	}
	if (n > g->n && by_bytes != SIZE_MAX && default_denies(g))
		ERROR(g->d, g->p->default_node, "%s, which rule %zu lets "
		      "through by name or value: " SWAP " in a last rule for it",
		      g->m[0].call, by_bytes);
}

/* -- calls ------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
	const struct mention *x = a, *y = b;
	int r = strcmp(x->call, y->call);

	if (r)
		return r;
	if (x->rule != y->rule)
		return x->rule < y->rule ? -1 : 1;
	return x->node < y->node ? -1 : x->node > y->node;
}

/* Return: how many there are; NULL in *ret when there is no memory */
static size_t collect(const struct doc_policy *p, struct mention **ret)
{
	size_t n = 0, room = 1;

	for (size_t i = 0; i < p->n_rules; i++)
		room += p->rules[i].n_syscalls;
	*ret = calloc(room, sizeof(**ret));
	if (!*ret)
		return 0;
	for (size_t i = 0; i < p->n_rules; i++)
		for (size_t k = 0; k < p->rules[i].n_syscalls; k++) {
			const struct doc_syscall *s = &p->rules[i].syscalls[k];

			if (*s->name)
				(*ret)[n++] = (struct mention){ s->name, i,
								s->node };
		}
	qsort(*ret, n, sizeof(**ret), compare);
	return n;
}

/* A call that a rule names twice counts once. Return: how many are left */
static size_t drop_twice(struct doc *d, struct mention *m, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		if (kept && m[kept - 1].rule == m[i].rule &&
		    strcmp(m[kept - 1].call, m[i].call) == 0)
			ERROR(d, m[i].node, "%s stands here already",
			      m[i].call);
		else
			m[kept++] = m[i];
	}
	return kept;
}

void doc_check_calls(struct doc *d, const struct doc_policy *p)
{
	AUTO(free_ptr) struct mention *m = NULL;
	size_t n = collect(p, &m), end;

	if (!m) {
		ERROR(d, p->node, "out of memory");
		return;
	}
	n = drop_twice(d, m, n);
	for (size_t i = 0; i < n; i = end) {
		struct group g = { d, p, m + i, 0 };

		for (end = i; end < n && strcmp(m[end].call, m[i].call) == 0;)
			end++;
		g.n = end - i;
		check_reachable(&g);
		check_types(&g);
	}
	if (d->comparisons > COMPARISONS_MAX)
		ERROR(d, p->node, "more than %d comparisons of names and "
		      "devices: write shorter lists", COMPARISONS_MAX);
}
