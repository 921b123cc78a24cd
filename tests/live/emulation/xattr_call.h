/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Each call of the xattr family, by its number: the C library knows the four
 * youngest (Linux 6.13) not yet.
 */

#include <stdbool.h>
#include <stddef.h>

enum how {
	SET,
	LSET,
	FSET,
	SETAT,
	REMOVE,
	LREMOVE,
	FREMOVE,
	REMOVEAT,
	GET,
	LGET,
	FGET,
	GETAT,
	LIST,
	LLIST,
	FLIST,
	LISTAT,
};

struct xattr_call {
	enum how how;
	const char *path; /* not of FSET and its like */
	int fd; /* of FSET and its like; the dirfd of SETAT and its like */
	unsigned at_flags;
	const char *attr;
	void *buf; /* the value, or where one goes */
	size_t size;
	int flags;
	size_t args_bytes; /* of SETAT and GETAT; 0: as they are */
};

static inline bool how_reads(enum how how)
{
	return how >= GET;
}
static inline bool how_lists(enum how how)
{
	return how >= LIST;
}
static inline bool how_by_fd(enum how how)
{
	return how == FSET || how == FREMOVE || how == FGET || how == FLIST;
}

/* Return: its name if it is one of the four youngest, else NULL */
const char *how_name_of_young(enum how how);

/* Return: the call's own, or a negative errno */
long xattr_call(const struct xattr_call *c);
