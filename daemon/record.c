// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/record.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "daemon/sealed.h"
#include "lib/own.h"

#define DEPTH_MAX 64

static bool add(struct json_object *o, const char *key, struct json_object *value)
{
	if (value && json_object_object_add(o, key, value) == 0)
		return true;
	json_object_put(value);
	return false;
}

static struct json_object *to_json(const struct record *r)
{
	struct json_object *o = json_object_new_object();

	if (o && add(o, "id", json_object_new_string(r->id)) &&
	    add(o, "policy", json_object_new_string(r->policy)) &&
	    add(o, "peer_uid", json_object_new_int64(r->peer_uid)) &&
	    add(o, "peer_gid", json_object_new_int64(r->peer_gid)) &&
	    add(o, "userns_fact", json_object_new_int64(r->userns_fact)) &&
	    add(o, "userns_owner", json_object_new_int64(r->userns_owner)) &&
	    (!r->bundle ||
	     add(o, "bundle", json_object_new_string(r->bundle))) &&
	    (!r->cgroups ||
	     add(o, "cgroups", json_object_get(r->cgroups))) &&
	    add(o, "userns_dev", json_object_new_uint64(r->userns.dev)) &&
	    add(o, "userns_ino", json_object_new_uint64(r->userns.ino)) &&
	    (!r->each || add(o, "each", json_object_new_boolean(true))) &&
	    add(o, "since", json_object_new_int64(r->since)) &&
	    (!r->metadata ||
	     add(o, "metadata", json_object_new_string(r->metadata))) &&
	    (!r->annotations ||
	     add(o, "annotations", json_object_get(r->annotations))))
		return o;
	json_object_put(o);
	return NULL;
}

int record_new(const struct record *r)
{
	struct json_object *o = to_json(r);
	const char *text;
	size_t n;
	int fd = -ENOMEM;

	text = o ? json_object_to_json_string_length(o, JSON_C_TO_STRING_PLAIN,
						     &n)
		 : NULL;
	if (text)
		fd = n > RECORD_MAX_BYTES ? -E2BIG
					  : sealed_new(RECORD_MAGIC, text, n);
	json_object_put(o);
	return fd;
}

static int refuse(const char **why, const char *text)
{
	*why = text;
	return -EPROTO;
}

static bool get(struct json_object *o, const char *key, enum json_type type,
		struct json_object **ret)
{
	return json_object_object_get_ex(o, key, ret) &&
	       json_object_is_type(*ret, type);
}

/* A string without a NUL? */
static bool is_text(struct json_object *v)
{
	return json_object_is_type(v, json_type_string) &&
	       strlen(json_object_get_string(v)) ==
		       (size_t)json_object_get_string_len(v);
}

static bool get_str(struct json_object *o, const char *key, size_t max,
		    const char **ret)
{
	struct json_object *v;

	if (!json_object_object_get_ex(o, key, &v) || !is_text(v))
		return false;
	*ret = json_object_get_string(v);
	return strlen(*ret) <= max;
}

static bool get_uint(struct json_object *o, const char *key, uint64_t max,
		     uint64_t *ret)
{
	struct json_object *v;

	if (!get(o, key, json_type_int, &v) || json_object_get_int64(v) < 0)
		return false;
	*ret = json_object_get_uint64(v);
	return *ret <= max;
}

static bool get_strings(struct json_object *o, const char *key,
			struct json_object **ret)
{
	struct json_object *v;

	if (!get(o, key, json_type_array, &v))
		return false;
	for (size_t i = 0; i < json_object_array_length(v); i++)
		if (!is_text(json_object_array_get_idx(v, i)))
			return false;
	*ret = v;
	return true;
}

/* Their values may have a NUL, as in a runtime's message (proto/oci_state.h). */
static bool get_annotations(struct json_object *o, const char *key,
			    struct json_object **ret)
{
	struct json_object *all;

