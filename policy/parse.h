/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * How parse.c, parse_rule.c and parse_match.c read objects and arrays: by tables of
 * fields.  An error is reported at the place of its value, and reading continues.
 */

#include "policy/doc.h"

#define PARSE_LIST_MAX	  1024	 /* elements of any array */
#define SETS_MAX	  1024	 /* in all files */
#define SETS_DEPTH_MAX	  16	 /* sets that include each other */
#define SETS_ELEMENTS_MAX 100000 /* of sets, put into all lists together */

/* A value in both trees. */
struct value {
	struct json_object *json;
	uint32_t node;
};

typedef void (*parse_fn)(struct doc *d, struct value v, void *out);

struct field {
	const char *key;     /* NULL ends a table */
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
/* Walks an object's members; @m begins with the node LEX_NONE.
 * Return: the member's key, or NULL behind the last */
const char *parse_next_member(const struct doc *d, struct value object,
			      struct value *m);
bool parse_member(const struct doc *d, struct value object, const char *key,
		  struct value *ret);
/* 1 to POLICY_NAME_MAX of A-Z a-z 0-9 . _ - ? */
bool parse_is_word(const char *s);
void parse_comment(struct doc *d, struct value v, void *out);

/* Parses a list as parse_list() does, or a single value as a list of one. */
void *parse_one_or_list(struct doc *d, struct value v, size_t size,
			void (*parse)(struct doc *d, struct value v, void *out),
			size_t *ret_n);

/* The place to report for a value. For an element of a set, it is the place
 * where the set's name is used. */
static inline uint32_t parse_place(const struct doc *d, struct value v)
{
	return d->via_set ? d->via : v.node;
}

/* parse.c */
void parse_file(struct doc *d, struct value root);

/* parse_binding.c */
void parse_bindings(struct doc *d, struct value v, void *out);
void binding_done(struct doc_binding *b);

/* parse_sets.c */
int sets_init(struct doc *d);			     /* the built-in ones */
void sets_declare(struct doc *d, struct value file); /* those of a file */
void sets_check(struct doc *d);			     /* once all are declared */
void sets_check_used(struct doc *d); /* once all rules are read */
void sets_done(struct doc *d);
/* parse_one_or_list() of strings, names of sets among them. */
void *parse_with_sets(struct doc *d, struct value v, size_t size,
		      parse_fn parse, size_t *ret_n);

/* parse_match.c */
/* Decimal, without a sign or leading zeros. Return: what follows, or NULL */
const char *parse_u32(const char *s, uint32_t max, uint32_t *ret);
void match_init(struct doc_match *m); /* one that holds for every call */
void parse_match(struct doc *d, struct value v, struct doc_match *m);
void match_done(struct doc_match *m);

/* parse_caller.c */
#define ID_MAX (UINT32_MAX - 1) /* the last one stands for none */
/* Parses a number or "FIRST-LAST". If it is neither, the error says: expected @what. */
void parse_id(struct doc *d, struct value v, struct doc_id *id, const char *what);
void match_directory(struct doc *d, struct value v, void *out);
void match_uid(struct doc *d, struct value v, void *out);
void match_gid(struct doc *d, struct value v, void *out);
void match_capability(struct doc *d, struct value v, void *out);
void match_root(struct doc *d, struct value v, void *out);

/* parse_rule.c */
void parse_errno(struct doc *d, struct value v, void *out); /* a verdict */
void parse_action(struct doc *d, struct value v, struct verdict *verdict,
		  bool *emulate);
int errno_from_name(const char *name); /* 0: there is no such one */
void parse_rule(struct doc *d, struct value v, void *out);
