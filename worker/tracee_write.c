// SPDX-License-Identifier: LGPL-2.1-or-later
#include "worker/tracee_write.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/own.h"
#include "worker/tracee.h"

/* Its lines say "START-END PERMS ..." and may be long at the end. */
#define MAPS_BUF_BYTES 8192

static int open_one(int proc_fd, const char *name, int flags, int *ret_fd)
{
	int fd = openat(proc_fd, name, flags | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT || errno == ESRCH ? TRACEE_GONE : -errno;
	*ret_fd = fd;
	return TRACEE_OK;
}

int tracee_memory_open(int proc_fd, struct tracee_memory *m)
{
	int r = open_one(proc_fd, "mem", O_RDWR, &m->mem_fd);

	if (r == TRACEE_OK)
		r = open_one(proc_fd, "maps", O_RDONLY, &m->maps_fd);
	return r;
}

void tracee_memory_close(struct tracee_memory *m)
{
	m->mem_fd = fd_close(m->mem_fd);
	m->maps_fd = fd_close(m->maps_fd);
}

/* How far the caller itself could write, up to @end. */
struct reach {
	uint64_t at, end;
};

/* One line of maps. Return: whether the next could bring it further */
static bool reach_line(struct reach *r, const char *line)
{
	uint64_t first, last;
	char perms[5];

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s", &first, &last, perms) != 3)
		return false;
	if (last <= r->at)
		return true;
	if (first > r->at || perms[1] != 'w')
		return false;
	r->at = last;
	return r->at < r->end;
}

/* All whole lines of the @n bytes in @buf. Return: bytes used; 0: no more */
static size_t reach_lines(struct reach *r, char *buf, size_t n)
{
	size_t used = 0;
	char *newline;

	while ((newline = memchr(buf + used, '\n', n - used))) {
		*newline = '\0';
		if (!reach_line(r, buf + used))
			return 0;
		used = (size_t)(newline - buf) + 1;
	}
	return used;
}

/* Return: 0 or a negative errno of ours */
static int reach_find(int maps_fd, struct reach *r)
{
	static char buf[MAPS_BUF_BYTES];
	size_t n = 0, used;

	for (;;) {
		ssize_t got = read(maps_fd, buf + n, sizeof(buf) - n);

		if (got <= 0)
			return got < 0 ? -errno : 0;
		n += (size_t)got;
		used = reach_lines(r, buf, n);
		if (used == 0)
			return 0;
		n -= used;
		memmove(buf, buf + used, n);
	}
}

int tracee_memory_write(const struct tracee_memory *m, uint64_t addr,
			const void *buf, size_t size)
{
	struct reach reach = { .at = addr, .end = addr + size };
	size_t fits;
	ssize_t n;
	int r;

	if (size == 0)
		return TRACEE_OK;
	if (reach.end < addr)
		return TRACEE_FAULT;
	r = reach_find(m->maps_fd, &reach);
	if (r < 0)
		return r;
	fits = reach.at < reach.end ? (size_t)(reach.at - addr) : size;
	n = fits ? pwrite(m->mem_fd, buf, fits, (off_t)addr) : 0;
	if (n == 0 && fits)
		return TRACEE_GONE; /* the memory is no more */
	return n == (ssize_t)size ? TRACEE_OK : TRACEE_FAULT;
}
