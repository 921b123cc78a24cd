/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The service manager's side of sd_notify(3): a datagram socket.  Only messages
 * of deputyd are accepted, with their fds.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define WIRE_FDS_MAX   253 /* the kernel's limit for one message */
#define WIRE_BYTES_MAX 4096

struct wire {
	int fd;
	int path_fd;   /* O_PATH of its file, which has no name any more */
	char path[64]; /* NOTIFY_SOCKET */
};

/* Return: 0 or a negative errno */
int wire_open(struct wire *w);
/* Moves the fds to other numbers, from @first on. Return: 0 or a negative errno */
int wire_move(struct wire *w, int first);

struct wire_message {
	bool ready, watchdog, store, remove;
	/* FDNAME; "stored" if there is none. One that is cut is still longer
	 * than STORE_NAME_MAX, so it is never taken for another. */
	char name[257];
	int fds[WIRE_FDS_MAX]; /* the caller's */
	size_t n_fds;
};

enum wire_status {
	WIRE_NONE = 0,
	WIRE_MESSAGE = 1,
	WIRE_FOREIGN = 2, /* not from @from, or unreadable: dropped */
};

/* Does not block. Return: enum wire_status, or a negative errno */
int wire_receive(struct wire *w, pid_t from, struct wire_message *ret);
