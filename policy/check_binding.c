// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What bindings mean: their policies, and what they mean together.
 *
 * The container's author writes annotations, metadata, id and bundle, so these
 * can only choose among what the administrator leaves to whom the kernel names:
 * a binding that looks at them looks at the peer, the user namespace's owner or
 * the cgroup, too.
 */
#include <string.h>

#include "policy/doc.h"
#include "policy/glob.h"
#include "policy/nearest.h"
#include "policy/parse.h"

#define GLOB_STEPS_EACH 8 /* of a glob, as long as one comparison */

static void check_binding(struct doc *d, struct doc_binding *b)
{
	struct nearest near;
	char hint[96];

	if ((b->facts & FACTS_AUTHORED) && !(b->facts & FACTS_AUTHENTICATED))
		ERROR(d, b->node,
		      "\"annotation\", \"metadata\", \"id\" and \"bundle\" are "
		      "written by the container's author: add \"peer_uid\", "
		      "\"peer_gid\", \"userns_owner\" or \"cgroup\", for whom "
		      "they may choose this policy");
	if (!b->policy)
		return;
	for (size_t i = 0; i < d->n_policies; i++)
		if (strcmp(d->policies[i].name, b->policy) == 0) {
			b->policy_index = i;
			return;
		}
	nearest_init(&near, b->policy);
	for (size_t i = 0; i < d->n_policies && !diags_full(d->diags); i++)
		nearest_offer(&near, d->policies[i].name);
	ERROR(d, b->policy_node, "no policy \"%.64s\"%s", b->policy,
	      nearest_hint(&near, hint, sizeof(hint)));
}

/* -- bindings that never come to it ---------------------------------------------- */

static bool ids_cover(size_t *steps, const struct doc_ids *a,
		      const struct doc_ids *b)
{
	for (size_t i = 0; i < b->n; i++) {
		const struct doc_id *id = &b->items[i];
		size_t k = 0;

		while (k < a->n && (a->items[k].first > id->first ||
				    a->items[k].last < id->last))
			k++;
		*steps += k + 1;
		if (k == a->n)
			return false;
	}
	return true;
}

static bool has(const struct doc_pattern *p, char c)
{
	return memchr(p->text, c, p->bytes) != NULL;
}

/*
 * Does @a match every text that @b matches?  The pattern @b is matched as a
 * text.  A star of @a that matches a star of @b also matches every text that
 * @b's star stands for. A question mark of @a would match that star by mistake,
 * as one byte.  So if @a has a question mark and @b a star, only equal patterns
 * count as covered.
 */
static bool pattern_covers(size_t *steps, const struct doc_pattern *a,
			   const struct doc_pattern *b)
{
	if (a->bytes == b->bytes && memcmp(a->text, b->text, a->bytes) == 0)
		return true;
	*steps += a->bytes * b->bytes / GLOB_STEPS_EACH;
	return glob_match(a->text, a->bytes, b->text, b->bytes) &&
	       (!has(a, '?') || !has(b, '*'));
}

static bool patterns_cover(size_t *steps, const struct doc_patterns *a,
			   const struct doc_patterns *b)
{
	for (size_t i = 0; i < b->n; i++) {
		size_t k = 0;

		while (k < a->n && !pattern_covers(steps, &a->items[k], &b->items[i]))
			k++;
		*steps += k + 1;
		if (k == a->n)
			return false;
	}
	return true;
}

/* Each annotation that @a looks at, @b looks at, and takes no other values. */
static bool annotations_cover(size_t *steps, const struct doc_binding *a,
			      const struct doc_binding *b)
{
	for (size_t i = 0; i < a->n_annotations; i++) {
		const struct doc_annotation *x = &a->annotations[i];
		size_t k = 0;

		while (k < b->n_annotations &&
		       strcmp(x->key, b->annotations[k].key) != 0)
			k++;
		*steps += k + 1;
		if (k == b->n_annotations ||
		    !patterns_cover(steps, &x->values, &b->annotations[k].values))
			return false;
	}
	return true;
}

bool binding_covers(const struct doc_binding *a, const struct doc_binding *b,
		    size_t *steps)
{
	unsigned facts = a->facts;

	(*steps)++;
	if (a->broken || !a->has_when || (facts & ~b->facts))
		return false;
	if (facts && b->broken)
		return false;
	return (!(facts & FACT_PEER_UID) ||
		ids_cover(steps, &a->peer_uids, &b->peer_uids)) &&
	       (!(facts & FACT_PEER_GID) ||
		ids_cover(steps, &a->peer_gids, &b->peer_gids)) &&
	       (!(facts & FACT_USERNS_OWNER) ||
		((a->userns_none || !b->userns_none) &&
		 ids_cover(steps, &a->userns_owners, &b->userns_owners))) &&
	       (!(facts & FACT_CGROUP) ||
		patterns_cover(steps, &a->cgroups, &b->cgroups)) &&
	       (!(facts & FACT_METADATA) ||
		patterns_cover(steps, &a->metadata, &b->metadata)) &&
	       (!(facts & FACT_ID) || patterns_cover(steps, &a->ids, &b->ids)) &&
	       (!(facts & FACT_BUNDLE) ||
		patterns_cover(steps, &a->bundles, &b->bundles)) &&
	       annotations_cover(steps, a, b);
}

static void check_reachable(struct doc *d, size_t at)
{
	const struct doc_binding *b = &d->bindings[at];
	const char *what;
	char where[320];
	size_t i = 0;

	while (i < at && d->comparisons <= BINDING_STEPS_MAX &&
	       !binding_covers(&d->bindings[i], b, &d->comparisons))
		i++;
	if (i == at || d->comparisons > BINDING_STEPS_MAX)
		return;
	what = d->bindings[i].facts ? "every container that this one does"
				    : "every container";
	if (d->n_files == 1)
		ERROR(d, b->node, "never reached: binding %zu matches %s", i, what);
	else
		ERROR(d, b->node, "never reached: the binding in %s matches %s",
		      doc_where(d, d->bindings[i].node, where, sizeof(where)),
		      what);
}

void doc_check_bindings(struct doc *d)
{
	d->comparisons = 0;
	for (size_t i = 0; i < d->n_bindings; i++) {
		check_binding(d, &d->bindings[i]);
		check_reachable(d, i);
	}
}
