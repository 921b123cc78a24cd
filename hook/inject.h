/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Adds to a container's config.json (runtime-spec, config.md) what its policy
 * needs in linux.seccomp.  Everything else stays byte for byte.
 */

#include <stddef.h>

#include "policy/diag.h"
#include "policy/policy.h"

/* Engines write some 10 KiB; crun and runc have no limit of their own. */
#define INJECT_MAX_BYTES ((size_t)1024 * 1024)

/* Rules of the file's seccomp section. Each may become as many rules as a profile may
 * have for one call, and a filter has 4,096 instructions for all. Docker's has 30. */
#define INJECT_RULES_MAX 512

#define INJECT_ANNOTATION "io.deputy.policy"

enum inject_status {
	INJECT_DONE = 0,
	INJECT_NOT_ASKED = 1, /* no policy is named: the file stays as it is */
};

struct inject_options {
	const char *policy;   /* used if no annotation names one; NULL: none */
	const char *listener; /* deputyd's socket */
	bool wait_killable;
};

/* The text of one document. */
struct inject_input {
	const char *name; /* of config.json, for messages */
	const char *text;
	size_t bytes;
};

/**
 * inject_policy() - find the policy that a config.json requests
 * @in:     read for its annotation
 * @diags:  initialised here; gets the errors of @in
 * @ret:    the caller's to free(); the policy of @o if there is no annotation
 * Return: enum inject_status, -EINVAL with an error in @diags, or -ENOMEM
 */
int inject_policy(const struct inject_input *in, const struct inject_options *o,
		  struct diags *diags, char **ret);

/**
 * inject() - make a config.json that notifies the calls of its policy
 * @set:      has the policy
 * @policies: initialised with the policy's file; gets errors of the policy
 * @config:   initialised here; gets errors and warnings of config.json
 * @ret_text: the caller's to free(); NUL-terminated
 * A config.json whose listener goes to another socket is refused.
 * Return: enum inject_status (@ret_text is written for INJECT_DONE), -EINVAL
 * when one of the diags has an error, or another negative errno
 */
int inject(const struct policy_set *set, const struct inject_input *in,
	   const struct inject_options *o, struct diags *policies,
	   struct diags *config, char **ret_text, size_t *ret_bytes);
