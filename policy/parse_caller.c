// SPDX-License-Identifier: LGPL-2.1-or-later
/* The keys of a match about the caller, and about the directory where a path ends. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "policy/cap.h"
#include "policy/nearest.h"
#include "policy/parse.h"

/* -- uid, gid -------------------------------------------------------------------- */

static bool parse_range(const char *s, struct doc_id *id)
{
	const char *p = parse_u32(s, ID_MAX, &id->first);

	id->last = id->first;
	if (p && *p == '-')
		p = parse_u32(p + 1, ID_MAX, &id->last);
	return p && !*p && id->first <= id->last;
}

void parse_id(struct doc *d, struct value v, struct doc_id *id, const char *what)
{
	int64_t n;

	id->node = v.node;
	if (json_object_is_type(v.json, json_type_int)) {
		n = json_object_get_int64(v.json);
		id->first = id->last = (uint32_t)n;
		if (n < 0 || n > ID_MAX)
			ERROR(d, v.node, "an id is a number from 0 to %u",
			      ID_MAX);
	} else if (!json_object_is_type(v.json, json_type_string) ||
		   !parse_range(json_object_get_string(v.json), id)) {
		ERROR(d, v.node, "expected %s", what);
	}
}

static void parse_callers_id(struct doc *d, struct value v, void *out)
{
	parse_id(d, v, out,
		 "an id as the container sees it: a number, or "
		 "\"FIRST-LAST\"");
}

void match_uid(struct doc *d, struct value v, void *out)
{
	struct doc_match *m = out;

	m->uids = parse_one_or_list(d, v, sizeof(*m->uids), parse_callers_id,
				    &m->n_uids);
}

void match_gid(struct doc *d, struct value v, void *out)
{
	struct doc_match *m = out;

	m->gids = parse_one_or_list(d, v, sizeof(*m->gids), parse_callers_id,
				    &m->n_gids);
}

/* -- capability, root ------------------------------------------------------------ */

static void parse_cap(struct doc *d, struct value v, void *out)
{
	struct nearest near;
	char hint[96];
	const char *s;

	if (!parse_has_type(d, v, json_type_string))
		return;
	s = json_object_get_string(v.json);
	nearest_init(&near, s);
	*(uint64_t *)out = cap_find(s);
	if (cap_find(s))
		return;
	for (size_t i = 0; i < n_caps; i++)
		nearest_offer(&near, caps[i].name);
	ERROR(d, v.node, "unknown capability \"%.64s\"%s", s,
	      nearest_hint(&near, hint, sizeof(hint)));
}

void match_capability(struct doc *d, struct value v, void *out)
{
	struct doc_match *m = out;
	size_t n;
	uint64_t *list = parse_one_or_list(d, v, sizeof(*list), parse_cap, &n);

	for (size_t i = 0; list && i < n; i++)
		m->caps |= list[i];
	free(list);
}

void match_root(struct doc *d, struct value v, void *out)
{
	struct doc_match *m = out;

	m->root = json_object_get_boolean(v.json) ? DOC_ROOT : DOC_NOT_ROOT;
}

/* -- directory ------------------------------------------------------------------- */

/* Is it a path as the kernel writes it: absolute, no component empty, "." or ".."? */
static bool is_clean(const char *s, size_t bytes)
{
	const char *end = s + bytes;

	if (bytes > 0 && *s != '/')
		return false;
	while (s < end) {
		size_t n = strcspn(++s, "/");

		if (s + n > end)
			n = (size_t)(end - s);
		if (n == 0 || (n == 1 && s[0] == '.') ||
		    (n == 2 && s[0] == '.' && s[1] == '.'))
			return false;
		s += n;
	}
	return true;
}

static void parse_directory(struct doc *d, struct value v, void *out)
{
	struct doc_name *n = out;

	n->node = parse_place(d, v);
	n->text = "";
	if (!parse_has_type(d, v, json_type_string))
		return;
	n->text = json_object_get_string(v.json);
	n->bytes = (size_t)json_object_get_string_len(v.json);
	n->prefix = n->bytes >= 2 && strcmp(n->text + n->bytes - 2, "/*") == 0;
	if (n->prefix)
		n->bytes -= 2;
	else if (strcmp(n->text, "/") == 0)
		n->bytes = 0;
	if (*n->text && n->bytes < PATH_MAX && is_clean(n->text, n->bytes))
		return;
	n->bytes = 0;
	ERROR(d, v.node,
	      "expected a directory from the root on, such as "
	      "\"/dev\", or \"/dev/*\" for it and all below it");
}

void match_directory(struct doc *d, struct value v, void *out)
{
	struct doc_match *m = out;

	m->directory_node = v.node;
	m->directories = parse_with_sets(d, v, sizeof(*m->directories),
					 parse_directory, &m->n_directories);
}
