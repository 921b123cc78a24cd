/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Are there fds left to receive a message with?  The kernel drops fds of a message
 * for which the receiver has no number, so a listener would be lost.  A message
 * that is not received waits in its socket.
 */

#include <stdbool.h>

#include "lib/fdmsg.h"

/* All fds of one message, and what a listener needs: slot, record, namespace,
 * worker. */
#define FD_ROOM_MESSAGE (FDMSG_MAX_FDS + 8)
#define FD_ROOM_RETRY_MS 250

/* Can this process open @n more fds? @any_fd: an open one */
bool fd_room(int any_fd, unsigned n);
