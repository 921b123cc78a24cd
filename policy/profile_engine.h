/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * How engines (runc, crun, youki, and those above them) treat a profile.
 */

#include <seccomp.h>

#include "policy/profile_read.h"

#define PROFILE_KILLABLE_FLAG "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"

/* Some engines make calls themselves between loading the filter and handing the
 * listener over. Return: why this call must not be notified; NULL: it may be */
const char *profile_never(const char *syscall);

/* An architecture, and those whose programs it can run, too. */
struct profile_arch {
	uint32_t token; /* libseccomp's */
	const char *name;
	const char *sub[3];
};

/* Return: the row after @last (NULL: the first row), NULL after the last */
const struct profile_arch *profile_arch_next(const struct profile_arch *last);

/* Return: the policy of that name, or the only one; NULL, with an error in
 * @diags, if there is none */
const struct doc_policy *profile_policy(const struct doc *d, const char *name,
					struct diags *diags);
