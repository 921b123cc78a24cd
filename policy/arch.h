/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The ABIs that libseccomp knows, by the names that it and the OCI runtime
 * specification give them, in lower case and without SCMP_ARCH_.
 *
 * Each ABI has its own number in seccomp_data's arch, except x32: it has
 * x86-64's, and a bit in the number of each call.  So a set of ABIs has one bit
 * for each row of this table.
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
/* Return: the ABI of a notified call; NULL: none of this table */
const struct arch *arch_of(uint32_t audit_arch, uint32_t nr);
/* Return: the ABI of this program */
const struct arch *arch_native(void);
/* Return: the ABI's bit in a set */
uint32_t arch_bit(const struct arch *a);

/* libseccomp makes numbers up for calls newer than itself, and for calls that a
 * multiplexer does, too: for these the number is the kernel's.
 * Return: the call's number, negative if this ABI has no such call */
int arch_number(const struct arch *a, const char *name);

/* @audit_arch, @nr: as in struct seccomp_data
 * Return: the name of the call, the caller's to free(); NULL: unknown */
char *arch_call_name(uint32_t audit_arch, uint32_t nr);

/* Does libseccomp know such a call, on whatever ABI? */
bool arch_knows(const char *name);

/* Return: the multiplexer that does @name, too, on ABIs that have it:
 * "socketcall" or "ipc", whose first argument selects the call; NULL: none */
const char *arch_multiplexer(const char *name);
