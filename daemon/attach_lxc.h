/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * LXC's socket: one connection for each container, from its start to its end
 * (proto/lxc_frame.h).  It is silent until the container's first notification;
 * whose packet only is looked at, and left to the worker that then gets the
 * connection.
 */

#include <uv.h>

/* Silent connections: containers that have not called yet.  Root's come on top
 * of LXC_SILENT_MAX, up to LXC_SILENT_MAX_PER_UID. */
#define LXC_SILENT_MAX	       4096
#define LXC_SILENT_MAX_PER_UID 2048
/* How long one may wait once half of LXC_SILENT_MAX do (pending.h).  A monitor
 * whose connection was closed connects anew for its next call. */
#define LXC_SILENT_MS (30 * 1000)

struct registry;
struct attach_lxc;

/**
 * attach_lxc_new() - serve
 * @listening_fd: borrowed until attach_lxc_close()
 * Return: 0 or a negative errno
 */
int attach_lxc_new(struct registry *r, int listening_fd, struct attach_lxc **ret);
/* Accepts no more and ends the silent connections; frees itself by the loop. */
void attach_lxc_close(struct attach_lxc *a);
