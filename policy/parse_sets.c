// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Named lists: "sets": { "@net": ["10:200", "@safe"] }.
 *
 * A set has no kind: its strings are read as what the list is of in which its
 * name stands.  So they are complained about where they are written, with the
 * place that made us read them so, but kept with the place of the name: what is
 * wrong with them in a rule is that rule's.
 *
 * All sets are known before any rule is read, and none is left in a cycle.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/nearest.h"
#include "policy/parse.h"
#include "policy/policy.h"

static const struct {
	const char *name;
	const char *items[7]; /* NULL ends them */
} builtins[] = {
	/* null, zero, full, random, urandom, tty */
	{ "@safe", { "1:3", "1:5", "1:7", "1:8", "1:9", "5:0" } },
	{ "@mknod", { "mknod", "mknodat" } },
	{ "@setxattr", { "setxattr", "lsetxattr", "fsetxattr", "setxattrat" } },
	{ "@removexattr",
	  { "removexattr", "lremovexattr", "fremovexattr", "removexattrat" } },
	{ "@getxattr", { "getxattr", "lgetxattr", "fgetxattr", "getxattrat" } },
	{ "@listxattr",
	  { "listxattr", "llistxattr", "flistxattr", "listxattrat" } },
};

/* -- finding ----------------------------------------------------------------------- */

static struct doc_set *find(struct doc *d, const char *name)
{
	for (size_t i = 0; i < d->n_sets; i++)
		if (strcmp(d->sets[i].name, name) == 0)
			return &d->sets[i];
	return NULL;
}

/* Return: the set, or NULL, which is complained about at @node */
static struct doc_set *find_or_complain(struct doc *d, const char *name,
					uint32_t node)
{
	struct doc_set *s = find(d, name);
	struct nearest near;
	char hint[96];

	if (s)
		return s;
	nearest_init(&near, name);
	for (size_t i = 0; i < d->n_sets && !diags_full(d->diags); i++)
		nearest_offer(&near, d->sets[i].name);
	ERROR(d, node, "no set \"%.64s\"%s", name,
	      nearest_hint(&near, hint, sizeof(hint)));
	return NULL;
}

static bool is_reference(struct json_object *json)
{
	return json_object_is_type(json, json_type_string) &&
	       *json_object_get_string(json) == '@';
}

/* -- the file's "sets" --------------------------------------------------------------- */

static struct doc_set *add_set(struct doc *d, const char *name)
{
	struct doc_set *more =
		reallocarray(d->sets, d->n_sets + 1, sizeof(*more));

	if (!more)
		return NULL;
	d->sets = more;
	more += d->n_sets++;
	*more = (struct doc_set){ .name = name, .node = LEX_NONE };
	return more;
}

static struct json_object *list_of(const char *const *items)
{
	struct json_object *list = json_object_new_array();

	for (; list && *items; items++)
		(void)json_object_array_add(list, json_object_new_string(*items));
	return list;
}

int sets_init(struct doc *d)
{
	for (size_t i = 0; i < ARRAY_SIZE(builtins); i++) {
		struct doc_set *s = add_set(d, builtins[i].name);

		if (!s)
			return -ENOMEM;
		s->list = list_of(builtins[i].items);
		if (!s->list)
			return -ENOMEM;
		s->builtin = s->used = true;
	}
	return 0;
}

void sets_done(struct doc *d)
{
	for (size_t i = 0; i < d->n_sets; i++)
		if (d->sets[i].builtin)
			json_object_put(d->sets[i].list);
	free(d->sets);
}

/* "@" and what a policy's name may have. */
static bool is_name(const char *s)
{
	return s[0] == '@' && parse_is_word(s + 1);
}

static void declare(struct doc *d, const char *name, struct value v)
{
	struct doc_set *s = find(d, name);
	char where[320];

	if (!is_name(name)) {
		ERROR(d, v.node,
		      "a set's name is @ and 1 to %d of "
		      "A-Z a-z 0-9 . _ -",
		      POLICY_NAME_MAX);
	} else if (s && s->builtin) {
		ERROR(d, v.node, "the set %s is built in", name);
	} else if (s) {
		ERROR(d, v.node, "the set %s is already defined in %s", name,
		      doc_where(d, s->node, where, sizeof(where)));
	} else if (d->n_sets == SETS_MAX + ARRAY_SIZE(builtins)) {
		ERROR(d, v.node, "more than %d sets in all files", SETS_MAX);
	} else {
		s = parse_has_type(d, v, json_type_array) ? add_set(d, name)
							  : NULL;
		if (!s)
			return;
		s->list = v.json;
		s->node = v.node;
		parse_require_some(d, v);
		s->broken = json_object_array_length(v.json) == 0;
		if (json_object_array_length(v.json) > PARSE_LIST_MAX) {
			ERROR(d, v.node, "the list has more than %d elements",
			      PARSE_LIST_MAX);
			s->broken = true;
		}
	}
}

void sets_declare(struct doc *d, struct value file)
{
	struct value sets, m = { NULL, LEX_NONE };
	const char *key;

	if (!parse_member(d, file, "sets", &sets) ||
	    !json_object_is_type(sets.json, json_type_object))
		return; /* complained about with the other keys */
	while ((key = parse_next_member(d, sets, &m)))
		declare(d, key, m);
}

/* -- what includes what ---------------------------------------------------------------- */

enum { UNSEEN, OPEN, SEEN };

static void visit(struct doc *d, struct doc_set *s, unsigned depth);

static void too_deep(struct doc *d, struct doc_set *s, uint32_t node)
{
	ERROR(d, node, "sets include each other more than %d deep",
	      SETS_DEPTH_MAX);
	s->broken = true;
}

