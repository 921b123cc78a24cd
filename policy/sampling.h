/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Makes samples of one dimension of calls: at least one for each set of values
 * that rules can distinguish.
 */

#include "policy/explain.h"
#include "policy/match_key.h"

/* A call to try, its caller and its directory. */
struct trial {
	struct call_text *t; /* borrowed */
	bool unknown;	     /* nothing is known about the caller: */
	struct facts_caller caller;
	const char *directory; /* NULL: nowhere */
};

struct explain_call trial_call(const struct trial *t);

/* Can @rules distinguish calls of @id by @dim? Not for DIM_ARCH. */
bool sampling_has(enum call_id id, enum match_dim dim,
		  const struct doc_rule *const *rules, size_t n_rules);

/**
 * sampling_make() - make all samples of @dim that must be tried
 * @t:     the call; its arguments are changed
 * @rules: the rules for that call
 * @ret:   empty; use samples_done() in any case
 *
 * The samples have each value that rules name.  For all other values there is one
 * sample for each set of rules that such a value can match.
 * Return: 0, -ENOMEM or -E2BIG
 */
int sampling_make(struct trial *t, enum match_dim dim,
		  const struct doc_rule *const *rules, size_t n_rules,
		  struct samples *ret);

/* Sets the call's argument to a sample; for a value also its size. */
void sampling_set(struct trial *t, enum match_dim dim, const struct sample *s);

/* Adds a name for each set of the rules' patterns that one name can match, for
 * patterns with stars or question marks within: sampling_names.c. */
void sampling_names(const struct doc_rule *const *rules, size_t n_rules,
		    struct samples *s);
/* Return: a byte that is not in @used, a readable one if there is one */
char sampling_free_byte(const bool used[256]);
