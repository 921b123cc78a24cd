/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Reads a JSON document (RFC 8259) strictly, and keeps the place of each value.
 *
 * json-c makes the tree that parse.c walks, but json-c has no positions, and
 * its versions tolerate different errors.  So each document is first read here,
 * and json-c reads only documents that passed: valid UTF-8, no byte order mark,
 * no NUL in strings, whole surrogate pairs, numbers that a double holds, at
 * most LEX_DEPTH_MAX levels, no key twice in an object.
 *
 * A node is a value; nodes are walked from the root, as the tree is.
 */

#include <stddef.h>
#include <stdint.h>

#include "lib/own.h"
#include "policy/diag.h"

#define LEX_DEPTH_MAX	32
#define LEX_MEMBERS_MAX 1024 /* of one object */
#define LEX_ROOT	0
#define LEX_NONE	UINT32_MAX

struct lex; /* the nodes of one document */

struct lex_place {
	unsigned line, column; /* 1-based, column in bytes */
};

/* The range of integers that the reader of the tree can represent. */
enum lex_integers { LEX_INT64, LEX_UINT64 };

/**
 * lex_read() - check a whole document
 * @text:    borrowed while *ret_lex lives
 * @diags:   gets the first syntax error and all duplicate keys before it
 * @ret_lex: written also when only duplicate keys were found
 * Return: 0, -EINVAL for a syntax error, or -ENOMEM
 */
int lex_read(const char *text, size_t bytes, enum lex_integers integers,
	     struct diags *diags, struct lex **ret_lex);
struct lex *lex_free(struct lex *l); /* Return: NULL */
DEFINE_AUTO(struct lex *, lex_free);

/* Where the root value ends, in bytes. */
size_t lex_end(const struct lex *l);

/* The number of nodes, and the number of the first one: LEX_ROOT, or a base
 * that was set so that nodes of several documents have different numbers. */
uint32_t lex_count(const struct lex *l);
void lex_set_base(struct lex *l, uint32_t base);
int lex_has(const struct lex *l, uint32_t node);

/* Walks the children of @node; LEX_NONE after the last. If a key is given
 * twice, only the last member is seen: json-c has its value. */
uint32_t lex_first(const struct lex *l, uint32_t node);
uint32_t lex_next(const struct lex *l, uint32_t node);
/* The key of a member, decoded; lives as long as @l. */
const char *lex_key(const struct lex *l, uint32_t node);

/* Where in the text a member begins (its key), and where a value begins and
 * ends, in bytes. For programs that change a part of a text. */
size_t lex_key_at(const struct lex *l, uint32_t node);
size_t lex_value_at(const struct lex *l, uint32_t node);
size_t lex_value_end(const struct lex *l, uint32_t node);

struct lex_place lex_value_place(const struct lex *l, uint32_t node);
/* Where the member's key begins; the place of a value that has no key. */
struct lex_place lex_key_place(const struct lex *l, uint32_t node);

/* The JSON pointer (RFC 6901) of @node, cut at @size. */
void lex_pointer(const struct lex *l, uint32_t node, char *buf, size_t size);
