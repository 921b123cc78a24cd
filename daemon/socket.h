/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * A listening unix socket in the file system, ours until socket_done().
 */

#include <stddef.h>
#include <sys/types.h>

struct socket {
	int fd; /* -1: none */
	const char *path; /* borrowed */
	dev_t dev;
	ino_t ino;
};

/**
 * socket_open() - bind and listen
 * @path: borrowed until socket_done(); its directory is made (0755) if missing
 * @mode: what the socket's file has from its first moment
 * @why:  on an error, a sentence for the administrator
 * A socket file that nobody listens on any more is replaced.
 * Return: 0 or a negative errno (-EADDRINUSE: somebody listens there)
 */
int socket_open(struct socket *s, const char *path, mode_t mode, char *why,
		size_t why_size);

/* The same for another @type: SOCK_SEQPACKET. */
int socket_open_type(struct socket *s, const char *path, int type, mode_t mode,
		     char *why, size_t why_size);

/* Closes it and removes its file, if that is still the one we made. */
void socket_done(struct socket *s);

/* The same, but for the fd, which somebody else closes. */
void socket_unlink(struct socket *s);
