// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The seccomp object that is there already is the base of the profile, cut out
 * of the text with everything before it blanked, so that what is wrong in it is
 * told with config.json's own lines.
 */
#include "hook/inject.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "hook/splice.h"
#include "lib/own.h"
#include "policy/doc.h"
#include "policy/lex_node.h"
#include "policy/profile.h"

/* crun's own way to name a listener, which wins over the configuration's. */
#define CRUN_RECEIVER "run.oci.seccomp.receiver"

struct injecting {
	const struct inject_input *in;
	const struct inject_options *o;
	struct doc *doc;
	const char *policy;
	struct json_object *linux_tree, *seccomp; /* borrowed from doc's tree */
	uint32_t linux_node;
};

#define ERROR(d, node, ...) doc_complain(d, DIAG_ERROR, node, __VA_ARGS__)

/* -- reading --------------------------------------------------------------------- */

/* A member of that type, or missing, or null. Return: -EINVAL if neither */
static int member(struct doc *d, struct json_object *o, uint32_t node,
		  const char *key, enum json_type type, struct json_object **ret)
{
	struct json_object *value = NULL;

	(void)json_object_object_get_ex(o, key, &value);
	if (value && !json_object_is_type(value, type)) {
		ERROR(d, lex_member(d->lex, node, key), "expected %s, found %s",
		      json_type_to_name(type),
		      json_type_to_name(json_object_get_type(value)));
		return -EINVAL;
	}
	*ret = value;
	return 0;
}

static int read_document(struct injecting *j, struct diags *diags)
{
	int r;

	diags_init(diags, j->in->name);
	if (j->in->bytes > INJECT_MAX_BYTES) {
		diags_add(diags, DIAG_ERROR, 0, 0, "", "bigger than %zu bytes",
			  INJECT_MAX_BYTES);
		return -EINVAL;
	}
	r = doc_read(j->in->text, j->in->bytes, LEX_UINT64, diags, &j->doc);
	if (r < 0)
		return diags->n_errors || r == -ENOMEM ? r : -EINVAL;
	if (json_object_is_type(j->doc->tree, json_type_object))
		return 0;
	ERROR(j->doc, LEX_ROOT, "expected an object");
	return -EINVAL;
}

/* An annotation: the engine's user wrote it. */
static int annotation(struct injecting *j, const char *key, const char **ret)
{
	struct doc *d = j->doc;
	struct json_object *all, *one = NULL;
	uint32_t node = lex_member(d->lex, LEX_ROOT, "annotations");
	int r = member(d, d->tree, LEX_ROOT, "annotations", json_type_object,
		       &all);

	if (r == 0 && all)
		r = member(d, all, node, key, json_type_string, &one);
	*ret = one ? json_object_get_string(one) : NULL;
	return r;
}

static int read_policy(struct injecting *j)
{
	int r = annotation(j, INJECT_ANNOTATION, &j->policy);

	if (r < 0)
		return r;
	if (!j->policy)
		j->policy = j->o->policy;
	return j->policy ? INJECT_DONE : INJECT_NOT_ASKED;
}

/* -- what cannot be --------------------------------------------------------------- */

static int refuse_other_listener(struct injecting *j)
{
	struct doc *d = j->doc;
	struct json_object *path = NULL;
	uint32_t node = lex_member(d->lex, j->linux_node, "seccomp");
	const char *receiver;
	int r = 0;

	if (j->seccomp)
		r = member(d, j->seccomp, node, "listenerPath",
			   json_type_string, &path);
	if (r < 0)
		return r;
	if (path && *json_object_get_string(path) &&
	    strcmp(json_object_get_string(path), j->o->listener) != 0) {
		ERROR(d, lex_member(d->lex, node, "listenerPath"),
		      "its listener goes to %.128s already, and a container can "
		      "have only one",
		      json_object_get_string(path));
		return -EINVAL;
	}
	r = annotation(j, CRUN_RECEIVER, &receiver);
	if (r == 0 && receiver && strcmp(receiver, j->o->listener) != 0) {
		ERROR(d, lex_member(d->lex, LEX_ROOT, "annotations"),
		      CRUN_RECEIVER " sends its listener to %.128s, and a "
				    "container has only one",
		      receiver);
		r = -EINVAL;
	}
	return r;
}

static int refuse_too_many_rules(struct injecting *j)
{
	uint32_t node = lex_member(j->doc->lex, j->linux_node, "seccomp");
	struct json_object *rules = NULL;
	int r = member(j->doc, j->seccomp, node, "syscalls", json_type_array,
		       &rules);

	if (r < 0 || !rules || json_object_array_length(rules) <= INJECT_RULES_MAX)
		return r;
	ERROR(j->doc, lex_member(j->doc->lex, node, "syscalls"),
	      "it has more than %d seccomp rules", INJECT_RULES_MAX);
	return -EINVAL;
}

