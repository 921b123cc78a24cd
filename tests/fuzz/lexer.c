// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * policy/lexer.c before json-c: what it takes, json-c must take too, as the
 * same tree.  The parser walks both side by side.
 */
#include <errno.h>
#include <string.h>

#include <json-c/json.h>

#include "policy/lexer.h"
#include "tests/fuzz/fuzz.h"

static struct diags diags;

/* As policy/parse.c asks it to. */
static struct json_object *read_tree(const char *text, size_t bytes,
				     enum json_tokener_error *ret_error)
{
	json_tokener *tok = json_tokener_new_ex(LEX_DEPTH_MAX + 1);
	struct json_object *tree;

	FUZZ_ASSERT(tok);
	tree = json_tokener_parse_ex(tok, text, (int)bytes);
	*ret_error = json_tokener_get_error(tok);
	json_tokener_free(tok);
	return tree;
}

static void check_node(const struct lex *l, uint32_t node)
{
	char pointer[256], cut[8];
	struct lex_place v = lex_value_place(l, node);
	struct lex_place k = lex_key_place(l, node);

	lex_pointer(l, node, pointer, sizeof(pointer));
	lex_pointer(l, node, cut, sizeof(cut));
	FUZZ_ASSERT(strncmp(cut, pointer, strlen(cut)) == 0);
	FUZZ_ASSERT(v.line >= 1 && v.column >= 1);
	FUZZ_ASSERT(k.line < v.line ||
		    (k.line == v.line && k.column <= v.column));
}

static void check_tree(const struct lex *l, uint32_t node,
		       struct json_object *tree)
{
	bool object = json_object_is_type(tree, json_type_object);
	size_t n = 0;

	check_node(l, node);
	for (uint32_t c = lex_first(l, node); c != LEX_NONE;
	     c = lex_next(l, c), n++) {
		struct json_object *v = NULL;

		if (object)
			FUZZ_ASSERT(json_object_object_get_ex(
				tree, lex_key(l, c), &v));
		else
			v = json_object_array_get_idx(tree, n);
		check_tree(l, c, v);
	}
	if (object)
		FUZZ_ASSERT(n == (size_t)json_object_object_length(tree));
	else if (json_object_is_type(tree, json_type_array))
		FUZZ_ASSERT(n == json_object_array_length(tree));
	else
		FUZZ_ASSERT(n == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct json_object *tree;
	enum json_tokener_error e;
	struct lex *l = NULL;
	int r;

	diags_init(&diags, "fuzz");
	r = lex_read(text, size, LEX_INT64, &diags, &l);
	FUZZ_ASSERT(r == 0 || r == -EINVAL);
	FUZZ_ASSERT(r == 0 ? l != NULL : l == NULL && diags.n_errors);
	if (r < 0)
		return 0;
	FUZZ_ASSERT(lex_end(l) > 0 && lex_end(l) <= size);
	tree = read_tree(text, lex_end(l), &e);
	/* A number ends at the next byte, which it was not given. */
	FUZZ_ASSERT(e == json_tokener_success || e == json_tokener_continue);
	if (e == json_tokener_success)
		check_tree(l, LEX_ROOT, tree);
	json_object_put(tree);
	lex_free(l);
	return 0;
}
