/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The keys of a rule's "match", a row each: does a call match it, how is that
 * said, and at which calls does the answer change?  For the programs that
 * explain a policy; what decides is decide.c, and explain.c refuses to say
 * anything that differs from it.
 */

#include <linux/seccomp.h>
#include <stdio.h>

#include "policy/call.h"
#include "policy/doc.h"
#include "policy/samples.h"

/* One call, as rules see it. */
struct match_facts {
	const struct seccomp_data *data;
	const struct call *call;
	const char *name;  /* NULL: cannot be read */
	const void *value; /* call->size bytes, or NULL */
};

struct match_key {
	const char *name;
	/* The only argument that it looks at; ARG_NONE: the ABI, of which all
	 * are tried anyway */
	enum call_arg arg;
	bool (*given)(const struct doc_match *m);
	/* The rest is asked of rules that have the key. */
	bool (*matches)(const struct doc_match *m, const struct match_facts *f);
	/* "1:3"; follows the key's name */
	void (*print_have)(const struct match_facts *f, FILE *out);
	/* "not 1:5", "none of 1:5, 1:7"; follows "is" */
	void (*print_want)(const struct doc_match *m, FILE *out);
	/* Arguments inside, and right outside, of what it matches: one at least
	 * for each answer that it gives. sampling.c adds what no key names,
	 * other endings of names, and each type with each permission. */
	void (*sample)(const struct doc_match *m, struct samples *s);
};

#define MATCH_KEYS 4
extern const struct match_key match_keys[MATCH_KEYS];

static inline bool match_key_holds(const struct match_key *k,
				   const struct doc_match *m,
				   const struct match_facts *f)
{
	return !k->given(m) || k->matches(m, f);
}
