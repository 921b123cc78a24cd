// SPDX-License-Identifier: LGPL-2.1-or-later
/* A rule's match: a key for each thing to look at. The keys stand in parse.c. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "policy/arch.h"
#include "policy/flag.h"
#include "policy/nearest.h"
#include "policy/parse.h"

/* -- words: arch, type ----------------------------------------------------------- */

static void parse_arch(struct doc *d, struct value v, void *out)
{
	struct nearest near;
	char hint[96];
	const char *s;

	if (!parse_has_type(d, v, json_type_string))
		return;
	s = json_object_get_string(v.json);
	for (size_t i = 0; i < n_arches; i++)
		if (strcmp(arches[i].name, s) == 0) {
			*(uint32_t *)out = UINT32_C(1) << i;
			return;
		}
	nearest_init(&near, s);
	for (size_t i = 0; i < n_arches && !diags_full(d->diags); i++)
		nearest_offer(&near, arches[i].name);
	ERROR(d, v.node, "unknown architecture \"%.64s\"%s", s,
	      nearest_hint(&near, hint, sizeof(hint)));
}

static void parse_type(struct doc *d, struct value v, void *out)
{
	static const struct {
		const char *name;
		uint32_t types;
	} words[] = {
		{ "char", DOC_TYPE_BIT(S_IFCHR) },
		{ "block", DOC_TYPE_BIT(S_IFBLK) },
		{ "fifo", DOC_TYPE_BIT(S_IFIFO) },
		{ "socket", DOC_TYPE_BIT(S_IFSOCK) },
		/* mknod(2): zero is a regular file, too */
		{ "file", DOC_TYPE_BIT(S_IFREG) | DOC_TYPE_BIT(0) },
	};
	const char *s;

	if (!parse_has_type(d, v, json_type_string))
		return;
	s = json_object_get_string(v.json);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(words[i].name, s) == 0) {
			*(uint32_t *)out = words[i].types;
			return;
		}
	ERROR(d, v.node,
	      "unknown type \"%.64s\": \"char\", \"block\", "
	      "\"fifo\", \"socket\" or \"file\"",
	      s);
}

/* One word or a list. Return: the bits of all of them */
static uint32_t parse_words(struct doc *d, struct value v,
			    void (*parse)(struct doc *d, struct value v,
					  void *out))
{
	uint32_t sum = 0;
	size_t n;
	uint32_t *bits = parse_one_or_list(d, v, sizeof(*bits), parse, &n);

	for (size_t i = 0; bits && i < n; i++)
		sum |= bits[i];
	free(bits);
	return sum;
}

static void match_arch(struct doc *d, struct value v, void *out)
{
	struct doc_match *m = out;

	m->arch_node = v.node;
	m->arches = parse_words(d, v, parse_arch);
}

static void match_type(struct doc *d, struct value v, void *out)
{
	static const uint32_t single[] = { S_IFCHR, S_IFBLK, S_IFIFO, S_IFSOCK };
	struct doc_match *m = out;

	m->type_node = v.node;
	m->types = parse_words(d, v, parse_type);
	for (size_t i = 0; i < ARRAY_SIZE(single); i++)
		if (m->types == DOC_TYPE_BIT(single[i]))
			m->type = single[i];
}

/* -- device ---------------------------------------------------------------------- */

const char *parse_u32(const char *s, uint32_t max, uint32_t *ret)
{
	uint64_t n = 0;
	const char *p = s;

	for (; *p >= '0' && *p <= '9'; p++) {
		n = n * 10 + (uint64_t)(*p - '0');
		if (n > max)
			return NULL;
	}
	if (p == s || (*s == '0' && p - s > 1))
		return NULL;
	*ret = (uint32_t)n;
	return p;
}

#define MAJOR_MAX 4095 /* 12 bits and 20 bits, linux/kdev_t.h */
#define MINOR_MAX 1048575

