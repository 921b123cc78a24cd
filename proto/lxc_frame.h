/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * LXC's seccomp notify proxy protocol (lxc.container.conf(5),
 * lxc.seccomp.notify.proxy), as LXC 3.2 to 6.0 speak it: a container's monitor
 * connects to a SOCK_SEQPACKET socket, sends each notification as one packet
 * with three fds, and waits for one packet in return, in host byte order:
 *
 *     0  u64 reserved, 0    8 i32 monitor's pid   12 i32 init's pid
 *    16  u16 sizes of struct seccomp_notif, _notif_resp, _data; u16 padding
 *    24  u64 bytes of the cookie
 *    32  struct seccomp_notif
 *   112  struct seccomp_notif_resp
 *   136  the cookie; not in the answer
 *
 * The monitor waits for 30 s.  It takes a later answer, or a second one, as the
 * answer to its next call, whatever id the answer has.
 */

#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/verdict.h"

#define LXC_HEAD_BYTES	 32
#define LXC_ANSWER_BYTES 136
#define LXC_COOKIE_MAX	 4096
#define LXC_PACKET_MAX	 (LXC_ANSWER_BYTES + LXC_COOKIE_MAX)

/* The fds of a packet, in this order. */
enum lxc_fd {
	LXC_FD_PROC,	 /* the caller's /proc/TID */
	LXC_FD_MEM,	 /* the caller's /proc/TID/mem, opened read-write */
	LXC_FD_LISTENER, /* for NOTIF_ID_VALID; NOTIF_RECV is the monitor's */
	LXC_FDS
};

struct lxc_frame {
	pid_t init_pid; /* > 0; as the monitor numbers it */
	size_t cookie_bytes;
	const char *cookie; /* into the packet; no NUL, also not at its end */
	struct seccomp_notif notif; /* pid > 0 */
};

/**
 * lxc_frame_parse() - read a packet
 * @packet: its first min(@n, LXC_PACKET_MAX) bytes
 * @n:	    its whole length
 * Return: NULL with *@ret written, or the reason of the refusal, a static string
 */
const char *lxc_frame_parse(const void *packet, size_t n, struct lxc_frame *ret);

/**
 * lxc_frame_answer() - make the answer
 * @packet: one that lxc_frame_parse() took
 */
void lxc_frame_answer(const void *packet, const struct verdict *v,
		      uint8_t answer[LXC_ANSWER_BYTES]);
