// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * setxattr(2), lsetxattr(2), fsetxattr(2) of a trusted.* attribute.
 *
 * Natively this fails with EPERM for want of CAP_SYS_ADMIN over the *initial*
 * user namespace; file permissions play no part, only reaching the file does.
 * So: reach it with the caller's rights (entered without any capability, else
 * through the exact child), then set the attribute of that very inode through
 * its O_PATH fd.  fsetxattr(2) on an O_PATH fd is EBADF; the path
 * "self/fd/N" below procfs does it, for a symlink's own inode too.
 *
 * Set from outside, the kernel asks for no ownership at all.  As for any
 * capability over a user namespace, the inode's owner and group must be mapped
 * in the caller's.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "lib/own.h"
#include "policy/decide.h"
#include "worker/as_caller.h"
#include "worker/caps.h"
#include "worker/emulate.h"
#include "worker/self_link.h"
#include "worker/tracee.h"

#define VALUE_MAX_BYTES 65536 /* limits.h XATTR_SIZE_MAX */

struct attr {
	struct emulation *e;
	const char *path; /* NULL: fsetxattr */
	struct self_link self; /* what path begins with, where .fd >= 0 */
	int target_fd;	  /* O_PATH, -1 or owned by whoever opened it */
	const void *value;
	size_t size;
	int flags; /* XATTR_CREATE, XATTR_REPLACE */
};

/* As the caller. Return: 0 with target_fd set, or a negative errno */
static int attr_open(void *ctx)
{
	struct attr *a = ctx;
	int flags = a->e->call->id == CALL_lsetxattr ? O_NOFOLLOW : 0;

	if (a->self.fd < 0)
		a->target_fd = walk(a->e->caller.dir_fd, a->path, flags);
	else
		a->target_fd = self_link_walk(&a->self, flags);
	return a->target_fd < 0 ? a->target_fd : 0;
}

/* With target_fd open. Return: 1, 0, or a negative errno of ours */
static int attr_owner_is_mapped(const struct attr *a)
{
	struct stat st;

	if (fstat(a->target_fd, &st) < 0)
		return -errno;
	return caller_maps(&a->e->caller, st.st_uid, st.st_gid);
}

/* After a crash or an interruption: is the attribute what this very call made
 * of it?  It was not there when the effect began. */
static bool attr_is_ours(const struct attr *a, const char *target)
{
	static char now[VALUE_MAX_BYTES];
	ssize_t n;

	if (!a->e->recovering && !a->e->again)
		return false;
	n = getxattr(target, a->e->name, now, sizeof(now));
	return n >= 0 && (size_t)n == a->size &&
	       memcmp(now, a->value, a->size) == 0;
}

/* Entered, with CAP_SYS_ADMIN in effect. Return: 0 or a negative errno */
static int attr_set(struct attr *a)
{
	char target[32];

	(void)snprintf(target, sizeof(target), "self/fd/%d", a->target_fd);
	/* Anything but XATTR_CREATE may simply be done again. */
	if ((a->flags & XATTR_CREATE) &&
	    getxattr(target, a->e->name, NULL, 0) >= 0)
		return attr_is_ours(a, target) ? 0 : -EEXIST;
	emulate_effect_begins(a->e);
	if (setxattr(target, a->e->name, a->value, a->size, a->flags) < 0)
		return -errno;
	return 0;
}

/* Entered, with target_fd open. Return: enum emulate_status or an errno of ours */
static int attr_effect(struct attr *a, struct verdict *ret)
{
	int r = attr_owner_is_mapped(a);

	if (r != 1)
		return r < 0 ? r : EMULATE_LEAVE;
	r = as_caller_caps(a->e->home, CAP_BIT(SYS_ADMIN));
	if (r < 0)
		return r;
	if (!emulate_is_valid(a->e))
		return EMULATE_GONE;
	r = attr_set(a);
	*ret = r < 0 ? verdict_errno(-r) : verdict_return(0);
	return EMULATE_DONE;
}

/* Return: enum emulate_status, or an errno of ours */
static int xattr_entered(struct attr *a, struct verdict *ret)
{
	int r = as_caller_enter(a->e->home, &a->e->caller, 0);

	if (r < 0)
		return r;
	if (a->target_fd < 0 && attr_open(a) < 0) /* only the exact path knows */
		r = EMULATE_LEAVE;
	else
		r = attr_effect(a, ret);
	as_caller_leave(a->e->home, &a->e->caller);
	return r;
}

static int xattr_run(struct attr *a, struct verdict *ret)
{
	struct slot_counters *counters = &a->e->slot->counters;
	int result = 0, r = xattr_entered(a, ret);

	if (r != EMULATE_LEAVE || a->target_fd >= 0) {
		if (r == EMULATE_DONE)
			slot_count(&counters->fast);
		return r;
	}
	r = as_caller_try(a->e->home, &a->e->caller, attr_open, a, &result);
	if (r < 0)
		a->target_fd = -1;
	if (r < 0 || result < 0)
		return r < 0 ? r : EMULATE_LEAVE;
	r = xattr_entered(a, ret);
	if (r == EMULATE_DONE)
		slot_count(&counters->exact);
	return r;
}

/* Return: CALLER_OK, or another enum caller_status, or an errno of ours */
static int attr_locate(struct attr *a)
{
	const struct call *call = a->e->call;
	struct caller *c = &a->e->caller;
	bool absolute = a->path && a->path[0] == '/';
	int r = caller_open_dirs(c, call->dirfd, !a->path || absolute);

	if (r == CALLER_OK && !a->path)
		r = caller_open_fd(c, call->fd, &a->target_fd);
	else if (r == CALLER_OK && absolute)
		r = self_link_open(c, a->path, &a->self);
	return r;
}

/* Return: enum tracee_status, or an errno of ours */
static int attr_read(struct attr *a)
{
	static char path[PATH_MAX], value[VALUE_MAX_BYTES];
	const struct call *call = a->e->call;
	int r = TRACEE_OK;

	a->value = a->e->value;
	if (!a->value) {
		r = tracee_read(a->e->tid, call->value_addr, value, a->size);
		a->value = value;
	}
	if (r != TRACEE_OK || !call_has(call->id, ARG_PATH))
		return r;
	a->path = path;
	return tracee_read_str(a->e->tid, call->path_addr, path, sizeof(path));
}

int emulate_xattr(struct emulation *e, struct verdict *ret)
{
	struct attr a = { .e = e, .target_fd = -1, .self.fd = -1,
			  .size = e->call->size,
			  .flags = (int)e->call->flags };
	int r;

	if (!caller_has(&e->caller, CAP_SYS_ADMIN) || !e->name ||
	    e->call->size > VALUE_MAX_BYTES ||
	    (e->call->flags & ~(uint32_t)(XATTR_CREATE | XATTR_REPLACE)))
		return EMULATE_LEAVE;
	r = attr_read(&a);
	if (r == TRACEE_GONE)
		return EMULATE_GONE;
	if (r != TRACEE_OK)
		return r < 0 ? r : EMULATE_LEAVE;
	r = attr_locate(&a);
	if (r == CALLER_OK)
		r = emulate_is_valid(e) ? xattr_run(&a, ret) : EMULATE_GONE;
	else if (r > 0)
		r = r == CALLER_GONE ? EMULATE_GONE : EMULATE_LEAVE;
	a.target_fd = fd_close(a.target_fd);
	a.self.fd = fd_close(a.self.fd);
	return r;
}
