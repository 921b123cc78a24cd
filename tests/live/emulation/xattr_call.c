// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/live/emulation/xattr_call.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NR_SETXATTRAT	 463
#define NR_GETXATTRAT	 464
#define NR_LISTXATTRAT	 465
#define NR_REMOVEXATTRAT 466

/* linux/xattr.h struct xattr_args, and room for what may follow. */
struct args {
	uint64_t value;
	uint32_t size, flags;
	char rest[112];
};

static long packed_call(const struct xattr_call *c, long nr)
{
	struct args a = { .value = (uintptr_t)c->buf,
			  .size = (uint32_t)c->size,
			  .flags = (uint32_t)c->flags };
	size_t bytes = c->args_bytes ? c->args_bytes : 16;

	return syscall(nr, c->fd, c->path, c->at_flags, c->attr, &a, bytes);
}

static long set_call(const struct xattr_call *c)
{
	static const long nrs[] = { SYS_setxattr, SYS_lsetxattr, SYS_fsetxattr };
	const void *where = c->how == FSET ? (void *)(intptr_t)c->fd : c->path;

	if (c->how == SETAT)
		return packed_call(c, NR_SETXATTRAT);
	return syscall(nrs[c->how - SET], where, c->attr, c->buf, c->size,
		       c->flags);
}

static long remove_call(const struct xattr_call *c)
{
	static const long nrs[] = { SYS_removexattr, SYS_lremovexattr,
				    SYS_fremovexattr };
	const void *where = c->how == FREMOVE ? (void *)(intptr_t)c->fd : c->path;

	if (c->how == REMOVEAT)
		return syscall(NR_REMOVEXATTRAT, c->fd, c->path, c->at_flags,
			       c->attr);
	return syscall(nrs[c->how - REMOVE], where, c->attr);
}

static long get_call(const struct xattr_call *c)
{
	static const long nrs[] = { SYS_getxattr, SYS_lgetxattr, SYS_fgetxattr };
	const void *where = c->how == FGET ? (void *)(intptr_t)c->fd : c->path;

	if (c->how == GETAT)
		return packed_call(c, NR_GETXATTRAT);
	return syscall(nrs[c->how - GET], where, c->attr, c->buf, c->size);
}

static long list_call(const struct xattr_call *c)
{
	static const long nrs[] = { SYS_listxattr, SYS_llistxattr,
				    SYS_flistxattr };
	const void *where = c->how == FLIST ? (void *)(intptr_t)c->fd : c->path;

	if (c->how == LISTAT)
		return syscall(NR_LISTXATTRAT, c->fd, c->path, c->at_flags,
			       c->buf, c->size);
	return syscall(nrs[c->how - LIST], where, c->buf, c->size);
}

const char *how_name_of_young(enum how how)
{
	switch (how) {
	case SETAT:
		return "setxattrat";
	case REMOVEAT:
		return "removexattrat";
	case GETAT:
		return "getxattrat";
	case LISTAT:
		return "listxattrat";
	default:
		return NULL;
	}
}

long xattr_call(const struct xattr_call *c)
{
	long r;

	if (c->how <= SETAT)
		r = set_call(c);
	else if (c->how <= REMOVEAT)
		r = remove_call(c);
	else if (c->how <= GETAT)
		r = get_call(c);
	else
		r = list_call(c);
	return r < 0 ? -errno : r;
}