/* "*", "3", "3-7". Return: is that all of it? */
static bool parse_minors(const char *s, struct doc_device *dev)
{
	const char *p;

	if (strcmp(s, "*") == 0) {
		dev->last_minor = MINOR_MAX;
		return true;
	}
	p = parse_u32(s, MINOR_MAX, &dev->first_minor);
	dev->last_minor = dev->first_minor;
	if (p && *p == '-')
		p = parse_u32(p + 1, MINOR_MAX, &dev->last_minor);
	return p && !*p;
}

static void parse_device(struct doc *d, struct value v, void *out)
{
	struct doc_device *dev = out;
	const char *s, *p;

	dev->node = parse_place(d, v);
	if (!parse_has_type(d, v, json_type_string))
		return;
	s = json_object_get_string(v.json);
	p = parse_u32(s, MAJOR_MAX, &dev->major);
	if (!p || *p != ':' || !parse_minors(p + 1, dev))
		ERROR(d, v.node,
		      "\"%.64s\" is no device: \"MAJOR:MINOR\" with "
		      "at most %d:%d, \"MAJOR:FIRST-LAST\" or \"MAJOR:*\"",
		      s, MAJOR_MAX, MINOR_MAX);
	else if (dev->first_minor > dev->last_minor)
		ERROR(d, v.node, "the range \"%.64s\" ends below its start", s);
}

static void match_device(struct doc *d, struct value v, void *out)
{
	struct doc_match *m = out;

	m->device_node = v.node;
	m->devices = parse_with_sets(d, v, sizeof(*m->devices), parse_device,
				     &m->n_devices);
}

/* -- bits: mode, flags ----------------------------------------------------------- */

/* Octal, with a zero before it or not. Return: 0 where it is none */
static uint32_t parse_octal(const char *s)
{
	uint32_t n = 0;

	if (strlen(s) > 5 || s[strspn(s, "01234567")])
		return 0;
	for (; *s; s++)
		n = n << 3 | (uint32_t)(*s - '0');
	return n <= 07777 ? n : 0;
}

static void parse_permissions(struct doc *d, struct value v, void *out)
{
	uint32_t *bits = out;
	const char *s = json_object_get_string(v.json);

	*bits = parse_octal(s);
	if (!*bits)
		ERROR(d, v.node,
		      "\"%.64s\" are no permission bits: octal, "
		      "\"0001\" to \"07777\"",
		      s);
}

static void mode_all(struct doc *d, struct value v, void *out)
{
	parse_permissions(d, v, &((struct bits *)out)->all);
}

static void mode_any(struct doc *d, struct value v, void *out)
{
	parse_permissions(d, v, &((struct bits *)out)->any);
}

static void mode_none(struct doc *d, struct value v, void *out)
{
	parse_permissions(d, v, &((struct bits *)out)->none);
}

static const struct field mode_fields[] = {
	{ "all", json_type_string, false, mode_all },
	{ "any", json_type_string, false, mode_any },
	{ "none", json_type_string, false, mode_none },
	{ 0 },
};

static void require_a_key(struct doc *d, struct value v, const char *keys)
{
	if (json_object_object_length(v.json) == 0)
		ERROR(d, v.node, "expected at least one of %s", keys);
}

static void match_mode(struct doc *d, struct value v, void *out)
{
	struct doc_match *m = out;

	m->mode_node = v.node;
	require_a_key(d, v, "\"all\", \"any\" and \"none\"");
	parse_object(d, v, mode_fields, &m->mode);
}

static void parse_flag(struct doc *d, struct value v, void *out)
{
	struct doc_flag *f = out;
	const struct flag *known;
	struct nearest near;
	char hint[96];

	f->name = "";
	f->node = v.node;
	if (!parse_has_type(d, v, json_type_string))
		return;
	known = flag_find(CALL_OTHER, json_object_get_string(v.json));
	if (known) {
		f->name = known->name;
		f->bit = known->bit;
		return;
	}
	nearest_init(&near, json_object_get_string(v.json));
	for (size_t i = 0; i < n_flags && !diags_full(d->diags); i++)
		nearest_offer(&near, flags[i].name);
	ERROR(d, v.node, "unknown flag \"%.64s\"%s", near.word,
	      nearest_hint(&near, hint, sizeof(hint)));
}

