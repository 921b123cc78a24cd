/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * What lexer.c makes and lex_node.c looks things up in: the values of a
 * document in the order in which they begin, linked as a tree.
 */

#include <stdbool.h>

#include "policy/lexer.h"

struct lex_node {
	uint32_t parent;      /* LEX_NONE: the root */
	uint32_t first, last; /* children; LEX_NONE: none */
	uint32_t next;	      /* sibling */
	uint32_t index;	      /* among the siblings */
	const char *key;      /* decoded; NULL in arrays and for the root */
	size_t at, key_at;    /* bytes into the text */
	size_t end;	      /* behind the value */
	bool replaced;	      /* its key comes again */
};

struct lex {
	const char *text;
	size_t bytes, end;
	struct lex_node *nodes;
	uint32_t n_nodes, room;
	uint32_t base; /* the root's number; links are counted from 0 */
	char *keys; /* as much room as the text, decoded strings are no longer */
	size_t keys_bytes;
};

struct lex_place lex_place_of(const struct lex *l, size_t at);

/* Return: the member @key, or LEX_NONE */
uint32_t lex_member(const struct lex *l, uint32_t object, const char *key);
/* Return: the new node, or LEX_NONE when there is no memory */
uint32_t lex_add(struct lex *l, uint32_t parent, const char *key, size_t key_at,
		 size_t at);
