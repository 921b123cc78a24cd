/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The ABIs that libseccomp knows, by the names it has for them.  x32 is one of
 * its own here, although struct seccomp_data says x86-64's arch for it.
 */

#include <stddef.h>
#include <stdint.h>

struct abi {
	const char *name; /* "x86", "x86_64", "x32", "aarch64", ... */
	uint32_t token;	  /* libseccomp's SCMP_ARCH_* */
	uint32_t arch;	  /* as in struct seccomp_data */
};

#define ABI_MAX 32

/* Those that this libseccomp has. Return: how many, at most ABI_MAX */
size_t abi_list(struct abi *ret);
/* Return: 0, or -ENOENT */
int abi_from_name(const char *name, struct abi *ret);
void abi_native(struct abi *ret);
/* Return: the number of @syscall, or a negative one where the ABI has none */
int abi_number(const struct abi *abi, const char *syscall);
/* The same, but also where libseccomp tells a made-up number, for there is an
 * older call that does many things (socketcall, ipc): of these policies know
 * nothing, see compile.c. */
int abi_kernel_number(const struct abi *abi, const char *syscall);
/* The ABI of a notified call. Return: 0, or -ENOENT */
int abi_of(uint32_t arch, uint32_t nr, struct abi *ret);
