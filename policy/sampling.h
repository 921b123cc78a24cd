/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * All that rules can tell apart in one thing of a call.
 */

#include "policy/explain.h"
#include "policy/match_key.h"

/* A call to try, and who asks. */
struct trial {
	struct call_text *t; /* borrowed */
	bool unknown;	     /* nothing is known of */
	struct facts_caller caller;
	const char *directory; /* NULL: nowhere */
};

struct explain_call trial_call(const struct trial *t);

/* Can @rules tell calls of @id apart by @dim? But for DIM_ARCH. */
bool sampling_has(enum call_id id, enum match_dim dim,
		  const struct doc_rule *const *rules, size_t n_rules);

/**
 * sampling_make() - samples of @dim that are all there is to try
 * @t:     of the call; gets other arguments
 * @rules: those for it
 * @ret:   empty; to be samples_done() in any case
 *
 * What rules name is there, and of all else one sample for each set of rules
 * that it can match.
 * Return: 0, -ENOMEM or -E2BIG
 */
int sampling_make(struct trial *t, enum match_dim dim,
		  const struct doc_rule *const *rules, size_t n_rules,
		  struct samples *ret);

/* Makes a sample the call's, of a value the size too. */
void sampling_set(struct trial *t, enum match_dim dim, const struct sample *s);

/* Names for each set of the rules' names that one can match, where some of them
 * have stars or question marks within: sampling_names.c. */
void sampling_names(const struct doc_rule *const *rules, size_t n_rules,
		    struct samples *s);
/* Of bytes that none of @used is: a readable one, if there is one left. */
char sampling_free_byte(const bool used[256]);
