/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Reloads when the policy's files change (--watch-policy).
 *
 * Directories are watched, not files, so that a file renamed over another, one
 * that is added to policy.d, and one that is not there yet are all seen.  A
 * symlink's target is watched where the policy's own path is one, not where
 * one of a directory's files is.
 */

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

/* How long files may still change after the first sign of it. */
#define POLICY_WATCH_SETTLE_MS 200
/* Of each path: the directory it is in, the one that it points into, itself. */
#define POLICY_WATCH_MAX 6

struct operations;

struct policy_watch {
	struct operations *operations; /* NULL: not watching */
	uv_fs_event_t events[POLICY_WATCH_MAX];
	uv_timer_t settle;
	bool tried;    /* since the last success: a version that was refused, */
	uint64_t hash; /* this one, 0: one that cannot be read */
};

/* @o: borrowed */
void policy_watch_start(struct policy_watch *w, struct operations *o);
void policy_watch_close(struct policy_watch *w);
