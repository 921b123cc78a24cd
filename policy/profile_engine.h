/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * What engines (runc, crun, youki, and those above them) make of a profile.
 */

#include <seccomp.h>

#include "policy/profile_read.h"

#define PROFILE_KILLABLE_FLAG "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"

/* Why a call must not be notified: some engine makes it itself between loading
 * the filter and handing the listener over. Return: NULL where it may be */
const char *profile_never(const char *syscall);

/* An architecture and those whose programs run beside its own. */
struct profile_arch {
	uint32_t token; /* libseccomp's */
	const char *name;
	const char *sub[3];
};

/* Return: the next row behind @last (NULL: the first), NULL behind all */
const struct profile_arch *profile_arch_next(const struct profile_arch *last);

/* The policy of that name, or the only one. Return: NULL, with an error in
 * @diags, where there is none */
const struct doc_policy *profile_policy(const struct doc *d, const char *name,
					struct diags *diags);
