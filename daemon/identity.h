/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Who a container is: its user namespace, settled once at attach and held by
 * an fd, so that its inode number names nothing else as long as we know it.
 *
 * Of the namespaces from init's outwards, the container's is the outermost one
 * below its runtime's.  Not init's own: a hostile init may have unshared one
 * more before we look, and a capability gained there counts for nothing.
 *
 * Which process is init is a stranger's word.  All facts are of that one
 * process, whatever becomes of its pid meanwhile, and a lie gains nothing: what
 * deputy does for anybody it does for callers in this very user namespace, so
 * who names another's process gets a policy that acts for the other's calls
 * alone; and who has tasks in the other's namespace is the other.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/cgroup.h"
#include "policy/policy.h"

struct ns_id {
	uint64_t dev, ino; /* both 0: none */
};

static inline bool ns_id_is(const struct ns_id *a, const struct ns_id *b)
{
	return a->dev == b->dev && a->ino == b->ino;
}

struct identity {
	int userns_fd; /* -1: unknown, or deputyd's own */
	struct ns_id userns; /* none: nothing is ever emulated */
	enum userns_fact userns_fact;
	uid_t userns_owner;	/* of USERNS_OWNED */
	struct cgroups cgroups; /* of init; none: unknown */
	bool each; /* no userns, but see identity_settle_each() */
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
/**
 * identity_settle_each() - a container that makes its user namespaces itself
 * @peer_uid: who sends its listener
 * Each right below deputyd's own and owned by @peer_uid is the container's, and
 * no other, so not one nested in it.  That gives its sender nothing: of any of
 * these it could have sent a listener the usual way, to get the same by the same
 * bindings.  And who is within one, or runs under another uid, makes no such.
 *
 * Where its sender is, or its init, is not looked at: that goes on as the
 * command as soon as it has sent, and may be anywhere by now.  So no cgroup is
 * known.
 */
void identity_settle_each(uid_t peer_uid, struct identity *ret);

/* The owner of its user namespace in a policy's words: a uid, or "none"; else
 * "unknown". Return: @buf */
#define IDENTITY_OWNER_MAX 16
const char *identity_owner(const struct identity *i,
			   char buf[static IDENTITY_OWNER_MAX]);
/* Return: 0 with the id of the user namespace that @fd is, or a negative errno
 * (-ENOTTY: it is something else; it may be anything, and is not waited for) */
int identity_fd(int fd, struct ns_id *ret);
void identity_done(struct identity *i);
static inline void identity_done_cleanup(struct identity *i)
{
	identity_done(i);
}
