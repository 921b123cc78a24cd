// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The setxattr(2), removexattr(2), getxattr(2) and listxattr(2) families, for
 * trusted.* attributes.
 *
 * Natively these fail (a list: shows none) for want of CAP_SYS_ADMIN over the
 * *initial* user namespace; file permissions play no part, only reaching the
 * file does.  So: reach it with the caller's rights (entered without any
 * capability, else through the exact child), then act on that very inode
 * through its O_PATH fd.
 *
 * From outside, the kernel asks for no ownership at all.  As for any capability
 * over a user namespace, the inode's owner and group must be mapped in the
 * caller's.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "lib/own.h"
#include "policy/decide.h"
#include "worker/as_caller.h"
#include "worker/caps.h"
#include "worker/tracee.h"
#include "worker/tracee_write.h"
#include "worker/xattr.h"

static enum attr_op op_of(enum call_id id)
{
	if (call_has(id, ARG_VALUE) || call_has(id, ARG_ARGS))
		return ATTR_SET;
	if (!call_has(id, ARG_NAME))
		return ATTR_LIST;
	if (call_has(id, ARG_OUT) || call_has(id, ARG_ARGS_OUT))
		return ATTR_GET;
	return ATTR_REMOVE;
}

static bool is_nofollow(const struct call *call)
{
	switch (call->id) {
	case CALL_lsetxattr:
	case CALL_lremovexattr:
	case CALL_lgetxattr:
	case CALL_llistxattr:
		return true;
	default:
		return call->at_flags & AT_SYMLINK_NOFOLLOW;
	}
}

/* -- reaching the file --------------------------------------------------------- */

/* As the caller. Return: 0 with target_fd set, or a negative errno */
static int attr_open(void *ctx)
{
	struct attr *a = ctx;

	if (!self_link_is_real(&a->self))
		a->target_fd = walk(a->e->caller.dir_fd, a->path, a->walk_flags);
	else
		a->target_fd = self_link_walk(&a->self, a->walk_flags);
	return a->target_fd < 0 ? a->target_fd : 0;
}

/* With target_fd open. Return: 1, 0, or a negative errno of ours */
static int attr_owner_is_mapped(const struct attr *a)
{
	struct stat st;

	if (fstat(a->target_fd, &st) < 0) /* a FUSE shows us nothing */
		return errno == EACCES ? 0 : -errno;
	return caller_maps(&a->e->caller, st.st_uid, st.st_gid);
}

/* Entered, with target_fd open. Return: enum emulate_status or an errno of ours */
static int attr_act(struct attr *a, struct verdict *ret)
{
	int r = attr_owner_is_mapped(a);
	int64_t result;

	if (r != 1)
		return r < 0 ? r : EMULATE_LEAVE;
	r = as_caller_caps(a->e->home, CAP_BIT(SYS_ADMIN));
	if (r < 0)
		return r;
	if (!emulate_is_valid(a->e))
		return EMULATE_GONE;
	result = attr_effect(a);
	*ret = result < 0 ? verdict_errno((int)-result) : verdict_return(result);
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
		r = attr_act(a, ret);
	as_caller_leave(a->e->home, &a->e->caller);
	return r;
}

static char directory[PATH_MAX];

/* As the caller. Return: 0 with the target open and its directory found, or a
 * negative errno */
static int try_place(void *ctx)
{
	struct attr *a = ctx;
	int r = a->target_fd < 0 ? attr_open(a) : 0;
	char *slash;

	if (r == 0)
		r = walk_where(a->e->home, a->target_fd, directory,
			       sizeof(directory));
	if (r < 0)
		return r;
	slash = strrchr(directory, '/');
	slash[slash == directory] = '\0';
	return 0;
}

/* Has the rules judge where the path ends. Return: enum emulate_status (DONE:
 * go on, with that very file), or an errno of ours */
static int attr_place(struct attr *a)
{
	struct emulation *e = a->e;
	int result, r = as_caller_enter(e->home, &e->caller, 0);

	if (r < 0)
		return r;
	result = try_place(a);
	as_caller_leave(e->home, &e->caller);
	if (result < 0 && a->target_fd < 0) {
		r = as_caller_try(e->home, &e->caller, try_place, a, &result);
		if (r < 0)
			a->target_fd = -1;
	}
	if (r < 0)
		return r;
	return result < 0 ? EMULATE_LEAVE : e->placed(e, directory);
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

/* -- what the call says ---------------------------------------------------------- */

/* Does the kernel refuse it before it looks at any memory, or for want of a
 * capability before it looks at the attribute? */
static bool is_kernels(const struct attr *a)
{
	const struct call *call = a->e->call;

	if (!caller_has(&a->e->caller, CAP_SYS_ADMIN) ||
	    (call->at_flags & ~(uint32_t)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)))
		return true;
	if (a->op != ATTR_LIST && !a->e->name)
		return true;
	if (call_is_packed(call->id) && call->size == UINT64_MAX)
		return true; /* unreadable, or of a kernel to come */
	if (a->op == ATTR_GET)
		return call->flags != 0;
	return a->op == ATTR_SET &&
	       (call->size > XATTR_BYTES_MAX ||
		(call->flags & ~(uint32_t)(XATTR_CREATE | XATTR_REPLACE)));
}

