/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * A path that begins at the caller's own /proc/self (or thread-self, or
 * /dev/fd): an idiom for "this fd, by a path".  Walked by us, "self" would be
 * this process, and a magic link of ours; so the link is opened through the
 * caller's /proc/TID instead, whose own links a thread may always follow, and
 * the walk goes on from there with the caller's rights.
 *
 * Only these plain forms; any other magic link is never followed.
 */

#include <stdbool.h>

#include "worker/caller.h"

struct self_link {
	int fd;		  /* O_PATH of what the link leads to; -1: no such path */
	bool of_process;  /* self, not thread-self */
	bool via_dev_fd;  /* /dev/fd was named, not /proc */
	int number;	  /* of the fd, or -1 */
	const char *name; /* "cwd", "root" where it is no fd */
	const char *rest; /* of the path, behind the link; "" at its end */
	dev_t proc_dev;	  /* of the caller's own procfs */
};

/**
 * self_link_open() - recognise the form and open its link
 * Looks whether the caller's /proc is the procfs of its pid namespace.
 * @path: rest will point into it
 * Return: CALLER_OK (link->fd >= 0 or -1), CALLER_BAD_FD, or a negative errno of
 * ours
 */
int self_link_open(const struct caller *c, const char *path,
		   struct self_link *link);

/* As the caller: does it get to that procfs, and its /dev/fd lead there?  Else the
 * path is one like any other. */
bool self_link_is_real(const struct self_link *link);

/**
 * self_link_walk() - as the caller: open what the whole path leads to, O_PATH
 * @link:  a real one
 * @flags: as for walk()
 * Return: an fd or a negative errno
 */
int self_link_walk(const struct self_link *link, int flags);
