/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * What the worker keeps of its own view of the machine: every path that it
 * opens for itself starts here, never at a name in a container's tree.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct home {
	int root_fd; /* O_PATH of our "/" */
	int proc_fd; /* O_PATH of our /proc, which is procfs */
	int nodes_fd; /* a tmpfs of ours (node_open.h), -1: none */
	uint64_t caps; /* all that this worker keeps: permitted and effective */
	uint64_t userns_dev, userns_ino; /* our own user namespace */
	pid_t parent; /* deputyd: who it says that it is in the slot */
	/* Of the slot: may no child be started now? NULL: each may */
	const _Atomic uint32_t *childless;
	bool has_x32; /* does this kernel implement x86-64's x32 ABI? */
	bool has_xattrat; /* and setxattrat and its like (Linux 6.13)? */
};

/* Return: 0, or a negative errno (-ENOTSUP: /proc is not procfs) */
int home_init(struct home *h);

/**
 * home_rearm() - die when the parent dies, and be closed to other processes
 * The kernel forgets the former with every change of ids, and then takes
 * fs.suid_dumpable for the latter. So both are asked for again each time this
 * process has come home: two workers of different deputyds must never share a slot.
 * Return: 0, -ESRCH when the parent is dead already, or another negative errno
 */
int home_rearm(const struct home *h);
