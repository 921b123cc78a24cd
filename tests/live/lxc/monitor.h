/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * A container of the tests' own behind a monitor that does with its listener
 * what LXC 5.0 does: receives each notification, sends it on as a packet, sends
 * the answer to the kernel; says ENOSYS where there is none, and connects anew
 * when a packet cannot be sent.
 *
 * The container obeys: it makes a call for each byte it is sent.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/listener.h"
#include "proto/lxc_frame.h"
#include "tests/live/daemon/fixture.h"
#include "tests/live/emulation/world.h"

/* What the container can be told, one byte each. */
enum box_order {
	BOX_MKNOD = 'm',      /* /box/n, c 1:3 */
	BOX_MKNOD_DISK = 'd', /* /box/disk, b 8:0 */
	BOX_MAKE_ANEW = 'a',  /* the first, looked at and unlinked again */
	BOX_SETXATTR = 'x',   /* trusted.deputy.a of /box */
};

struct box {
	struct world w;
	struct inmate i;
	int orders;
};

void box_start(struct box *b);
void box_order(struct box *b, enum box_order order);
/* Return: the errno of the call, 0 for none */
int box_result(struct box *b);
bool box_has_result(const struct box *b);
void box_end(struct box *b);

#define PACKET_FDS_MAX 20

struct packet {
	struct seccomp_notif notif;
	uint8_t bytes[2 * LXC_PACKET_MAX];
	size_t n;
	int fds[PACKET_FDS_MAX]; /* the listener is the box's */
	size_t n_fds;
};

/* Makes the packet of a notification. */
void packet_make(struct packet *p, const struct box *b,
		 const struct seccomp_notif *n, const char *cookie);
/* Waits for the box's next call, and makes its packet. */
void packet_receive(struct packet *p, const struct box *b, const char *cookie);
/* Return: whether it could be sent */
bool packet_send(const struct packet *p, int sock);
/* Closes its fds, but for the box's listener. */
void packet_done(struct packet *p);

/* Connects to deputyd's LXC socket. Return: an fd, or -1 */
int monitor_connect(const struct fixture *f);

enum monitor_status {
	MONITOR_ANSWERED = 0, /* and said to the kernel */
	MONITOR_CLOSED = 1,   /* so the caller was told ENOSYS */
};

/* Waits for the answer and passes it on. Return: enum monitor_status */
int monitor_answer(int sock, const struct box *b, const struct packet *p,
		   int seconds);

/* All of it: receives a call and has it answered, connects where *@sock is -1
 * or a packet cannot be sent. Return: enum monitor_status */
int monitor_serve(int *sock, const struct fixture *f, const struct box *b,
		  const char *cookie);
