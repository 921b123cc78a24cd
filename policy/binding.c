// SPDX-License-Identifier: LGPL-2.1-or-later
/* Does a binding take a container? */
#include <string.h>

#include "policy/doc.h"
#include "policy/glob.h"
#include "policy/policy.h"

static bool has_id(const struct doc_ids *ids, uint32_t id)
{
	for (size_t i = 0; i < ids->n; i++)
		if (ids->items[i].first <= id && id <= ids->items[i].last)
			return true;
	return false;
}

static bool has_text(const struct doc_patterns *p, const char *text)
{
	size_t bytes = text ? strnlen(text, BINDING_TEXT_MAX + 1) : 0;

	if (!text || bytes > BINDING_TEXT_MAX)
		return false;
	for (size_t i = 0; i < p->n; i++)
		if (glob_match(p->items[i].text, p->items[i].bytes, text, bytes))
			return true;
	return false;
}

static bool has_owner(const struct doc_binding *b, const struct binding_facts *f)
{
	switch (f->userns) {
	case USERNS_NONE:
		return b->userns_none;
	case USERNS_OWNED:
		return has_id(&b->userns_owners, f->userns_owner);
	default:
		return false;
	}
}

static bool has_cgroup(const struct doc_binding *b, const struct binding_facts *f)
{
	for (size_t i = 0; i < f->n_cgroups; i++)
		if (has_text(&b->cgroups, f->cgroups[i]))
			return true;
	return false;
}

static bool has_annotations(const struct doc_binding *b,
			    const struct binding_facts *f)
{
	for (size_t i = 0; i < b->n_annotations; i++) {
		const struct doc_annotation *a = &b->annotations[i];

		if (!f->annotation ||
		    !has_text(&a->values,
			      f->annotation(f->annotation_ctx, a->key)))
			return false;
	}
	return true;
}

/* enum doc_fact that nothing is known of yet. */
static unsigned to_come(const struct binding_facts *f)
{
	if (!f->foretold)
		return 0;
	return (f->userns == USERNS_UNKNOWN ? FACT_USERNS_OWNER : 0) |
	       (f->n_cgroups ? 0 : FACT_CGROUP) | (f->id ? 0 : FACT_ID) |
	       (f->bundle ? 0 : FACT_BUNDLE);
}

/* Compares the kernel's facts first: the others may be long texts. */
static bool matches(const struct doc_binding *b, const struct binding_facts *f,
		    unsigned facts)
{
	return (!(facts & FACT_PEER_UID) || has_id(&b->peer_uids, f->peer_uid)) &&
	       (!(facts & FACT_PEER_GID) || has_id(&b->peer_gids, f->peer_gid)) &&
	       (!(facts & FACT_USERNS_OWNER) || has_owner(b, f)) &&
	       (!(facts & FACT_CGROUP) || has_cgroup(b, f)) &&
	       (!(facts & FACT_ID) || has_text(&b->ids, f->id)) &&
	       (!(facts & FACT_BUNDLE) || has_text(&b->bundles, f->bundle)) &&
	       (!(facts & FACT_METADATA) || has_text(&b->metadata, f->metadata)) &&
	       has_annotations(b, f);
}

bool binding_matches(const struct doc_binding *b, const struct binding_facts *f)
{
	return matches(b, f, b->facts);
}

bool binding_may_match(const struct doc_binding *b, const struct binding_facts *f)
{
	return matches(b, f, b->facts & ~to_come(f));
}
