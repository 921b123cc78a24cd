/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Explains why a policy decides on a call as it does.  decide() makes the
 * decision, on the compiled policy.  The reasons come from the rules of the
 * document, and must agree with it.
 */

#include <linux/seccomp.h>

#include "lib/own.h"
#include "policy/call_text.h"
#include "policy/decide.h"
#include "policy/policy.h"

#define EXPLAIN_KEYS_MAX 13

/* A call as a worker meets it. */
struct explain_call {
	const struct seccomp_data *data;
	enum call_id id;	      /* of data's arch and nr */
	const char *name;	      /* NULL: cannot be read */
	const void *value;	      /* NULL: cannot be read */
	size_t value_bytes;	      /* that can be read there */
	const struct call_args *args; /* of a packed call; NULL: cannot be read */
	const struct facts_caller *caller; /* NULL: nothing is known about it */
	const char *directory;		   /* NULL: the path leads nowhere */
};

/* A place in a policy file. */
struct explain_place {
	const char *file; /* NULL: in the only one */
	unsigned line;
};

enum explain_outcome {
	EXPLAIN_DIFFERS,    /* keys has what does not match */
	EXPLAIN_DECIDES,    /* keys has what matches */
	EXPLAIN_NOT_REACHED /* an earlier rule decides */
};

struct explain_key {
	const char *name; /* of rules, "device" */
	char *text; /* "device 8:0 is none of 1:3, 1:5", or "device 1:3" */
};

struct explain_rule {
	size_t index; /* in the policy's "rules" */
	struct explain_place place;
	enum explain_outcome outcome;
	size_t n_keys;
	struct explain_key keys[EXPLAIN_KEYS_MAX];
};

struct explain {
	struct decision decision;
	enum call_family family;
	struct verdict fail;		  /* if deputy itself fails */
	bool asks_caller, asks_directory; /* one of the rules looks at them */
	size_t n_rules;			  /* for this call, in their order */
	struct explain_rule *rules;
	char *effect; /* what happens then, a sentence without its full stop */
};

/**
 * explain() - decide on a call and say why
 * Return: 0, -ENOMEM, -EBADE where reasons and decision contradict each other,
 * which is a defect of this program, or another negative errno
 */
int explain(const struct policy_set *s, const struct policy *p,
	    const struct explain_call *c, struct explain **ret);
struct explain *explain_free(struct explain *e); /* Return: NULL */
DEFINE_AUTO(struct explain *, explain_free);

/* Decides on a call as a worker does: it reads a fact only if decide() wants it. */
void explain_decide(const struct arena *a, const struct explain_call *c,
		    struct decision *ret);

/* Return: the call of a text, without caller and directory; valid as long as @t */
struct explain_call explain_call_of_text(const struct call_text *t);

/* Return: the place of rule @rule; -1: of the default */
struct explain_place explain_place(const struct policy_set *s,
				   const struct policy *p, int32_t rule);

/* Makes facts of a call; @unpack: also of the struct that it passes. */
struct match_facts;
void explain_look(const struct explain_call *c, enum call_id id, bool unpack,
		  struct call *call, struct match_facts *f);
