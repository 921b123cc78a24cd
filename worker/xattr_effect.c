// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The attribute calls themselves, on a target that an O_PATH fd holds: by that
 * fd they are EBADF, by the path "self/fd/N" below procfs they reach its very
 * inode, a symlink's own too.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

#include "policy/decide.h"
#include "worker/xattr.h"

static char found[XATTR_BYTES_MAX];

/* After a crash or an interruption: is the attribute what this very call made
 * of it?  It was not there when the effect began. */
static bool is_ours(const struct attr *a, const char *target)
{
	ssize_t n;

	if (!a->e->recovering && !a->e->again)
		return false;
	n = getxattr(target, a->e->name, found, sizeof(found));
	return n >= 0 && (size_t)n == a->size &&
	       memcmp(found, a->value, a->size) == 0;
}

static int64_t set(struct attr *a, const char *target)
{
	/* Anything but XATTR_CREATE may simply be done again. */
	if ((a->flags & XATTR_CREATE) &&
	    getxattr(target, a->e->name, NULL, 0) >= 0)
		return is_ours(a, target) ? 0 : -EEXIST;
	emulate_effect_begins(a->e);
	if (setxattr(target, a->e->name, a->value, a->size, a->flags) < 0)
		return -errno;
	return 0;
}

/* It was there when the effect began: what is gone afterwards, we removed. */
static int64_t take_away(struct attr *a, const char *target)
{
	if (getxattr(target, a->e->name, NULL, 0) < 0) {
		if (errno == ENODATA && (a->e->recovering || a->e->again))
			return 0;
	} else {
		emulate_effect_begins(a->e);
	}
	return removexattr(target, a->e->name) < 0 ? -errno : 0;
}

/* As the kernel's own: what is too long for the buffer is ERANGE, and a buffer
 * of no bytes asks for the size. */
static int64_t hand_out(struct attr *a, size_t n)
{
	if (a->size && n > a->size)
		return -ERANGE;
	a->out = found;
	a->out_bytes = a->size ? n : 0;
	return (int64_t)n;
}

static int64_t get(struct attr *a, const char *target)
{
	ssize_t n = getxattr(target, a->e->name, found, sizeof(found));

	return n < 0 ? -errno : hand_out(a, (size_t)n);
}

/* What every process may see, and of trusted.* what the policy shows. */
static size_t keep_shown(const struct attr *a, const struct facts_caller *who,
			 size_t bytes)
{
	size_t kept = 0, each;

	for (size_t i = 0; i < bytes; i += each) {
		each = strnlen(found + i, bytes - i) + 1;
		if (i + each > bytes)
			break;
		if (strncmp(found + i, "trusted.", 8) == 0 &&
		    !decide_shows(a->e->policy, a->e->abi, who, found + i))
			continue;
		memmove(found + kept, found + i, each);
		kept += each;
	}
	return kept;
}

static int64_t list(struct attr *a, const char *target)
{
	struct facts_caller who = { .caps = a->e->caller.caps };
	bool known = caller_inside(&a->e->caller, &who.uid, &who.gid) == 0;
	ssize_t n = listxattr(target, found, sizeof(found));

	if (n < 0)
		return -errno;
	return hand_out(a, keep_shown(a, known ? &who : NULL, (size_t)n));
}

int64_t attr_effect(struct attr *a)
{
	static int64_t (*const effects[])(struct attr *, const char *) = {
		[ATTR_SET] = set,
		[ATTR_REMOVE] = take_away,
		[ATTR_GET] = get,
		[ATTR_LIST] = list,
	};
	char target[32];

	(void)snprintf(target, sizeof(target), "self/fd/%d", a->target_fd);
	return effects[a->op](a, target);
}
