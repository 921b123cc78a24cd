/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The process's own table of file descriptors.
 */

/**
 * fds_close_on_exec() - execve(2) is to close all that are open from @first on
 * @first: 1 or more
 * One call where the kernel has it (Linux 5.11); before, what /proc lists.
 * Return: 0, or a negative errno
 */
int fds_close_on_exec(int first);
