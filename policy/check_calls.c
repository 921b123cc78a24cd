// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What the rules for one call mean together: which are never reached, and
 * whether they obey the type rule.
 *
 * The type rule.  An argument is a register, which is what it is, or pointed-to
 * memory (an attribute's name, its value), which another thread of the caller
 * can rewrite between our look and the kernel's.  So where one call can either
 * be let through or be denied and only pointed-to bytes decide which, the
 * denial is no boundary: the caller shows one text to deputy and another to the
 * kernel. An emulation beside a continue is fine, for it acts on the copy it
 * looked at. So it is beside a denial, where a worker that cannot emulate does
 * not leave the call to the kernel as it would else (struct decision, closed).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/doc.h"
#include "policy/glob.h"

#define ERROR(d, node, ...) doc_complain(d, DIAG_ERROR, node, __VA_ARGS__)

#define GLOB_STEPS_EACH 8 /* of a glob, as long as one comparison */

/* A syscall as one rule names it. */
struct mention {
	const char *call;
	size_t rule; /* index in the policy's */
	uint32_t node;
	bool of_set; /* one of a set's */
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

/* How much of it is the same in every name that it matches. */
static size_t literal_bytes(const struct doc_name *n)
{
	return n->glob ? strcspn(n->text, "*?") : n->bytes;
}

/* Does @a match whatever @b matches? Of two globs it is only known when they
 * are the same. */
static bool name_covers(struct doc *d, const struct doc_name *a,
			const struct doc_name *b)
{
	size_t same = literal_bytes(a);

	if (literal_bytes(b) < same || memcmp(a->text, b->text, same) != 0)
		return false;
	if (a->prefix)
		return true;
	if (!a->glob || b->glob || b->prefix)
		return a->glob == b->glob && a->prefix == b->prefix &&
		       a->bytes == b->bytes &&
		       memcmp(a->text, b->text, a->bytes) == 0;
	d->comparisons += a->bytes * b->bytes / GLOB_STEPS_EACH;
	return glob_match(a->text, a->bytes, b->text, b->bytes);
}

static bool name_in(struct doc *d, const struct doc_match *m,
		    const struct doc_name *n)
{
	for (size_t i = 0; i < m->n_names; i++, d->comparisons++)
		if (name_covers(d, &m->names[i], n))
			return true;
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

static bool value_in(struct doc *d, const struct doc_match *m,
		     const struct doc_value *v)
{
	for (size_t i = 0; i < m->n_values; i++, d->comparisons++)
		if (m->values[i].bytes == v->bytes &&
		    memcmp(m->values[i].text, v->text, v->bytes) == 0)
			return true;
	return false;
}

static bool values_cover(struct doc *d, const struct doc_match *a,
			 const struct doc_match *b)
{
	for (size_t i = 0; i < b->n_values; i++)
		if (!value_in(d, a, &b->values[i]))
			return false;
	return b->n_values;
}

/* Sets in which none is all. */
static bool set_covers(uint32_t a, uint32_t b)
{
	return !a || (b && !(b & ~a));
}

static bool sets_meet(uint32_t a, uint32_t b)
{
	return !a || !b || (a & b);
}

static bool bits_cover(const struct bits *a, const struct bits *b)
{
	if ((a->all & ~b->all) || (a->none & ~b->none))
		return false;
	return !a->any || (a->any & b->all) || (b->any && !(b->any & ~a->any));
}

static bool bits_meet(const struct bits *a, const struct bits *b)
{
	uint32_t none = a->none | b->none;

	return !((a->all | b->all) & none) && (!a->any || (a->any & ~none)) &&
	       (!b->any || (b->any & ~none));
}

static bool same_ids(const struct doc_id *a, size_t n, const struct doc_id *b,
		     size_t m)
{
	for (size_t i = 0; n == m && i < n; i++)
		if (a[i].first != b[i].first || a[i].last != b[i].last)
			return false;
	return n == m;
}

/* Who asks cannot change while it waits, so it is as good as a register. Rules
 * that ask it alike cover each other, others are taken not to. Of a caller that
 * is not known a rule that asks matches if it denies. */
static bool caller_covers(const struct doc_rule *ra, const struct doc_rule *rb)
{
	const struct doc_match *a = &ra->match, *b = &rb->match;

	if (doc_has_caller(a) && doc_denies(rb) && !doc_denies(ra))
		return false;
	return !doc_has_caller(a) ||
	       (same_ids(a->uids, a->n_uids, b->uids, b->n_uids) &&
		same_ids(a->gids, a->n_gids, b->gids, b->n_gids) &&
		a->caps == b->caps && a->root == b->root);
}

static bool directories_cover(const struct doc_match *a,
			      const struct doc_match *b)
{
	if (a->n_directories && a->n_directories != b->n_directories)
		return false;
	for (size_t i = 0; i < a->n_directories; i++) {
		const struct doc_name *x = &a->directories[i];
		const struct doc_name *y = &b->directories[i];

		if (x->bytes != y->bytes || x->prefix != y->prefix ||
		    memcmp(x->text, y->text, x->bytes) != 0)
			return false;
	}
	return true;
}

/* Does @a match whatever @b matches, as far as registers go? */
static bool registers_cover(struct doc *d, const struct doc_rule *ra,
			    const struct doc_rule *rb)
{
	const struct doc_match *a = &ra->match, *b = &rb->match;

	d->comparisons++;
	return !a->broken && caller_covers(ra, rb) && set_covers(a->arches, b->arches) &&
	       set_covers(a->types, b->types) && bits_cover(&a->mode, &b->mode) &&
	       bits_cover(&a->flags, &b->flags) && a->min_size <= b->shortest &&
	       a->max_size >= b->longest &&
	       (!a->n_devices || devices_cover(d, a, b));
}

/* Can there be one call whose registers both match? Devices are not looked at:
 * no call has them and something pointed-to. */
static bool registers_meet(struct doc *d, const struct doc_match *a,
			   const struct doc_match *b)
{
	d->comparisons++;
	return sets_meet(a->arches, b->arches) &&
	       sets_meet(a->types, b->types) && bits_meet(&a->mode, &b->mode) &&
	       bits_meet(&a->flags, &b->flags) && a->shortest <= b->longest &&
	       b->shortest <= a->longest;
}

bool doc_rule_covers(struct doc *d, const struct doc_rule *ra,
		     const struct doc_rule *rb)
{
	const struct doc_match *a = &ra->match, *b = &rb->match;

	return registers_cover(d, ra, rb) &&
	       (!a->n_names || names_cover(d, a, b)) &&
	       (!a->n_values || values_cover(d, a, b)) &&
	       directories_cover(a, b);
}

static void check_reachable(const struct group *g)
{
	for (size_t i = 1; i < g->n; i++)
		for (size_t k = 0; k < i; k++) {
			if (g->d->comparisons > DOC_COMPARISONS_MAX)
				return;
			if (!doc_rule_covers(g->d, rule_at(g, k), rule_at(g, i)))
				continue;
			ERROR(g->d, g->m[i].node,
			      "never reached: rule %zu matches this %s first",
			      g->m[k].rule, g->m[i].call);
			break;
		}
}

/* -- the type rule ------------------------------------------------------------------ */

static bool lets_through(const struct doc_rule *r)
{
	return !r->emulate && !doc_denies(r);
}

static bool default_denies(const struct group *g)
{
	return g->p->def.kind != VERDICT_CONTINUE;
}

#define SWAP                                                                   \
	"another thread can change the bytes between deputy's read and the " \
	"kernel's, so this denial is no boundary: emulate instead of " \
	"\"continue\", deny the whole call, or add \"advisory\": true"

/* Does nothing that meets @a come to what stands behind @b? Its registers are
 * what they are, so no swap gets past it. */
static bool stops(struct doc *d, const struct doc_rule *b,
		  const struct doc_rule *a)
{
	return !doc_is_pointed_to(&b->match) && registers_cover(d, b, a);
}

/* Behind rule @i: the first that lets through what its bytes kept in it, where
 * they are others. Return: is there one, or does the default? */
static bool has_way_behind(const struct group *g, size_t i)
{
	const struct doc_match *m = &rule_at(g, i)->match;

	for (size_t k = i + 1; k < g->n; k++) {
		const struct doc_rule *r = rule_at(g, k);

		if (g->d->comparisons > DOC_COMPARISONS_MAX)
			return false; /* an error of its own */
		if (lets_through(r) && registers_meet(g->d, m, &r->match))
			return true;
		if (stops(g->d, r, rule_at(g, i)))
			return false;
	}
	return !default_denies(g);
}

/* Rule @i lets through by bytes: marks each denial that others would meet.
 * Return: can they meet the default? */
static bool mark_behind(const struct group *g, size_t i, bool *unsound)
{
	const struct doc_match *m = &rule_at(g, i)->match;

	for (size_t k = i + 1; k < g->n; k++) {
		const struct doc_rule *r = rule_at(g, k);

		if (g->d->comparisons > DOC_COMPARISONS_MAX)
			return false;
		if (doc_denies(r) && !r->advisory &&
		    registers_meet(g->d, m, &r->match))
			unsound[k] = true;
		if (stops(g->d, r, rule_at(g, i)))
			return false;
	}
	return true;
}

static void check_types(const struct group *g, bool *unsound)
{
	size_t to_default = SIZE_MAX; /* the first rule that lets through so */

	for (size_t i = 0; i < g->n; i++) {
		const struct doc_rule *r = rule_at(g, i);
		bool bytes = doc_is_pointed_to(&r->match);

		if (bytes && lets_through(r) && mark_behind(g, i, unsound) &&
		    to_default == SIZE_MAX)
			to_default = g->m[i].rule;
		if (bytes && doc_denies(r) && !r->advisory && !unsound[i])
			unsound[i] = has_way_behind(g, i);
		if (unsound[i])
			ERROR(g->d, r->action_node, "%s: " SWAP, g->m[i].call);
	}
	if (to_default != SIZE_MAX && default_denies(g))
		ERROR(g->d, g->p->default_node,
		      "%s, which rule %zu continues by name or value: " SWAP
		      " in a last rule for it",
		      g->m[0].call, to_default);
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
				(*ret)[n++] =
					(struct mention){ s->name, i, s->node,
							  s->of_set };
		}
	qsort(*ret, n, sizeof(**ret), compare);
	return n;
}

/* A call that a rule names twice counts once; out of sets it may come more
 * often. Return: how many are left */
static size_t drop_twice(struct doc *d, struct mention *m, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		struct mention *last = kept ? &m[kept - 1] : NULL;

		if (!last || last->rule != m[i].rule ||
		    strcmp(last->call, m[i].call) != 0)
			m[kept++] = m[i];
		else if (last->of_set)
			*last = m[i];
		else if (!m[i].of_set)
			ERROR(d, m[i].node, "%s is already in this list", m[i].call);
	}
	return kept;
}

void doc_check_calls(struct doc *d, const struct doc_policy *p)
{
	AUTO(free_ptr) struct mention *m = NULL;
	AUTO(free_ptr) bool *unsound = NULL;
	size_t n = collect(p, &m), end;

	unsound = calloc(n ? n : 1, sizeof(*unsound));
	if (!m || !unsound) {
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
		check_types(&g, unsound + i);
	}
	if (d->comparisons > DOC_COMPARISONS_MAX)
		ERROR(d, p->node,
		      "more than %d comparisons of names and "
		      "devices: write shorter lists",
		      DOC_COMPARISONS_MAX);
}
