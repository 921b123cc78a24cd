/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The OCI socket: one connection, one container process state, one listener.
 */

#include <stddef.h>
#include <uv.h>

/* Connections that have not sent a whole message.  Silent ones are normal:
 * crun connects before it creates the container.  Root's come on top of
 * OCI_PENDING_MAX, up to OCI_PENDING_MAX_PER_UID. */
#define OCI_PENDING_MAX		1024
#define OCI_PENDING_MAX_PER_UID 256
/* How long one may wait once half of OCI_PENDING_MAX do (pending.h). */
#define OCI_SILENT_MS (30 * 1000)
/* Bytes of messages that are not whole yet. */
#define OCI_BUFFERED_MAX_PER_UID ((size_t)8 * 1024 * 1024)
/* From the first byte of a message to its last. */
#define OCI_MESSAGE_DEADLINE_MS (10 * 1000)

/* A connection that has been silent for so long is put into the fd store, so that it
 * outlives a deputyd that is killed. One that ends in order stores all. */
#define OCI_STORE_MS 250

struct inherit;
struct registry;
struct attach;

/**
 * attach_new() - serve
 * @listening_fd: borrowed until attach_close()
 * Return: 0 or a negative errno
 */
int attach_new(struct registry *r, int listening_fd, struct attach **ret);
/* Serves the connections that an earlier deputyd left in the fd store. */
void attach_adopt(struct attach *a, struct inherit *in);
/**
 * attach_stop() - leave those that connect, and those that are still silent, to
 * the next deputyd
 * Without a store they end.
 */
void attach_stop(struct attach *a);
/* Adds the connections that are stored to another store, as keep_list() does. */
int attach_list(struct attach *a,
		int (*add)(void *ctx, const char *name, int fd_taken), void *ctx);
/* Return: how many are within their message */
size_t attach_unfinished(const struct attach *a);
/* Accepts no more and ends all connections; frees itself by the loop. */
void attach_close(struct attach *a);
