/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * One call of the xattr family being emulated, between emulate_xattr.c (which
 * file it is, reached with the caller's rights) and xattr_effect.c (what is
 * done with its attributes).
 */

#include <stddef.h>
#include <stdint.h>

#include "lib/verdict.h"
#include "worker/emulate.h"
#include "worker/self_link.h"

#define XATTR_BYTES_MAX 65536 /* limits.h XATTR_SIZE_MAX, XATTR_LIST_MAX */

enum attr_op { ATTR_SET, ATTR_REMOVE, ATTR_GET, ATTR_LIST };

struct attr {
	struct emulation *e;
	enum attr_op op;
	int walk_flags;	       /* O_NOFOLLOW, or 0 */
	const char *path;      /* NULL: by target_fd */
	struct self_link self; /* what path begins with, where .fd >= 0 */
	int target_fd;	       /* O_PATH, -1 or owned by whoever opened it */
	const void *value;     /* ATTR_SET: what is to be set */
	uint64_t size;	       /* of value, or of the caller's buffer */
	int flags;	       /* XATTR_CREATE, XATTR_REPLACE */
	/* what ATTR_GET and ATTR_LIST found, for the caller's buffer */
	const void *out;
	size_t out_bytes;
};

/**
 * attr_effect() - do it, once
 * Entered as the caller with CAP_SYS_ADMIN in effect, target_fd open.
 * Return: the call's result, or a negative errno for the caller
 */
int64_t attr_effect(struct attr *a);
