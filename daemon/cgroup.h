/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The cgroups of a process: its path in each hierarchy, as deputyd sees them
 * (cgroups(7), /proc/PID/cgroup), each path once.
 *
 * Who owns a cgroup names those below it. The kernel lets no name hold a
 * newline or a slash; it may hold any other byte.
 */

#include <stddef.h>

/* More than the hierarchies of a host take. A path has less than PATH_MAX
 * bytes: beyond that the kernel gives an error for the whole file. */
#define CGROUP_FILE_MAX_BYTES ((size_t)64 * 1024)
#define CGROUPS_MAX	      64

struct cgroups {
	const char **paths; /* NULL: none */
	size_t n;
	char *text; /* what they point into */
};

/**
 * cgroups_read() - of a process
 * @proc_fd: its directory in /proc
 * @ret:     written on success only; the caller's to cgroups_done()
 * Return: 0, or a negative errno: -EFBIG over a limit, -EPROTO for what no
 * kernel writes
 */
int cgroups_read(int proc_fd, struct cgroups *ret);

/* The same of a file's text. @text_taken: NUL-terminated, from malloc() */
int cgroups_parse(char *text_taken, struct cgroups *ret);

void cgroups_done(struct cgroups *c);
static inline void cgroups_done_cleanup(struct cgroups *c)
{
	cgroups_done(c);
}
