/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Checks each rule of a policy: does the profile's filter notify any call that
 * the rule matches?
 */

#include "policy/profile_calls.h"
#include "policy/profile_read.h"

/* Reports rules without such a call in @d, the policy's document, unless @calls
 * has their place already. Return: 0 or -ENOMEM */
int profile_rules_check(struct doc *d, const struct doc_policy *p,
			const struct profile_calls *calls,
			const struct seccomp_profile *profile, const char *path);
