// SPDX-License-Identifier: LGPL-2.1-or-later
#include "policy/profile_read.h"

#include <errno.h>
#include <stdlib.h>

#include "policy/lex_node.h"

#define ERROR(d, node, ...) doc_complain(d, DIAG_ERROR, node, __VA_ARGS__)

/* libseccomp's, as the runtime specification names them. */
static const char *const actions[] = {
	"SCMP_ACT_KILL",   "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD",
	"SCMP_ACT_TRAP",   SECCOMP_ACT_ERRNO,	    "SCMP_ACT_TRACE",
	SECCOMP_ACT_ALLOW, "SCMP_ACT_LOG",	    SECCOMP_ACT_NOTIFY,
};

static const char *const odd_ops[] = {
	"SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE",
	"SCMP_CMP_GE", "SCMP_CMP_GT",
};

static bool listed(const char *const *list, size_t n, const char *s)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i], s) == 0)
			return true;
	return false;
}

/* -- members ------------------------------------------------------------------------ */

struct place {
	struct doc *d;
	struct json_object *json;
	uint32_t node;
};

/* A member that is missing or null reads as missing. Return: is it there? */
static bool member(const struct place *at, const char *key, enum json_type type,
		   struct place *ret)
{
	struct json_object *value;

	if (!json_object_object_get_ex(at->json, key, &value) || !value)
		return false;
	*ret = (struct place){ at->d, value,
			       lex_member(at->d->lex, at->node, key) };
	if (json_object_is_type(value, type))
		return true;
	ERROR(at->d, ret->node, "expected %s, found %s", json_type_to_name(type),
	      json_type_to_name(json_object_get_type(value)));
	return false;
}

static const char *text(const struct place *at, const char *key)
{
	struct place m;

	return member(at, key, json_type_string, &m) ?
		       json_object_get_string(m.json) :
		       NULL;
}

static bool number(const struct place *at, const char *key, uint64_t max,
		   uint64_t *ret)
{
	struct place m;

	if (!member(at, key, json_type_int, &m))
		return false;
	if (json_object_get_int64(m.json) < 0 ||
	    json_object_get_uint64(m.json) > max) {
		ERROR(at->d, m.node, "expected 0 to %llu",
		      (unsigned long long)max);
		return false;
	}
	*ret = json_object_get_uint64(m.json);
	return true;
}

static int64_t errno_ret(const struct place *at, const char *key)
{
	uint64_t n;

	return number(at, key, 4095, &n) ? (int64_t)n : -1;
}

static const char *action(const struct place *at, const char *key)
{
	const char *s = text(at, key);

	if (!s) {
		ERROR(at->d, at->node, "\"%s\" is missing", key);
		return "";
	}
	if (!listed(actions, ARRAY_SIZE(actions), s))
		ERROR(at->d, lex_member(at->d->lex, at->node, key),
		      "unknown action \"%.64s\"", s);
	return s;
}

/* -- one rule ------------------------------------------------------------------------- */

static void read_arg(const struct place *at, struct seccomp_rule *r)
{
	uint64_t index, value = 0, two = 0;
	const char *op = text(at, "op");
	struct cube one = { 0 };

	if (!number(at, "index", CUBE_ARGS - 1, &index) || !op) {
		ERROR(at->d, at->node,
		      "a comparison has \"index\", \"value\", "
		      "\"op\"");
		return;
	}
	number(at, "value", UINT64_MAX, &value);
	number(at, "valueTwo", UINT64_MAX, &two);
	if ((one.mask[index] | r->cube.mask[index]) ||
	    (r->odd_args & 1U << index))
		r->twice_args |= 1U << index;
	if (strcmp(op, "SCMP_CMP_EQ") == 0) {
		r->cube.mask[index] = UINT64_MAX;
		r->cube.value[index] = value;
	} else if (strcmp(op, "SCMP_CMP_MASKED_EQ") == 0) {
		r->cube.mask[index] = value;
		r->cube.value[index] = two & value;
	} else if (listed(odd_ops, ARRAY_SIZE(odd_ops), op)) {
		r->odd_args |= 1U << index;
	} else {
		ERROR(at->d, at->node,
		      "unknown comparison \"%.64s\"",
		      op);
	}
}