static void visit_reference(struct doc *d, struct doc_set *s, const char *name,
			    uint32_t node, unsigned depth)
{
	struct doc_set *inner = find_or_complain(d, name, node);

	if (!inner) {
		s->broken = true;
	} else if (inner->state == OPEN) {
		ERROR(d, node, "the set %s includes itself", name);
		s->broken = true;
	} else if (depth == SETS_DEPTH_MAX) {
		too_deep(d, s, node);
	} else if (inner->state == UNSEEN) {
		visit(d, inner, depth + 1);
	}
	if (s->broken)
		return;
	if (!inner->broken && inner->height >= s->height)
		s->height = inner->height + 1;
	if (depth + s->height > SETS_DEPTH_MAX)
		too_deep(d, s, node);
}

static void visit(struct doc *d, struct doc_set *s, unsigned depth)
{
	size_t n = json_object_array_length(s->list);
	uint32_t node =
		s->builtin ? LEX_NONE : lex_first(doc_lex(d, s->node), s->node);

	s->state = OPEN;
	for (size_t i = 0; i < n && !s->builtin; i++) {
		struct value one = { json_object_array_get_idx(s->list, i), node };

		if (is_reference(one.json))
			visit_reference(d, s, json_object_get_string(one.json),
					node, depth);
		else
			(void)parse_has_type(d, one, json_type_string);
		node = lex_next(doc_lex(d, node), node);
	}
	s->state = SEEN;
}

void sets_check(struct doc *d)
{
	for (size_t i = 0; i < d->n_sets; i++)
		if (d->sets[i].state == UNSEEN)
			visit(d, &d->sets[i], 0);
}

void sets_check_used(struct doc *d)
{
	for (size_t i = 0; i < d->n_sets && !d->diags->n_errors; i++)
		if (!d->sets[i].used)
			doc_complain(d, DIAG_WARNING, d->sets[i].node,
				     "no rule uses the set %s", d->sets[i].name);
}

/* -- lists in which they stand ----------------------------------------------------------- */

struct expansion {
	size_t size, n, room;
	parse_fn parse;
	char *list;
	uint32_t from; /* the name's place; LEX_NONE: no set's */
	bool full;
};

static void expand_one(struct doc *d, struct expansion *x, struct value v)
{
	if (x->full)
		return;
	if (x->n == PARSE_LIST_MAX) {
		ERROR(d, x->from, "more than %d elements with those of its sets",
		      PARSE_LIST_MAX);
		x->full = true;
		return;
	}
	if (x->n == x->room) {
		size_t room = x->room ? x->room * 2 : 8;
		char *more = reallocarray(x->list, room, x->size);

		if (!more) {
			ERROR(d, v.node, "out of memory");
			x->full = true;
			return;
		}
		x->list = more;
		x->room = room;
	}
	memset(x->list + x->n * x->size, 0, x->size);
	x->parse(d, v, x->list + x->n++ * x->size);
}

/* Each set once, however often it is included. */
static void expand_set(struct doc *d, struct expansion *x, struct doc_set *s)
{
	size_t n = json_object_array_length(s->list);
	uint32_t node =
		s->builtin ? x->from : lex_first(doc_lex(d, s->node), s->node);

	s->used = true;
	d->met_broken_set |= s->broken;
	if (s->broken || s->expanded_for == d->n_expansions)
		return;
	s->expanded_for = d->n_expansions;
	for (size_t i = 0; i < n && !x->full; i++) {
		struct value one = { json_object_array_get_idx(s->list, i), node };

		if (++d->set_elements > SETS_ELEMENTS_MAX) {
			x->full = true;
		} else if (is_reference(one.json)) {
			expand_set(d, x,
				   find(d, json_object_get_string(one.json)));
		} else if (json_object_is_type(one.json, json_type_string)) {
			d->via = x->from;
			d->via_set = s;
			expand_one(d, x, one);
			d->via_set = NULL;
		}
		if (!s->builtin)
			node = lex_next(doc_lex(d, node), node);
	}
}

static void expand(struct doc *d, struct expansion *x, struct value v)
{
	struct doc_set *s;

	x->from = v.node;
	if (!is_reference(v.json)) {
		expand_one(d, x, v);
		return;
	}
	s = find_or_complain(d, json_object_get_string(v.json), v.node);
	if (s)
		expand_set(d, x, s);
	else
		d->met_broken_set = true;
	d->met_broken_set |= x->full;
	if (d->set_elements > SETS_ELEMENTS_MAX && !d->too_many) {
		d->too_many = true;
		ERROR(d, v.node, "more than %d elements of sets in all rules",
		      SETS_ELEMENTS_MAX);
	}
}

void *parse_with_sets(struct doc *d, struct value v, size_t size,
		      parse_fn parse, size_t *ret_n)
{
	struct expansion x = { .size = size, .parse = parse };
	struct value one = { v.json, v.node };
	size_t n = 1;
	bool is_list = json_object_is_type(v.json, json_type_array);

	d->n_expansions++;
	if (is_list) {
		parse_require_some(d, v);
		n = json_object_array_length(v.json);
		one.node = lex_first(doc_lex(d, v.node), v.node);
	}
	if (n > PARSE_LIST_MAX) {
		ERROR(d, v.node, "the list has more than %d elements",
		      PARSE_LIST_MAX);
		n = 0;
	}
	for (size_t i = 0; i < n && !x.full; i++) {
		if (is_list) {
			one.json = json_object_array_get_idx(v.json, i);
			expand(d, &x, one);
			one.node = lex_next(doc_lex(d, one.node), one.node);
		} else {
			expand(d, &x, one);
		}
	}
	*ret_n = x.n;
	return x.list;
}
