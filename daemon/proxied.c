// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/proxied.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/fdmsg.h"
#include "proto/lxc_frame.h"

/* Without its fds. Return: whether a packet waits that is as long as one */
static bool look(int sock, uint8_t packet[LXC_ANSWER_BYTES], uint64_t *ret_id)
{
	ssize_t n = recv(sock, packet, LXC_ANSWER_BYTES, MSG_PEEK | MSG_DONTWAIT);

	if (n != LXC_ANSWER_BYTES)
		return false;
	memcpy(ret_id, packet + LXC_HEAD_BYTES, sizeof(*ret_id));
	return true;
}

uint64_t proxied_now(int sock)
{
	uint8_t packet[LXC_ANSWER_BYTES];
	uint64_t id;

	return look(sock, packet, &id) ? id : 0;
}

int proxied_answer(int sock, uint64_t id, const struct verdict *v)
{
	uint8_t packet[LXC_ANSWER_BYTES], answer[LXC_ANSWER_BYTES];
	uint64_t now;
	ssize_t n = -EPROTO;

	if (look(sock, packet, &now) && now == id) {
		lxc_frame_answer(packet, v, answer);
		n = fdmsg_send(sock, answer, sizeof(answer), NULL, 0);
		fdmsg_drop(sock);
	}
	if (n == sizeof(answer))
		return 0;
	proxied_close(sock);
	return n < 0 ? (int)n : -EPROTO;
}

/* Unread packets would make the kernel reset the connection when it is closed,
 * and the monitor lose an answer that it has not read. */
void proxied_close(int sock)
{
	(void)shutdown(sock, SHUT_RDWR);
	fdmsg_drop(sock);
}
