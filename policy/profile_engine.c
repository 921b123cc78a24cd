// SPDX-License-Identifier: LGPL-2.1-or-later
#include "policy/profile_engine.h"

#include <stdio.h>
#include <sys/un.h>

#include "policy/nearest.h"
#include "policy/profile.h"

/* Measured with runc 1.1.5 and crun 1.8.1: any other call of theirs may be
 * notified, for the listener is handed over before an answer is waited for. */
static const struct {
	const char *name, *why;
} unfit[] = {
	{ "write", "runc and youki refuse a profile that notifies on it" },
	{ "sendmsg", "crun before 1.6 and youki hang, for they send the "
		     "listener by it" },
};

const char *profile_never(const char *syscall)
{
	for (size_t i = 0; i < ARRAY_SIZE(unfit); i++)
		if (strcmp(unfit[i].name, syscall) == 0)
			return unfit[i].why;
	return NULL;
}

static const struct profile_arch arches[] = {
	{ SCMP_ARCH_X86_64,
	  "SCMP_ARCH_X86_64",
	  { "SCMP_ARCH_X86", "SCMP_ARCH_X32" } },
	{ SCMP_ARCH_AARCH64, "SCMP_ARCH_AARCH64", { "SCMP_ARCH_ARM" } },
	{ SCMP_ARCH_MIPS64,
	  "SCMP_ARCH_MIPS64",
	  { "SCMP_ARCH_MIPS", "SCMP_ARCH_MIPS64N32" } },
	{ SCMP_ARCH_MIPSEL64,
	  "SCMP_ARCH_MIPSEL64",
	  { "SCMP_ARCH_MIPSEL", "SCMP_ARCH_MIPSEL64N32" } },
	{ SCMP_ARCH_PPC64LE, "SCMP_ARCH_PPC64LE", { NULL } },
	{ SCMP_ARCH_RISCV64, "SCMP_ARCH_RISCV64", { NULL } },
	{ SCMP_ARCH_S390X, "SCMP_ARCH_S390X", { "SCMP_ARCH_S390" } },
	{ SCMP_ARCH_X86, "SCMP_ARCH_X86", { NULL } },
	{ SCMP_ARCH_ARM, "SCMP_ARCH_ARM", { NULL } },
};

const struct profile_arch *profile_arch_next(const struct profile_arch *last)
{
	size_t next = last ? (size_t)(last - arches) + 1 : 0;

	return next < ARRAY_SIZE(arches) ? &arches[next] : NULL;
}

const char *profile_listener_complaint(const char *path)
{
	if (*path != '/')
		return "the listener's path must begin with a slash";
	if (strlen(path) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return "the listener's path is too long for a socket";
	return NULL;
}

const struct doc_policy *profile_policy(const struct doc *d, const char *name,
					struct diags *diags)
{
	struct nearest near;
	char hint[96];

	if (!name && d->n_policies == 1)
		return &d->policies[0];
	if (!name) {
		diags_add(diags, DIAG_ERROR, 0, 0, "/policies",
			  "%zu policies: choose one with --policy",
			  d->n_policies);
		return NULL;
	}
	nearest_init(&near, name);
	for (size_t i = 0; i < d->n_policies; i++) {
		if (strcmp(d->policies[i].name, name) == 0)
			return &d->policies[i];
		nearest_offer(&near, d->policies[i].name);
	}
	diags_add(diags, DIAG_ERROR, 0, 0, "/policies", "no policy \"%.64s\"%s",
		  name, nearest_hint(&near, hint, sizeof(hint)));
	return NULL;
}
