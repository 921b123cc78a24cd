/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Who waits: ids, groups, umask, capabilities, namespace, root and working
 * directory of one thread, all taken through one /proc/TID directory.
 *
 * The thread is stopped in its system call, so its credentials hold still; the
 * root, the working directory and the fds may be shared with threads that run,
 * so each is opened once and the fd is used from then on.  All of it belongs to
 * the right thread only if the notification's id is still valid afterwards.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "worker/home.h"

/* More supplementary groups than this and the caller is not acted for. */
#define CALLER_GROUPS_MAX 1024

/* pid_namespaces(7): they nest 32 deep. */
#define CALLER_PIDNS_MAX 33

enum caller_status {
	CALLER_OK = 0,
	CALLER_GONE,	/* no such thread any more */
	CALLER_BAD_FD,	/* dirfd is none of its fds: the kernel says EBADF */
	CALLER_UNKNOWN, /* more than can be taken over (groups) */
};

enum caller_id { REAL, EFFECTIVE, SAVED, FS, CALLER_IDS };

struct caller {
	pid_t tid, tgid; /* as we number them */
	unsigned n_tids; /* the same from our pid namespace down to its own */
	pid_t tids[CALLER_PIDNS_MAX];
	int proc_fd; /* O_PATH of /proc/TID */
	int root_fd; /* O_PATH, -1 until caller_open_root() */
	int dir_fd;  /* O_PATH of what relative paths start from, or -1 */
	uid_t uid[CALLER_IDS]; /* in our user namespace */
	gid_t gid[CALLER_IDS];
	unsigned n_groups;
	gid_t groups[CALLER_GROUPS_MAX];
	mode_t umask;
	uint64_t caps; /* effective, over its own user namespace */
	uint64_t userns_dev, userns_ino;
};

/**
 * caller_open() - take the thread's identity
 * @tid: seccomp_notif.pid
 * @c:   the caller's, to caller_close() on CALLER_OK only
 * Return: CALLER_OK, CALLER_GONE, CALLER_UNKNOWN, or a negative errno of ours
 */
int caller_open(const struct home *h, pid_t tid, struct caller *c);

/**
 * caller_open_dirs() - its root, and what a path starts from
 * @dirfd: its fd number or AT_FDCWD; not looked at when @absolute
 * Return: CALLER_OK, CALLER_GONE, CALLER_BAD_FD, or a negative errno of ours
 */
int caller_open_dirs(struct caller *c, int dirfd, bool absolute);

/**
 * caller_open_fd() - the file behind its fd, O_PATH
 * Return: CALLER_OK, CALLER_GONE, CALLER_BAD_FD (also for an O_PATH fd of its
 * own, which fsetxattr(2) refuses), or a negative errno of ours
 */
int caller_open_fd(const struct caller *c, int fd, int *ret_fd);

/**
 * caller_open_link() - where a magic link of its own leads: below /proc/self
 * (@of_process) or /proc/thread-self, fd/@fd or, for @fd < 0, @name
 * Return: CALLER_OK, CALLER_BAD_FD (there is none), or a negative errno of ours
 */
int caller_open_link(const struct caller *c, bool of_process, int fd,
		     const char *name, int *ret_fd);

/**
 * caller_has_procfs() - does this procfs number the caller as itself does, so
 * that "self" means the caller there?
 * @procfs_fd: O_PATH of a procfs's root
 * Return: 1, 0, or a negative errno of ours
 */
int caller_has_procfs(const struct caller *c, int procfs_fd);

/**
 * caller_open_userns() - its user namespace, for setns(2)
 * It is the one that was taken with its identity, though its link is opened
 * again here: threads may not move.
 * Return: 0 or a negative errno (-ESTALE: it is another)
 */
int caller_open_userns(const struct caller *c, int *ret_fd);

/* Is its user namespace one right below that with this st_dev and st_ino, owned
 * by this uid of ours? */
bool caller_is_right_below(const struct caller *c, uint64_t dev, uint64_t ino,
			   uid_t owner);

/* For workers whose callers are in several user namespaces: caller_maps() and
 * caller_inside() are about this one's from now on. Return: 0 or a negative
 * errno, then they are not to be asked */
int caller_use_maps(const struct caller *c);

void caller_close(struct caller *c);

/* Has it @cap (CAP_*) in effect over its own user namespace? */
static inline bool caller_has(const struct caller *c, int cap)
{
	return c->caps >> cap & 1;
}

/**
 * caller_maps() - are this owner and group mapped in its user namespace?
 * A capability over that namespace counts only for such inodes
 * (capable_wrt_inode_uidgid()).
 * Return: 1, 0, or a negative errno of ours
 */
int caller_maps(const struct caller *c, uid_t uid, gid_t gid);

/**
 * caller_inside() - its effective ids as its user namespace numbers them
 * Outputs are UINT32_MAX where they are not mapped there.
 * Return: 0 or a negative errno of ours
 */
int caller_inside(const struct caller *c, uint32_t *ret_uid, uint32_t *ret_gid);
