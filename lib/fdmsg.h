/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Bytes and fds over a unix socket.  Every received fd is O_CLOEXEC and owned
 * by the caller.  If the control message was truncated, fdmsg.truncated says
 * so; the fds that did fit are still the caller's.
 */

#include <stddef.h>
#include <sys/types.h>

#define FDMSG_MAX_FDS 16

struct fdmsg {
	int fds[FDMSG_MAX_FDS]; /* owned by the caller after fdmsg_recv() */
	size_t n_fds;
	int truncated; /* MSG_CTRUNC: there were more fds than fit */
};

/**
 * fdmsg_recv() - one recvmsg
 * @m: cleared first
 * Return: bytes read, 0 at the end of the stream, or a negative errno
 * (-EAGAIN when nothing is there)
 */
ssize_t fdmsg_recv(int sock, void *buf, size_t size, struct fdmsg *m);

/**
 * fdmsg_peek() - read the next packet and leave it in the queue
 * For sockets that keep packets apart; never blocks.  The packet's fds are received
 * by each peek, and again by the receive that removes the packet.
 * Return: as fdmsg_recv(), but the whole packet's bytes, also those beyond @size
 */
ssize_t fdmsg_peek(int sock, void *buf, size_t size, struct fdmsg *m);

/* Removes the next packet from the queue, if there is one. Its fds are not received. */
void fdmsg_drop(int sock);

/**
 * fdmsg_send() - one sendmsg, no SIGPIPE
 * @fds: borrowed, 0..FDMSG_MAX_FDS of them
 * Return: bytes sent, or a negative errno
 */
ssize_t fdmsg_send(int sock, const void *buf, size_t size, const int *fds,
		   size_t n_fds);
