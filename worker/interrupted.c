// SPDX-License-Identifier: LGPL-2.1-or-later
#include "worker/interrupted.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/own.h"

static struct record {
	pid_t tid; /* 0: free */
	uint64_t start_ticks; /* with the tid, that very thread */
	struct seccomp_data data; /* its instruction pointer, too */
	struct made made;
} records[INTERRUPTED_MAX];
static unsigned next, kept;

/* Field 22 of proc_pid_stat(5), counted behind the name, which ends with the
 * last ')'. Return: 0 when the thread is gone */
static uint64_t start_ticks(const struct home *h, pid_t tid)
{
	char path[32], text[1024], *p;
	ssize_t n;
	AUTO(fd_close) int fd = -1;

	(void)snprintf(path, sizeof(path), "%d/stat", tid);
	fd = openat(h->proc_fd, path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n < 0)
		return 0;
	text[n] = '\0';
	p = strrchr(text, ')');
	for (int field = 2; p && field < 22; field++)
		p = strchr(p + 1, ' ');
	return p ? strtoull(p, NULL, 10) : 0;
}

void interrupted_keep(const struct home *h, pid_t tid,
		      const struct seccomp_data *data, const struct made *made)
{
	struct record *r = &records[next];
	uint64_t start = start_ticks(h, tid);

	if (start == 0) /* killed: nobody comes back */
		return;
	next = (next + 1) % INTERRUPTED_MAX;
	kept += r->tid == 0;
	*r = (struct record){ tid, start, *data, *made };
}

bool interrupted_take(const struct home *h, pid_t tid,
		      const struct seccomp_data *data, struct made *ret_made)
{
	for (unsigned i = 0; kept && i < INTERRUPTED_MAX; i++) {
		struct record *r = &records[i];

		if (r->tid != tid)
			continue;
		r->tid = 0;
		kept--;
		if (memcmp(&r->data, data, sizeof(*data)) != 0 ||
		    start_ticks(h, tid) != r->start_ticks)
			return false;
		*ret_made = r->made;
		return true;
	}
	return false;
}
