/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * What the verbs share that look into policy files.  Needs no deputyd.
 */

#include <json-c/json.h>

#include "ctl/verb.h"
#include "policy/arch.h"
#include "policy/decide.h"
#include "policy/policy.h"

/* Loads a file or says to stderr what is wrong. Return: NULL then */
struct policy_set *policy_file_load(const char *path);

struct policy_choice {
	const struct policy *policy;
	char why[64]; /* "by its name", ... */
};

/**
 * policy_file_choose() - the policy that @s is about
 * By its name; by the bindings, where @s says something of the container; the
 * first binding without a condition; the only policy.
 * @reason: written where there is none
 * Return: 0 or -1
 */
int policy_file_choose(const struct policy_set *set, const struct subject *s,
		       struct policy_choice *ret, char *reason, size_t size);
/* The ABI that @s is about. Return: 0 or -1 */
int policy_file_arch(const struct subject *s, const struct arch **ret,
		     char *reason, size_t size);

/* "line 12", or "FILE:12" where there are several. */
struct explain_place;
void policy_file_place(const struct explain_place *p, char *buf, size_t size);
void policy_file_place_json(const struct explain_place *p, struct json_object *o);

/* Who asks, as @s says: makes it @c's. @buf: borrowed as long as @c is used */
struct policy_asker {
	struct facts_caller caller;
	char directory[ASKER_DIR_BYTES];
};
struct explain_call;
void policy_file_ask(const struct subject *s, const struct call_text *t,
		     struct policy_asker *buf, struct explain_call *c);

/* "emulate by rule 0 (line 12)", "EPERM by default (line 30)"; @extras are
 * "log" and the like. */
void policy_file_print(const struct policy_set *set, const struct policy *p,
		       const struct decision *d, enum call_family family,
		       bool extras);
/* The same, as an object. */
struct json_object *policy_file_json(const struct policy_set *set,
				     const struct policy *p,
				     const struct decision *d,
				     enum call_family family);
