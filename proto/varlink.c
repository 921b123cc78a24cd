// SPDX-License-Identifier: LGPL-2.1-or-later
#include "proto/varlink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define READER_FIRST_BYTES 4096

void varlink_reader_init(struct varlink_reader *r, size_t max_bytes)
{
	*r = (struct varlink_reader){ .max_bytes = max_bytes };
}

void varlink_reader_done(struct varlink_reader *r)
{
	free(r->buf);
	*r = (struct varlink_reader){ .max_bytes = r->max_bytes };
}

static int reader_grow(struct varlink_reader *r, size_t wanted)
{
	size_t size = r->size ? r->size : READER_FIRST_BYTES;
	char *buf;

	while (size < wanted)
		size *= 2;
	if (size == r->size)
		return 0;
	buf = realloc(r->buf, size);
	if (!buf)
		return -ENOMEM;
	r->buf = buf;
	r->size = size;
	return 0;
}

int varlink_reader_push(struct varlink_reader *r, const char *data, size_t n)
{
	size_t used = r->end - r->begin;
	int k;

	if (n == 0)
		return 0;
	if (r->begin > 0) {
		memmove(r->buf, r->buf + r->begin, used);
		r->scanned -= r->begin;
		r->begin = 0;
		r->end = used;
	}
	k = reader_grow(r, used + n);
	if (k < 0)
		return k;
	memcpy(r->buf + r->end, data, n);
	r->end += n;
	return 0;
}

int varlink_reader_next(struct varlink_reader *r, const char **ret_text,
			size_t *ret_bytes)
{
	const char *text, *nul = NULL;
	size_t bytes;

	if (r->scanned < r->end)
		nul = memchr(r->buf + r->scanned, 0, r->end - r->scanned);
	bytes = (nul ? (size_t)(nul - r->buf) : r->end) - r->begin;
	if (bytes > r->max_bytes)
		return VARLINK_FRAME_TOO_BIG;
	if (!nul) {
		r->scanned = r->end;
		return VARLINK_FRAME_NONE;
	}
	text = r->buf + r->begin;
	r->begin += bytes + 1;
	r->scanned = r->begin;
	*ret_text = text;
	*ret_bytes = bytes;
	return VARLINK_FRAME_OK;
}

static bool is_space(const char *text, size_t from, size_t to)
{
	while (from < to && strchr(" \t\r\n", text[from]))
		from++;
	return from >= to;
}

static struct json_object *tree_parse(const char *text, size_t bytes,
				      const char **ret_reason)
{
	struct json_tokener *t = json_tokener_new_ex(VARLINK_DEPTH_MAX);
	AUTO(json_put) struct json_object *root = NULL;
	enum json_tokener_error e;

	if (!t)
		return NULL;
	/* Not JSON_TOKENER_STRICT: with it 0.18 refuses all bytes above ASCII
	 * where char is signed. */
	json_tokener_set_flags(t, JSON_TOKENER_VALIDATE_UTF8);
	/* The NUL too: only then the tokener knows that a number is whole. */
	root = json_tokener_parse_ex(t, text, (int)bytes + 1);
	e = json_tokener_get_error(t);
	*ret_reason = NULL;
	if (e != json_tokener_success)
		*ret_reason = json_tokener_error_desc(e);
	else if (!json_object_is_type(root, json_type_object))
		*ret_reason = "a message must be a JSON object";
	else if (!is_space(text, json_tokener_get_parse_end(t), bytes))
		*ret_reason = "only space may follow the JSON object";
	json_tokener_free(t);
	return *ret_reason ? NULL : TAKE_PTR(root);
}

/* One key of a message: where its value goes. null counts as absent. */
struct field {
	const char *key;
	json_type type;
	const char *wrong; /* what to say of another type */
	union {
		bool *boolean;
		const char **str;
		struct json_object **object;
	};
};

static const char *field_take(const struct field *f, struct json_object *value)
{
	if (!value)
		return NULL;
	if (!json_object_is_type(value, f->type))
		return f->wrong;
	if (f->type == json_type_boolean) {
		*f->boolean = json_object_get_boolean(value);
	} else if (f->type == json_type_object) {
		*f->object = value;
	} else {
		*f->str = json_object_get_string(value);
		if (strlen(*f->str) != (size_t)json_object_get_string_len(value))
			return "a name holds a NUL character";
		if (**f->str == 0)
			return "a name is empty";
	}
	return NULL;
}

static const struct field *field_find(const struct field *fields, size_t n,
				      const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(fields[i].key, key) == 0)
			return &fields[i];
	return NULL;
}

