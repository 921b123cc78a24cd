/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * A worker's birth: the fds of lib/handover.h, and no other file of deputyd's, not
 * even for the moment before execve(2).  There may be files of strangers among
 * them (fds that came with a message), and closing one may take for ever.
 */

#include <sys/types.h>

#include "lib/handover.h"

/**
 * spawn_reserve() - keep the lowest numbers for spawn()
 * First of all: a number that is taken, by an fd that we were started with, is
 * reserved once that is moved; see spawn_move().
 * Return: 0 or a negative errno
 */
int spawn_reserve(void);

/* Moves an fd off those numbers. Return: the fd that it is now, or a negative errno */
int spawn_move(int fd);

/**
 * spawn() - start a program without arguments, environment, and signals blocked
 * @program_fd: borrowed, for reading; of no script
 * @fds: by number in the new process; -1: none, and /dev/null for 0 and 1
 * @ret_pidfd: readable once it is dead; then waitid(2) is the caller's
 * Return: its pid, or a negative errno: execve(2)'s, too
 */
pid_t spawn(int program_fd, const int fds[HANDOVER_FDS], int *ret_pidfd);
