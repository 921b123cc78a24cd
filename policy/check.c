// SPDX-License-Identifier: LGPL-2.1-or-later
/* What the parts of a rule mean together. What the keys of a match mean
 * together: check_match.c; rules: check_calls.c; bindings: check_binding.c. */
#include <string.h>
#include <sys/stat.h>

#include "policy/doc.h"
#include "policy/glob.h"
#include "policy/parse.h"

/* -- one rule ------------------------------------------------------------------ */

static void check_emulated_mknod(struct doc *d, const struct doc_rule *r)
{
	const struct doc_match *m = &r->match;

	if (m->broken)
		return;
	if (!m->types || !m->n_devices) {
		ERROR(d, r->action_node,
		      "to emulate a mknod, name the \"type\" "
		      "and the \"device\" numbers that are harmless");
		return;
	}
	if (m->type != S_IFCHR && m->type != S_IFBLK)
		ERROR(d, m->type_node,
		      "to emulate a mknod, name one \"type\", \"char\" or "
		      "\"block\": one number is a different device in each");
	for (size_t i = 0; m->type == S_IFCHR && i < m->n_devices; i++)
		if (m->devices[i].major == 0 && m->devices[i].first_minor == 0)
			ERROR(d, m->devices[i].node,
			      "character device 0:0 is an overlay whiteout, "
			      "which every container may make: use \"continue\"");
}

/* The kernel keeps a value that was set in memory of the worker's cgroup: up to
 * 64 KiB for each file and name. */
static void check_emulated_set(struct doc *d, const struct doc_rule *r,
			       const char *call)
{
	const struct doc_match *m = &r->match;

	if (!m->broken && !m->n_values && m->max_size == UINT64_MAX)
		ERROR(d, r->action_node,
		      "to emulate %s, limit what is stored: add a \"value\", or "
		      "\"size\": { \"max\": 256 }",
		      call);
}

static bool is_set(enum call_id id)
{
	return call_has(id, ARG_VALUE) || call_has(id, ARG_ARGS);
}

static void check_emulated_xattr(struct doc *d, const struct doc_rule *r)
{
	const struct doc_match *m = &r->match;

	for (size_t i = 0; i < r->n_syscalls; i++)
		if (is_set(r->syscalls[i].id)) {
			check_emulated_set(d, r, r->syscalls[i].name);
			break;
		}
	if (!m->n_names && !m->broken)
		ERROR(d, r->action_node,
		      "to emulate this, list each \"name\" that is harmless");
	for (size_t i = 0; i < m->n_names; i++) {
		const char *text = m->names[i].text;

		if (!m->names[i].bytes || strncmp(text, "trusted.", 8) == 0)
			continue;
		if (strncmp(text, "user.", 5) == 0 ||
		    strncmp(text, "security.capability", 19) == 0)
			ERROR(d, m->names[i].node,
			      "this needs no emulation: use \"continue\"");
		else
			ERROR(d, m->names[i].node,
			      "only names that begin with "
			      "\"trusted.\" can be emulated");
	}
}

/* A list has no name to match: it shows what a getxattr would give. */
static void check_emulated_list(struct doc *d, const struct doc_policy *p,
				const struct doc_rule *r)
{
	for (size_t i = 0; i < p->n_rules; i++)
		for (size_t k = 0; k < p->rules[i].n_syscalls; k++) {
			enum call_id id = p->rules[i].syscalls[k].id;

			if (p->rules[i].emulate && call_has(id, ARG_NAME) &&
			    (call_has(id, ARG_OUT) || call_has(id, ARG_ARGS_OUT)))
				return;
		}
	ERROR(d, r->action_node,
	      "an emulated list shows the names that an emulated getxattr of "
	      "this policy reads: add one");
}

static bool is_list(enum call_id id)
{
	return call_family_of(id) == FAMILY_XATTR && !call_has(id, ARG_NAME);
}

static void check_emulation(struct doc *d, const struct doc_policy *p,
			    const struct doc_rule *r)
{
	bool mknod = false, list = false, xattr = false;

	for (size_t i = 0; i < r->n_syscalls; i++) {
		enum call_id id = r->syscalls[i].id;

		if (call_family_of(id) == FAMILY_NONE) {
			ERROR(d, r->syscalls[i].node,
			      "deputy cannot emulate %s", r->syscalls[i].name);
			return;
		}
		mknod |= call_family_of(id) == FAMILY_MKNOD;
		list |= is_list(id);
		xattr |= call_family_of(id) == FAMILY_XATTR && !is_list(id);
	}
	if (mknod)
		check_emulated_mknod(d, r);
	if (xattr)
		check_emulated_xattr(d, r);
	if (list)
		check_emulated_list(d, p, r);
}

static void check_rule(struct doc *d, const struct doc_policy *p,
		       const struct doc_rule *r)
{
	doc_check_match(d, r);
	if (r->emulate)
		check_emulation(d, p, r);
	if (r->unopenable_node != LEX_NONE &&
	    (!r->emulate || r->n_syscalls == 0 ||
	     call_family_of(r->syscalls[0].id) != FAMILY_MKNOD))
		ERROR(d, r->unopenable_node, "only a rule that emulates mknod "
					     "can have \"unopenable\"");
	if (r->advisory && (r->emulate || r->verdict.kind == VERDICT_CONTINUE))
		ERROR(d, r->node, "only a rule that denies can be advisory");
}

/* What overlayfs follows in layers: to any file of theirs (overlayfs.rst). */
static bool follows_overlay(const struct doc_name *n)
{
	static const char *const names[] = { "trusted.overlay.redirect",
					     "trusted.overlay.metacopy" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		size_t bytes = strlen(names[i]);

		if (n->prefix && n->bytes <= bytes &&
		    memcmp(n->text, names[i], n->bytes) == 0)
			return true;
		if (n->glob && glob_match(n->text, n->bytes, names[i], bytes))
			return true;
	}
	return false;
}

static void advise_on_overlay(struct doc *d, const struct doc_rule *r)
{
	const struct doc_match *m = &r->match;
	bool sets = false;

	for (size_t i = 0; i < r->n_syscalls; i++)
		sets |= is_set(r->syscalls[i].id);
	for (size_t i = 0; sets && i < m->n_names && !m->n_values; i++)
		if (follows_overlay(&m->names[i])) {
			doc_complain(d, DIAG_WARNING, m->names[i].node,
				     "this has \"trusted.overlay.redirect\" and "
				     "\".metacopy\", too: when the host mounts these "
				     "files as a layer, they show others of its "
				     "layers; list each name that is needed");
			return;
		}
}

/* For a file that is taken. */
static void give_advice(struct doc *d, const struct doc_policy *p)
{
	for (size_t i = 0; i < p->n_rules; i++)
		if (p->rules[i].emulate) {
			doc_check_devices(d, &p->rules[i]);
			advise_on_overlay(d, &p->rules[i]);
		}
	doc_check_pairs(d, p);
	doc_check_uring(d, p);
}

void doc_check(struct doc *d)
{
	for (size_t i = 0; i < d->n_policies; i++) {
		const struct doc_policy *p = &d->policies[i];

		for (size_t k = 0; k < p->n_rules; k++) {
			check_rule(d, p, &p->rules[k]);
			doc_check_continue(d, p, k);
		}
		doc_check_calls(d, p);
		doc_check_mux(d, p);
	}
	sets_check_used(d);
	doc_check_bindings(d);
	d->comparisons = 0; /* advice has as many of its own */
	for (size_t i = 0; i < d->n_policies && !d->diags->n_errors; i++)
		give_advice(d, &d->policies[i]);
}
