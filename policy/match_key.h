/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The keys of a rule's "match", one row each, for programs that explain a
 * policy. A row has functions for three questions: does a call match, how is
 * that written, and at which calls does the answer change?  decide.c makes the
 * decisions; explain.c fails if a row contradicts it.
 */

#include <stdio.h>

#include "policy/arch.h"
#include "policy/call.h"
#include "policy/decide.h"
#include "policy/doc.h"
#include "policy/samples.h"

/* One call, as rules see it. */
struct match_facts {
	const struct arch *arch; /* NULL: none that a rule can name */
	const struct call *call;
	const char *name;		   /* NULL: cannot be read */
	const void *value;		   /* call->size bytes, or NULL */
	const struct facts_caller *caller; /* NULL: not known */
	const char *directory;		   /* NULL: nowhere */
};

/* What a key looks at. Keys of different dimensions are independent of each
 * other, except the caller's if nothing is known about the caller. */
enum match_dim {
	DIM_ARCH, /* of which all are tried anyway */
	DIM_MODE,
	DIM_DEVICE,
	DIM_NAME,
	DIM_VALUE, /* and its size */
	DIM_FLAGS,
	DIM_UID,
	DIM_GID,
	DIM_CAPS,
	DIM_DIRECTORY,
	DIMS
};

struct match_key {
	const char *name;
	enum match_dim dim;
	bool (*given)(const struct doc_match *m);
	/* The other functions are called only for rules that have the key. */
	bool (*matches)(const struct doc_rule *r, const struct match_facts *f);
	/* "1:3"; follows the key's name */
	void (*print_have)(const struct match_facts *f, FILE *out);
	/* Why it does not match: "is not 1:5"; follows print_have() */
	void (*print_why)(const struct doc_match *m,
			  const struct match_facts *f, FILE *out);
	/* Adds arguments just inside and just outside of what the key matches,
	 * at least one for each answer. sampling.c adds values that no key
	 * names, and combinations of several keys of one argument. */
	void (*sample)(const struct doc_match *m, struct samples *s);
};

#define MATCH_KEYS 13
extern const struct match_key *const match_keys[MATCH_KEYS];

/* match_register.c, match_bytes.c, match_caller.c */
extern const struct match_key match_key_arch, match_key_type, match_key_device,
	match_key_mode, match_key_flags, match_key_size, match_key_name,
	match_key_value, match_key_directory, match_key_uid, match_key_gid,
	match_key_capability, match_key_root;

static inline bool match_key_holds(const struct match_key *k,
				   const struct doc_rule *r,
				   const struct match_facts *f)
{
	return !k->given(&r->match) || k->matches(r, f);
}

/* A sample of DIM_UID: nothing is known about the caller. */
#define SAMPLE_UNKNOWN UINT64_MAX

/* "is not 1:5", "is none of 1:3, 1:5 and 7 more" */
void match_key_print_list(FILE *out, size_t n, const void *list,
			  void (*print_one)(const void *list, size_t i,
					    FILE *out));
/* "lacks 0600, has none of 06000, has 0022" */
void match_key_print_bits(FILE *out, const struct bits *b, uint32_t have,
			  void (*print)(uint32_t bits, FILE *out));
