// SPDX-License-Identifier: LGPL-2.1-or-later
#include "policy/arch.h"

#include <seccomp.h>

#include "lib/own.h"

#define ROW(name, token)                                                       \
	{                                                                      \
		name, token, token                                             \
	} /* libseccomp's is the kernel's */

const struct arch arches[] = {
	ROW("x86", SCMP_ARCH_X86),
	ROW("x86_64", SCMP_ARCH_X86_64),
	{ "x32", SCMP_ARCH_X32, SCMP_ARCH_X86_64 },
	ROW("arm", SCMP_ARCH_ARM),
	ROW("aarch64", SCMP_ARCH_AARCH64),
	ROW("mips", SCMP_ARCH_MIPS),
	ROW("mips64", SCMP_ARCH_MIPS64),
	ROW("mips64n32", SCMP_ARCH_MIPS64N32),
	ROW("mipsel", SCMP_ARCH_MIPSEL),
	ROW("mipsel64", SCMP_ARCH_MIPSEL64),
	ROW("mipsel64n32", SCMP_ARCH_MIPSEL64N32),
	ROW("ppc", SCMP_ARCH_PPC),
	ROW("ppc64", SCMP_ARCH_PPC64),
	ROW("ppc64le", SCMP_ARCH_PPC64LE),
	ROW("s390", SCMP_ARCH_S390),
	ROW("s390x", SCMP_ARCH_S390X),
	ROW("parisc", SCMP_ARCH_PARISC),
	ROW("parisc64", SCMP_ARCH_PARISC64),
	ROW("riscv64", SCMP_ARCH_RISCV64),
#ifdef SCMP_ARCH_LOONGARCH64
	ROW("loongarch64", SCMP_ARCH_LOONGARCH64),
#endif
#ifdef SCMP_ARCH_M68K
	ROW("m68k", SCMP_ARCH_M68K),
#endif
#ifdef SCMP_ARCH_SH
	ROW("sh", SCMP_ARCH_SH),
	ROW("sheb", SCMP_ARCH_SHEB),
#endif
};
const size_t n_arches = ARRAY_SIZE(arches);

_Static_assert(ARRAY_SIZE(arches) <= ARCHES_MAX, "a bit for each");
