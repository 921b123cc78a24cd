// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/own.h"

static bool holds(const struct cgroups *c, const char *path)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->paths[i], path) == 0)
			return true;
	return false;
}

/* Of ID:CONTROLLERS:PATH, the last, which may hold more colons. NULL: no such */
static const char *path_of(char *line)
{
	char *colon = strchr(line, ':');

	colon = colon ? strchr(colon + 1, ':') : NULL;
	return colon && colon[1] == '/' ? colon + 1 : NULL;
}

int cgroups_parse(char *text_taken, struct cgroups *ret)
{
	AUTO(cgroups_done) struct cgroups c = { .text = text_taken };
	char *line = text_taken, *end;

	c.paths = calloc(CGROUPS_MAX, sizeof(*c.paths));
	if (!c.paths)
		return -ENOMEM;
	for (; *line; line = end + 1) {
		const char *path;

		end = strchr(line, '\n');
		if (!end)
			return -EPROTO;
		*end = '\0';
		path = path_of(line);
		if (!path)
			return -EPROTO;
		if (holds(&c, path))
			continue;
		if (c.n == CGROUPS_MAX)
			return -EFBIG;
		c.paths[c.n++] = path;
	}
	*ret = c;
	c = (struct cgroups){ .paths = NULL };
	return 0;
}

static char *shrink(char *text, size_t bytes)
{
	char *less = realloc(text, bytes);

	return less ?: text;
}

int cgroups_read(int proc_fd, struct cgroups *ret)
{
	AUTO(fd_close) int fd = openat(proc_fd, "cgroup", O_RDONLY | O_CLOEXEC);
	AUTO(free_ptr) char *text = NULL;
	size_t n = 0;
	ssize_t r;

	if (fd < 0)
		return -errno;
	text = malloc(CGROUP_FILE_MAX_BYTES + 1);
	if (!text)
		return -ENOMEM;
	while ((r = read(fd, text + n, CGROUP_FILE_MAX_BYTES + 1 - n)) > 0) {
		n += (size_t)r;
		if (n > CGROUP_FILE_MAX_BYTES)
			return -EFBIG;
	}
	if (r < 0)
		return -errno;
	text[n] = '\0';
	if (strlen(text) != n)
		return -EPROTO;
	return cgroups_parse(shrink(TAKE_PTR(text), n + 1), ret);
}

void cgroups_done(struct cgroups *c)
{
	free(c->paths);
	free(c->text);
	*c = (struct cgroups){ .paths = NULL };
}
