// SPDX-License-Identifier: LGPL-2.1-or-later
#include "proto/oci_state.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "lib/own.h"

__attribute__((format(printf, 2, 3))) static int
refuse(struct oci_error *error, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(error->reason, sizeof(error->reason), fmt, ap);
	va_end(ap);
	return -EINVAL;
}

/* An escaped NUL would cut a C string short of what its writer meant. */
static bool is_nul_escape(struct oci_frame *f, char c)
{
	if (f->escape == 1 && c == 'u') {
		f->escape = 2;
		f->zeros = 0;
		return false;
	}
	if (f->escape >= 2 && c == '0' && f->zeros < 3) {
		f->escape++;
		f->zeros++;
		return false;
	}
	if (f->escape >= 2 && c == '0')
		return true;
	f->escape = 0;
	return false;
}

/* Return: an error text, or NULL */
static const char *feed_string(struct oci_frame *f, char c)
{
	if (f->escape == 1 || (f->escape >= 2 && c == '0'))
		return is_nul_escape(f, c) ? "an escaped NUL in a string" : NULL;
	f->escape = 0;
	if (c == '\\')
		f->escape = 1;
	else if (c == '"')
		f->in_string = false;
	return NULL;
}

static const char *open_level(struct oci_frame *f, bool object)
{
	if (f->depth == 0 && !object)
		return "not a JSON object";
	if (f->depth == OCI_STATE_MAX_DEPTH)
		return "nested too deep";
	f->objects = (f->objects & ~(UINT32_C(1) << f->depth)) |
		     ((uint32_t)object << f->depth);
	f->depth++;
	return NULL;
}

static const char *close_level(struct oci_frame *f, bool object)
{
	if (f->depth == 0)
		return "not a JSON object";
	f->depth--;
	if (((f->objects >> f->depth) & 1) != object)
		return "brackets that do not match";
	f->done = f->depth == 0;
	return NULL;
}

static const char *feed_byte(struct oci_frame *f, char c)
{
	if (c == '\0')
		return "a NUL byte";
	if (f->in_string)
		return feed_string(f, c);
	if (c == '{' || c == '[')
		return open_level(f, c == '{');
	if (c == '}' || c == ']')
		return close_level(f, c == '}');
	if (f->depth == 0 && !oci_frame_is_space(&c, 1))
		return "not a JSON object";
	f->in_string = c == '"';
	return NULL;
}

int oci_frame_feed(struct oci_frame *f, const char *data, size_t n,
		   size_t *ret_used, struct oci_error *error)
{
	size_t i;

	for (i = 0; i < n && !f->done; i++) {
		const char *bad = feed_byte(f, data[i]);

		if (!bad && f->bytes == OCI_STATE_MAX_BYTES)
			bad = "longer than 1 MiB";
		if (bad) {
			(void)refuse(error, "%s at byte %zu", bad, f->bytes);
			return OCI_FRAME_BAD;
		}
		f->bytes++;
	}
	*ret_used = i;
	return f->done ? OCI_FRAME_DONE : OCI_FRAME_MORE;
}

bool oci_frame_is_space(const char *data, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!data[i] || !strchr(" \t\r\n", data[i]))
			return false;
	return true;
}

/* One key of an object: what it must be, and where its value goes. */
struct field {
	const char *key;
	enum json_type type; /* json_type_null: a pid */
	bool required;
	size_t max; /* bytes of a string */
	size_t offset;
};

#define STRING(key, member, max, required)                                     \
	{ key, json_type_string, required, max,                                \
	  offsetof(struct oci_state, member) }
#define PID(key, member, required)                                             \
	{ key, json_type_int, required, 0, offsetof(struct oci_state, member) }

static const struct field top_fields[] = {
	STRING("metadata", metadata, OCI_STATE_MAX_BYTES, false),
	PID("pid", pid, true),
	STRING(OCI_STATE_USERNS, userns, OCI_STATE_USERNS_MAX, false),
	STRING(OCI_STATE_REPLY, reply, OCI_STATE_REPLY_MAX, false),
};
static const struct field state_fields[] = {
	STRING("id", id, OCI_STATE_ID_MAX, true),
	STRING("status", status, OCI_STATE_STATUS_MAX, true),
	STRING("bundle", bundle, OCI_STATE_BUNDLE_MAX, true),
	PID("pid", init_pid, false),
};

static int read_pid(json_object *v, const char *key, pid_t *ret,
		    struct oci_error *error)
{
	int64_t n = json_object_get_int64(v);

	if (n < 0 || n > INT_MAX)
		return refuse(error, "\"%s\" is not a pid", key);
	*ret = (pid_t)n;
	return 0;
}

static int read_field(json_object *o, const struct field *f,
		      struct oci_state *s, struct oci_error *error)
{
	void *to = (char *)s + f->offset;
	json_object *v;

	if (!json_object_object_get_ex(o, f->key, &v))
		return f->required ? refuse(error, "no \"%s\"", f->key) : 0;
	if (!json_object_is_type(v, f->type))
		return refuse(error, "\"%s\" is not %s", f->key,
			      f->type == json_type_int ? "an integer" :
							 "a string");
	if (f->type == json_type_int)
		return read_pid(v, f->key, to, error);
	if ((size_t)json_object_get_string_len(v) > f->max)
		return refuse(error, "\"%s\" is longer than %zu bytes", f->key,
			      f->max);
	*(const char **)to = json_object_get_string(v);
	return 0;
}

static int read_fields(json_object *o, const struct field *fields, size_t n,
		       struct oci_state *s, struct oci_error *error)
{
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++)
		r = read_field(o, &fields[i], s, error);
	return r;
}

