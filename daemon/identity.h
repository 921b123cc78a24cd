/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Who a container is: its user namespace, settled once when its listener comes
 * and held by an fd (an inode number whose namespace is gone is used again).
 *
 * A capability counts only in the container's own user namespace, because in
 * one nested below it anybody has them all.  The runtime names the container's
 * first process, but that process may have made a nested namespace before we
 * look; so the settled one is the *outermost* on the way up that still lies
 * below the runtime's own.
 */

#include <stdint.h>
#include <sys/types.h>

struct identity {
	uint64_t userns_dev, userns_ino; /* 0, 0: unknown, or deputyd's own */
	int userns_fd; /* holds it; -1 when unknown */
};

/**
 * identity_settle() - find the container's user namespace
 * @init_pid: as the runtime said, in our pid namespace; <= 0: it didn't
 * @peer_pid: SO_PEERCRED's; the process may be gone by now
 *
 * A container without a user namespace of its own gets 0, 0 as an unknown one
 * does: nothing is emulated there, for the kernel itself knows its rights.
 * Return: 0 with *@ret filled, the caller's to identity_done(); or a negative
 * errno
 */
int identity_settle(pid_t init_pid, pid_t peer_pid, struct identity *ret);

void identity_done(struct identity *id);
