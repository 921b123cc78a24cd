// SPDX-License-Identifier: LGPL-2.1-or-later
/* doctor: the kernel, the rights that deputyd would have, security modules. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "ctl/doctor.h"
#include "lib/kfeat.h"
#include "lib/own.h"
#include "worker/caps.h"

static void one_feature(struct doctor *d, enum kfeat f, uint32_t mask)
{
	const struct kfeat_info *info = &kfeats[f];
	enum doctor_state state = DOCTOR_NOTE;
	char advice[128];

	if (mask & KFEAT_BIT(f)) {
		doctor_find(d, DOCTOR_GOOD, info->name, NULL, "%s", info->use);
		return;
	}
	(void)snprintf(advice, sizeof(advice),
		       *info->since > '9' ? "a kernel with %s has it" :
					    "Linux %s and newer has it",
		       info->since);
	/* What a policy needs of the others, the check of its files says. */
	if (f == KFEAT_NOTIFY)
		state = DOCTOR_BAD;
	doctor_find(d, state, info->name, advice, "missing: %s", info->use);
}

void doctor_kernel(struct doctor *d)
{
	struct utsname u;
	uint32_t mask = 0;
	int r = kfeat_probe(&mask);

	if (uname(&u) == 0)
		doctor_find(d, DOCTOR_GOOD, "release", NULL, "%s %s",
			    u.sysname, u.release);
	if (r == -EBUSY) {
		doctor_find(d, DOCTOR_BAD, "inherited listener",
			    "start the engine, or this shell, outside of the "
			    "container or service whose filter it is",
			    "this process is under a filter with a listener "
			    "already: the kernel lets it have no other (EBUSY), "
			    "nor any container that it starts");
		return;
	}
	if (r < 0) {
		doctor_find(d, DOCTOR_BAD, "seccomp",
			    "Linux 5.8 and newer with CONFIG_SECCOMP_FILTER is "
			    "needed", "no filter could be loaded: %s",
			    strerror(-r));
		return;
	}
	for (int f = 0; f < KFEATS; f++)
		one_feature(d, (enum kfeat)f, mask);
}

/* ARCHITECTURE.md, the table of processes. */
static const struct {
	const char *name;
	uint64_t bit;
} capabilities[] = {
	{ "CAP_SYS_ADMIN", CAP_BIT(SYS_ADMIN) },
	{ "CAP_SYS_PTRACE", CAP_BIT(SYS_PTRACE) },
	{ "CAP_SYS_CHROOT", CAP_BIT(SYS_CHROOT) },
	{ "CAP_MKNOD", CAP_BIT(MKNOD) },
	{ "CAP_SETUID", CAP_BIT(SETUID) },
	{ "CAP_SETGID", CAP_BIT(SETGID) },
	{ "CAP_DAC_OVERRIDE", CAP_BIT(DAC_OVERRIDE) },
	{ "CAP_FSETID", CAP_BIT(FSETID) },
	{ "CAP_KILL", CAP_BIT(KILL) },
};

/* Return: whether the file's first line could be read */
static bool read_line(const char *path, char *buf, size_t size)
{
	FILE *f = fopen(path, "re");
	bool good = f && fgets(buf, (int)size, f);

	if (good)
		buf[strcspn(buf, "\n")] = '\0';
	if (f)
		(void)fclose(f);
	return good;
}

void doctor_rights(struct doctor *d)
{
	char missing[256] = "", line[128];
	unsigned long long effective = 0;
	FILE *f = fopen("/proc/self/status", "re");

	while (f && fgets(line, sizeof(line), f))
		(void)sscanf(line, "CapEff: %llx", &effective);
	if (f)
		(void)fclose(f);
	for (size_t i = 0; i < ARRAY_SIZE(capabilities); i++)
		if (!(effective & capabilities[i].bit))
			(void)snprintf(missing + strlen(missing),
				       sizeof(missing) - strlen(missing),
				       "%s%s", *missing ? ", " : "",
				       capabilities[i].name);
	if (geteuid() != 0)
		doctor_find(d, DOCTOR_NOTE, "rights",
			    "ask again as root to see what deputyd would see",
			    "not root: deputyd runs as root");
	else if (*missing && d->deputyd_answers)
		doctor_find(d, DOCTOR_NOTE, "rights", NULL,
			    "deputyd runs; one started from here would miss: %s",
			    missing);
	else if (*missing)
		doctor_find(d, DOCTOR_BAD, "rights",
			    "give the service or container that deputyd runs in "
			    "these capabilities", "missing: %s", missing);
	else
		doctor_find(d, DOCTOR_GOOD, "rights", NULL,
			    "all capabilities that deputyd and its workers use");
}

