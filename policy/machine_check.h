/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * A good policy against the machine, and the containers, that it is for.  What
 * those are like is asked by the caller: nothing here makes a system call.
 */

#include <stdbool.h>
#include <stdint.h>

#include "policy/policy.h"

/**
 * policy_check_machine() - what of a policy this kernel cannot do
 * @features: KFEAT_BIT() of what it can, see kfeat_not_lacking()
 * Warns of emulations.  A continue is an error where the kernel has none and
 * the policy does not say "without_continue".
 */
void policy_check_machine(const struct policy_set *s, uint32_t features,
			  struct diags *diags);

enum device_access { DEVICE_READ = 1 << 0, DEVICE_WRITE = 1 << 1 };

struct device_judge {
	/* Return: enum device_access: how it may be opened; or a negative
	 * errno, which ends the check */
	int (*may_open)(void *ctx, bool block, uint32_t major, uint32_t minor);
	void *ctx;
	const char *name;    /* of who would refuse */
	uint32_t minors_max; /* of one range that are asked for */
};

/**
 * policy_check_devices() - warn of emulated nodes that nobody could open
 * @policy: one of the set's; NULL: all of them
 * Return: 0, or a negative errno of the judge's
 */
int policy_check_devices(const struct policy_set *s, const char *policy,
			 const struct device_judge *j, struct diags *diags);
