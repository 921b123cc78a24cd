// SPDX-License-Identifier: LGPL-2.1-or-later
/* What the keys of a match mean for the calls of its rule, and together. */
#include "policy/arch.h"
#include "policy/doc.h"
#include "policy/flag.h"

#define ERROR(d, node, ...) doc_complain(d, DIAG_ERROR, node, __VA_ARGS__)

/* -- against the calls ----------------------------------------------------------- */

/* A value that travels in a struct has a size that another thread can swap,
 * too: an emulation acts on its copy, anything else would be fooled. */
static void check_argument(struct doc *d, const struct doc_rule *r,
			   const struct doc_syscall *s, uint32_t node,
			   enum call_arg arg, const char *key)
{
	if (call_has(s->id, arg))
		return;
	if ((arg != ARG_VALUE || !call_has(s->id, ARG_ARGS)) &&
	    (arg != ARG_SIZE || !call_is_packed(s->id)))
		ERROR(d, node, "%s has no %s to match", s->name, key);
	else if (!r->emulate)
		ERROR(d, node,
		      "%s passes its value in a struct, size and all: only an "
		      "\"emulate\" can match that",
		      s->name);
}

static void check_arguments(struct doc *d, const struct doc_rule *r)
{
	const struct doc_match *m = &r->match;
	const struct {
		uint32_t node;
		enum call_arg arg;
		const char *key;
	} wants[] = {
		{m->type_node, ARG_MODE, "type"},
		{m->device_node, ARG_DEV, "device"},
		{m->mode_node, ARG_MODE, "mode"},
		{m->flags_node, ARG_FLAGS, "flags"},
		{m->size_node, ARG_SIZE, "size"},
		{m->name_node, ARG_NAME, "name"},
		{m->value_node, ARG_VALUE, "value"},
	};

	for (size_t i = 0; i < r->n_syscalls; i++)
		for (size_t k = 0; k < ARRAY_SIZE(wants); k++)
			if (*r->syscalls[i].name && wants[k].node != LEX_NONE)
				check_argument(d, r, &r->syscalls[i],
					       wants[k].node, wants[k].arg,
					       wants[k].key);
}

static void check_flag(struct doc *d, const struct doc_rule *r,
		       const struct doc_flag *f)
{
	for (size_t i = 0; i < r->n_syscalls && *f->name; i++) {
		enum call_id id = r->syscalls[i].id;

		if (call_has(id, ARG_FLAGS) && !flag_find(id, f->name))
			ERROR(d, f->node, "%s has no flag %s",
			      r->syscalls[i].name, f->name);
	}
}

static void check_flag_names(struct doc *d, const struct doc_rule *r)
{
	for (size_t i = 0; i < ARRAY_SIZE(r->match.flag_names); i++)
		for (size_t k = 0; k < r->match.flag_names[i].n; k++)
			check_flag(d, r, &r->match.flag_names[i].items[k]);
}

/* Has any of the rule's calls a number on any of its architectures? */
static bool exists_somewhere(const struct doc_rule *r)
{
	for (size_t i = 0; i < n_arches; i++) {
		if (!(r->match.arches >> i & 1))
			continue;
		for (size_t k = 0; k < r->n_syscalls; k++)
			if (!*r->syscalls[k].name || /* complained about */
			    arch_number(&arches[i], r->syscalls[k].name) >= 0)
				return true;
	}
	return false;
}

static void check_arches(struct doc *d, const struct doc_rule *r)
{
	if (r->match.arches && r->n_syscalls && !exists_somewhere(r))
		ERROR(d, r->match.arch_node,
		      "never matches: none of the rule's syscalls exists "
		      "there");
}

/* -- together -------------------------------------------------------------------- */

#define DEVICE_TYPES (DOC_TYPE_BIT(S_IFCHR) | DOC_TYPE_BIT(S_IFBLK))

static void check_device_types(struct doc *d, const struct doc_match *m)
{
	if (m->device_node == LEX_NONE)
		return;
	if (m->type_node == LEX_NONE)
		ERROR(d, m->device_node,
		      "add \"type\": \"char\" or \"block\": the kernel ignores "
		      "the device number of other nodes");
	else if (m->types & ~DEVICE_TYPES)
		ERROR(d, m->device_node,
		      "use only \"char\" and \"block\" in \"type\": the kernel "
		      "ignores the device number of other nodes");
}

static void check_bits(struct doc *d, uint32_t node, const struct bits *b)
{
	if (b->all & b->none)
		ERROR(d, node,
		      "never matches: \"all\" and \"none\" name the "
		      "same bit");
	else if (b->any && !(b->any & ~b->none))
		ERROR(d, node,
		      "never matches: \"none\" names all bits of "
		      "\"any\"");
}

static void check_value_sizes(struct doc *d, const struct doc_match *m)
{
	if (!doc_has_size(m))
		return;
	for (size_t i = 0; i < m->n_values; i++)
		if (m->values[i].bytes < m->min_size ||
		    m->values[i].bytes > m->max_size)
			ERROR(d, m->values[i].node,
			      "never matches: it has %zu "
			      "bytes, which \"size\" excludes",
			      m->values[i].bytes);
}

/* Only a worker that emulates walks the path to its end. */
static void check_directory(struct doc *d, const struct doc_rule *r)
{
	if (r->match.directory_node == LEX_NONE)
		return;
	if (!r->emulate)
		ERROR(d, r->match.directory_node,
		      "only \"emulate\" finds out where a path ends: with "
		      "another action another thread could change the path");
	for (size_t i = 0; i < r->n_syscalls; i++)
		if (*r->syscalls[i].name &&
		    !call_has(r->syscalls[i].id, ARG_PATH))
			ERROR(d, r->match.directory_node,
			      "%s has no path to match", r->syscalls[i].name);
}

void doc_check_match(struct doc *d, const struct doc_rule *r)
{
	check_arguments(d, r);
	check_flag_names(d, r);
	check_arches(d, r);
	check_directory(d, r);
	check_device_types(d, &r->match);
	check_bits(d, r->match.mode_node, &r->match.mode);
	check_bits(d, r->match.flags_node, &r->match.flags);
	check_value_sizes(d, &r->match);
}
