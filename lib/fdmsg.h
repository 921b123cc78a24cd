/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Bytes and fds over a unix socket.  Every fd received is O_CLOEXEC and the
 * caller's; a truncated control message closes nothing by itself but is said.
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
 * fdmsg_peek() - the same, of a packet that stays where it is
 * On a socket of packets; never blocks.  Its fds are received all the same, and
 * will be once more.
 * Return: as fdmsg_recv(), but the whole packet's bytes, also those beyond @size
 */
ssize_t fdmsg_peek(int sock, void *buf, size_t size, struct fdmsg *m);

/* Takes the packet that waits, if any, and forgets it and its fds. */
void fdmsg_drop(int sock);

/**
 * fdmsg_send() - one sendmsg, no SIGPIPE
 * @fds: borrowed, 0..FDMSG_MAX_FDS of them
 * Return: bytes sent, or a negative errno
 */
ssize_t fdmsg_send(int sock, const void *buf, size_t size, const int *fds,
		   size_t n_fds);