void doctor_user_namespace(struct doctor *d)
{
	char map[128] = "";
	unsigned inside = 1, outside = 1;
	unsigned long long count = 0;

	if (!read_line("/proc/self/uid_map", map, sizeof(map)) ||
	    sscanf(map, "%u %u %llu", &inside, &outside, &count) != 3)
		return;
	if (inside == 0 && outside == 0 && count == 4294967295)
		doctor_find(d, DOCTOR_GOOD, "user namespace", NULL,
			    "the initial one");
	else if (d->deputyd_answers)
		doctor_find(d, DOCTOR_NOTE, "user namespace", NULL,
			    "deputyd runs, but this shell is not in the initial "
			    "one: containers that it starts are nested ones");
	else
		doctor_find(d, DOCTOR_BAD, "user namespace",
			    "run deputyd on the host, or in a privileged "
			    "container", "not the initial one: no device node "
			    "can be made from here");
}

/* The kernel's limits on user namespaces, without which nothing is emulated. */
static const struct {
	const char *path, *name;
	enum doctor_state at_zero;
	const char *advice;
} limits[] = {
	{ "/proc/sys/user/max_user_namespaces", "user namespaces", DOCTOR_BAD,
	  "sysctl user.max_user_namespaces=10000" },
	{ "/proc/sys/kernel/unprivileged_userns_clone", "rootless", DOCTOR_NOTE,
	  "sysctl kernel.unprivileged_userns_clone=1, for rootless containers" },
};

void doctor_limits(struct doctor *d)
{
	char line[32];

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		bool zero;

		if (!read_line(limits[i].path, line, sizeof(line)))
			continue;
		zero = strcmp(line, "0") == 0;
		doctor_find(d, zero ? limits[i].at_zero : DOCTOR_GOOD,
			    limits[i].name, zero ? limits[i].advice : NULL,
			    "%s is %s", limits[i].path, line);
	}
}

/* Those that have a say in what deputy does for a container. */
static const struct {
	const char *name, *advice;
} modules[] = {
	{ "apparmor",
	  "a profile over deputyd must allow ptrace (read), mount and mknod; "
	  "containers' own profiles judge open, not what deputy makes" },
	{ "selinux",
	  "nodes get the label of deputyd's domain: allow your container domain "
	  "to use it, or relabel" },
	{ "smack", "nodes get deputyd's label" },
	{ "tomoyo", "its policy must let deputyd mount and mknod" },
};

void doctor_security_modules(struct doctor *d)
{
	char list[256];

	if (!read_line("/sys/kernel/security/lsm", list, sizeof(list))) {
		doctor_find(d, DOCTOR_NOTE, "security modules",
			    "mount -t securityfs securityfs "
			    "/sys/kernel/security",
			    "cannot tell: securityfs is not mounted");
		return;
	}
	doctor_find(d, DOCTOR_GOOD, "security modules", NULL, "%s",
		    list);
	for (size_t i = 0; i < ARRAY_SIZE(modules); i++)
		if (strstr(list, modules[i].name))
			doctor_find(d, DOCTOR_NOTE, modules[i].name,
				    modules[i].advice, "is active");
	if (strstr(list, "yama")) {
		char scope[8];

		if (read_line("/proc/sys/kernel/yama/ptrace_scope", scope,
			      sizeof(scope)) &&
		    strcmp(scope, "3") == 0)
			doctor_find(d, DOCTOR_BAD, "yama",
				    "set kernel.yama.ptrace_scope below 3 (a "
				    "reboot is needed)",
				    "ptrace_scope 3 forbids to read a caller's "
				    "memory");
	}
}
