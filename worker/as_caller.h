/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Acting as the caller, in two ways.
 *
 * *Entering* (as_caller_enter .. as_caller_leave) is the fast one: this process
 * takes the caller's root, its file system ids, groups and umask, but stays
 * in its own user namespace with an effective set that holds only what the
 * effect needs.  The kernel then refuses whatever the ids alone may not do, so
 * success is exact, and so is "it exists already"; any other failure may only
 * mean that the caller has a capability that this process does not.
 *
 *   - At home this process is nobody, by all of its ids.  A uid 0 would have
 *     every capability over a user namespace that root made, and own root's files.
 *   - Of the caller's uids only the file system's.  Whoever has the others, and sees
 *     this process, could signal it, and take its limits away for good.
 *   - Never left entered: a process rooted in a container keeps its mounts busy.
 *   - Its working directory meanwhile is *our* /proc, for "self/fd/N"; so every
 *     path of the caller is resolved from an explicit dirfd.
 *
 * *Trying* (as_caller_try) is the exact one: a child that shares this memory and
 * fd table but nothing else enters, then joins the caller's user namespace and
 * takes exactly its capabilities.  What the kernel tells this child it would tell
 * the caller.  In that namespace the child can be seen (and signalled, but not
 * traced: it is not dumpable) by a container that shares our pid namespace.
 *
 * Magic links (/proc/PID/fd and its like) are never followed here: "self" is
 * this process, whose fds are not the caller's business.
 */

#include <stddef.h>

#include "worker/caller.h"
#include "worker/home.h"

/* No process has this uid, owns a user namespace or mounts a FUSE with it. */
#define NOBODYS ((uid_t)-2)

/**
 * as_caller_enter() - become the caller, with @caps in effect
 * @c:    with its root open (caller_open_dirs())
 * @caps: bits of CAP_*, over our own user namespace
 * Return: 0, or a negative errno, then this process is home again
 */
int as_caller_enter(const struct home *h, const struct caller *c, uint64_t caps);

/* Changes the effective set while entered. Return: 0 or a negative errno */
int as_caller_caps(const struct home *h, uint64_t caps);

/* Goes home from @c. A process that cannot must not go on: it ends itself. */
void as_caller_leave(const struct home *h, const struct caller *c);

/**
 * as_caller_try() - run @try_it in the exact child
 * @try_it: runs with the caller's rights; fds it opens are this process's too;
 *          allocates nothing; returns 0 or a negative errno
 * @ret:    what @try_it returned
 * Return: 0, or a negative errno of ours (@try_it did not run, or the child was
 * killed); then what @try_it opened is closed
 */
int as_caller_try(const struct home *h, const struct caller *c,
		  int (*try_it)(void *ctx), void *ctx, int *ret);

/**
 * as_caller_run() - as entered, with @caps, but in a child and with all uids
 * For what asks for the real and saved ones, too: a FUSE mount of the caller's.
 * @fn: as @try_it of as_caller_try()
 * Return: as as_caller_try()
 */
int as_caller_run(const struct home *h, const struct caller *c, uint64_t caps,
		  int (*fn)(void *ctx), void *ctx, int *ret);

/**
 * walk() - as the caller: open what a path of its leads to, O_PATH
 * @dirfd: what a relative @path starts from; never AT_FDCWD
 * @flags: O_DIRECTORY, O_NOFOLLOW
 * Return: an fd or a negative errno
 */
int walk(int dirfd, const char *path, int flags);

/**
 * walk_where() - as the caller: the path of what an O_PATH fd holds, from the
 * caller's root, or where that does not reach it, its mount namespace's
 * @buf: NUL-terminated on success
 * Return: 0, or a negative errno: -ENOENT where no path leads there
 */
int walk_where(const struct home *h, int fd, char *buf, size_t size);
