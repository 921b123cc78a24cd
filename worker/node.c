// SPDX-License-Identifier: LGPL-2.1-or-later
#include "worker/node.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/own.h"
#include "worker/as_caller.h"
#include "worker/caps.h"
#include "worker/child.h"

int node_look(const struct node *n, struct statx *ret_st)
{
	return statx(n->parent_fd, n->last, AT_SYMLINK_NOFOLLOW, NODE_STATX,
		     ret_st) < 0
		       ? -errno
		       : 0;
}

int node_find(const struct node *n, struct statx *ret_st)
{
	AUTO(fd_close)
	int fd = openat(n->parent_fd, n->last, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || statx(fd, "", AT_EMPTY_PATH, NODE_STATX, ret_st) < 0)
		return -errno;
	return TAKE_FD(fd);
}

struct made node_identity(const struct statx *st)
{
	const struct statx_timestamp *born = &st->stx_btime;

	if (!(st->stx_mask & STATX_BTIME))
		born = &st->stx_ctime;
	return (struct made){
		.dev = makedev(st->stx_dev_major, st->stx_dev_minor),
		.ino = st->stx_ino,
		.born_ns = born->tv_sec * INT64_C(1000000000) + born->tv_nsec,
	};
}

bool node_is_alike(const struct node *n, const struct statx *st)
{
	return (st->stx_mode & S_IFMT) == (n->mode & S_IFMT) &&
	       makedev(st->stx_rdev_major, st->stx_rdev_minor) == n->dev &&
	       st->stx_uid == n->e->caller.uid[FS];
}

static int try_undo(void *ctx)
{
	const struct node *n = ctx;
	struct made there;
	struct statx st;
	int r = node_look(n, &st);

	if (r < 0)
		return r;
	there = node_identity(&st);
	if (!n->seen ? !node_is_alike(n, &st) :
		       memcmp(&there, &n->e->made, sizeof(there)) != 0)
		return -ENOENT;
	return unlinkat(n->parent_fd, n->last, 0) < 0 ? -errno : 0;
}

/* Takes back what nobody could open, if it is still there. (What comes there at
 * that moment the caller could remove, too.) Return: -EPERM, or an errno of ours */
static int node_undo(struct node *n)
{
	const uint64_t caps = CAP_BIT(DAC_OVERRIDE);
	int r = as_caller_enter(n->e->home, &n->e->caller, caps);

	if (r < 0)
		return r;
	r = try_undo(n);
	as_caller_leave(n->e->home, &n->e->caller);
	if (node_is_shut_to_us(r))
		(void)as_caller_run(n->e->home, &n->e->caller, caps, try_undo, n,
				    &r);
	return -EPERM;
}

/* Does all that is made there end with the last mount? What lies under a bound
 * node must not outlive it: an image's layer would keep a FIFO, whose reader
 * waits for ever. An overlay of such layers may be read there by others. */
static bool ends_with_its_mount(int dirfd)
{
	struct statfs fs;

	return fstatfs(dirfd, &fs) == 0 &&
	       (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC);
}

bool node_may_bind(const struct node *n)
{
	const struct emulation *e = n->e;

	if (e->home->nodes_fd < 0)
		return false;
	return e->unopenable == UNOPENABLE_BIND ||
	       (e->unopenable == UNOPENABLE_DEFAULT &&
		ends_with_its_mount(n->parent_fd));
}

/* The rule spelled "bind": who reads the log sees where something stays. */
static void log_what_stays(const struct node *n)
{
	if (ends_with_its_mount(n->parent_fd))
		return;
	log_event(LOG_NOTICE, "node-stays",
		  LOG_S("container", n->e->slot->identity.container),
		  LOG_U("tid", n->e->tid),
		  LOG_S("name", n->last), LOG_U("major", major(n->dev)),
		  LOG_U("minor", minor(n->dev)));
}

void node_remember(struct node *n, const struct statx *st)
{
	n->e->made = node_identity(st);
	n->seen = true;
}

int node_make_usable(struct node *n, int fd, const struct statx *st)
{
	const struct emulation *e = n->e;
	const struct node_twin twin = {
		.mode = (st->stx_mode & ~(mode_t)S_IFMT) | (n->mode & S_IFMT),
		.dev = n->dev,
		.uid = st->stx_uid,
		.gid = st->stx_gid,
	};
	struct statx bound;

	if (!node_may_bind(n) ||
	    node_bind(e->home, &e->caller, fd, &twin, &bound) < 0) {
		emulate_fails(n->e, "no device opens on this file system, and "
				    "none is bound over it");
		return node_undo(n);
	}
	node_remember(n, &bound);
	log_what_stays(n);
	return 0;
}

/* The node that this call made, as it is seen right afterwards. */
struct sight {
	struct node *n;
	int fd;
	struct statx st;
	int opens; /* node_opens() */
};

/* Return: 0 with .fd and .st set, or a negative errno: -ENOENT where that node
 * stands there no more */
static int see(struct sight *s)
{
	s->fd = node_find(s->n, &s->st);
	if (s->fd < 0)
		return s->fd;
	if (node_is_alike(s->n, &s->st))
		return 0;
	s->fd = fd_close(s->fd);
	return -ENOENT;
}

static void see_whether_it_opens(struct sight *s)
{
	const struct emulation *e = s->n->e;

	s->opens = e->unopenable == UNOPENABLE_CREATE ?
			   NODE_OPENS :
			   node_opens(e->home, s->fd);
}

/* With all of the caller's ids, but tried is the open by nobody. */
static int try_see(void *ctx)
{
	struct sight *s = ctx;
	int r = see(s);

	if (r < 0)
		return r;
	(void)syscall(SYS_setfsuid, NOBODYS);
	r = child_bind_life();
	if (r == 0)
		see_whether_it_opens(s);
	return r;
}

/* Return: as see() */
static int node_see(struct sight *s)
{
	const uint64_t caps = CAP_BIT(DAC_OVERRIDE) | CAP_BIT(SETUID);
	const struct emulation *e = s->n->e;
	int result = 0, r = see(s);

	if (r == 0)
		see_whether_it_opens(s);
	if (!node_is_shut_to_us(r))
		return r;
	r = as_caller_run(e->home, &e->caller, caps, try_see, s, &result);
	if (r < 0)
		s->fd = -1; /* it is closed */
	return r < 0 ? r : result;
}

int node_finish(struct node *n)
{
	struct sight s = { .n = n, .fd = -1 };
	int r = node_see(&s);

	if (r == 0) {
		node_remember(n, &s.st);
		if (s.opens != NODE_OPENS)
			r = node_make_usable(n, s.fd, &s.st);
	} else if (r == -ENOENT || n->e->unopenable == UNOPENABLE_CREATE) {
		r = 0; /* whoever was quicker may do with it as it likes */
	} else {
		emulate_fails(n->e, "the new node cannot be looked at");
		r = node_undo(n);
	}
	s.fd = fd_close(s.fd);
	return r;
}

