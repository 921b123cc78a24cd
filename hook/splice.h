/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Writes a changed JSON document.  All that did not change stays byte for byte:
 * spaces, the order of keys, the form of numbers.
 */

#include <json-c/json.h>
#include <stdio.h>

#include "policy/lexer.h"

/**
 * splice() - write a changed value
 * @text: the document, as @lex has read it
 * @node: the old value in it
 * @have: the old value as a tree
 * @want: the new value
 * @out:  gets JSON text that reads as @want; errors show by ferror()
 */
void splice(const char *text, const struct lex *lex, uint32_t node,
	    struct json_object *have, struct json_object *want, FILE *out);
