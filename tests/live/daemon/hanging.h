/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * A file whose close() never comes back: a FUSE server of ours answers all
 * but FLUSH, until hanging_release().  Only processes that nobody waits for
 * hold it, since their end closes it, too.
 */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define HANGING_SENDERS_MAX 64

struct hanging {
	pid_t server;
	pid_t senders[HANGING_SENDERS_MAX];
	size_t n_senders;
	char dir[64];
};

/* Skips the test where there is no FUSE. */
void hanging_open(struct hanging *h);
/* A process opens the file and sends it with these bytes. */
void hanging_send(struct hanging *h, int sock, const char *text);
/* The server dies, and every close() returns. */
void hanging_release(struct hanging *h);

/* The file server itself, for @fuse of a mount of the caller's own: answers all
 * but this request of linux/fuse.h, for a while. Each name in it is a file.
 * @asked gets a byte when that request has come; -1: none. */
_Noreturn void hanging_serve(int fuse, uint32_t unanswered, int asked);
