// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * mknod(2) and mknodat(2) of a device node.
 *
 * Natively this fails with EPERM for want of CAP_MKNOD over the *initial* user
 * namespace, and only after every other permission was granted.  So:
 *
 * fast   entered as the caller with CAP_MKNOD alone, open the parent directory,
 *        make the node in it.  Success and EEXIST stand.
 * exact  the exact child opens the parent and tries the very call in it.  EPERM
 *        there means that all else is granted; then the node is made in that
 *        same directory (the fd pins it) with the caller's ids, past the
 *        permissions that the child proved.  Never with CAP_SYS_RESOURCE:
 *        quotas and reserved blocks hold.  Any other errno the kernel will
 *        tell the caller itself.
 *
 * Where the last component is not a plain name ("..", "x/", "/") the kernel
 * makes nothing either way.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/own.h"
#include "policy/decide.h"
#include "worker/as_caller.h"
#include "worker/caps.h"
#include "worker/emulate.h"
#include "worker/node.h"
#include "worker/self_link.h"
#include "worker/tracee.h"

/* Cuts @path into parent and last. The parent keeps a component of its own, ".":
 * a link before it is one on the way, as it is natively. At the end of a path
 * fs.protected_symlinks would forbid to follow somebody else's.
 * Return: false when last is no plain name */
static bool node_split(const char *path, struct node *n)
{
	static char parent[PATH_MAX], last[PATH_MAX];
	const char *slash = strrchr(path, '/');
	const char *from = slash ? slash + 1 : path;
	size_t bytes = (size_t)(from - path);

	if (from[0] == '\0' || strcmp(from, ".") == 0 || strcmp(from, "..") == 0)
		return false;
	n->last = memcpy(last, from, strlen(from) + 1);
	if (slash) {
		memcpy(parent, path, bytes);
		memcpy(parent + bytes, ".", 2);
		n->parent = parent;
	}
	return true;
}

/* As the caller. Return: 0 with parent_fd set, or a negative errno */
static int node_open_parent(struct node *n)
{
	if (n->placed)
		return 0;
	if (!self_link_is_real(&n->self))
		n->parent_fd =
			walk(n->e->caller.dir_fd, n->parent ?: ".", O_DIRECTORY);
	else
		n->parent_fd = self_link_walk(&n->self, O_DIRECTORY);
	return n->parent_fd < 0 ? n->parent_fd : 0;
}

static int node_make(const struct node *n)
{
	return mknodat(n->parent_fd, n->last, n->mode, n->dev) < 0 ? -errno : 0;
}

/* Did this very call make what stands there?  After an interruption, its inode
 * is known.  After a crash the name was free when the effect began, and nobody
 * else in a container can make such a node. */
static bool node_is_ours(const struct node *n, const struct statx *st)
{
	struct made now = node_identity(st);

	if (n->e->again)
		return memcmp(&now, &n->e->made, sizeof(now)) == 0;
	return n->e->recovering && node_is_alike(n, st);
}

static bool node_is_callers_fifo(const struct node *n, const struct statx *st)
{
	return S_ISFIFO(st->stx_mode) && st->stx_uid == n->e->caller.uid[FS];
}

/* After a crash: the placeholder of mknod_covered(), not covered yet. */
static bool node_is_placeholder(const struct node *n, const struct statx *st)
{
	return n->e->recovering && n->e->unopenable == UNOPENABLE_BIND &&
	       node_is_callers_fifo(n, st);
}

/* Entered, with the parent open: the effect. Return: 0 or a negative errno, or
 * EMULATE_GONE */
static int node_effect(struct node *n)
{
	struct statx st;

	if (!emulate_is_valid(n->e))
		return EMULATE_GONE;
	if (node_look(n, &st) == 0) {
		if (node_is_placeholder(n, &st))
			return -EPERM;
		return node_is_ours(n, &st) ? 0 : -EEXIST;
	}
	emulate_effect_begins(n->e);
	return node_make(n);
}

static int settle(struct verdict *ret, int error)
{
	*ret = error ? verdict_errno(-error) : verdict_return(0);
	return EMULATE_DONE;
}

