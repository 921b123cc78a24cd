/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The fds that deputyd was started with (sd_listen_fds_with_names(3)): sockets
 * of socket units, and what came back from the fd store.
 */

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

struct fdstore;

struct inherit_fd {
	int fd; /* -1: taken */
	char *name;
};

struct inherit {
	struct inherit_fd *fds;
	size_t n;
};

/* Return: 0 or a negative errno. No variable of it is left in the environment. */
int inherit_init(struct inherit *in);

/**
 * inherit_socket() - take a listening unix socket of a socket unit
 * @name: what its unit calls it (FileDescriptorName=); one without any name
 *	  that listens on @path will do, too
 * @type: SOCK_STREAM, SOCK_SEQPACKET
 * Return: the fd, the caller's, non-blocking; -1: none
 */
int inherit_socket(struct inherit *in, const char *name, int type,
		   const char *path);

/* The same of one that an earlier deputyd bound to @path (daemon/fdstore.h),
 * whatever stands there now. */
int inherit_bound(struct inherit *in, struct fdstore *store, const char *name,
		  int type, const char *path);
/* Closes those of that name that are left, before there is another one. */
void inherit_drop_bound(struct inherit *in, struct fdstore *store,
			const char *name);

/**
 * inherit_done() - close what nobody took, and say so
 * @loop: a stranger's file may be slow to close: that is done by its threads
 */
void inherit_done(struct inherit *in, struct fdstore *store, uv_loop_t *loop);

/* Is it a stream socket that is connected to a unix socket, or was? */
bool inherit_is_connection(int fd);

/* Logs and closes one; for those that adopt.c refuses. */
void inherit_refuse(struct inherit_fd *f, uv_loop_t *loop, const char *why);
