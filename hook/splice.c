// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Both trees are walked at once.  What is equal is copied from the text; an
 * object keeps the members that it still has in their order, a list the
 * elements that it still has; what is new is written as the library does.
 *
 * Which old element a new one is taken for decides only how much of the text
 * stays, never what it means: so a bounded search is enough.
 */
#include "hook/splice.h"

#include <stdbool.h>
#include <string.h>

#define COMPARISONS_MAX 200000 /* of elements, in one document */
#define PLAIN		(JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)

struct splicer {
	const char *text;
	const struct lex *lex;
	FILE *out;
	unsigned comparisons;
};

static void put(const struct splicer *s, size_t from, size_t to)
{
	(void)fwrite(s->text + from, 1, to - from, s->out);
}

static void put_new(const struct splicer *s, struct json_object *o)
{
	const char *text = json_object_to_json_string_ext(o, PLAIN);

	(void)fputs(text ? text : "null", s->out);
}

static void emit(struct splicer *s, uint32_t node, struct json_object *have,
		 struct json_object *want);

/* -- objects --------------------------------------------------------------------- */

static void put_member(const struct splicer *s, const char *key,
		       struct json_object *value, bool spaced)
{
	struct json_object *name = json_object_new_string(key);

	put_new(s, name);
	json_object_put(name);
	(void)fputs(spaced ? ": " : ":", s->out);
	put_new(s, value);
}

/* The members that there were. Return: is one of them still there? */
static bool emit_old_members(struct splicer *s, uint32_t node, size_t lead,
			     struct json_object *have, struct json_object *want)
{
	bool any = false, adjacent = false;
	size_t end = 0;

	for (uint32_t n = lex_first(s->lex, node); n != LEX_NONE;
	     n = lex_next(s->lex, n)) {
		const char *key = lex_key(s->lex, n);
		struct json_object *value;
		size_t at = lex_key_at(s->lex, n);

		if (!json_object_object_get_ex(want, key, &value)) {
			adjacent = false;
			continue;
		}
		if (adjacent) {
			put(s, end, at);
		} else {
			(void)fputs(any ? "," : "", s->out);
			put(s, lex_value_at(s->lex, node) + 1, lead);
		}
		put(s, at, lex_value_at(s->lex, n));
		emit(s, n, json_object_object_get(have, key), value);
		end = lex_value_end(s->lex, n);
		any = adjacent = true;
	}
	return any;
}

static void emit_object(struct splicer *s, uint32_t node,
			struct json_object *have, struct json_object *want)
{
	uint32_t first = lex_first(s->lex, node), last = first;
	size_t begin = lex_value_at(s->lex, node) + 1;
	size_t lead = lex_key_at(s->lex, first);
	struct json_object_iter i;
	bool any;

	for (uint32_t n = first; n != LEX_NONE; n = lex_next(s->lex, n))
		last = n;
	(void)fputc('{', s->out);
	any = emit_old_members(s, node, lead, have, want);
	json_object_object_foreachC(want, i)
	{
		if (json_object_object_get_ex(have, i.key, NULL))
			continue;
		(void)fputs(any ? "," : "", s->out);
		put(s, begin, lead);
		put_member(s, i.key, i.val, lead > begin);
		any = true;
	}
	put(s, lex_value_end(s->lex, last), lex_value_end(s->lex, node));
}

/* -- lists ----------------------------------------------------------------------- */

/* Objects with the same keys, and another value behind one of them at most. */
static bool is_akin(struct json_object *a, struct json_object *b)
{
	struct json_object_iter i;
	int differ = 0;

	if (!json_object_is_type(a, json_type_object) ||
	    !json_object_is_type(b, json_type_object) ||
	    json_object_object_length(a) != json_object_object_length(b))
		return false;
	json_object_object_foreachC(a, i)
	{
		struct json_object *other;

		if (!json_object_object_get_ex(b, i.key, &other))
			return false;
		differ += !json_object_equal(i.val, other);
	}
	return differ <= 1;
}

static bool is_equal(struct json_object *a, struct json_object *b)
{
	return json_object_equal(a, b);
}

/* The element from @from on that @is holds for. Return: its index, or @n */
static size_t find(struct splicer *s, struct json_object *have, size_t from,
		   struct json_object *want,
		   bool (*is)(struct json_object *, struct json_object *))
{
	size_t n = json_object_array_length(have);

	for (size_t i = from; i < n && s->comparisons < COMPARISONS_MAX; i++) {
		s->comparisons++;
		if (is(json_object_array_get_idx(have, i), want))
			return i;
	}
	return n;
}

static void emit_array(struct splicer *s, uint32_t node,
		       struct json_object *have, struct json_object *want)
{
	size_t n = json_object_array_length(have), next = 0, end;
	size_t begin = lex_value_at(s->lex, node) + 1;
	uint32_t at = lex_first(s->lex, node);
	size_t lead = lex_value_at(s->lex, at);
	bool adjacent = false;

	end = begin;
	(void)fputc('[', s->out);
	for (size_t i = 0; i < json_object_array_length(want); i++) {
		struct json_object *one = json_object_array_get_idx(want, i);
		size_t k = find(s, have, next, one, is_equal);

		if (k == n)
			k = find(s, have, next, one, is_akin);
		if (k == n) {
			(void)fputs(i ? "," : "", s->out);
			put(s, begin, lead);
			put_new(s, one);
			adjacent = false;
			continue;
		}
		adjacent = adjacent && k == next;
		for (; next < k; next++)
			at = lex_next(s->lex, at);
		if (adjacent) {
			put(s, end, lex_value_at(s->lex, at));
		} else {
			(void)fputs(i ? "," : "", s->out);
			put(s, begin, lead);
		}
		emit(s, at, json_object_array_get_idx(have, k), one);
		end = lex_value_end(s->lex, at);
		at = lex_next(s->lex, at);
		next = k + 1;
		adjacent = true;
	}
	for (uint32_t rest = lex_first(s->lex, node); rest != LEX_NONE;
	     rest = lex_next(s->lex, rest))
		end = lex_value_end(s->lex, rest);
	put(s, end, lex_value_end(s->lex, node));
}

static void emit(struct splicer *s, uint32_t node, struct json_object *have,
		 struct json_object *want)
{
	enum json_type type = json_object_get_type(want);
	bool filled = lex_first(s->lex, node) != LEX_NONE;

	if (json_object_equal(have, want))
		put(s, lex_value_at(s->lex, node), lex_value_end(s->lex, node));
	else if (!filled || json_object_get_type(have) != type)
		put_new(s, want);
	else if (type == json_type_object)
		emit_object(s, node, have, want);
	else if (type == json_type_array)
		emit_array(s, node, have, want);
	else
		put_new(s, want);
}

void splice(const char *text, const struct lex *lex, uint32_t node,
	    struct json_object *have, struct json_object *want, FILE *out)
{
	struct splicer s = { .text = text, .lex = lex, .out = out };

	emit(&s, node, have, want);
}
