// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/fd_room.h"

#include <fcntl.h>
#include <unistd.h>

#define N_MAX (FD_ROOM_MESSAGE + 1)

/* Only trying tells: RLIMIT_NOFILE bounds numbers, and the whole machine may have
 * too few files. deputyd's loop alone opens fds, so nobody takes them meanwhile. */
bool fd_room(int any_fd, unsigned n)
{
	int fds[N_MAX];
	unsigned got = 0;

	while (got < n && got < N_MAX) {
		fds[got] = fcntl(any_fd, F_DUPFD_CLOEXEC, 0);
		if (fds[got] < 0)
			break;
		got++;
	}
	for (unsigned i = 0; i < got; i++)
		(void)close(fds[i]);
	return got == n;
}
