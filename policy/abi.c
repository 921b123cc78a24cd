// SPDX-License-Identifier: LGPL-2.1-or-later
#include "policy/abi.h"

#include <linux/audit.h>
#include <stddef.h>

#include "lib/own.h"

#define X32_BIT UINT32_C(0x40000000) /* __X32_SYSCALL_BIT */

static const struct {
	uint32_t arch;
	const char *name;
} abis[] = {
	{ AUDIT_ARCH_I386, "x86" },
	{ AUDIT_ARCH_X86_64, "x86_64" },
	{ AUDIT_ARCH_ARM, "arm" },
	{ AUDIT_ARCH_AARCH64, "aarch64" },
	{ AUDIT_ARCH_MIPS, "mips" },
	{ AUDIT_ARCH_MIPS64, "mips64" },
	{ AUDIT_ARCH_MIPS64N32, "mips64n32" },
	{ AUDIT_ARCH_MIPSEL, "mipsel" },
	{ AUDIT_ARCH_MIPSEL64, "mipsel64" },
	{ AUDIT_ARCH_MIPSEL64N32, "mipsel64n32" },
	{ AUDIT_ARCH_PPC, "ppc" },
	{ AUDIT_ARCH_PPC64, "ppc64" },
	{ AUDIT_ARCH_PPC64LE, "ppc64le" },
	{ AUDIT_ARCH_S390, "s390" },
	{ AUDIT_ARCH_S390X, "s390x" },
	{ AUDIT_ARCH_PARISC, "parisc" },
	{ AUDIT_ARCH_PARISC64, "parisc64" },
	{ AUDIT_ARCH_RISCV64, "riscv64" },
#ifdef AUDIT_ARCH_LOONGARCH64
	{ AUDIT_ARCH_LOONGARCH64, "loongarch64" },
#endif
	{ AUDIT_ARCH_M68K, "m68k" },
	{ AUDIT_ARCH_SHEL, "sh" },
	{ AUDIT_ARCH_SH, "sheb" },
};

const char *abi_name(uint32_t audit_arch, uint32_t nr)
{
	if (audit_arch == AUDIT_ARCH_X86_64 && (nr & X32_BIT))
		return "x32";
	for (size_t i = 0; i < ARRAY_SIZE(abis); i++)
		if (abis[i].arch == audit_arch)
			return abis[i].name;
	return "?";
}
