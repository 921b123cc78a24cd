// SPDX-License-Identifier: LGPL-2.1-or-later
#include "policy/arch.h"

#include <stdlib.h>
#include <string.h>

#include <pthread.h>
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

/* Calls younger than the oldest libseccomp that we build with. Since Linux 5.1
 * a new call has the same number on every ABI, plus the ABI's base. */
static const struct {
	const char *name;
	int nr;
} young[] = {
	{ "setxattrat", 463 },
	{ "getxattrat", 464 },
	{ "listxattrat", 465 },
	{ "removexattrat", 466 },
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

const struct arch *arch_find(const char *name)
{
	for (size_t i = 0; i < n_arches; i++)
		if (strcmp(arches[i].name, name) == 0)
			return &arches[i];
	return NULL;
}

static const struct arch *of_token(uint32_t token)
{
	for (size_t i = 0; i < n_arches; i++)
		if (arches[i].token == token)
			return &arches[i];
	return NULL;
}

#define X32_BIT UINT32_C(0x40000000) /* __X32_SYSCALL_BIT */

const struct arch *arch_of(uint32_t audit_arch, uint32_t nr)
{
	bool x32 = audit_arch == SCMP_ARCH_X86_64 && (nr & X32_BIT);

	return of_token(x32 ? SCMP_ARCH_X32 : audit_arch);
}

const struct arch *arch_native(void)
{
	return of_token(seccomp_arch_native());
}

uint32_t arch_bit(const struct arch *a)
{
	return UINT32_C(1) << (a - arches);
}

/* -- calls that are multiplexed ----------------------------------------------------- */

static const struct {
	const char *by, *name;
} muxed[] = {
#define X(by, name) { #by, #name },
#include "policy/mux.def"
#undef X
};

#define NUMBERS 1024 /* of an ABI, from its first; some 470 are taken */

/* 0: none, or libseccomp tells it; no muxed call has number 0 */
static int muxed_numbers[ARCHES_MAX][ARRAY_SIZE(muxed)];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static bool is_made_up(int nr)
{
	return nr < 0 && nr != __NR_SCMP_ERROR;
}

static void find_number(size_t arch, int nr, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(muxed); i++)
		if (strcmp(muxed[i].name, name) == 0)
			muxed_numbers[arch][i] = nr;
}

/* libseccomp knows the name of each number, if not the number of each name. */
static void find_numbers(void)
{
	for (size_t i = 0; i < n_arches; i++) {
		int first = first_number(&arches[i]);
		int nr = seccomp_syscall_resolve_name_arch(arches[i].token,
							   muxed[0].name);

		for (int k = 0; is_made_up(nr) && k < NUMBERS; k++) {
			char *name = seccomp_syscall_resolve_num_arch(
				arches[i].token, first + k);

			if (name)
				find_number(i, first + k, name);
			free(name);
		}
	}
}

/* Return: @otherwise where it has none */
static int muxed_number(const struct arch *a, const char *name, int otherwise)
{
	for (size_t i = 0; i < ARRAY_SIZE(muxed); i++)
		if (strcmp(muxed[i].name, name) == 0) {
			(void)pthread_once(&once, find_numbers);
			return muxed_numbers[a - arches][i] ?: otherwise;
		}
	return otherwise;
}

const char *arch_multiplexer(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(muxed); i++)
		if (strcmp(muxed[i].name, name) == 0)
			return muxed[i].by;
	return NULL;
}

/* -- all calls ---------------------------------------------------------------------- */

static int young_number(const struct arch *a, const char *name, int otherwise)
{
	for (size_t i = 0; i < ARRAY_SIZE(young); i++)
		if (strcmp(young[i].name, name) == 0)
			return first_number(a) + young[i].nr;
	return otherwise;
}

int arch_number(const struct arch *a, const char *name)
{
	int nr = seccomp_syscall_resolve_name_arch(a->token, name);

	if (nr < 0)
		nr = young_number(a, name, nr);
	return is_made_up(nr) ? muxed_number(a, name, nr) : nr;
}

char *arch_call_name(uint32_t audit_arch, uint32_t nr)
{
	const struct arch *a = arch_of(audit_arch, nr);

	for (size_t i = 0; a && i < ARRAY_SIZE(young); i++)
		if ((uint32_t)(first_number(a) + young[i].nr) == nr)
			return strdup(young[i].name);
	return a ? seccomp_syscall_resolve_num_arch(a->token, (int)nr) : NULL;
}

bool arch_knows(const char *name)
{
	return seccomp_syscall_resolve_name(name) != __NR_SCMP_ERROR ||
	       young_number(arches, name, -1) >= 0;
}
