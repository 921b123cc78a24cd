// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The keys of a policy file, as tables: one per kind of object (rules and what
 * is in them: parse_rule.c; bindings: parse_binding.c).
 *
 *   file     version (1), policies {NAME: policy}, bindings [binding],
 *            sets {@NAME: [STRING]}, comment
 *   policy   rules [rule], default (action, not "emulate"),
 *            fail {"errno": NAME}, without_continue {"errno": NAME}, comment
 *   rule     syscalls [NAME], match, action, unopenable, advisory, log, comment
 *   match    arch, type, device ["M:m", "M:m-m", "M:*"], mode, flags, size, name,
 *            value
 *   action   "continue" | "emulate" | {"errno": "EPERM"} | {"return": 0}
 *   binding  when, policy, comment
 *   when     peer_uid, peer_gid, userns_owner, cgroup, annotation {KEY: PATTERN},
 *            metadata, id, bundle, comment (parse_binding.c)
 *
 * Every value is checked by itself here, and complained about where it stands;
 * the rest of the file is read all the same.
 */
#include "policy/parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/nearest.h"
#include "policy/policy.h"

const char *parse_next_member(const struct doc *d, struct value object,
			      struct value *m)
{
	const char *key;

	m->node = m->node == LEX_NONE
			  ? lex_first(doc_lex(d, object.node), object.node)
			  : lex_next(doc_lex(d, m->node), m->node);
	if (m->node == LEX_NONE)
		return NULL;
	key = lex_key(doc_lex(d, m->node), m->node);
	m->json = NULL;
	(void)json_object_object_get_ex(object.json, key, &m->json);
	return key;
}

bool parse_member(const struct doc *d, struct value object, const char *key,
		  struct value *ret)
{
	struct value m = { NULL, LEX_NONE };
	const char *k;

	if (!json_object_is_type(object.json, json_type_object))
		return false;
	while ((k = parse_next_member(d, object, &m)))
		if (strcmp(k, key) == 0) {
			*ret = m;
			return true;
		}
	return false;
}

static const char *type_name(enum json_type t)
{
	static const char *const names[] = {
		[json_type_null] = "null",
		[json_type_boolean] = "a boolean",
		[json_type_double] = "a number",
		[json_type_int] = "an integer",
		[json_type_object] = "an object",
		[json_type_array] = "an array",
		[json_type_string] = "a string",
	};

	return names[t];
}

bool parse_has_type(struct doc *d, struct value v, enum json_type t)
{
	if (json_object_is_type(v.json, t))
		return true;
	ERROR(d, v.node, "expected %s, found %s", type_name(t),
	      type_name(json_object_get_type(v.json)));
	return false;
}

/* -- objects by table ---------------------------------------------------------- */

static const struct field *find_field(const struct field *f, const char *key)
{
	for (; f->key; f++)
		if (strcmp(f->key, key) == 0)
			return f;
	return NULL;
}

static void unknown_key(struct doc *d, uint32_t node, const struct field *f,
			const char *key)
{
	struct nearest near;
	char reason[256], hint[96];

	if (diags_full(d->diags)) {
		diags_count(d->diags, DIAG_ERROR);
		return;
	}
	nearest_init(&near, key);
	for (; f->key; f++)
		nearest_offer(&near, f->key);
	(void)snprintf(reason, sizeof(reason), "unknown key \"%.64s\"%s", key,
		       nearest_hint(&near, hint, sizeof(hint)));
	doc_complain_of_key(d, node, reason);
}

void parse_object(struct doc *d, struct value v, const struct field *fields,
		  void *out)
{
	struct value m = { NULL, LEX_NONE };
	const char *key;

	if (!parse_has_type(d, v, json_type_object))
		return;
	while ((key = parse_next_member(d, v, &m))) {
		const struct field *f = find_field(fields, key);

		if (!f)
			unknown_key(d, m.node, fields, key);
		else if (f->type == json_type_null ||
			 parse_has_type(d, m, f->type))
			f->parse(d, m, out);
	}
	for (const struct field *f = fields; f->key; f++)
		if (f->required &&
		    !json_object_object_get_ex(v.json, f->key, NULL))
			ERROR(d, v.node, "\"%s\" is missing", f->key);
}

