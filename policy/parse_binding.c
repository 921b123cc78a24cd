// SPDX-License-Identifier: LGPL-2.1-or-later
/* Bindings: who a container must be to get a policy. Together: check_binding.c */
#include <stdlib.h>
#include <string.h>

#include "policy/parse.h"
#include "policy/policy.h"

/* -- ids --------------------------------------------------------------------------- */

static void parse_peer_id(struct doc *d, struct value v, void *out)
{
	parse_id(d, v, out, "an id of the host: a number, or \"FIRST-LAST\"");
}

static void when_peer_uid(struct doc *d, struct value v, void *out)
{
	struct doc_binding *b = out;
	struct doc_ids *ids = &b->peer_uids;

	b->facts |= FACT_PEER_UID;
	ids->items = parse_one_or_list(d, v, sizeof(*ids->items), parse_peer_id,
				       &ids->n);
}

static void when_peer_gid(struct doc *d, struct value v, void *out)
{
	struct doc_binding *b = out;
	struct doc_ids *ids = &b->peer_gids;

	b->facts |= FACT_PEER_GID;
	ids->items = parse_one_or_list(d, v, sizeof(*ids->items), parse_peer_id,
				       &ids->n);
}

struct owner {
	struct doc_id id;
	bool none;
};

static void parse_owner(struct doc *d, struct value v, void *out)
{
	struct owner *o = out;

	o->none = json_object_is_type(v.json, json_type_string) &&
		  strcmp(json_object_get_string(v.json), "none") == 0;
	if (!o->none)
		parse_id(d, v, &o->id,
			 "a uid of the host: a number, \"FIRST-LAST\", or "
			 "\"none\" where there is no user namespace");
}

static void when_userns_owner(struct doc *d, struct value v, void *out)
{
	struct doc_binding *b = out;
	size_t n;
	AUTO(free_ptr)
	struct owner *owners =
		parse_one_or_list(d, v, sizeof(*owners), parse_owner, &n);
	struct doc_id *ids = calloc(n ? n : 1, sizeof(*ids));

	b->facts |= FACT_USERNS_OWNER;
	b->userns_owners.items = ids;
	if (!ids) {
		ERROR(d, v.node, "out of memory");
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (owners[i].none)
			b->userns_none = true;
		else
			ids[b->userns_owners.n++] = owners[i].id;
	}
}

/* -- patterns ---------------------------------------------------------------------- */

static void parse_pattern(struct doc *d, struct value v, void *out)
{
	struct doc_pattern *p = out;
	size_t bytes;

	p->text = "";
	if (!parse_has_type(d, v, json_type_string))
		return;
	bytes = (size_t)json_object_get_string_len(v.json);
	if (bytes > BINDING_TEXT_MAX) {
		ERROR(d, v.node, "a pattern has at most %d bytes",
		      BINDING_TEXT_MAX);
		return;
	}
	p->text = json_object_get_string(v.json);
	p->bytes = bytes;
}

/* The owner of a cgroup names those below it, so only the text before a star decides. */
static void parse_cgroup(struct doc *d, struct value v, void *out)
{
	struct doc_pattern *p = out;

	parse_pattern(d, v, out);
	if (json_object_is_type(v.json, json_type_string) && p->text[0] != '/')
		ERROR(d, v.node,
		      "expected a cgroup from the root on, such as "
		      "\"/machine.slice/*\"");
}

static void parse_patterns(struct doc *d, struct value v, parse_fn parse,
			   struct doc_patterns *ret)
{
	ret->items = parse_one_or_list(d, v, sizeof(*ret->items), parse, &ret->n);
}

static void when_cgroup(struct doc *d, struct value v, void *out)
{
	struct doc_binding *b = out;

	b->facts |= FACT_CGROUP;
	parse_patterns(d, v, parse_cgroup, &b->cgroups);
}

static void when_metadata(struct doc *d, struct value v, void *out)
{
	struct doc_binding *b = out;

	b->facts |= FACT_METADATA;
	parse_patterns(d, v, parse_pattern, &b->metadata);
}

