// SPDX-License-Identifier: LGPL-2.1-or-later
#include "policy/abi.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <seccomp.h>

#include "lib/own.h"

#define X32_BIT UINT32_C(0x40000000) /* __X32_SYSCALL_BIT */

/* libseccomp tells a token of a name, but no name of a token. */
static const char *const names[] = {
	"x86",	       "x86_64", "x32",	      "arm",	 "aarch64",
	"mips",	       "mips64", "mips64n32", "mipsel",	 "mipsel64",
	"mipsel64n32", "ppc",	 "ppc64",     "ppc64le", "s390",
	"s390x",       "parisc", "parisc64",  "riscv64", "loongarch64",
	"m68k",	       "sh",	 "sheb",
};
_Static_assert(ARRAY_SIZE(names) <= ABI_MAX, "room for all");

int abi_from_name(const char *name, struct abi *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		uint32_t token;

		if (strcmp(names[i], name) != 0)
			continue;
		token = seccomp_arch_resolve_name(name);
		if (!token)
			break;
		*ret = (struct abi){
			.name = names[i],
			.token = token,
			.arch = token == SCMP_ARCH_X32 ? SCMP_ARCH_X86_64 : token,
		};
		return 0;
	}
	return -ENOENT;
}

size_t abi_list(struct abi *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (abi_from_name(names[i], &ret[n]) == 0)
			n++;
	return n;
}

int abi_of(uint32_t arch, uint32_t nr, struct abi *ret)
{
	bool x32 = arch == SCMP_ARCH_X86_64 && (nr & X32_BIT);
	struct abi all[ABI_MAX];
	size_t n = abi_list(all);

	for (size_t i = 0; i < n; i++)
		if (all[i].token == (x32 ? SCMP_ARCH_X32 : arch)) {
			*ret = all[i];
			return 0;
		}
	return -ENOENT;
}

void abi_native(struct abi *ret)
{
	struct abi all[ABI_MAX];
	size_t n = abi_list(all);

	for (size_t i = 0; i < n; i++)
		if (all[i].token == seccomp_arch_native())
			*ret = all[i];
}

int abi_number(const struct abi *abi, const char *syscall)
{
	return seccomp_syscall_resolve_name_arch(abi->token, syscall);
}

#define NR_MAX 8191 /* mips has 4000 and more */

int abi_kernel_number(const struct abi *abi, const char *syscall)
{
	int known = abi_number(abi, syscall);

	if (known >= 0 || known == __NR_SCMP_ERROR)
		return known;
	for (int nr = 0; nr <= NR_MAX; nr++) {
		char *name = seccomp_syscall_resolve_num_arch(abi->token, nr);
		bool same = name && strcmp(name, syscall) == 0;

		free(name);
		if (same)
			return nr;
	}
	return known;
}