enum { ALL, ANY, NONE };

/* Return: the sum of the bits */
static uint32_t parse_flags(struct doc *d, struct value v, struct doc_flags *out)
{
	uint32_t sum = 0;

	parse_require_some(d, v);
	out->items = parse_list(d, v, sizeof(*out->items), parse_flag, &out->n);
	for (size_t i = 0; i < out->n; i++)
		sum |= out->items[i].bit;
	return sum;
}

static void flags_all(struct doc *d, struct value v, void *out)
{
	struct doc_match *m = out;

	m->flags.all = parse_flags(d, v, &m->flag_names[ALL]);
}

static void flags_any(struct doc *d, struct value v, void *out)
{
	struct doc_match *m = out;

	m->flags.any = parse_flags(d, v, &m->flag_names[ANY]);
}

static void flags_none(struct doc *d, struct value v, void *out)
{
	struct doc_match *m = out;

	m->flags.none = parse_flags(d, v, &m->flag_names[NONE]);
}

static const struct field flags_fields[] = {
	{ "all", json_type_array, false, flags_all },
	{ "any", json_type_array, false, flags_any },
	{ "none", json_type_array, false, flags_none },
	{ 0 },
};

static void match_flags(struct doc *d, struct value v, void *out)
{
	struct doc_match *m = out;

	m->flags_node = v.node;
	require_a_key(d, v, "\"all\", \"any\" and \"none\"");
	parse_object(d, v, flags_fields, m);
}

/* -- size ------------------------------------------------------------------------ */

static uint64_t parse_bytes(struct doc *d, struct value v)
{
	int64_t n = json_object_get_int64(v.json);

	if (n < 0) {
		ERROR(d, v.node, "a size cannot be negative");
		return 0;
	}
	return (uint64_t)n;
}

static void size_min(struct doc *d, struct value v, void *out)
{
	((struct doc_match *)out)->min_size = parse_bytes(d, v);
}

static void size_max(struct doc *d, struct value v, void *out)
{
	((struct doc_match *)out)->max_size = parse_bytes(d, v);
}

static const struct field size_fields[] = {
	{ "min", json_type_int, false, size_min },
	{ "max", json_type_int, false, size_max },
	{ 0 },
};

static void match_size(struct doc *d, struct value v, void *out)
{
	struct doc_match *m = out;

	m->size_node = v.node;
	if (json_object_is_type(v.json, json_type_int)) {
		m->min_size = m->max_size = parse_bytes(d, v);
		return;
	}
	if (!json_object_is_type(v.json, json_type_object)) {
		ERROR(d, v.node,
		      "expected a number of bytes, or an object "
		      "with \"min\" and \"max\"");
		return;
	}
	require_a_key(d, v, "\"min\" and \"max\"");
	parse_object(d, v, size_fields, m);
	if (m->min_size > m->max_size)
		ERROR(d, v.node, "\"min\" is more than \"max\"");
}

/* -- bytes: name, value ---------------------------------------------------------- */

static void parse_name(struct doc *d, struct value v, void *out)
{
	struct doc_name *n = out;
	size_t wild;

	n->node = parse_place(d, v);
	n->text = "";
	if (!parse_has_type(d, v, json_type_string))
		return;
	n->text = json_object_get_string(v.json);
	n->bytes = (size_t)json_object_get_string_len(v.json);
	wild = strcspn(n->text, "*?");
	n->prefix = strcmp(n->text + wild, "*") == 0;
	n->glob = n->text[wild] && !n->prefix;
	if (n->prefix)
		n->bytes--;
	if (*n->text && !n->text[strspn(n->text, "*")])
		ERROR(d, v.node, "this matches every name: leave \"name\" out");
	else if (n->bytes == 0 || n->bytes > XATTR_NAME_MAX_BYTES)
		ERROR(d, v.node, "a name has 1 to %d bytes",
		      XATTR_NAME_MAX_BYTES);
}

