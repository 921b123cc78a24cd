/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * A changed JSON document as text in which all that did not change stands byte
 * for byte as it stood: spaces, the order of keys, how a number is written.
 */

#include <json-c/json.h>
#include <stdio.h>

#include "policy/lexer.h"

/**
 * splice() - write a value anew
 * @text: the document, as @lex has read it
 * @node: the value in it
 * @have: the same as a tree
 * @want: what it is to be
 * @out:  gets JSON text that reads as @want; errors show by ferror()
 */
void splice(const char *text, const struct lex *lex, uint32_t node,
	    struct json_object *have, struct json_object *want, FILE *out);
