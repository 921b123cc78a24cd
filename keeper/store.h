/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Named fds, in the order in which they came.
 */

#include <stddef.h>

#define STORE_FDS_MAX  32768
#define STORE_NAME_MAX 255
/* Size of LISTEN_FDNAMES: one string of an environment has 128 KiB at most. */
#define STORE_NAMES_MAX_BYTES ((size_t)127 * 1024)

struct store_item {
	int fd;
	char *name;
};

struct store {
	struct store_item *items;
	size_t n, room;
	size_t names_bytes; /* with a colon each */
};

/**
 * store_add() - keep an fd
 * @name: 1..STORE_NAME_MAX printable bytes, no ':'
 * @fd_taken: closed also on failure
 * Return: 0 or a negative errno (-EINVAL: no such name; -ENOSPC: full)
 */
int store_add(struct store *s, const char *name, int fd_taken);
/* Closes all fds of that name. Return: their number */
size_t store_remove(struct store *s, const char *name);

/**
 * store_lay_out() - move the fds to 3, 4, ... as LISTEN_FDS requires
 * For a process that is about to exec: other fds at these numbers are overwritten.
 * @s: has the new fds afterwards, without O_CLOEXEC
 * Return: 0 or a negative errno
 */
int store_lay_out(struct store *s);
/* Return: the names as LISTEN_FDNAMES, the caller's to free(), or NULL */
char *store_names(const struct store *s);
