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

/**
 * admit() - attach a listener
 * @peer:	  who sent it
 * @peer_userns:  identity_peer() of when it connected
 * @listener_fd_taken: verified by listener_check(); -1 afterwards on success
 * @why:	  on an error, for the log
 * Return: 0 or a negative errno
 */
int admit(struct registry *r, struct peer *peer,
	  const struct ns_id *peer_userns, const struct oci_state *state,
	  int *listener_fd_taken, const char **why);

/**
 * admit_proxied() - the same for a connection of LXC's
 * @state:	what its first packet says: .id, .init_pid, .status, .metadata
 * @listener_fd: of that packet, verified; borrowed
 * @sock_taken:	the connection; -1 afterwards on success
 */
int admit_proxied(struct registry *r, struct peer *peer,
		  const struct ns_id *peer_userns, const struct oci_state *state,
		  int listener_fd, int *sock_taken, const char **why);