/* Each message says which spec it follows, but runtimes put anything there. */
static int check_version(json_object *o, struct oci_error *error)
{
	json_object *v;

	if (!json_object_object_get_ex(o, "ociVersion", &v) ||
	    !json_object_is_type(v, json_type_string))
		return refuse(error, "no \"ociVersion\"");
	return 0;
}

static int read_fd_names(json_object *root, struct oci_state *s,
			 struct oci_error *error)
{
	size_t found = 0;
	json_object *fds;

	if (!json_object_object_get_ex(root, "fds", &fds) ||
	    !json_object_is_type(fds, json_type_array))
		return refuse(error, "no array \"fds\"");
	s->n_fds = json_object_array_length(fds);
	if (s->n_fds > OCI_STATE_MAX_FDS)
		return refuse(error, "more than %d \"fds\"", OCI_STATE_MAX_FDS);
	for (size_t i = 0; i < s->n_fds; i++) {
		json_object *name = json_object_array_get_idx(fds, i);

		if (!json_object_is_type(name, json_type_string))
			return refuse(error, "a name in \"fds\" is no string");
		if (strcmp(json_object_get_string(name), OCI_STATE_FD_NAME))
			continue;
		s->fd_index = i;
		found++;
	}
	if (found != 1)
		return refuse(error, "%zu \"%s\" in \"fds\", not 1", found,
			      OCI_STATE_FD_NAME);
	return 0;
}

static int check_id(const char *id, struct oci_error *error)
{
	if (!*id)
		return refuse(error, "\"id\" is empty");
	for (; *id; id++)
		if ((unsigned char)*id < 0x20 || *id == 0x7f)
			return refuse(error, "\"id\" holds a control byte");
	return 0;
}

static int read_annotations(json_object *state, struct oci_state *s,
			    struct oci_error *error)
{
	json_object *a;

	if (!json_object_object_get_ex(state, "annotations", &a) || !a)
		return 0;
	if (!json_object_is_type(a, json_type_object))
		return refuse(error, "\"annotations\" is not an object");
	json_object_object_foreach(a, key, value)
	{
		(void)key;
		if (!json_object_is_type(value, json_type_string))
			return refuse(error, "an annotation is not a string");
	}
	s->annotations = a;
	return 0;
}

static int read_state(json_object *root, struct oci_state *s,
		      struct oci_error *error)
{
	json_object *state;
	int r;

	if (!json_object_object_get_ex(root, "state", &state) ||
	    !json_object_is_type(state, json_type_object))
		return refuse(error, "no object \"state\"");
	r = check_version(state, error);
	if (r == 0)
		r = read_fields(state, state_fields, ARRAY_SIZE(state_fields),
				s, error);
	if (r == 0)
		r = check_id(s->id, error);
	if (r == 0)
		r = read_annotations(state, s, error);
	return r;
}

/* Return: 0 with the tree, -EINVAL or -ENOMEM */
static int read_json(const char *text, size_t n, json_object **ret,
		     struct oci_error *error)
{
	json_tokener *t = json_tokener_new_ex(OCI_STATE_MAX_DEPTH + 1);
	int r = 0;

	if (!t)
		return -ENOMEM;
	/* Not JSON_TOKENER_STRICT: with it 0.18 refuses all bytes above ASCII
	 * where char is signed.  What it forgives is checked by type. */
	json_tokener_set_flags(t, JSON_TOKENER_VALIDATE_UTF8);
	*ret = json_tokener_parse_ex(t, text, (int)n);
	if (json_tokener_get_error(t) != json_tokener_success)
		r = refuse(error, "%s at byte %zu",
			   json_tokener_error_desc(json_tokener_get_error(t)),
			   json_tokener_get_parse_end(t));
	else if (!json_object_is_type(*ret, json_type_object))
		r = refuse(error, "not a JSON object");
	json_tokener_free(t);
	return r;
}

int oci_state_parse(const char *text, size_t n, struct oci_state *ret,
		    struct oci_error *error)
{
	struct oci_state s = { .root = NULL };
	int r;

	if (n > OCI_STATE_MAX_BYTES)
		return refuse(error, "longer than 1 MiB");
	r = read_json(text, n, &s.root, error);
	if (r == 0)
		r = check_version(s.root, error);
	if (r == 0)
		r = read_fd_names(s.root, &s, error);
	if (r == 0)
		r = read_fields(s.root, top_fields, ARRAY_SIZE(top_fields), &s,
				error);
	if (r == 0 && s.userns && strcmp(s.userns, OCI_STATE_USERNS_EACH) != 0)
		r = refuse(error, "\"%s\" is not \"%s\"", OCI_STATE_USERNS,
			   OCI_STATE_USERNS_EACH);
	if (r == 0 && s.reply && strcmp(s.reply, OCI_STATE_REPLY_WANTED) != 0)
		r = refuse(error, "\"%s\" is not \"%s\"", OCI_STATE_REPLY,
			   OCI_STATE_REPLY_WANTED);
	if (r == 0)
		r = read_state(s.root, &s, error);
	if (r < 0) {
		oci_state_done(&s);
		return r;
	}
	*ret = s;
	return 0;
}

void oci_state_done(struct oci_state *s)
{
	json_object_put(s->root);
	*s = (struct oci_state){ .root = NULL };
}

const char *oci_annotation(void *annotations, const char *key)
{
	json_object *v;

	if (!annotations || !json_object_object_get_ex(annotations, key, &v))
		return NULL;
	return json_object_get_string(v);
}