/* Return: enum emulate_status (LEAVE: try the exact path), or an errno of ours */
static int mknod_fast(struct node *n, struct verdict *ret)
{
	int r = as_caller_enter(n->e->home, &n->e->caller, CAP_BIT(MKNOD));

	if (r < 0)
		return r;
	r = node_open_parent(n);
	if (r == 0)
		r = node_effect(n);
	as_caller_leave(n->e->home, &n->e->caller);
	if (r == EMULATE_GONE)
		return r;
	if (r != 0 && r != -EEXIST) {
		if (!n->placed)
			n->parent_fd = fd_close(n->parent_fd);
		return EMULATE_LEAVE;
	}
	slot_count(&n->e->slot->counters.fast);
	return settle(ret, r);
}

static int try_node(void *ctx)
{
	struct node *n = ctx;
	int r = node_open_parent(n);

	return r < 0 ? r : node_make(n);
}

static int try_stat_parent(void *ctx)
{
	struct node *n = ctx;

	return fstat(n->parent_fd, &n->parent_st) < 0 ? -errno : 0;
}

/* Return: 0 with parent_st set, or a negative errno of ours */
static int stat_parent(struct node *n)
{
	int result = try_stat_parent(n), r = 0;

	if (result == -EACCES) /* a FUSE */
		r = as_caller_run(n->e->home, &n->e->caller, 0, try_stat_parent,
				  n, &result);
	return r < 0 ? r : result;
}

/* CAP_FSETID keeps the setgid bit in a setgid directory whose group the caller
 * is not in; it counts over a directory whose owners are mapped. */
static int fsetid_over(struct node *n, uint64_t *caps)
{
	int r;

	if (!caller_has(&n->e->caller, CAP_FSETID))
		return 0;
	r = stat_parent(n);
	if (r < 0)
		return r;
	r = caller_maps(&n->e->caller, n->parent_st.st_uid, n->parent_st.st_gid);
	if (r == 1)
		*caps |= CAP_BIT(FSETID);
	return r < 0 ? r : 0;
}

static bool node_wants_cover(const struct node *n)
{
	struct statvfs fs;

	return node_may_bind(n) &&
	       fstatvfs(n->parent_fd, &fs) == 0 && !(fs.f_flag & ST_NODEV);
}

static int try_placeholder(void *ctx)
{
	const struct node *n = ctx;
	mode_t mode = (n->mode & ~(mode_t)S_IFMT) | S_IFIFO;

	return mknodat(n->parent_fd, n->last, mode, 0) < 0 ? -errno : 0;
}

/* The file system refuses devices to everybody, as an overlay mounted inside a
 * user namespace does, which acts with its mounter's rights.  A FIFO it allows,
 * and to the caller itself: that gives owner, mode and every errno; then a
 * device is bound over it. */
static int mknod_covered(struct node *n, struct verdict *ret)
{
	AUTO(fd_close) int fd = -1;
	struct statx st;
	int result = 0, r;

	r = as_caller_try(n->e->home, &n->e->caller, try_placeholder, n, &result);
	if (r < 0)
		return r;
	if (result < 0 && result != -EEXIST)
		return settle(ret, -EPERM);
	fd = node_find(n, &st);
	if (result == -EEXIST && (fd < 0 || !node_is_placeholder(n, &st)))
		return settle(ret, -EEXIST);
	if (fd < 0 || !node_is_callers_fifo(n, &st))
		return settle(ret, -EPERM); /* something else came there */
	node_remember(n, &st);
	return settle(ret, node_make_usable(n, fd, &st));
}

static int try_effect(void *ctx)
{
	return node_effect(ctx);
}

static int mknod_granted(struct node *n, struct verdict *ret)
{
	uint64_t caps = CAP_BIT(MKNOD) | CAP_BIT(DAC_OVERRIDE);
	int r = fsetid_over(n, &caps);

	if (r == 0)
		r = as_caller_enter(n->e->home, &n->e->caller, caps);
	if (r < 0)
		return r;
	r = node_effect(n);
	as_caller_leave(n->e->home, &n->e->caller);
	if (node_is_shut_to_us(r)) {
		int failed = as_caller_run(n->e->home, &n->e->caller, caps,
					   try_effect, n, &r);

		if (failed < 0)
			return failed;
	}
	if (r == EMULATE_GONE)
		return r;
	if (r == -EPERM && node_wants_cover(n))
		return mknod_covered(n, ret);
	if (r == -EPERM)
		emulate_fails(n->e, "this file system makes no devices here");
	return settle(ret, r);
}

