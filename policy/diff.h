/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Which calls two policies decide differently.
 *
 * A rule is a question to each of a call's arguments, so the answer can only
 * change where some rule of either policy begins or ends.  Every such place is
 * tried from both sides, in every combination of the arguments, on every ABI:
 * two policies that differ in any call differ in one of these.
 */

#include "lib/own.h"
#include "policy/arch.h"
#include "policy/call_text.h"
#include "policy/decide.h"
#include "policy/policy.h"

#define DIFF_TRIALS_MAX (4 * 1000 * 1000) /* of one syscall */

struct diff_side {
	const struct policy_set *set;
	const struct policy *policy;
};

/* Calls that differ in the same way. */
struct diff_call {
	const char *syscall; /* NULL: a difference of all calls */
	char *text;	     /* a star: any value of that argument */
	char *asker; /* "uid=0 dir=/dev": the facts that matter; or "" */
	bool fail;   /* the difference shows if deputy itself fails */
	enum call_family family;
	struct decision before, after;
	bool every_abi; /* that has the call */
	size_t n_abis;
	const char *abis[ARCHES_MAX];
};

struct policy_diff {
	size_t trials;
	struct diff_call *calls; /* by syscall, then by decisions */
	size_t n_calls, room;
};

/**
 * policy_diff() - compare two policies
 * Return: 0, -ENOMEM, -E2BIG past DIFF_TRIALS_MAX or SAMPLES_MAX, or another
 * negative errno
 */
int policy_diff(const struct diff_side *before, const struct diff_side *after,
		struct policy_diff **ret);
struct policy_diff *policy_diff_free(struct policy_diff *d); /* Return: NULL */
DEFINE_AUTO(struct policy_diff *, policy_diff_free);

/* Do all callers get the same? The index of the rule does not count. */
bool decision_same(const struct decision *a, const struct decision *b);

/* The two policies that some container may get; NULL: its listener is refused. */
struct binding_pair {
	const struct policy *before, *after;
};

struct binding_pairs {
	struct binding_pair *items; /* each once */
	size_t n;
};

/**
 * binding_pairs() - pair each policy of @before with those of @after that replace it
 * No pair that a container can get is missed.  Patterns, or several earlier bindings
 * together, may exclude a pair that is given.
 * Return: 0 or -ENOMEM
 */
int binding_pairs(const struct policy_set *before, const struct policy_set *after,
		  struct binding_pairs **ret);
struct binding_pairs *binding_pairs_free(struct binding_pairs *p);
DEFINE_AUTO(struct binding_pairs *, binding_pairs_free);

/* A binding that only one of the files has at this place. */
struct binding_line {
	char sign;  /* '-': the old one, '+': the new one */
	char *text; /* "peer_uid 0, annotation \"a\"=\"b\": policy" */
};

struct bindings_diff {
	struct binding_line *lines;
	size_t n;
};

/**
 * bindings_diff() - compare the bindings as they are written, in their order
 * Return: 0 or -ENOMEM
 */
int bindings_diff(const struct policy_set *before,
		  const struct policy_set *after, struct bindings_diff **ret);
struct bindings_diff *bindings_diff_free(struct bindings_diff *d);
DEFINE_AUTO(struct bindings_diff *, bindings_diff_free);
