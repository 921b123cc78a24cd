/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * A seccomp profile as an engine reads it, in one of two dialects of JSON:
 *
 *   oci     linux.seccomp of the runtime specification
 *   docker  the same with "archMap", and in each rule "includes", "excludes"
 *           (capabilities, architectures, kernels), which the engine resolves
 *           before it writes the former: Docker, Podman, Buildah
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
	int64_t errno_ret;   /* -1: not said */
	bool compares;	     /* it has args */
	struct cube cube;    /* of those that compare masked or for equality */
	unsigned odd_args;   /* a bit for each register compared otherwise */
	unsigned twice_args; /* compared more than once: the engine's choice */
	bool conditional;    /* "includes" or "excludes" say something */
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
 * @diags: gets every mistake, with its place; the profile's as long as it lives
 * Return: 0, -EINVAL when @diags has an error, or another negative errno
 */
int seccomp_profile_load(const char *path, struct diags *diags,
			 struct seccomp_profile **ret);
/* The same from memory; copied. */
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

/* One more comparison, not masked. Return: 0 or -ENOMEM */
int seccomp_args_add(struct json_object *args, int index, const char *op,
		     uint64_t value);
/* A rule's "args" for a cube. Return: an array, NULL for lack of memory */
struct json_object *seccomp_args(const struct cube *c);
