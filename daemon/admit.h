/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * From a runtime's word and a verified listener to a session: limits, who the
 * container is, which policy it gets.
 */

#include <stddef.h>
#include <sys/types.h>

#include "daemon/identity.h"
#include "daemon/peer.h"
#include "proto/oci_state.h"

struct registry;

/* Who sent a listener, as its socket showed when it connected. */
struct sender {
	struct peer *peer; /* borrowed */
	gid_t gid;
	pid_t pid;	     /* for the log */
	struct ns_id userns; /* identity_peer() */
};

enum admit_status {
	ADMIT_OK = 0,
	ADMIT_UNBOUND = 1, /* no binding matches; all that is known is logged */
};

/**
 * admit() - attach a listener
 * @listener_fd_taken: verified by listener_check(); -1 afterwards on success
 * @why:	  on an error, for the log
 * Return: enum admit_status, or a negative errno
 */
int admit(struct registry *r, const struct sender *sender,
	  const struct oci_state *state, int *listener_fd_taken,
	  const char **why);

/**
 * admit_proxied() - the same for a connection of LXC's
 * @state:	what its first packet says: .id, .init_pid, .status, .metadata
 * @listener_fd: of that packet, verified; borrowed
 * @sock_taken:	the connection; -1 afterwards on success
 */
int admit_proxied(struct registry *r, const struct sender *sender,
		  const struct oci_state *state, int listener_fd,
		  int *sock_taken, const char **why);

/* Is there room for one more listener of this uid?
 * Return: NULL, or which limit is reached */
const char *admit_limit(const struct registry *r, uid_t peer_uid);
