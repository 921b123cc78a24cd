/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * What is watched while workers serve: that a listener hung up (its last task
 * is gone; kernels before 6.2 or so leave the worker blocked in RECV), and, on
 * one coarse timer for all, that no call takes too long.
 */

#include "daemon/registry.h"

#define CALL_DEADLINE_MS  10000
#define WATCH_INTERVAL_MS 1000

void watch_start(uv_loop_t *loop, struct listener *l);
void watch_stop(struct listener *l);

struct watch {
	uv_timer_t timer;
	struct registry *registry;
};

void watch_init(struct watch *w, struct registry *r);
void watch_done(struct watch *w);
