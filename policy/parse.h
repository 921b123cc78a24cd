/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * How parse.c and parse_rule.c read objects and arrays: by tables of fields.
 * A value is complained about where it stands; reading goes on.
 */

#include "policy/doc.h"

#define PARSE_LIST_MAX 1024 /* elements of any array */

/* A value in both trees. */
struct value {
	struct json_object *json;
	uint32_t node;
};

struct field {
	const char *key; /* NULL ends a table */
	enum json_type type; /* json_type_null: parse looks for itself */
	bool required;
	void (*parse)(struct doc *d, struct value v, void *out);
};

#define ERROR(d, node, ...) doc_complain(d, DIAG_ERROR, node, __VA_ARGS__)

bool parse_has_type(struct doc *d, struct value v, enum json_type t);
void parse_object(struct doc *d, struct value v, const struct field *fields,
		  void *out);

/* Parses each element of an array into @size bytes of a new one.
 * Return: the array, the caller's to free, or NULL; *ret_n is its length */
void *parse_list(struct doc *d, struct value v, size_t size,
		 void (*parse)(struct doc *d, struct value v, void *out),
		 size_t *ret_n);
void parse_require_some(struct doc *d, struct value v);
void parse_comment(struct doc *d, struct value v, void *out);

/* parse_rule.c */
void parse_action(struct doc *d, struct value v, struct verdict *verdict,
		  bool *emulate);
int errno_from_name(const char *name); /* 0: there is no such one */
void parse_rule(struct doc *d, struct value v, void *out);
