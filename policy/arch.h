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

#include <stdbool.h>
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

/* Return: NULL where there is none */
const struct arch *arch_find(const char *name);
/* The ABI of a notified call. Return: NULL where it is none of these */
const struct arch *arch_of(uint32_t audit_arch, uint32_t nr);
/* That of this program. */
const struct arch *arch_native(void);
/* Its bit in a set. */
uint32_t arch_bit(const struct arch *a);

/* The number of a call, libseccomp's or the kernel's where libseccomp has a
 * made-up one: for a call younger than it, and for one that a multiplexer does,
 * too. Return: negative where this ABI has no such call */
int arch_number(const struct arch *a, const char *name);

/* The call of that number, @audit_arch and @nr as in struct seccomp_data. Return:
 * its name, the caller's to free(); NULL where nobody knows it */
char *arch_call_name(uint32_t audit_arch, uint32_t nr);

/* Does libseccomp know such a call, on whatever ABI? */
bool arch_knows(const char *name);

/* The call that does @name, too, where an ABI has it: "socketcall" or "ipc",
 * with what is to be done in a register. Return: NULL where there is none */
const char *arch_multiplexer(const char *name);
