/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * /proc/TID/status, see proc_pid_status(5).  The thread chooses its own name in
 * the first line, but the kernel escapes newlines in it.  So the thread makes no
 * other line.
 */

#include "worker/caller.h"

/**
 * status_parse() - take ids, groups, umask and capabilities
 * @text: NUL-terminated
 * @c:    its numbers are overwritten, also where it fails; its fds are not
 * Return: CALLER_OK, CALLER_GONE (it is exiting), CALLER_UNKNOWN (too many
 * groups), or -EPROTO for what no kernel writes
 */
int status_parse(const char *text, struct caller *c);

/* Its numbers, from our pid namespace down to its own. Return: how many */
unsigned status_tids(const char *text, pid_t ret[CALLER_PIDNS_MAX]);