/* Return: enum tracee_status, or an errno of ours */
static int read_value(struct attr *a)
{
	static char value[XATTR_BYTES_MAX];

	a->value = a->e->value;
	if (a->value)
		return TRACEE_OK;
	a->value = value;
	return tracee_read(a->e->tid, a->e->call->value_addr, value, a->size);
}

/* Return: enum tracee_status, or an errno of ours */
static int read_path(struct attr *a)
{
	static char path[PATH_MAX];
	const struct call *call = a->e->call;

	if (!call_has(call->id, ARG_PATH))
		return TRACEE_OK;
	a->path = path;
	if (!call->path_addr && (call->at_flags & AT_EMPTY_PATH)) {
		path[0] = '\0';
		return TRACEE_OK;
	}
	return tracee_read_str(a->e->tid, call->path_addr, path, sizeof(path));
}

/* What an empty path with AT_EMPTY_PATH means: an fd, as of the fsetxattr
 * family. AT_FDCWD is none (EBADF), but set and get take the working directory
 * for it (fs/xattr.c, Linux 6.13 to 6.18). */
static int locate_empty(struct attr *a)
{
	const struct call *call = a->e->call;

	a->path = NULL;
	if (call->dirfd == AT_FDCWD && (a->op == ATTR_LIST || a->op == ATTR_REMOVE))
		return CALLER_UNKNOWN;
	if (call->dirfd == AT_FDCWD)
		return caller_open_link(&a->e->caller, false, -1, "cwd",
					&a->target_fd);
	return caller_open_fd(&a->e->caller, call->dirfd, &a->target_fd);
}

/* Return: CALLER_OK, or another enum caller_status, or an errno of ours */
static int attr_locate(struct attr *a)
{
	const struct call *call = a->e->call;
	struct caller *c = &a->e->caller;
	bool empty = a->path && !*a->path && (call->at_flags & AT_EMPTY_PATH);
	bool absolute = a->path && a->path[0] == '/';
	int r = caller_open_dirs(c, call->dirfd, !a->path || absolute || empty);

	if (r != CALLER_OK)
		return r;
	if (empty)
		return locate_empty(a);
	if (!a->path)
		return caller_open_fd(c, call->fd, &a->target_fd);
	return absolute ? self_link_open(c, a->path, &a->self) : CALLER_OK;
}

/* -- the call --------------------------------------------------------------------- */

/* Return: enum emulate_status, or an errno of ours */
static int give_out(const struct attr *a, const struct tracee_memory *memory,
		    struct verdict *ret)
{
	int r;

	if (!a->out_bytes)
		return EMULATE_DONE;
	if (!emulate_is_valid(a->e))
		return EMULATE_GONE;
	r = tracee_memory_write(memory, a->e->call->value_addr, a->out,
				a->out_bytes);
	if (r == TRACEE_FAULT)
		*ret = verdict_errno(EFAULT);
	return r == TRACEE_GONE ? EMULATE_GONE : r < 0 ? r : EMULATE_DONE;
}

/* All of the caller that is needed has been read and opened. */
static int xattr_do(struct attr *a, const struct tracee_memory *memory,
		    struct verdict *ret)
{
	int r;

	if (!emulate_is_valid(a->e))
		return EMULATE_GONE;
	r = a->e->placed ? attr_place(a) : EMULATE_DONE;
	if (r != EMULATE_DONE)
		return r;
	r = xattr_run(a, ret);
	return r == EMULATE_DONE ? give_out(a, memory, ret) : r;
}

static int xattr_located(struct attr *a, struct verdict *ret)
{
	struct tracee_memory memory = { -1, -1 };
	int r = attr_locate(a);

	if (r == CALLER_GONE)
		return EMULATE_GONE;
	if (r != CALLER_OK)
		return r < 0 ? r : EMULATE_LEAVE;
	if (a->op >= ATTR_GET && a->size)
		r = tracee_memory_open(a->e->caller.proc_fd, &memory);
	if (r == TRACEE_OK)
		r = xattr_do(a, &memory, ret);
	else if (r == TRACEE_GONE)
		r = EMULATE_GONE;
	tracee_memory_close(&memory);
	return r;
}

int emulate_xattr(struct emulation *e, struct verdict *ret)
{
	struct attr a = { .e = e,
			  .op = op_of(e->call->id),
			  .walk_flags = is_nofollow(e->call) ? O_NOFOLLOW : 0,
			  .target_fd = -1,
			  .self.fd = -1,
			  .size = e->call->size,
			  .flags = (int)e->call->flags };
	int r;

	if (is_kernels(&a))
		return EMULATE_LEAVE;
	r = a.op == ATTR_SET ? read_value(&a) : TRACEE_OK;
	if (r == TRACEE_OK)
		r = read_path(&a);
	if (r == TRACEE_OK)
		e->path = a.path;
	if (r == TRACEE_GONE)
		return EMULATE_GONE;
	if (r != TRACEE_OK)
		return r < 0 ? r : EMULATE_LEAVE;
	r = xattr_located(&a, ret);
	a.target_fd = fd_close(a.target_fd);
	a.self.fd = fd_close(a.self.fd);
	return r;
}