static void read_args(const struct place *at, struct seccomp_rule *r)
{
	struct place args, one = { .d = at->d };
	size_t i = 0;

	if (!member(at, "args", json_type_array, &args))
		return;
	for (one.node = lex_first(at->d->lex, args.node); one.node != LEX_NONE;
	     one.node = lex_next(at->d->lex, one.node), i++) {
		one.json = json_object_array_get_idx(args.json, i);
		r->compares = true;
		if (json_object_is_type(one.json, json_type_object))
			read_arg(&one, r);
		else
			ERROR(at->d, one.node, "expected an object");
	}
}

static void read_names(const struct place *at, struct seccomp_rule *r)
{
	struct place names;
	size_t i = 0;

	r->name = text(at, "name");
	if (!member(at, "names", json_type_array, &names)) {
		if (!r->name)
			ERROR(at->d, at->node, "\"names\" is missing");
		return;
	}
	r->names = names.json;
	for (uint32_t node = lex_first(at->d->lex, names.node);
	     node != LEX_NONE; node = lex_next(at->d->lex, node), i++)
		if (!json_object_is_type(json_object_array_get_idx(r->names, i),
					 json_type_string))
			ERROR(at->d, node, "expected a string");
}

/* Objects with nothing in them, as Podman's own profile has, say nothing. */
static bool says_something(const struct place *at, const char *key)
{
	struct place m;

	return member(at, key, json_type_object, &m) &&
	       json_object_object_length(m.json) > 0;
}

static void read_rule(struct seccomp_profile *p, const struct place *at)
{
	struct seccomp_rule *r = &p->rules[p->n_rules++];

	r->node = at->node;
	r->json = at->json;
	r->action = "";
	r->errno_ret = -1;
	if (!json_object_is_type(at->json, json_type_object)) {
		ERROR(at->d, at->node, "expected an object");
		return;
	}
	r->action = action(at, "action");
	r->errno_ret = errno_ret(at, "errnoRet");
	read_names(at, r);
	read_args(at, r);
	r->conditional = says_something(at, "includes");
	r->conditional |= says_something(at, "excludes");
	p->docker |= json_object_object_get_ex(at->json, "includes", NULL) ||
		     json_object_object_get_ex(at->json, "excludes", NULL);
}

/* Checks the types of members that are used later. */
static void check_frame(const struct place *root)
{
	static const char *const arrays[] = { "architectures", "archMap" };
	struct place m;

	(void)text(root, "listenerPath");
	(void)text(root, "listenerMetadata");
	for (size_t i = 0; i < ARRAY_SIZE(arrays); i++)
		(void)member(root, arrays[i], json_type_array, &m);
	if (!member(root, "flags", json_type_array, &m))
		return;
	for (size_t i = 0; i < json_object_array_length(m.json); i++)
		if (!json_object_is_type(json_object_array_get_idx(m.json, i),
					 json_type_string)) {
			ERROR(root->d, m.node, "expected strings");
			return;
		}
}

/* -- the profile ---------------------------------------------------------------------- */

static int read_profile(struct seccomp_profile *p)
{
	struct doc *d = p->doc;
	struct place root = { d, d->tree, LEX_ROOT }, list, one = { .d = d };
	size_t i = 0;

	p->default_action = action(&root, "defaultAction");
	p->default_errno_ret = errno_ret(&root, "defaultErrnoRet");
	check_frame(&root);
	p->docker = json_object_object_get_ex(d->tree, "archMap", NULL);
	if (!member(&root, "syscalls", json_type_array, &list))
		return 0;
	p->rules = calloc(json_object_array_length(list.json) + 1,
			  sizeof(*p->rules));
	if (!p->rules)
		return -ENOMEM;
	for (one.node = lex_first(d->lex, list.node); one.node != LEX_NONE;
	     one.node = lex_next(d->lex, one.node), i++) {
		one.json = json_object_array_get_idx(list.json, i);
		read_rule(p, &one);
	}
	return 0;
}

