// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/last_good.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "daemon/fdstore.h"
#include "daemon/inherit.h"
#include "daemon/registry.h"
#include "daemon/sealed.h"
#include "lib/log.h"
#include "lib/own.h"
#include "policy/machine_check.h"
#include "policy/texts.h"
#include "proto/varlink.h"

#define DEPTH_MAX 8

/* -- the record: {"source": "…", "parts": true, "files": [["name", "text"], …]} -- */

static bool add(struct json_object *o, const char *key, struct json_object *v)
{
	if (v && json_object_object_add(o, key, v) == 0)
		return true;
	json_object_put(v);
	return false;
}

static bool append(struct json_object *array, struct json_object *v)
{
	if (v && json_object_array_add(array, v) == 0)
		return true;
	json_object_put(v);
	return false;
}

static struct json_object *file_json(const struct doc_text *t)
{
	struct json_object *a = json_object_new_array();

	if (a && append(a, json_object_new_string(t->name)) &&
	    append(a, json_object_new_string_len(t->text, (int)t->bytes)))
		return a;
	json_object_put(a);
	return NULL;
}

static struct json_object *files_json(const struct texts *t)
{
	struct json_object *a = json_object_new_array();

	for (size_t i = 0; a && i < t->n; i++)
		if (!append(a, file_json(&t->items[i])))
			a = json_put(a);
	return a;
}

int last_good_record(const struct policy_set *set)
{
	AUTO(json_put) struct json_object *o = json_object_new_object();
	const char *text;
	size_t n;

	if (!o ||
	    !add(o, "source", json_object_new_string(policy_set_source(set))) ||
	    !add(o, "parts",
		 json_object_new_boolean(policy_set_is_parts(set))) ||
	    !add(o, "files", files_json(policy_set_texts(set))))
		return -ENOMEM;
	text = json_object_to_json_string_length(
		o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &n);
	if (!text)
		return -ENOMEM;
	return n > LAST_GOOD_MAX_BYTES ?
		       -E2BIG :
		       sealed_new(LAST_GOOD_MAGIC, text, n);
}

static const char *str_of(struct json_object *v)
{
	const char *s = json_object_is_type(v, json_type_string) ?
				json_object_get_string(v) : NULL;

	return s && strlen(s) == (size_t)json_object_get_string_len(v) ? s : NULL;
}

/* Return: 0, -EPROTO, or what texts_add() says */
static int read_file(struct json_object *file, struct texts *t)
{
	struct json_object *text;
	const char *name;

	if (!json_object_is_type(file, json_type_array) ||
	    json_object_array_length(file) != 2)
		return -EPROTO;
	name = str_of(json_object_array_get_idx(file, 0));
	text = json_object_array_get_idx(file, 1);
	if (!name || !json_object_is_type(text, json_type_string))
		return -EPROTO;
	return texts_add(t, name, json_object_get_string(text),
			 (size_t)json_object_get_string_len(text));
}

static int read_files(struct json_object *files, struct texts *t)
{
	int r = json_object_is_type(files, json_type_array) ? 0 : -EPROTO;

	for (size_t i = 0; r == 0 && i < json_object_array_length(files); i++)
		r = read_file(json_object_array_get_idx(files, i), t);
	return r == 0 && t->n == 0 ? -EPROTO : r;
}

static int compile(struct json_object *o, struct policy_set **ret,
		   struct diags *diags)
{
	AUTO(texts_free) struct texts *t = texts_new();
	struct json_object *source, *parts, *files;
	int r;

	if (!t)
		return -ENOMEM;
	if (!json_object_is_type(o, json_type_object) ||
	    !json_object_object_get_ex(o, "source", &source) ||
	    !str_of(source) || !json_object_object_get_ex(o, "parts", &parts) ||
	    !json_object_is_type(parts, json_type_boolean) ||
	    !json_object_object_get_ex(o, "files", &files))
		return -EPROTO;
	r = read_files(files, t);
	return r < 0 ? r :
		       policy_set_of_texts(str_of(source), TAKE_PTR(t),
					   json_object_get_boolean(parts), ret,
					   diags);
}

