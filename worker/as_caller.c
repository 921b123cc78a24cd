// SPDX-License-Identifier: LGPL-2.1-or-later
#include "worker/as_caller.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/own.h"
#include "worker/caps.h"
#include "worker/child.h"

/* Raw calls: the C library's change the ids of all threads by signal, and the
 * exact child shares its memory with a parent whose ids must stay. Those of the
 * file system alone report the old id, never an error. */
static int set_gids(const gid_t gid[CALLER_IDS])
{
	if (syscall(SYS_setresgid, gid[REAL], gid[EFFECTIVE], gid[SAVED]) < 0)
		return -errno;
	if (gid[FS] != gid[EFFECTIVE])
		(void)syscall(SYS_setfsgid, gid[FS]);
	return 0;
}

static int set_uids(const uid_t uid[CALLER_IDS])
{
	if (syscall(SYS_setresuid, uid[REAL], uid[EFFECTIVE], uid[SAVED]) < 0)
		return -errno;
	if (uid[FS] != uid[EFFECTIVE])
		(void)syscall(SYS_setfsuid, uid[FS]);
	return 0;
}

/* Root, groups, umask. */
static int enter(const struct home *h, const struct caller *c)
{
	if (fchdir(c->root_fd) < 0 || chroot(".") < 0 || fchdir(h->proc_fd) < 0)
		return -errno;
	(void)umask(c->umask);
	/* At home there are none: nothing to do for a caller without any. */
	if (c->n_groups && syscall(SYS_setgroups, c->n_groups, c->groups) < 0)
		return -errno;
	return set_gids(c->gid);
}

/* The capabilities stay: SECBIT_NO_SETUID_FIXUP is set. */
static int enter_wholly(const struct home *h, const struct caller *c)
{
	int r = enter(h, c);

	return r < 0 ? r : set_uids(c->uid);
}

int as_caller_enter(const struct home *h, const struct caller *c, uint64_t caps)
{
	int r = enter(h, c);

	if (r == 0) {
		(void)syscall(SYS_setfsuid, c->uid[FS]);
		r = prctl(PR_SET_DUMPABLE, 0) < 0 ? -errno :
						    caps_set(h->caps, caps);
	}
	if (r < 0)
		as_caller_leave(h, c);
	return r;
}

int as_caller_caps(const struct home *h, uint64_t caps)
{
	return caps_set(h->caps, caps);
}

void as_caller_leave(const struct home *h, const struct caller *c)
{
	static const gid_t nobodys[CALLER_IDS] = { NOBODYS, NOBODYS, NOBODYS,
						   NOBODYS };

	(void)syscall(SYS_setfsuid, NOBODYS);
	if (caps_set(h->caps, h->caps) < 0 || set_gids(nobodys) < 0 ||
	    (c->n_groups && syscall(SYS_setgroups, 0, NULL) < 0) ||
	    fchdir(h->root_fd) < 0 || chroot(".") < 0 || home_rearm(h) < 0)
		abort(); /* the slot tells a successor what to do */
	(void)umask(0);
}

int walk(int dirfd, const char *path, int flags)
{
	struct open_how how = { .flags = (unsigned)(O_PATH | O_CLOEXEC | flags),
				.resolve = RESOLVE_NO_MAGICLINKS };
	int fd = (int)syscall(SYS_openat2, dirfd, path, &how, sizeof(how));

	return fd < 0 ? -errno : fd;
}

int walk_where(const struct home *h, int fd, char *buf, size_t size)
{
	char link[32];
	ssize_t n;

	(void)snprintf(link, sizeof(link), "self/fd/%d", fd);
	n = readlinkat(h->proc_fd, link, buf, size);
	if (n < 0)
		return -errno;
	if ((size_t)n == size || buf[0] != '/') /* "(unreachable)/..." */
		return -ENOENT;
	buf[n] = '\0';
	return 0;
}

/* What the kernel grants to all of the caller's ids alone, as a FUSE mount of
 * its own does. In a child, for whoever has those ids may kill it. */
struct lent {
	const struct home *home;
	const struct caller *caller;
	uint64_t caps;
	int (*fn)(void *ctx);
	void *ctx;
	int setup; /* 0: fn ran */
};

static int lent_main(void *ctx)
{
	struct lent *l = ctx;

	l->setup = enter_wholly(l->home, l->caller);
	if (l->setup == 0)
		l->setup = caps_set(l->home->caps, l->caps);
	if (l->setup == 0)
		l->setup = child_bind_life();
	return l->setup < 0 ? 0 : l->fn(l->ctx);
}

int as_caller_run(const struct home *h, const struct caller *c, uint64_t caps,
		  int (*fn)(void *ctx), void *ctx, int *ret)
{
	struct lent l = { .home = h,
			  .caller = c,
			  .caps = caps,
			  .fn = fn,
			  .ctx = ctx,
			  .setup = -ECHILD };
	int result, r = child_run(h, lent_main, &l, &result);

	if (r == 0 && l.setup == 0)
		*ret = result;
	return r < 0 ? r : l.setup;
}

struct exact {
	const struct home *home;
	const struct caller *caller;
	int (*try_it)(void *ctx);
	void *ctx;
	int userns_fd;
	int setup; /* 0: try_it ran */
};

/* In the caller's user namespace with its capabilities, or not at all. */
static int become(const struct exact *e)
{
	int r = enter_wholly(e->home, e->caller);

	if (r < 0)
		return r;
	/* Its ids first, while every id can still be set; joining then brings
	 * all capabilities over that namespace, of which only its own stay. */
	if (setns(e->userns_fd, CLONE_NEWUSER) < 0)
		return -errno;
	r = caps_set(e->caller->caps, e->caller->caps);
	return r < 0 ? r : child_bind_life();
}

static int exact_main(void *ctx)
{
	struct exact *e = ctx;

	e->setup = become(e);
	return e->setup < 0 ? 0 : e->try_it(e->ctx);
}

int as_caller_try(const struct home *h, const struct caller *c,
		  int (*try_it)(void *ctx), void *ctx, int *ret)
{
	AUTO(fd_close) int userns_fd = -1;
	struct exact e = {
		.home = h, .caller = c, .try_it = try_it, .ctx = ctx, .setup = -ECHILD
	};
	int r = caller_open_userns(c, &userns_fd), result;

	if (r < 0)
		return r;
	e.userns_fd = userns_fd;
	r = child_run(h, exact_main, &e, &result);
	if (r == 0 && e.setup == 0)
		*ret = result;
	return r < 0 ? r : e.setup;
}
