/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Policies: the first one, and better ones while containers run.
 */

#include "policy/policy.h"

struct registry;

/* Loads and logs every diagnostic. @diags: filled. Return: 0 or negative */
int reload_load(struct policy_paths paths, uint32_t features,
		struct policy_set **ret, struct diags *diags);

/* Remembers for Status that files were refused, and why; NULL: they were taken. */
void reload_note(struct registry *r, const struct diags *refused);

/**
 * reload() - serve new content of the policy's files
 * @paths: none for the built-in policy
 * @diags: filled
 * Each container whose compiled policy is another one gets new workers, once
 * the old ones have finished what they hold; one that no binding matches any
 * more keeps its policy.  Nothing changes on an error.
 * Return: 0 or a negative errno
 */
int reload(struct registry *r, struct policy_paths paths, struct diags *diags);