	if (!get(o, key, json_type_object, &all))
		return false;
	json_object_object_foreach(all, name, value)
	{
		(void)name;
		if (!json_object_is_type(value, json_type_string))
			return false;
	}
	*ret = all;
	return true;
}

/* Of a record from before they were known: unknown, so nothing matches. */
static bool get_facts(struct json_object *o, struct record *ret)
{
	uint64_t gid = UINT32_MAX, fact = USERNS_UNKNOWN, owner = 0;
	struct json_object *v;

	if ((json_object_object_get_ex(o, "peer_gid", &v) &&
	     !get_uint(o, "peer_gid", UINT32_MAX, &gid)) ||
	    (json_object_object_get_ex(o, "userns_fact", &v) &&
	     !get_uint(o, "userns_fact", USERNS_OWNED, &fact)) ||
	    (json_object_object_get_ex(o, "userns_owner", &v) &&
	     !get_uint(o, "userns_owner", UINT32_MAX, &owner)) ||
	    (json_object_object_get_ex(o, "bundle", &v) &&
	     !get_str(o, "bundle", RECORD_MAX_BYTES, &ret->bundle)) ||
	    (json_object_object_get_ex(o, "cgroups", &v) &&
	     !get_strings(o, "cgroups", &ret->cgroups)))
		return false;
	if (json_object_object_get_ex(o, "each", &v)) {
		if (!json_object_is_type(v, json_type_boolean))
			return false;
		ret->each = json_object_get_boolean(v);
	}
	ret->peer_gid = (gid_t)gid;
	ret->userns_fact = (enum userns_fact)fact;
	ret->userns_owner = (uid_t)owner;
	return true;
}

/* What is not required is left as it is where it is missing. */
static bool from_json(struct json_object *o, struct record *ret)
{
	struct json_object *v;
	uint64_t uid, since;

	if (!json_object_is_type(o, json_type_object) ||
	    !get_str(o, "id", SLOT_CONTAINER_MAX - 1, &ret->id) ||
	    !get_str(o, "policy", SLOT_POLICY_MAX - 1, &ret->policy) ||
	    !get_uint(o, "peer_uid", UINT32_MAX, &uid) ||
	    !get_uint(o, "userns_dev", UINT64_MAX, &ret->userns.dev) ||
	    !get_uint(o, "userns_ino", UINT64_MAX, &ret->userns.ino) ||
	    !get_uint(o, "since", INT64_MAX, &since))
		return false;
	ret->peer_uid = (uid_t)uid;
	if (!get_facts(o, ret))
		return false;
	ret->since = (int64_t)since;
	if (json_object_object_get_ex(o, "metadata", &v) &&
	    !get_str(o, "metadata", RECORD_MAX_BYTES, &ret->metadata))
		return false;
	return !json_object_object_get_ex(o, "annotations", &v) ||
	       get_annotations(o, "annotations", &ret->annotations);
}

static int parse(const char *text, size_t n, struct record *ret, const char **why)
{
	json_tokener *t = json_tokener_new_ex(DEPTH_MAX);
	struct json_object *o;
	struct record r = { .root = NULL };

	if (!t)
		return -ENOMEM;
	o = json_tokener_parse_ex(t, text, (int)n);
	json_tokener_free(t);
	if (!o || !from_json(o, &r)) {
		json_object_put(o);
		return refuse(why, "a record that lacks a field");
	}
	r.root = o;
	*ret = r;
	return 0;
}

int record_read(int fd, struct record *ret, const char **ret_why)
{
	struct sealed s;
	int r = sealed_read(fd, RECORD_MAGIC, RECORD_MAX_BYTES, &s, ret_why);

	if (r < 0)
		return r;
	r = parse(s.text, s.bytes, ret, ret_why);
	sealed_done(&s);
	return r;
}

void record_done(struct record *r)
{
	json_object_put(r->root);
	r->root = NULL;
}
