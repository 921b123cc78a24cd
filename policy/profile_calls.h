/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * What a policy's rules mean for a filter in the kernel, which sees only registers.
 * Each call that rules name has two sets of register values: those that deputy must
 * be notified of, and those that continue whatever the pointed-to arguments are.
 */

#include "policy/cube.h"
#include "policy/doc.h"

/* Filter rules for one call at most: a filter has 4,096 instructions (Linux's
 * BPF_MAXINSNS) for all calls on all architectures. */
#define PROFILE_CALL_RULES_MAX 64

struct profile_call {
	const char *name; /* borrowed from the document */
	enum call_id id;
	uint32_t node; /* its name in a rule that does more than continue;
			  LEX_NONE: there is no such rule */
	int error;     /* > 0: the call always gets this errno */
	bool opens;    /* deputy may leave some of these calls to the kernel */
	bool coarse;   /* notify has more than the rules need */
	struct cubes notify; /* may overlap */
	struct cubes leave;  /* disjoint; notify and leave cover all values */
};

struct profile_calls {
	struct profile_call *calls;
	size_t n;
};

/**
 * profile_calls_make() - compute the sets of all calls that a policy's rules name
 * @rules_max:  filter rules that one call may need
 * @with_leave: the filter will need rules for the set leave, too
 *
 * If exact device numbers and sizes would need too many rules, only coarser
 * conditions remain.  Then more calls are notified than needed, never fewer.
 * Return: 0 or -ENOMEM; give *ret to profile_calls_done() in both cases
 */
int profile_calls_make(const struct doc_policy *p, size_t rules_max,
		       bool with_leave, struct profile_calls *ret);
/* If the policy denies a call that io_uring can do, too, and has no rule for rings,
 * adds io_uring_setup with ENOSYS: programs then do without rings.
 * Return: 0 or -ENOMEM */
int profile_calls_deny_rings(const struct doc_policy *p,
			     struct profile_calls *s);
void profile_calls_done(struct profile_calls *s);

/* Is the call notified if and only if one register has one value? */
bool profile_call_is_single(const struct profile_call *c, int *ret_arg);

/* Can a call that this match matches be in @some? Return: 1, 0, or a negative errno
 * (-E2BIG: too many cubes to tell) */
int profile_match_meets(const struct doc_match *m, enum call_id id,
			const struct cubes *some);

/* Return: the call of that name, or NULL */
struct profile_call *profile_calls_find(const struct profile_calls *s,
					const char *name);
