/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * A container's config.json (runtime-spec, config.md) in, the same with what a
 * policy needs in linux.seccomp out; all else stays byte for byte.
 */

#include <stddef.h>

#include "policy/diag.h"
#include "policy/policy.h"

/* Engines write some 10 KiB; crun and runc have no limit of their own. */
#define INJECT_MAX_BYTES ((size_t)1024 * 1024)

/* Rules of its seccomp section: each may become as many as one call may cost,
 * and a filter has 4,096 instructions for all of them. Docker's has 30. */
#define INJECT_RULES_MAX 512

#define INJECT_ANNOTATION "io.deputy.policy"

enum inject_status {
	INJECT_DONE = 0,
	INJECT_NOT_ASKED = 1, /* no policy is named: it stays as it is */
};

struct inject_options {
	const char *policy;   /* where no annotation names one; NULL: none */
	const char *listener; /* deputyd's socket */
	bool wait_killable;
};

/* The texts of one document, and what is wrong with it. */
struct inject_input {
	const char *name; /* of config.json, for messages */
	const char *text;
	size_t bytes;
};

/**
 * inject_policy() - which policy does a config.json ask for?
 * @in:     read for its annotation
 * @diags:  initialised here; gets what is wrong with it
 * @ret:    the caller's to free(); @o's where there is no annotation
 * Return: enum inject_status, -EINVAL with an error in @diags, or -ENOMEM
 */
int inject_policy(const struct inject_input *in, const struct inject_options *o,
		  struct diags *diags, char **ret);

/**
 * inject() - have that container's calls notified
 * @set:      where its policy is in
 * @policies: initialised with the policy's file; gets what is wrong there
 * @config:   initialised here; gets what is wrong with config.json, and
 *            warnings
 * @ret_text: the caller's to free(); NUL-terminated
 * Refused: another one's listener.
 * Return: enum inject_status (@ret_text is written for INJECT_DONE), -EINVAL
 * when one of the diags has an error, or another negative errno
 */
int inject(const struct policy_set *set, const struct inject_input *in,
	   const struct inject_options *o, struct diags *policies,
	   struct diags *config, char **ret_text, size_t *ret_bytes);
