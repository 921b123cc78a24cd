/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * A seccomp profile as an engine reads it, in one of two dialects of JSON:
 *
 *   oci     linux.seccomp of the runtime specification
 *   docker  oci with "archMap", and with "includes" and "excludes" in rules
 *           (capabilities, architectures, kernels).  Docker, Podman and Buildah
 *           resolve these and write the oci dialect.
 */

#include <string.h>

#include "policy/cube.h"
#include "policy/doc.h"
#include "policy/profile.h"
#include "policy/texts.h"

#define SECCOMP_ACT_NOTIFY "SCMP_ACT_NOTIFY"
#define SECCOMP_ACT_ALLOW  "SCMP_ACT_ALLOW"
#define SECCOMP_ACT_ERRNO  "SCMP_ACT_ERRNO"

struct seccomp_rule {
	struct json_object *json; /* borrowed from the profile's tree */
	uint32_t node;
	struct json_object *names; /* an array; NULL: "name" is used */
	const char *name;
	const char *action;
	int64_t errno_ret; /* -1: not given */
	bool compares;	   /* the rule has args */
	struct cube cube;  /* of its comparisons EQ and MASKED_EQ */
	unsigned odd_args; /* a bit for each register with another comparison */
	unsigned twice_args; /* a bit for each register that is compared twice:
				engines differ in what that means */
	bool conditional;    /* "includes" or "excludes" are not empty */
};

struct seccomp_profile {
	struct texts *texts; /* what the places refer to */
	struct doc *doc;
	const char *default_action;
	int64_t default_errno_ret; /* -1: not said */
	bool docker;		   /* only that dialect has what it uses */
	struct seccomp_rule *rules;
	size_t n_rules;
};

/**
 * seccomp_profile_load() - read a profile
 * @diags: gets every error, with its place; the profile keeps the pointer
 * Return: 0, -EINVAL when @diags has an error, or another negative errno
 */
int seccomp_profile_load(const char *path, struct diags *diags,
			 struct seccomp_profile **ret);
/* Reads a profile from memory; the text is copied. */
int seccomp_profile_parse(const struct profile_text *text, struct diags *diags,
			  struct seccomp_profile **ret);
struct seccomp_profile *seccomp_profile_free(struct seccomp_profile *p);
DEFINE_AUTO(struct seccomp_profile *, seccomp_profile_free);

size_t seccomp_rule_count(const struct seccomp_rule *r); /* of its names */
const char *seccomp_rule_name(const struct seccomp_rule *r, size_t i);
bool seccomp_rule_has(const struct seccomp_rule *r, const char *name);
static inline bool seccomp_rule_is(const struct seccomp_rule *r, const char *a)
{
	return strcmp(r->action, a) == 0;
}

/* Adds a comparison that is not masked. Return: 0 or -ENOMEM */
int seccomp_args_add(struct json_object *args, int index, const char *op,
		     uint64_t value);
/* Return: a rule's "args" for a cube, an array; NULL for lack of memory */
struct json_object *seccomp_args(const struct cube *c);
