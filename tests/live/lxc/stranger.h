/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Fds for a packet that a hostile monitor takes from where the caller's number
 * names another process.  Each function replaces the packet's first two fds with
 * a directory and a memory that belong together.
 */

#include "tests/live/lxc/monitor.h"

/* The caller's own, by a procfs that is mounted for this packet alone. */
void stranger_new_procfs(struct packet *p);
/* Of a process with the caller's number in a pid namespace below ours. */
void stranger_below(struct packet *p);
/* The test's own, mounted over the caller's directory in a procfs. */
void stranger_mounted_over(struct packet *p);
/* Of a process that is dead; the packet names one that has its number now. */
void stranger_dead(struct packet *p);

/* Ends the processes that those needed. */
void stranger_end(void);