static int read_record(int fd, struct policy_set **ret, struct diags *diags,
		       const char **why)
{
	struct json_object *o;
	struct sealed s;
	json_tokener *t;
	int r = sealed_read(fd, LAST_GOOD_MAGIC, LAST_GOOD_MAX_BYTES, &s, why);

	if (r < 0)
		return r;
	t = json_tokener_new_ex(DEPTH_MAX);
	o = t ? json_tokener_parse_ex(t, s.text, (int)s.bytes) : NULL;
	if (t)
		json_tokener_free(t);
	sealed_done(&s);
	*why = "a record that lacks a field";
	r = o ? compile(o, ret, diags) : -EPROTO;
	json_object_put(o);
	return r;
}

/* -- the store ------------------------------------------------------------------------ */

/* Return: the newest below @below, or NULL */
static const struct inherit_fd *newest(const struct inherit *in, uint64_t below)
{
	const struct inherit_fd *found = NULL;
	uint64_t best = 0;

	for (size_t i = 0; i < in->n; i++) {
		uint64_t n = in->fds[i].fd < 0 ?
				     0 :
				     fdstore_policy_parse(in->fds[i].name);

		if (n > best && n < below) {
			best = n;
			found = &in->fds[i];
		}
	}
	return found;
}

struct policy_set *last_good_load(const struct inherit *in, uint32_t features,
				  struct diags *diags)
{
	uint64_t below = UINT64_MAX;
	const struct inherit_fd *f;

	while ((f = newest(in, below))) {
		struct policy_set *set = NULL;
		const char *why = "it does not compile";
		int r;

		diags_init(diags, f->name);
		r = read_record(f->fd, &set, diags, &why);
		if (r == 0)
			policy_check_machine(set, features, diags);
		if (r == 0 && diags->n_errors == 0)
			return set;
		policy_set_unref(set);
		log_event(LOG_ERR, "last-good-refused", LOG_S("name", f->name),
			  LOG_S("why", diags->n_errors ? diags->items[0].reason :
							 why));
		below = fdstore_policy_parse(f->name);
	}
	return NULL;
}

/* @number: of the earlier one; 0: none */
static void drop(struct fdstore *s, uint64_t number)
{
	char name[FDSTORE_NAME_MAX];

	if (number == 0)
		return;
	fdstore_policy_format(number, name);
	fdstore_drop(s, name, 1, NULL);
}

bool last_good_name(const struct registry *r, char ret[FDSTORE_NAME_MAX])
{
	if (!r->store || r->store->policy == 0)
		return false;
	fdstore_policy_format(r->store->policy, ret);
	return true;
}

void last_good_put(struct registry *r)
{
	char name[FDSTORE_NAME_MAX];
	uint64_t old = r->store->policy;
	AUTO(fd_close) int fd = -1;

	if (!r->store || !r->store->on)
		return;
	fdstore_policy_format(++r->store->policy, name);
	fd = last_good_record(r->set);
	if (fd < 0)
		log_event(LOG_ERR, "not-stored", LOG_S("name", name), LOG_E(fd));
	else
		(void)fdstore_put(r->store, name, &fd, 1, NULL);
	/* Also where that failed: an older policy must not come back. */
	drop(r->store, old);
}

static void discard(struct registry *r, struct inherit_fd *f)
{
	struct sealed s;
	const char *why = "it cannot be read";

	if (sealed_read(f->fd, LAST_GOOD_MAGIC, LAST_GOOD_MAX_BYTES, &s, &why) < 0) {
		inherit_refuse(f, r->loop, why);
		return;
	}
	sealed_done(&s);
	f->fd = fd_close(f->fd);
}

void last_good_settle(struct registry *r, struct inherit *in)
{
	const struct inherit_fd *f = newest(in, UINT64_MAX);
	uint64_t last = f ? fdstore_policy_parse(f->name) : 0;

	r->store->policy = last;
	for (size_t i = 0; i < in->n; i++)
		if (in->fds[i].fd >= 0 && fdstore_policy_parse(in->fds[i].name))
			fdstore_had(r->store, in->fds[i].name);
	last_good_put(r); /* before the others go, so that there is always one */
	for (size_t i = 0; i < in->n; i++) {
		uint64_t n = in->fds[i].fd < 0 ?
				     0 :
				     fdstore_policy_parse(in->fds[i].name);

		if (n == 0)
			continue;
		discard(r, &in->fds[i]);
		if (n != last)
			drop(r->store, n);
	}
}
