/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * All that rules can tell apart in one argument of a call.
 */

#include "policy/call_text.h"
#include "policy/doc.h"
#include "policy/samples.h"

/**
 * sampling_make() - samples of @arg that are all there is to try
 * @t:     of the call; gets other arguments
 * @rules: what the rules for it match
 * @ret:   empty; to be samples_done() in any case
 *
 * What rules name is there, and of all else one sample for each set of rules
 * that it can match.
 * Return: 0, -ENOMEM or -E2BIG
 */
int sampling_make(struct call_text *t, enum call_arg arg,
		  const struct doc_match *const *rules, size_t n_rules,
		  struct samples *ret);

/* Makes a sample the call's argument, of a value the size too. */
void sampling_set(struct call_text *t, enum call_arg arg, const struct sample *s);