static int parse_text(struct seccomp_profile *p, struct diags *diags)
{
	int r = doc_read(p->texts->items[0].text, p->texts->items[0].bytes,
			 LEX_UINT64, diags, &p->doc);

	if (r < 0)
		return r;
	if (json_object_is_type(p->doc->tree, json_type_object))
		return read_profile(p);
	ERROR(p->doc, LEX_ROOT, "expected an object");
	return -EINVAL;
}

static int load_text(struct seccomp_profile *p, const char *path,
		     struct diags *diags)
{
	int r = texts_load(p->texts, path, false, diags);

	if (r != TEXTS_DIRECTORY)
		return r;
	diags_init(diags, path);
	diags_add(diags, DIAG_ERROR, 0, 0, "", "a directory");
	return -EINVAL;
}

/* From the file at @path, or from @text. */
static int make(const char *path, const struct profile_text *text,
		struct diags *diags, struct seccomp_profile **ret)
{
	AUTO(seccomp_profile_free)
	struct seccomp_profile *p = calloc(1, sizeof(*p));
	int r;

	diags_init(diags, path);
	if (!p)
		return -ENOMEM;
	p->texts = texts_new();
	if (!p->texts)
		return -ENOMEM;
	r = text ? texts_add(p->texts, text->name, text->text, text->bytes) :
		   load_text(p, path, diags);
	if (r == 0)
		r = parse_text(p, diags);
	if (r == 0 && diags->n_errors)
		r = -EINVAL;
	if (r < 0)
		return r;
	*ret = TAKE_PTR(p);
	return 0;
}

int seccomp_profile_load(const char *path, struct diags *diags,
			 struct seccomp_profile **ret)
{
	return make(path, NULL, diags, ret);
}

int seccomp_profile_parse(const struct profile_text *text, struct diags *diags,
			  struct seccomp_profile **ret)
{
	return make(text->name, text, diags, ret);
}

struct seccomp_profile *seccomp_profile_free(struct seccomp_profile *p)
{
	if (!p)
		return NULL;
	doc_free(p->doc);
	texts_free(p->texts);
	free(p->rules);
	free(p);
	return NULL;
}

size_t seccomp_rule_count(const struct seccomp_rule *r)
{
	return r->names ? json_object_array_length(r->names) : r->name ? 1 : 0;
}

const char *seccomp_rule_name(const struct seccomp_rule *r, size_t i)
{
	return r->names ? json_object_get_string(
				  json_object_array_get_idx(r->names, i)) :
			  r->name;
}

bool seccomp_rule_has(const struct seccomp_rule *r, const char *name)
{
	for (size_t i = 0; i < seccomp_rule_count(r); i++)
		if (strcmp(seccomp_rule_name(r, i), name) == 0)
			return true;
	return false;
}

static int add_arg(struct json_object *list, int index, const char *op,
		   uint64_t value, const uint64_t *two)
{
	struct json_object *o = json_object_new_object();

	if (!o || json_object_array_add(list, o) < 0) {
		json_object_put(o);
		return -ENOMEM;
	}
	json_object_object_add(o, "index", json_object_new_int(index));
	json_object_object_add(o, "value", json_object_new_uint64(value));
	if (two)
		json_object_object_add(o, "valueTwo",
				       json_object_new_uint64(*two));
	json_object_object_add(o, "op", json_object_new_string(op));
	return 0;
}

int seccomp_args_add(struct json_object *args, int index, const char *op,
		     uint64_t value)
{
	return add_arg(args, index, op, value, NULL);
}

/* SCMP_CMP_MASKED_EQ: the mask is the first of its two. */
static int add_compared(struct json_object *list, int index, uint64_t mask,
			uint64_t value)
{
	if (mask == UINT64_MAX)
		return add_arg(list, index, "SCMP_CMP_EQ", value, NULL);
	return add_arg(list, index, "SCMP_CMP_MASKED_EQ", mask, &value);
}

struct json_object *seccomp_args(const struct cube *c)
{
	struct json_object *list = json_object_new_array();

	for (int i = 0; list && i < CUBE_ARGS; i++)
		if (c->mask[i] &&
		    add_compared(list, i, c->mask[i], c->value[i]) < 0) {
			json_object_put(list);
			return NULL;
		}
	return list;
}