static int read_linux(struct injecting *j)
{
	struct doc *d = j->doc;
	int r = member(d, d->tree, LEX_ROOT, "linux", json_type_object,
		       &j->linux_tree);

	if (r == 0 && !j->linux_tree) {
		ERROR(d, LEX_ROOT, "\"linux\" is missing: not a Linux container");
		r = -EINVAL;
	}
	if (r < 0)
		return r;
	j->linux_node = lex_member(d->lex, LEX_ROOT, "linux");
	r = member(d, j->linux_tree, j->linux_node, "seccomp", json_type_object,
		   &j->seccomp);
	if (r == 0 && j->seccomp)
		r = refuse_too_many_rules(j);
	return r < 0 ? r : refuse_other_listener(j);
}

/* -- making ----------------------------------------------------------------------- */

/* The seccomp object, with nothing before it but its lines. */
static char *cut_base(const struct injecting *j, struct profile_text *ret)
{
	const struct lex *l = j->doc->lex;
	uint32_t node = lex_member(l, j->linux_node, "seccomp");
	size_t begin = lex_value_at(l, node), end = lex_value_end(l, node);
	char *text = malloc(end + 1);

	if (!text)
		return NULL;
	memcpy(text, j->in->text, end);
	text[end] = '\0';
	for (size_t i = 0; i < begin; i++)
		if (text[i] != '\n')
			text[i] = ' ';
	*ret = (struct profile_text){ j->in->name, text, end };
	return text;
}

static int make_profile(const struct injecting *j, const struct policy_set *set,
			struct diags *policies, struct diags *config,
			struct json_object **ret)
{
	AUTO(free_ptr) char *base = NULL;
	struct profile_text text;
	struct profile_options o = {
		.policy = j->policy,
		.listener = j->o->listener,
		.dialect = PROFILE_OCI,
		.wait_killable = j->o->wait_killable,
	};

	if (j->seccomp) {
		base = cut_base(j, &text);
		if (!base)
			return -ENOMEM;
		o.base_text = &text;
	}
	return profile_make(set, &o, policies, config, ret);
}

/* Return: a copy of @o whose member @key is @value, which is owned; NULL: no memory */
static struct json_object *with(struct json_object *o, const char *key,
				struct json_object *value)
{
	struct json_object *copy = json_object_new_object();
	struct json_object_iter i;
	int r = copy ? 0 : -1;

	json_object_object_foreachC(o, i)
	{
		if (r == 0 && strcmp(i.key, key) != 0)
			r = json_object_object_add(copy, i.key,
						   json_object_get(i.val));
	}
	if (r == 0)
		r = json_object_object_add(copy, key, json_object_get(value));
	json_object_put(value);
	if (r == 0)
		return copy;
	json_object_put(copy);
	return NULL;
}

static int write_out(const struct injecting *j, struct json_object *want,
		     char **ret_text, size_t *ret_bytes)
{
	const struct lex *l = j->doc->lex;
	size_t end = lex_value_end(l, j->linux_node);
	AUTO(free_ptr) char *text = NULL;
	size_t bytes;
	FILE *out = open_memstream(&text, &bytes);
	bool good;

	if (!out)
		return -ENOMEM;
	(void)fwrite(j->in->text, 1, lex_value_at(l, j->linux_node), out);
	splice(j->in->text, l, j->linux_node, j->linux_tree, want, out);
	(void)fwrite(j->in->text + end, 1, j->in->bytes - end, out);
	good = !ferror(out);
	if (fclose(out) != 0 || !good)
		return -ENOMEM;
	*ret_text = TAKE_PTR(text);
	*ret_bytes = bytes;
	return INJECT_DONE;
}

int inject_policy(const struct inject_input *in, const struct inject_options *o,
		  struct diags *diags, char **ret)
{
	struct injecting j = { .in = in, .o = o };
	int r = read_document(&j, diags);

	if (r == 0)
		r = read_policy(&j);
	if (r == INJECT_DONE) {
		*ret = strdup(j.policy);
		r = *ret ? INJECT_DONE : -ENOMEM;
	}
	doc_free(j.doc);
	return r;
}

int inject(const struct policy_set *set, const struct inject_input *in,
	   const struct inject_options *o, struct diags *policies,
	   struct diags *config, char **ret_text, size_t *ret_bytes)
{
	struct injecting j = { .in = in, .o = o };
	struct json_object *profile = NULL, *want = NULL;
	int r = read_document(&j, config);

	if (r == 0)
		r = read_policy(&j);
	if (r == INJECT_DONE)
		r = read_linux(&j);
	if (r == INJECT_DONE)
		r = make_profile(&j, set, policies, config, &profile);
	if (r == INJECT_DONE) {
		want = with(j.linux_tree, "seccomp", profile);
		r = want ? write_out(&j, want, ret_text, ret_bytes) : -ENOMEM;
	}
	json_object_put(want);
	doc_free(j.doc);
	return r;
}
