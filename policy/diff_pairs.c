// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Which binding of the old file and which of the new one can be the first to take
 * the same container?  The i-th and the j-th cannot where an earlier one of the
 * other file takes whatever they take, or where they take nothing in common.
 * Behind the last binding there is one more, which takes all that is left: refused.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/diff.h"
#include "policy/doc.h"
#include "policy/glob.h"

/* -- nothing in common ---------------------------------------------------------------- */

static bool ids_apart(const struct doc_ids *a, const struct doc_ids *b)
{
	for (size_t i = 0; i < a->n; i++)
		for (size_t k = 0; k < b->n; k++)
			if (a->items[i].first <= b->items[k].last &&
			    b->items[k].first <= a->items[i].last)
				return false;
	return true;
}

static bool is_literal(const struct doc_pattern *p)
{
	return !memchr(p->text, '*', p->bytes) && !memchr(p->text, '?', p->bytes);
}

/* Return: true if no text matches both. Two patterns with wildcards count as
 * not apart. */
static bool pattern_apart(const struct doc_pattern *a, const struct doc_pattern *b)
{
	if (is_literal(a))
		return !glob_match(b->text, b->bytes, a->text, a->bytes);
	return is_literal(b) && !glob_match(a->text, a->bytes, b->text, b->bytes);
}

static bool patterns_apart(const struct doc_patterns *a,
			   const struct doc_patterns *b)
{
	for (size_t i = 0; i < a->n; i++)
		for (size_t k = 0; k < b->n; k++)
			if (!pattern_apart(&a->items[i], &b->items[k]))
				return false;
	return true;
}

static bool annotations_apart(const struct doc_binding *a,
			      const struct doc_binding *b)
{
	for (size_t i = 0; i < a->n_annotations; i++)
		for (size_t k = 0; k < b->n_annotations; k++)
			if (strcmp(a->annotations[i].key,
				   b->annotations[k].key) == 0 &&
			    patterns_apart(&a->annotations[i].values,
					   &b->annotations[k].values))
				return true;
	return false;
}

/* A container has several cgroups, so two patterns of these can both match. */
static bool are_apart(const struct doc_binding *a, const struct doc_binding *b)
{
	unsigned both = a->facts & b->facts;

	return ((both & FACT_PEER_UID) && ids_apart(&a->peer_uids, &b->peer_uids)) ||
	       ((both & FACT_PEER_GID) && ids_apart(&a->peer_gids, &b->peer_gids)) ||
	       ((both & FACT_USERNS_OWNER) &&
		!(a->userns_none && b->userns_none) &&
		ids_apart(&a->userns_owners, &b->userns_owners)) ||
	       ((both & FACT_METADATA) &&
		patterns_apart(&a->metadata, &b->metadata)) ||
	       ((both & FACT_ID) && patterns_apart(&a->ids, &b->ids)) ||
	       ((both & FACT_BUNDLE) && patterns_apart(&a->bundles, &b->bundles)) ||
	       annotations_apart(a, b);
}

/* -- pairs ------------------------------------------------------------------------------ */

struct side {
	const struct policy_set *set;
	const struct doc *doc;
	/* By binding of the other side: the first of these that takes all that it
	 * takes, or their number. The last one stands for no binding. */
	size_t *covered_at;
};

static int find_covers(struct side *s, const struct doc *other, size_t *steps)
{
	s->covered_at = calloc(other->n_bindings + 1, sizeof(*s->covered_at));
	if (!s->covered_at)
		return -ENOMEM;
	for (size_t i = 0; i < other->n_bindings; i++) {
		size_t *at = &s->covered_at[i];

		while (*at < s->doc->n_bindings &&
		       (*steps > BINDING_STEPS_MAX ||
			!binding_covers(&s->doc->bindings[*at],
					&other->bindings[i], steps)))
			(*at)++;
	}
	/* Only a binding without a condition covers what no binding of @other does. */
	while (s->covered_at[other->n_bindings] < s->doc->n_bindings &&
	       s->doc->bindings[s->covered_at[other->n_bindings]].facts)
		s->covered_at[other->n_bindings]++;
	return 0;
}

/* Can the @i-th of @a and the @k-th of @b, one behind the last included, be the
 * first of theirs to take the same container? */
static bool may_meet(const struct side *a, size_t i, const struct side *b, size_t k)
{
	if (a->covered_at[k] < i || b->covered_at[i] < k)
		return false;
	return i == a->doc->n_bindings || k == b->doc->n_bindings ||
	       !are_apart(&a->doc->bindings[i], &b->doc->bindings[k]);
}

static const struct policy *policy_of(const struct side *s, size_t i)
{
	return i == s->doc->n_bindings ?
		       NULL :
		       policy_set_find(s->set, s->doc->bindings[i].policy);
}

static bool has_pair(const struct binding_pairs *p, const struct policy *before,
		     const struct policy *after)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->items[i].before == before && p->items[i].after == after)
			return true;
	return false;
}

static int add_pair(struct binding_pairs *p, const struct policy *before,
		    const struct policy *after)
{
	struct binding_pair *more;

	if ((!before && !after) || has_pair(p, before, after))
		return 0;
	more = reallocarray(p->items, p->n + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	p->items = more;
	p->items[p->n++] = (struct binding_pair){ before, after };
	return 0;
}

static int find_pairs(const struct side *a, const struct side *b,
		      struct binding_pairs *p)
{
	int r = 0;

	for (size_t i = 0; i <= a->doc->n_bindings; i++)
		for (size_t k = 0; k <= b->doc->n_bindings && r == 0; k++)
			if (may_meet(a, i, b, k))
				r = add_pair(p, policy_of(a, i), policy_of(b, k));
	return r;
}

int binding_pairs(const struct policy_set *before, const struct policy_set *after,
		  struct binding_pairs **ret)
{
	AUTO(binding_pairs_free)
	struct binding_pairs *p = calloc(1, sizeof(*p));
	struct side a = { .set = before, .doc = policy_set_doc(before) };
	struct side b = { .set = after, .doc = policy_set_doc(after) };
	size_t steps = 0;
	int r = p ? find_covers(&a, b.doc, &steps) : -ENOMEM;

	if (r == 0)
		r = find_covers(&b, a.doc, &steps);
	if (r == 0)
		r = find_pairs(&a, &b, p);
	free(a.covered_at);
	free(b.covered_at);
	if (r == 0)
		*ret = TAKE_PTR(p);
	return r;
}

struct binding_pairs *binding_pairs_free(struct binding_pairs *p)
{
	if (p)
		free(p->items);
	free(p);
	return NULL;
}