static void when_id(struct doc *d, struct value v, void *out)
{
	struct doc_binding *b = out;

	b->facts |= FACT_ID;
	parse_patterns(d, v, parse_pattern, &b->ids);
}

static void when_bundle(struct doc *d, struct value v, void *out)
{
	struct doc_binding *b = out;

	b->facts |= FACT_BUNDLE;
	parse_patterns(d, v, parse_pattern, &b->bundles);
}

static void when_annotation(struct doc *d, struct value v, void *out)
{
	struct doc_binding *b = out;
	size_t n = (size_t)json_object_object_length(v.json);
	struct value m = { NULL, LEX_NONE };
	const char *key;

	b->facts |= FACT_ANNOTATION;
	if (n == 0 || n > PARSE_LIST_MAX) {
		ERROR(d, v.node, "expected 1 to %d annotations", PARSE_LIST_MAX);
		return;
	}
	b->annotations = calloc(n, sizeof(*b->annotations));
	if (!b->annotations) {
		ERROR(d, v.node, "out of memory");
		return;
	}
	while (b->n_annotations < n && (key = parse_next_member(d, v, &m))) {
		struct doc_annotation *a = &b->annotations[b->n_annotations++];

		a->key = key;
		parse_patterns(d, m, parse_pattern, &a->values);
	}
}

/* -- the binding ------------------------------------------------------------------- */

static const struct field when_fields[] = {
	{ "peer_uid", json_type_null, false, when_peer_uid },
	{ "peer_gid", json_type_null, false, when_peer_gid },
	{ "userns_owner", json_type_null, false, when_userns_owner },
	{ "cgroup", json_type_null, false, when_cgroup },
	{ "annotation", json_type_object, false, when_annotation },
	{ "metadata", json_type_null, false, when_metadata },
	{ "id", json_type_null, false, when_id },
	{ "bundle", json_type_null, false, when_bundle },
	{ "comment", json_type_string, false, parse_comment },
	{ 0 },
};

static void binding_when(struct doc *d, struct value v, void *out)
{
	struct doc_binding *b = out;

	b->has_when = true;
	parse_object(d, v, when_fields, out);
}

static void binding_policy(struct doc *d, struct value v, void *out)
{
	struct doc_binding *b = out;

	b->policy_node = v.node;
	b->policy = json_object_get_string(v.json);
}

static const struct field binding_fields[] = {
	{ "when", json_type_object, true, binding_when },
	{ "policy", json_type_string, true, binding_policy },
	{ "comment", json_type_string, false, parse_comment },
	{ 0 },
};

static void parse_binding(struct doc *d, struct value v, void *out)
{
	struct doc_binding *b = out;
	size_t errors = d->diags->n_errors;

	b->node = v.node;
	parse_object(d, v, binding_fields, b);
	b->broken = d->diags->n_errors > errors;
}

void parse_bindings(struct doc *d, struct value v, void *out)
{
	struct doc_binding *some, *more;
	size_t n;

	parse_require_some(d, v);
	some = parse_list(d, v, sizeof(*some), parse_binding, &n);
	more = reallocarray(d->bindings, d->n_bindings + n + 1, sizeof(*more));
	d->bindings = more ?: d->bindings;
	if (!some || !more || d->n_bindings + n > PARSE_LIST_MAX) {
		if (some)
			ERROR(d, v.node, "more than %d bindings in all files",
			      PARSE_LIST_MAX);
		for (size_t i = 0; i < n; i++)
			binding_done(&some[i]);
		free(some);
		return;
	}
	memcpy(more + d->n_bindings, some, n * sizeof(*more));
	d->n_bindings += n;
	free(some);
}

void binding_done(struct doc_binding *b)
{
	for (size_t i = 0; i < b->n_annotations; i++)
		free(b->annotations[i].values.items);
	free(b->annotations);
	free(b->peer_uids.items);
	free(b->peer_gids.items);
	free(b->userns_owners.items);
	free(b->cgroups.items);
	free(b->metadata.items);
	free(b->ids.items);
	free(b->bundles.items);
}