/* Return: what is wrong, or NULL */
static const char *fields_take(struct json_object *root,
			       const struct field *fields, size_t n)
{
	json_object_object_foreach(root, key, value) {
		const struct field *f = field_find(fields, n, key);
		const char *wrong = NULL;

		if (f)
			wrong = field_take(f, value);
		else if (!strchr(key, '.'))
			wrong = "a key is not of varlink";
		if (wrong)
			return wrong;
	}
	return NULL;
}

int varlink_call_parse(const char *text, size_t bytes, struct varlink_call *ret,
		       const char **ret_reason)
{
	struct varlink_call c = { 0 };
	AUTO(json_put) struct json_object *root = NULL;
	const struct field fields[] = {
		{ "method", json_type_string, "\"method\" is not a string",
		  .str = &c.method },
		{ "parameters", json_type_object,
		  "\"parameters\" is not an object", .object = &c.parameters },
		{ "oneway", json_type_boolean, "\"oneway\" is not a boolean",
		  .boolean = &c.oneway },
		{ "more", json_type_boolean, "\"more\" is not a boolean",
		  .boolean = &c.more },
		{ "upgrade", json_type_boolean, "\"upgrade\" is not a boolean",
		  .boolean = &c.upgrade },
	};
	const char *wrong = NULL;

	root = tree_parse(text, bytes, &wrong);
	if (!root && !wrong)
		return -ENOMEM;
	if (!wrong)
		wrong = fields_take(root, fields, ARRAY_SIZE(fields));
	if (!wrong && !c.method)
		wrong = "there is no \"method\"";
	if (wrong) {
		*ret_reason = wrong;
		return -EBADMSG;
	}
	c.root = TAKE_PTR(root);
	*ret = c;
	return 0;
}

void varlink_call_done(struct varlink_call *c)
{
	(void)json_put(c->root);
	*c = (struct varlink_call){ 0 };
}

int varlink_reply_parse(const char *text, size_t bytes,
			struct varlink_reply *ret, const char **ret_reason)
{
	struct varlink_reply r = { 0 };
	AUTO(json_put) struct json_object *root = NULL;
	const struct field fields[] = {
		{ "parameters", json_type_object,
		  "\"parameters\" is not an object", .object = &r.parameters },
		{ "error", json_type_string, "\"error\" is not a string",
		  .str = &r.error },
		{ "continues", json_type_boolean,
		  "\"continues\" is not a boolean", .boolean = &r.continues },
	};
	const char *wrong = NULL;

	root = tree_parse(text, bytes, &wrong);
	if (!root && !wrong)
		return -ENOMEM;
	if (!wrong)
		wrong = fields_take(root, fields, ARRAY_SIZE(fields));
	if (wrong) {
		*ret_reason = wrong;
		return -EBADMSG;
	}
	r.root = TAKE_PTR(root);
	*ret = r;
	return 0;
}

void varlink_reply_done(struct varlink_reply *r)
{
	(void)json_put(r->root);
	*r = (struct varlink_reply){ 0 };
}

/* @o gains @value, taken, even when it fails. Return: @o, or NULL freed */
static struct json_object *with(struct json_object *o, const char *key,
				struct json_object *value)
{
	if (!o || !value || json_object_object_add(o, key, value) < 0) {
		json_object_put(value);
		return json_put(o);
	}
	return o;
}

static struct json_object *message_new(const char *key, const char *name,
				       struct json_object *parameters)
{
	struct json_object *o = json_object_new_object();

	if (key)
		o = with(o, key, json_object_new_string(name));
	return with(o, "parameters",
		    parameters ? parameters : json_object_new_object());
}

struct json_object *varlink_call_new(const char *method,
				     struct json_object *parameters)
{
	return message_new("method", method, parameters);
}

struct json_object *varlink_reply_new(struct json_object *parameters)
{
	return message_new(NULL, NULL, parameters);
}

struct json_object *varlink_error_new(const char *error,
				      struct json_object *parameters)
{
	return message_new("error", error, parameters);
}

struct json_object *varlink_parameter_str(const char *key, const char *value)
{
	return with(json_object_new_object(), key,
		    json_object_new_string(value));
}

int varlink_encode(struct json_object *message, char **ret_text,
		   size_t *ret_bytes)
{
	size_t bytes;
	char *copy;
	const char *text = json_object_to_json_string_length(
		message, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE,
		&bytes);

	if (!text)
		return -ENOMEM;
	if (bytes > VARLINK_MESSAGE_MAX_BYTES)
		return -EMSGSIZE;
	copy = malloc(bytes + 1);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, text, bytes + 1);
	*ret_text = copy;
	*ret_bytes = bytes + 1;
	return 0;
}
