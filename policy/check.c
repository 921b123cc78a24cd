// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What the parts of a policy mean together.
 *
 * The type rule.  An argument is a register, which is what it is, or pointed-to
 * memory (an attribute's name, its value), which another thread of the caller
 * can rewrite between our look and the kernel's.  So where one call can either
 * be let through or be denied and only pointed-to bytes decide which, the denial
 * is no boundary: the caller shows one text to deputy and another to the kernel.
 * An emulation beside a continue is fine, for it acts on the copy it looked at.
 */
#include <string.h>
#include <sys/stat.h>

#include "policy/doc.h"
#include "policy/nearest.h"

#define ERROR(d, node, ...) doc_complain(d, DIAG_ERROR, node, __VA_ARGS__)

/* -- one rule ------------------------------------------------------------------ */

static void check_match_fits(struct doc *d, const struct doc_rule *r)
{
	const struct {
		uint32_t node;
		enum call_arg arg;
		const char *key;
	} wants[] = {
		{ r->match.type_node, ARG_MODE, "type" },
		{ r->match.device_node, ARG_DEV, "device" },
		{ r->match.name_node, ARG_NAME, "name" },
		{ r->match.value_node, ARG_VALUE, "value" },
	};

	for (size_t i = 0; i < r->n_syscalls; i++)
		for (size_t k = 0; k < ARRAY_SIZE(wants); k++)
			if (wants[k].node != LEX_NONE &&
			    !call_has(r->syscalls[i].id, wants[k].arg))
				ERROR(d, wants[k].node,
				      "%s has no %s to match",
				      r->syscalls[i].name, wants[k].key);
	if (r->match.device_node != LEX_NONE && r->match.type_node == LEX_NONE)
		ERROR(d, r->match.device_node, "\"type\" is missing: only of a "
		      "\"char\" or \"block\" node does the device number count");
}

static void check_emulated_mknod(struct doc *d, const struct doc_rule *r)
{
	const struct doc_match *m = &r->match;

	if (!m->type || !m->n_devices) {
		ERROR(d, r->action_node, "to emulate a mknod, name the \"type\" "
		      "and the \"device\" numbers that are harmless");
		return;
	}
	for (size_t i = 0; m->type == S_IFCHR && i < m->n_devices; i++)
		if (m->devices[i].major == 0 && m->devices[i].first_minor == 0)
			ERROR(d, m->devices[i].node,
			      "character device 0:0 is an overlay whiteout, "
			      "which every container may make: \"continue\"");
}

static void check_emulated_xattr(struct doc *d, const struct doc_rule *r)
{
	const struct doc_match *m = &r->match;

	if (!m->n_names)
		ERROR(d, r->action_node,
		      "to emulate this, list each \"name\" that is harmless");
	for (size_t i = 0; i < m->n_names; i++) {
		const char *text = m->names[i].text;

		if (strncmp(text, "trusted.", 8) == 0)
			continue;
		if (strncmp(text, "user.", 5) == 0 ||
		    strncmp(text, "security.capability", 19) == 0)
			ERROR(d, m->names[i].node, "a container may set this "
			      "itself: \"continue\"");
		else
			ERROR(d, m->names[i].node, "only names that begin with "
			      "\"trusted.\" can be emulated");
	}
}

static void check_emulation(struct doc *d, const struct doc_rule *r)
{
	for (size_t i = 0; i < r->n_syscalls; i++)
		if (call_family_of(r->syscalls[i].id) == FAMILY_NONE) {
			ERROR(d, r->syscalls[i].node,
			      "deputy cannot emulate %s", r->syscalls[i].name);
			return;
		}
	if (r->n_syscalls == 0)
		return;
	if (call_family_of(r->syscalls[0].id) == FAMILY_MKNOD)
		check_emulated_mknod(d, r);
	else
		check_emulated_xattr(d, r);
}

static void check_rule(struct doc *d, const struct doc_rule *r)
{
	check_match_fits(d, r);
	if (r->emulate)
		check_emulation(d, r);
	if (r->unopenable_node != LEX_NONE &&
	    (!r->emulate || r->n_syscalls == 0 ||
	     call_family_of(r->syscalls[0].id) != FAMILY_MKNOD))
		ERROR(d, r->unopenable_node, "only an emulated mknod has this");
	if (r->advisory && (r->emulate || r->verdict.kind == VERDICT_CONTINUE))
		ERROR(d, r->node, "only a rule that denies can be advisory");
}

/* -- rules that never come to it --------------------------------------------------- */

static bool device_in(const struct doc_match *m, const struct doc_device *d)
{
	for (size_t i = 0; i < m->n_devices; i++)
		if (m->devices[i].major == d->major &&
		    m->devices[i].first_minor <= d->first_minor &&
		    m->devices[i].last_minor >= d->last_minor)
			return true;
	return false;
}

static bool devices_cover(const struct doc_match *a, const struct doc_match *b)
{
	for (size_t i = 0; i < b->n_devices; i++)
		if (!device_in(a, &b->devices[i]))
			return false;
	return b->n_devices;
}

static bool name_in(const struct doc_match *m, const struct doc_name *n)
{
	for (size_t i = 0; i < m->n_names; i++) {
		const struct doc_name *one = &m->names[i];
		bool fits = one->prefix ? one->bytes <= n->bytes :
					  one->bytes == n->bytes && !n->prefix;

		if (fits && memcmp(one->text, n->text, one->bytes) == 0)
			return true;
	}
	return false;
}

static bool names_cover(const struct doc_match *a, const struct doc_match *b)
{
	for (size_t i = 0; i < b->n_names; i++)
		if (!name_in(a, &b->names[i]))
			return false;
	return b->n_names;
}

static bool matches_all(const struct doc_match *m)
{
	return !m->type && !m->n_devices && !m->n_names && !m->value;
}

/* Does @a match whatever @b matches? */
static bool covers(const struct doc_match *a, const struct doc_match *b)
{
	if (a->type && a->type != b->type)
		return false;
	if (a->n_devices && !devices_cover(a, b))
		return false;
	if (a->n_names && !names_cover(a, b))
		return false;
	return !a->value || (b->value && strcmp(a->value, b->value) == 0);
}

static bool has_call(const struct doc_rule *r, const char *name)
{
	for (size_t i = 0; i < r->n_syscalls; i++)
		if (strcmp(r->syscalls[i].name, name) == 0)
			return true;
	return false;
}

static void check_reachable(struct doc *d, const struct doc_policy *p, size_t at)
{
	const struct doc_rule *r = &p->rules[at];

	for (size_t i = 0; i < r->n_syscalls; i++) {
		for (size_t k = 0; k < i; k++)
			if (strcmp(r->syscalls[i].name, r->syscalls[k].name) == 0)
				ERROR(d, r->syscalls[i].node,
				      "%s stands here already",
				      r->syscalls[i].name);
		for (size_t k = 0; k < at; k++) {
			const struct doc_rule *earlier = &p->rules[k];

			if (!has_call(earlier, r->syscalls[i].name) ||
			    !covers(&earlier->match, &r->match))
				continue;
			ERROR(d, r->syscalls[i].node,
			      "never reached: rule %zu matches this %s first",
			      k, r->syscalls[i].name);
			break;
		}
	}
}

/* -- the type rule ------------------------------------------------------------------ */

static bool is_pointed_to(const struct doc_match *m)
{
	return m->n_names || m->value;
}

static bool denies(const struct verdict *v)
{
	return v->kind != VERDICT_CONTINUE;
}

/* Can a call that no rule before @first took be let through? */
static bool goes_on_from(const struct doc_policy *p, size_t first,
			 const char *call)
{
	for (size_t i = first; i < p->n_rules; i++) {
		const struct doc_rule *r = &p->rules[i];

		if (!has_call(r, call))
			continue;
		if (!r->emulate && !denies(&r->verdict))
			return true;
		if (matches_all(&r->match))
			return false; /* nothing comes behind */
	}
	return !denies(&p->def);
}

#define SWAP                                                                   \
	"another thread can swap the bytes between deputy's look and the "    \
	"kernel's, so this denial is no boundary: emulate what is let "       \
	"through, or deny the whole call, or say \"advisory\": true"

/* Is @call let through by its bytes before rule @at? */
static bool goes_on_before(const struct doc_policy *p, size_t at,
			   const char *call)
{
	for (size_t i = 0; i < at; i++) {
		const struct doc_rule *r = &p->rules[i];

		if (has_call(r, call) && !r->emulate && !denies(&r->verdict) &&
		    is_pointed_to(&r->match))
			return true;
	}
	return false;
}

/* A denial by pointed-to bytes, with a way past it for other bytes. */
static void check_denial(struct doc *d, const struct doc_policy *p, size_t at,
			 const char *call)
{
	const struct doc_rule *r = &p->rules[at];

	if (!r->emulate && denies(&r->verdict) && !r->advisory &&
	    is_pointed_to(&r->match) &&
	    (goes_on_from(p, at + 1, call) || goes_on_before(p, at, call)))
		ERROR(d, r->action_node, "%s: " SWAP, call);
}

/* A continue by pointed-to bytes, with a denial behind. */
static void check_continue(struct doc *d, const struct doc_policy *p, size_t at,
			   const char *call)
{
	const struct doc_rule *r = &p->rules[at];

	if (r->emulate || denies(&r->verdict) || !is_pointed_to(&r->match))
		return;
	for (size_t i = at + 1; i < p->n_rules; i++) {
		const struct doc_rule *later = &p->rules[i];

		if (!has_call(later, call))
			continue;
		if (!later->emulate && denies(&later->verdict) &&
		    !later->advisory && !is_pointed_to(&later->match))
			ERROR(d, later->action_node, "%s: " SWAP, call);
		if (matches_all(&later->match))
			return;
	}
	if (denies(&p->def))
		ERROR(d, p->default_node, "%s, which rule %zu lets through by "
		      "name: " SWAP " in a last rule for it", call, at);
}

static void check_types(struct doc *d, const struct doc_policy *p, size_t at)
{
	const struct doc_rule *r = &p->rules[at];

	for (size_t i = 0; i < r->n_syscalls; i++) {
		check_denial(d, p, at, r->syscalls[i].name);
		check_continue(d, p, at, r->syscalls[i].name);
	}
}

/* -- bindings ------------------------------------------------------------------------ */

static void check_binding(struct doc *d, struct doc_binding *b)
{
	struct nearest near;
	char hint[96];

	if ((b->n_annotations || b->metadata) && !b->has_peer_uid)
		ERROR(d, b->node, "annotations and metadata are written by the "
		      "container's author: say for which \"peer_uid\" they may "
		      "choose this policy");
	if (!b->policy)
		return;
	nearest_init(&near, b->policy);
	for (size_t i = 0; i < d->n_policies; i++) {
		if (strcmp(d->policies[i].name, b->policy) == 0) {
			b->policy_index = i;
			return;
		}
		nearest_offer(&near, d->policies[i].name);
	}
	ERROR(d, b->policy_node, "no policy \"%.64s\"%s", b->policy,
	      nearest_hint(&near, hint, sizeof(hint)));
}

/* Does every container match it? */
static bool takes_all(const struct doc_binding *b)
{
	return b->has_when && !b->has_peer_uid && !b->metadata &&
	       !b->n_annotations;
}

static void check_bound(struct doc *d, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (takes_all(&d->bindings[i])) {
			ERROR(d, d->bindings[at].node, "never reached: binding "
			      "%zu takes every container", i);
			return;
		}
}

void doc_check(struct doc *d)
{
	for (size_t i = 0; i < d->n_policies; i++) {
		const struct doc_policy *p = &d->policies[i];

		for (size_t k = 0; k < p->n_rules; k++) {
			check_rule(d, &p->rules[k]);
			check_reachable(d, p, k);
			check_types(d, p, k);
		}
	}
	for (size_t i = 0; i < d->n_bindings; i++) {
		check_binding(d, &d->bindings[i]);
		check_bound(d, i);
	}
}
