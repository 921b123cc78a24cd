// SPDX-License-Identifier: LGPL-2.1-or-later
#include "lib/oom.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/oom.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/own.h"

int oom_shift(int by, int at_least)
{
	AUTO(fd_close) int fd =
		open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
	char text[16] = "";
	ssize_t n;
	int adj;

	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		return -errno;
	adj = atoi(text) + by;
	if (adj < at_least)
		adj = at_least;
	if (adj > OOM_SCORE_ADJ_MAX)
		adj = OOM_SCORE_ADJ_MAX;
	n = snprintf(text, sizeof(text), "%d", adj);
	return pwrite(fd, text, (size_t)n, 0) == n ? 0 : -errno;
}
