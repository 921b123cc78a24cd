/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * What deputyd needs of the machine and of whoever started it.
 */

/* Return: NULL, or a sentence for the administrator: what to mend */
const char *host_unfit(void);

/* As many fds as are allowed: a listener takes three, a container and a
 * connection one. */
void host_raise_fd_limit(void);

/* What we were started with is not for our workers, but for where we log.
 * Return: 0, or a negative errno */
int host_keep_fds(void);
