/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Hang-ups of listeners, and workers that stall.
 */

/* A worker that holds one call for longer than its policy's deadline is killed,
 * and the call fails. One that was killed and has not died after so many
 * ticks more is given up. */
#define LOST_TICKS 2
/* LXC's monitor, and with it its container, waits for one answer at a time: no
 * policy may have it wait for longer. */
#define LXC_DEADLINE_S 10
/* A worker that nobody needs any more has this long to go by itself. */
#define LEAVE_MS 2000
#define TICK_MS	 1000

struct registry;
struct session;

void watch_init(struct registry *r);
void watch_close(struct registry *r);
/* There may be something to watch again. */
void watch_wake(struct registry *r);

/* Return: 0 or a negative errno */
int watch_session(struct session *s);
void watch_session_end(struct session *s);
