/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * What a policy's rules mean to a filter in the kernel, which sees registers
 * only: for each call that they name, where deputy must be asked, and where the
 * policy says continue whatever the pointed-to arguments hold.
 */

#include "policy/cube.h"
#include "policy/doc.h"

/* Rules that one call may cost: a filter has 4,096 instructions (Linux's
 * BPF_MAXINSNS) for all calls on all architectures. */
#define PROFILE_CALL_RULES_MAX 64

struct profile_call {
	const char *name; /* borrowed from the document */
	enum call_id id;
	uint32_t node;	     /* where a rule that does more than continue names
				it; LEX_NONE: none does */
	int error;	     /* > 0: whatever it asks, it gets this errno */
	bool opens;	     /* deputy may leave some of it to the kernel */
	bool coarse;	     /* notify is more than it needs */
	struct cubes notify; /* may overlap */
	struct cubes leave;  /* disjoint; with notify: all there is */
};

struct profile_calls {
	struct profile_call *calls;
	size_t n;
};

/**
 * profile_calls_make() - all calls that a policy's rules name
 * @rules_max:  that one call may cost
 * @with_leave: the filter will need rules for what is left, too
 *
 * Where exact device numbers and sizes would take too many rules, only the
 * coarser conditions stay, and more than needed is notified; never less.
 * Return: 0 or -ENOMEM; *ret is to be given to profile_calls_done() either way
 */
int profile_calls_make(const struct doc_policy *p, size_t rules_max,
		       bool with_leave, struct profile_calls *ret);
/* Adds that nobody gets an io_uring, where the policy denies what one does, too,
 * and says nothing of rings itself: ENOSYS, which has programs do without.
 * Return: 0 or -ENOMEM */
int profile_calls_deny_rings(const struct doc_policy *p,
			     struct profile_calls *s);
void profile_calls_done(struct profile_calls *s);

/* Is it notified where one register has one value, so that all that is left is
 * where it has not? */
bool profile_call_is_single(const struct profile_call *c, int *ret_arg);

/* Can a call that this match takes be in @some? Return: 1, 0, or a negative errno
 * (-E2BIG: not to be told) */
int profile_match_meets(const struct doc_match *m, enum call_id id,
			const struct cubes *some);

/* Return: the call of that name, or NULL */
struct profile_call *profile_calls_find(const struct profile_calls *s,
					const char *name);
