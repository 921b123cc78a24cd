// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/predecessor.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/handover.h"
#include "lib/own.h"
#include "lib/slot.h"

static bool is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* The pid may be another's by now (of the worker only a child is left, which
 * the kernel kills by itself): whoever has it must hold this slot. */
static void kill_worker(pid_t pid, int slot_fd)
{
	AUTO(fd_close) int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct stat mine, its;
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, HANDOVER_SLOT);
	if (pidfd >= 0 && fstat(slot_fd, &mine) == 0 && stat(path, &its) == 0 &&
	    is_same_file(&mine, &its))
		(void)syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
}

int predecessor_end(int slot_fd)
{
	pid_t pid = 0;
	int n = 0;

	while ((pid = slot_locker(slot_fd, pid)) > 0) {
		kill_worker(pid, slot_fd);
		n++;
	}
	return pid < 0 ? (int)pid : n;
}