void *parse_list(struct doc *d, struct value v, size_t size,
		 void (*parse)(struct doc *d, struct value v, void *out),
		 size_t *ret_n)
{
	size_t n = json_object_array_length(v.json);
	struct value one = { NULL, lex_first(doc_lex(d, v.node), v.node) };
	char *list;

	*ret_n = 0;
	if (n > PARSE_LIST_MAX) {
		ERROR(d, v.node, "the list has more than %d elements",
		      PARSE_LIST_MAX);
		return NULL;
	}
	list = calloc(n ? n : 1, size);
	if (!list) {
		ERROR(d, v.node, "out of memory");
		return NULL;
	}
	for (size_t i = 0; i < n; i++) {
		one.json = json_object_array_get_idx(v.json, i);
		parse(d, one, list + i * size);
		one.node = lex_next(doc_lex(d, one.node), one.node);
	}
	*ret_n = n;
	return list;
}

void *parse_one_or_list(struct doc *d, struct value v, size_t size,
			void (*parse)(struct doc *d, struct value v, void *out),
			size_t *ret_n)
{
	void *one;

	*ret_n = 0;
	if (json_object_is_type(v.json, json_type_array)) {
		parse_require_some(d, v);
		return parse_list(d, v, size, parse, ret_n);
	}
	one = calloc(1, size);
	if (!one) {
		ERROR(d, v.node, "out of memory");
		return NULL;
	}
	*ret_n = 1;
	parse(d, v, one);
	return one;
}

void parse_require_some(struct doc *d, struct value v)
{
	if (json_object_array_length(v.json) == 0)
		ERROR(d, v.node, "an empty list matches nothing");
}

void parse_comment(struct doc *d, struct value v, void *out)
{
}

/* -- policies ---------------------------------------------------------------------- */

static void policy_rules(struct doc *d, struct value v, void *out)
{
	struct doc_policy *p = out;

	p->rules = parse_list(d, v, sizeof(*p->rules), parse_rule, &p->n_rules);
}

static void policy_default(struct doc *d, struct value v, void *out)
{
	struct doc_policy *p = out;
	bool emulate;

	p->default_node = v.node;
	parse_action(d, v, &p->def, &emulate);
	if (emulate)
		ERROR(d, v.node, "only a rule can say what to emulate");
}

static void policy_fail_errno(struct doc *d, struct value v, void *out)
{
	parse_errno(d, v, &((struct doc_policy *)out)->fail);
}

static const struct field fail_fields[] = {
	{ "errno", json_type_string, true, policy_fail_errno },
	{ 0 },
};

static void policy_on_failure(struct doc *d, struct value v, void *out)
{
	parse_object(d, v, fail_fields, out);
}

static void policy_deadline(struct doc *d, struct value v, void *out)
{
	int64_t seconds = json_object_get_int64(v.json);

	if (seconds < 1 || seconds > POLICY_DEADLINE_MAX_S)
		ERROR(d, v.node, "a deadline is 1 to %d seconds",
		      POLICY_DEADLINE_MAX_S);
	else
		((struct doc_policy *)out)->deadline_s = (uint32_t)seconds;
}

static void policy_rate(struct doc *d, struct value v, void *out)
{
	int64_t rate = json_object_get_int64(v.json);

	if (rate < 1 || rate > POLICY_RATE_MAX)
		ERROR(d, v.node, "a rate is 1 to %d calls a second; leave it out "
				 "for no limit", POLICY_RATE_MAX);
	else
		((struct doc_policy *)out)->rate = (uint32_t)rate;
}

static void policy_without_continue_errno(struct doc *d, struct value v, void *out)
{
	parse_errno(d, v, &((struct doc_policy *)out)->without_continue);
}

static const struct field without_continue_fields[] = {
	{ "errno", json_type_string, true, policy_without_continue_errno },
	{ 0 },
};

