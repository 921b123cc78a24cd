/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Accepts connections, and pauses where that fails for lack of fds.
 */

#include <uv.h>

struct acceptor;

/**
 * acceptor_new() - serve
 * @listening_fd: borrowed until acceptor_close()
 * @take:         gets each connection, O_NONBLOCK and O_CLOEXEC, its to close
 * Return: 0 or a negative errno
 */
int acceptor_new(uv_loop_t *loop, int listening_fd,
		 void (*take)(void *ctx, int sock_taken), void *ctx,
		 struct acceptor **ret);
/* Accepts no more: who connects waits in the socket. */
void acceptor_stop(struct acceptor *a);
/* Accepts no more, and frees itself by the loop; then @ctx, too, with free(). */
void acceptor_close(struct acceptor *a);
