/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The process's own table of file descriptors.
 */

/**
 * fds_close_on_exec() - mark all open fds from @first on as close-on-exec
 * @first: 1 or more
 * Uses close_range(2) (Linux 5.11); on older kernels it walks /proc/self/fd.
 * Return: 0, or a negative errno
 */
int fds_close_on_exec(int first);
