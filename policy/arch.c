// SPDX-License-Identifier: LGPL-2.1-or-later
#include "policy/arch.h"

#include <string.h>

#include <seccomp.h>

#include "lib/own.h"

#define ROW(name, token)                                                       \
	{                                                                      \
		name, token, token                                             \
	} /* libseccomp's is the kernel's */

const struct arch arches[] = {
	ROW("x86", SCMP_ARCH_X86),
	ROW("x86_64", SCMP_ARCH_X86_64),
	{"x32", SCMP_ARCH_X32, SCMP_ARCH_X86_64},
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

/* Calls younger than the oldest libseccomp that we build with. Since Linux 5.1
 * a new call has one number everywhere, but for where an ABI's begin. */
static const struct {
	const char *name;
	int nr;
} young[] = {
	{"setxattrat", 463},
	{"getxattrat", 464},
	{"listxattrat", 465},
	{"removexattrat", 466},
};

static int first_number(const struct arch *a)
{
	switch (a->token) {
	case SCMP_ARCH_X32:
		return 0x40000000;
	case SCMP_ARCH_MIPS:
	case SCMP_ARCH_MIPSEL:
		return 4000;
	case SCMP_ARCH_MIPS64:
	case SCMP_ARCH_MIPSEL64:
		return 5000;
	case SCMP_ARCH_MIPS64N32:
	case SCMP_ARCH_MIPSEL64N32:
		return 6000;
	default:
		return 0;
	}
}

int arch_number(const struct arch *a, const char *name)
{
	int nr = seccomp_syscall_resolve_name_arch(a->token, name);

	for (size_t i = 0; nr < 0 && i < ARRAY_SIZE(young); i++)
		if (strcmp(young[i].name, name) == 0)
			return first_number(a) + young[i].nr;
	return nr;
}
