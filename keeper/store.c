// SPDX-License-Identifier: LGPL-2.1-or-later
#include "keeper/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/own.h"

#define FIRST_FD (STDERR_FILENO + 1)

static bool is_name(const char *s)
{
	size_t n = 0;

	for (; s[n]; n++)
		if (s[n] <= ' ' || s[n] == ':' || s[n] > '~')
			return false;
	return n > 0 && n <= STORE_NAME_MAX;
}

static int make_room(struct store *s, size_t bytes)
{
	struct store_item *items;
	size_t room = s->room ? s->room * 2 : 64;

	if (s->n == STORE_FDS_MAX ||
	    s->names_bytes + bytes > STORE_NAMES_MAX_BYTES)
		return -ENOSPC;
	if (s->n < s->room)
		return 0;
	items = reallocarray(s->items, room, sizeof(*items));
	if (!items)
		return -ENOMEM;
	s->items = items;
	s->room = room;
	return 0;
}

int store_add(struct store *s, const char *name, int fd_taken)
{
	AUTO(fd_close) int fd = fd_taken;
	char *copy;
	int r = is_name(name) ? make_room(s, strlen(name) + 1) : -EINVAL;

	if (r < 0)
		return r;
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	s->items[s->n++] = (struct store_item){ TAKE_FD(fd), copy };
	s->names_bytes += strlen(name) + 1;
	return 0;
}

size_t store_remove(struct store *s, const char *name)
{
	size_t kept = 0, removed;

	for (size_t i = 0; i < s->n; i++) {
		struct store_item *item = &s->items[i];

		if (strcmp(item->name, name) != 0) {
			s->items[kept++] = *item;
			continue;
		}
		(void)fd_close(item->fd);
		s->names_bytes -= strlen(name) + 1;
		free(item->name);
	}
	removed = s->n - kept;
	s->n = kept;
	return removed;
}

int store_lay_out(struct store *s)
{
	const int behind = FIRST_FD + (int)s->n;

	for (size_t i = 0; i < s->n; i++) {
		int *fd = &s->items[i].fd;

		if (*fd < behind) {
			int moved = fcntl(*fd, F_DUPFD_CLOEXEC, behind);

			if (moved < 0)
				return -errno;
			(void)close(*fd);
			*fd = moved;
		}
	}
	for (size_t i = 0; i < s->n; i++) {
		int *fd = &s->items[i].fd;

		if (dup2(*fd, FIRST_FD + (int)i) < 0)
			return -errno;
		(void)close(*fd);
		*fd = FIRST_FD + (int)i;
	}
	return 0;
}

char *store_names(const struct store *s)
{
	char *text = malloc(s->names_bytes + 1), *p = text;

	if (!text)
		return NULL;
	*p = '\0';
	for (size_t i = 0; i < s->n; i++) {
		if (i)
			*p++ = ':';
		p = stpcpy(p, s->items[i].name);
	}
	return text;
}
