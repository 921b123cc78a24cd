// SPDX-License-Identifier: LGPL-2.1-or-later
#include "lib/fds.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <stdlib.h>
#include <unistd.h>

static int mark_each(int first)
{
	DIR *d = opendir("/proc/self/fd");
	const struct dirent *e;
	int r = 0;

	if (!d)
		return -errno;
	while (r == 0 && (e = readdir(d))) {
		int fd = atoi(e->d_name); /* 0 for "." and ".." */

		if (fd >= first && fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
			r = -errno;
	}
	(void)closedir(d);
	return r;
}

int fds_close_on_exec(int first)
{
	if (close_range((unsigned)first, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
		return 0;
	return mark_each(first);
}
