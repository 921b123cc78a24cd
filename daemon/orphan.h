/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * A deputyd whose keeper died becomes the keeper: the same process, with all that
 * was to be kept, under which a new deputyd is started.
 */

#include <stdbool.h>
#include <uv.h>

struct orphan {
	uv_poll_t poll; /* of the keeper's pidfd */
	int pidfd;	/* -1: no keeper, or not watched */
	void (*on_orphaned)(void *ctx);
	void *ctx;
};

/* Calls @on_orphaned once the keeper is gone, if there is one. */
void orphan_watch(struct orphan *o, uv_loop_t *loop,
		  void (*on_orphaned)(void *ctx), void *ctx);
void orphan_close(struct orphan *o);

struct store;

/**
 * orphan_become_keeper() - exec
 * @argv: of this deputyd
 * @s: what is to be kept
 * Return: a negative errno; then deputyd serves on as it is, or it does not return
 */
int orphan_become_keeper(int argc, char **argv, struct store *s);
