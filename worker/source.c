// SPDX-License-Identifier: LGPL-2.1-or-later
#include "worker/source.h"

#include <errno.h>
#include <sys/socket.h>

#include "lib/handover.h"

static bool is_connection(int fd)
{
	int type = 0;
	socklen_t size = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
	       type == SOCK_SEQPACKET;
}

int source_open(struct source *s, const struct home *home)
{
	int r = listener_check(HANDOVER_LISTENER);

	*s = (struct source){ .fd = HANDOVER_LISTENER,
			      .listener = HANDOVER_LISTENER,
			      .home = home,
			      .caller = { .procfs_fd = -1, .proc_fd = -1 } };
	s->can_continue = r == 0 && listener_can_continue(s->fd);
	if (r != -ENOTTY)
		return r;
	if (!is_connection(s->fd))
		return -ENOTTY;
	s->is_lxc = true;
	s->listener = -1;
	return 0;
}

int source_resume(struct source *s, struct slot_call *call)
{
	const struct seccomp_notif *n = &call->notif.notif;

	if (s->is_lxc)
		return lxc_resume(s, call);
	/* Still zero: RECV had not returned. No longer valid: it was answered,
	 * or its caller is gone. */
	if (n->id == 0 && n->pid == 0)
		return LISTENER_GONE;
	return listener_id_valid(s->fd, n->id);
}
