/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * A policy's rules one by one: is there any call that a rule takes and that the
 * profile's filter notifies?
 */

#include "policy/profile_calls.h"
#include "policy/profile_read.h"

/* Complains in @d, the policy's, of those without one, but where @calls has the
 * place already. Return: 0 or -ENOMEM */
int profile_rules_check(struct doc *d, const struct doc_policy *p,
			const struct profile_calls *calls,
			const struct seccomp_profile *profile, const char *path);
