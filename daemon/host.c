// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/host.h"

#include <stdbool.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/fds.h"
#include "lib/listener.h"

/* A process that takes over a container's ids would become ptraceable for it
 * (prctl(2), PR_SET_DUMPABLE: 1 after a change of ids). */
static bool suid_dumpable_is_1(void)
{
	FILE *f = fopen("/proc/sys/fs/suid_dumpable", "re");
	int c = 0;

	if (f) {
		c = fgetc(f);
		(void)fclose(f);
	}
	return c == '1';
}

const char *host_unfit(void)
{
	if (geteuid() != 0)
		return "must run as root: it acts with root's capabilities";
	if (suid_dumpable_is_1())
		return "fs.suid_dumpable is 1, containers could trace workers: "
		       "set it to 0 or 2 (sysctl fs.suid_dumpable=2)";
	if (listener_sizes_fit() < 0)
		return "this kernel's seccomp notifications are missing or too "
		       "big";
	return NULL;
}

void host_raise_fd_limit(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_cur < l.rlim_max) {
		l.rlim_cur = l.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &l);
	}
}

int host_keep_fds(void)
{
	return fds_close_on_exec(STDERR_FILENO + 1);
}