static void policy_without_continue(struct doc *d, struct value v, void *out)
{
	((struct doc_policy *)out)->bears_no_continue = true;
	parse_object(d, v, without_continue_fields, out);
}

static const struct field policy_fields[] = {
	{ "rules", json_type_array, true, policy_rules },
	{ "default", json_type_null, true, policy_default },
	{ "fail", json_type_object, false, policy_on_failure },
	{ "deadline", json_type_int, false, policy_deadline },
	{ "rate", json_type_int, false, policy_rate },
	{ "without_continue", json_type_object, false, policy_without_continue },
	{ "comment", json_type_string, false, parse_comment },
	{ 0 },
};

/* Such a word needs no escapes in logs, tables and options. */
bool parse_is_word(const char *s)
{
	static const char chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz"
				    "0123456789._-";

	return *s && strlen(s) <= POLICY_NAME_MAX && !s[strspn(s, chars)];
}

/* There is room for it. */
static void parse_policy(struct doc *d, const char *name, struct value v)
{
	struct doc_policy *p = &d->policies[d->n_policies];
	char where[320];
	size_t i = 0;

	while (i < d->n_policies && strcmp(d->policies[i].name, name) != 0)
		i++;
	if (i < d->n_policies)
		ERROR(d, v.node, "the policy %s is already defined in %s", name,
		      doc_where(d, d->policies[i].node, where, sizeof(where)));
	d->n_policies++;
	*p = (struct doc_policy){ .name = name,
				  .node = v.node,
				  .def = verdict_errno(EPERM),
				  .fail = verdict_errno(EPERM),
				  .deadline_s = POLICY_DEADLINE_S,
				  .without_continue = verdict_errno(EPERM) };
	if (!parse_is_word(name))
		ERROR(d, v.node,
		      "a policy's name has 1 to %d of "
		      "A-Z a-z 0-9 . _ -",
		      POLICY_NAME_MAX);
	parse_object(d, v, policy_fields, p);
}

static void file_policies(struct doc *d, struct value v, void *out)
{
	size_t n = (size_t)json_object_object_length(v.json);
	struct doc_policy *more;
	struct value m = { NULL, LEX_NONE };
	const char *key;

	if (n == 0 || n > PARSE_LIST_MAX) {
		ERROR(d, v.node, "expected 1 to %d policies", PARSE_LIST_MAX);
		return;
	}
	if (d->n_policies + n > PARSE_LIST_MAX) {
		ERROR(d, v.node, "more than %d policies in all files",
		      PARSE_LIST_MAX);
		return;
	}
	more = reallocarray(d->policies, d->n_policies + n, sizeof(*more));
	if (!more) {
		ERROR(d, v.node, "out of memory");
		return;
	}
	d->policies = more;
	while ((key = parse_next_member(d, v, &m)))
		parse_policy(d, key, m);
}

/* -- the file ----------------------------------------------------------------------- */

static void file_version(struct doc *d, struct value v, void *out)
{
	if (json_object_get_int64(v.json) != 1)
		ERROR(d, v.node,
		      "version %s is not understood: this deputy "
		      "reads version 1",
		      json_object_get_string(v.json));
}

/* Read before the others: sets_declare(). */
static void file_sets(struct doc *d, struct value v, void *out)
{
}

static const struct field file_fields[] = {
	{ "version", json_type_int, true, file_version },
	{ "policies", json_type_object, true, file_policies },
	{ "bindings", json_type_array, true, parse_bindings },
	{ "sets", json_type_object, false, file_sets },
	{ "comment", json_type_string, false, parse_comment },
	{ "$schema", json_type_string, false, parse_comment },
	{ 0 },
};

static const struct field part_fields[] = {
	{ "version", json_type_int, true, file_version },
	{ "policies", json_type_object, false, file_policies },
	{ "bindings", json_type_array, false, parse_bindings },
	{ "sets", json_type_object, false, file_sets },
	{ "comment", json_type_string, false, parse_comment },
	{ "$schema", json_type_string, false, parse_comment },
	{ 0 },
};

void parse_file(struct doc *d, struct value root)
{
	parse_object(d, root, d->parts ? part_fields : file_fields, d);
}
