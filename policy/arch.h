/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The ABIs that libseccomp knows, by the names that it and the OCI runtime
 * specification give them, in lower case and without SCMP_ARCH_.
 *
 * An ABI is a number of seccomp_data's arch, but for x32, which has x86-64's
 * and a bit in the number of each call: so a set of ABIs is a set of rows of
 * this table, one bit a row.
 */

#include <stddef.h>
#include <stdint.h>

#define ARCHES_MAX 32 /* bits in a set of them */

struct arch {
	const char *name;
	uint32_t token;	     /* SCMP_ARCH_* */
	uint32_t audit_arch; /* struct seccomp_data, arch */
};

extern const struct arch arches[];
extern const size_t n_arches;

/* The number of a call, libseccomp's or one that is younger than it. Return:
 * negative where this ABI has no such call */
int arch_number(const struct arch *a, const char *name);
