/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Who a container is: its user namespace, settled once at attach and held by
 * an fd, so that its inode number names nothing else as long as we know it.
 *
 * Of the namespaces from init's outwards, the container's is the outermost one
 * below its runtime's.  Not init's own: a hostile init may have unshared one
 * more before we look, and a capability gained there counts for nothing.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct ns_id {
	uint64_t dev, ino; /* both 0: none */
};

static inline bool ns_id_is(const struct ns_id *a, const struct ns_id *b)
{
	return a->dev == b->dev && a->ino == b->ino;
}

struct identity {
	int userns_fd; /* -1: unknown, or deputyd's own */
	struct ns_id userns; /* none: nothing is ever emulated, but for */
	bool each; /* callers in user namespaces right below deputyd's own */
};

/**
 * identity_peer() - the user namespace of whoever connected
 * Look early: when it is gone its pid may be another's.
 * Return: deputyd's own namespace where @pid is gone
 */
struct ns_id identity_peer(pid_t pid);

/**
 * identity_settle() - who is the container with this init?
 * @init_pid: a stranger's word; <= 0 is unknown
 * @ret:      always written; the caller's to identity_done()
 * Return: 0, or a negative errno: why it is unknown
 */
int identity_settle(const struct ns_id *peer, pid_t init_pid,
		    struct identity *ret);
void identity_done(struct identity *i);
static inline void identity_done_cleanup(struct identity *i)
{
	identity_done(i);
}