static void match_name(struct doc *d, struct value v, void *out)
{
	struct doc_match *m = out;

	m->name_node = v.node;
	m->names = parse_with_sets(d, v, sizeof(*m->names), parse_name,
				   &m->n_names);
}

static void parse_value(struct doc *d, struct value v, void *out)
{
	struct doc_value *one = out;

	one->node = v.node;
	one->text = "";
	if (!parse_has_type(d, v, json_type_string))
		return;
	one->text = json_object_get_string(v.json);
	one->bytes = (size_t)json_object_get_string_len(v.json);
	if (one->bytes > DECIDE_VALUE_MAX_BYTES)
		ERROR(d, v.node, "the value has %zu bytes: %d at most",
		      one->bytes, DECIDE_VALUE_MAX_BYTES);
}

static void match_value(struct doc *d, struct value v, void *out)
{
	struct doc_match *m = out;

	m->value_node = v.node;
	m->values = parse_one_or_list(d, v, sizeof(*m->values), parse_value,
				      &m->n_values);
	if (m->n_values) {
		m->value = m->values[0].text;
		m->value_bytes = m->values[0].bytes;
	}
}

/* -- all of it ------------------------------------------------------------------- */

static const struct field match_fields[] = {
	{ "arch", json_type_null, false, match_arch },
	{ "type", json_type_null, false, match_type },
	{ "device", json_type_array, false, match_device },
	{ "mode", json_type_object, false, match_mode },
	{ "flags", json_type_object, false, match_flags },
	{ "size", json_type_null, false, match_size },
	{ "name", json_type_null, false, match_name },
	{ "value", json_type_null, false, match_value },
	{ "directory", json_type_null, false, match_directory },
	{ "uid", json_type_null, false, match_uid },
	{ "gid", json_type_null, false, match_gid },
	{ "capability", json_type_null, false, match_capability },
	{ "root", json_type_boolean, false, match_root },
	{ 0 },
};

void match_init(struct doc_match *m)
{
	*m = (struct doc_match){
		.node = LEX_NONE,
		.type_node = LEX_NONE,
		.device_node = LEX_NONE,
		.name_node = LEX_NONE,
		.value_node = LEX_NONE,
		.arch_node = LEX_NONE,
		.mode_node = LEX_NONE,
		.flags_node = LEX_NONE,
		.size_node = LEX_NONE,
		.directory_node = LEX_NONE,
		.max_size = UINT64_MAX,
		.longest = UINT64_MAX,
	};
}

static void narrow_size(struct doc_match *m)
{
	uint64_t shortest = UINT64_MAX, longest = 0;

	m->shortest = m->min_size;
	m->longest = m->max_size;
	for (size_t i = 0; i < m->n_values; i++) {
		uint64_t n = m->values[i].bytes;

		shortest = n < shortest ? n : shortest;
		longest = n > longest ? n : longest;
	}
	if (m->n_values && shortest > m->shortest)
		m->shortest = shortest;
	if (m->n_values && longest < m->longest)
		m->longest = longest;
}

void parse_match(struct doc *d, struct value v, struct doc_match *m)
{
	size_t errors = d->diags->n_errors;

	m->node = v.node;
	d->met_broken_set = false;
	parse_object(d, v, match_fields, m);
	m->broken = d->met_broken_set || d->diags->n_errors > errors;
	narrow_size(m);
}

void match_done(struct doc_match *m)
{
	free(m->devices);
	free(m->names);
	free(m->values);
	free(m->uids);
	free(m->gids);
	free(m->directories);
	for (size_t i = 0; i < ARRAY_SIZE(m->flag_names); i++)
		free(m->flag_names[i].items);
}
