/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Who a packet of LXC's is from: proof, by the fds in it, that the monitor may
 * write to the memory of the thread that it names.  The proof does not depend on
 * which instance of procfs either side has mounted.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "worker/home.h"

struct lxc_caller {
	/* O_PATH of the root of the monitor's procfs, once it is known to number
	 * processes as we do, and its st_dev; -1: none is known yet */
	int procfs_fd;
	uint64_t procfs_dev;
	int proc_fd; /* O_PATH of our own /proc/TID of the thread, or -1 */
};

/**
 * lxc_caller_prove() - take the thread that a packet names
 * @c:   .proc_fd is -1; set on success
 * @tid: the number in the packet, a stranger's word
 * @dir_fd, @mem_fd: the packet's first two fds, a stranger's; may be anything
 * Return: NULL, or why the fds are not the thread's
 */
const char *lxc_caller_prove(struct lxc_caller *c, const struct home *h,
			     pid_t tid, int dir_fd, int mem_fd);

/* Is the thread that was proven there still?  May be asked as the caller, too. */
bool lxc_caller_lives(const struct lxc_caller *c);

/* Does @proc_fd, a /proc/TID of our own procfs, show the thread that was proven? */
bool lxc_caller_is(const struct lxc_caller *c, int proc_fd);
