/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * What the service manager is told (sd_notify(3)).  Where there is none, all
 * of this does nothing.
 */

#include <stddef.h>
#include <uv.h>

void notify_ready(void);
void notify_stopping(void);
/* STATUS=, if it is another one than the last. */
void notify_status(size_t containers, size_t listeners);
/**
 * notify_watchdog() - say from the loop that it goes on, if somebody asks for it
 * @t: not initialized; does not keep the loop alive; the caller's to close
 */
void notify_watchdog(uv_loop_t *loop, uv_timer_t *t);