static int mknod_exact(struct node *n, struct verdict *ret)
{
	struct statx st;
	int result = 0, r;

	r = as_caller_try(n->e->home, &n->e->caller, try_node, n, &result);
	if (r < 0) {
		if (!n->placed)
			n->parent_fd = -1;
		return r;
	}
	if (result == -EEXIST && node_look(n, &st) == 0) {
		if (node_is_placeholder(n, &st))
			result = -EPERM;
		else if (node_is_ours(n, &st))
			result = 0;
	}
	if (result == -EPERM)
		r = mknod_granted(n, ret);
	else
		r = result == 0 ? settle(ret, 0) : EMULATE_LEAVE;
	if (r == EMULATE_DONE)
		slot_count(&n->e->slot->counters.exact);
	return r;
}

/* What its path starts from. Return: CALLER_OK, another enum caller_status, or
 * an errno of ours */
static int node_locate(struct node *n)
{
	struct caller *c = &n->e->caller;
	bool absolute = n->parent && n->parent[0] == '/';
	int r = caller_open_dirs(c, n->e->call->dirfd, absolute);

	if (r == CALLER_OK && absolute)
		r = self_link_open(c, n->parent, &n->self);
	return r;
}

static char directory[PATH_MAX];

/* As the caller. Return: 0 with the parent open and directory set, or a
 * negative errno */
static int try_place(void *ctx)
{
	struct node *n = ctx;
	int r = n->parent_fd < 0 ? node_open_parent(n) : 0;

	return r < 0 ? r
		     : walk_where(n->e->home, n->parent_fd, directory,
				  sizeof(directory));
}

/* Has the rules judge where the path ends. Return: enum emulate_status (DONE:
 * go on, with that very directory), or an errno of ours */
static int node_place(struct node *n)
{
	struct emulation *e = n->e;
	int result, r = as_caller_enter(e->home, &e->caller, 0);

	if (r < 0)
		return r;
	result = try_place(n);
	as_caller_leave(e->home, &e->caller);
	if (result < 0 && n->parent_fd < 0) {
		r = as_caller_try(e->home, &e->caller, try_place, n, &result);
		if (r < 0)
			n->parent_fd = -1;
	}
	if (r < 0)
		return r;
	if (result < 0)
		return EMULATE_LEAVE;
	n->placed = true;
	return e->placed(e, directory);
}

static int node_make_it(struct node *n, struct verdict *ret)
{
	int r = EMULATE_LEAVE;

	/* A setgid bit may want CAP_FSETID, which the fast path never has. */
	if ((n->mode & (S_ISGID | S_IXGRP)) != (S_ISGID | S_IXGRP))
		r = mknod_fast(n, ret);
	if (r == EMULATE_LEAVE)
		r = mknod_exact(n, ret);
	if (r == EMULATE_DONE && ret->kind == VERDICT_RETURN)
		r = settle(ret, node_finish(n));
	return r;
}

static int node_emulate(struct node *n, struct verdict *ret)
{
	int r = n->e->placed ? node_place(n) : EMULATE_DONE;

	if (r == EMULATE_DONE)
		r = node_make_it(n, ret);
	n->parent_fd = fd_close(n->parent_fd);
	return r;
}

int emulate_mknod(struct emulation *e, struct verdict *ret)
{
	static char path[PATH_MAX];
	struct node n = { .e = e,
			  .parent_fd = -1,
			  .self.fd = -1,
			  .mode = e->call->mode,
			  .dev = makedev(dev_major(e->call->dev),
					 dev_minor(e->call->dev)) };
	int r;

	if (!caller_has(&e->caller, CAP_MKNOD)) {
		e->why = "the caller has no CAP_MKNOD";
		return EMULATE_LEAVE;
	}
	r = tracee_read_str(e->tid, e->call->path_addr, path, sizeof(path));
	if (r == TRACEE_GONE)
		return EMULATE_GONE;
	if (r == TRACEE_OK)
		e->path = path;
	if (r != TRACEE_OK || !node_split(path, &n))
		return r < 0 ? r : EMULATE_LEAVE;
	r = node_locate(&n);
	if (r == CALLER_OK)
		r = emulate_is_valid(e) ? node_emulate(&n, ret) : EMULATE_GONE;
	else if (r > 0)
		r = r == CALLER_GONE ? EMULATE_GONE : EMULATE_LEAVE;
	n.self.fd = fd_close(n.self.fd);
	return r;
}
