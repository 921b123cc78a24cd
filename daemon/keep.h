/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * What of the registry lies in the fd store, for the next deputyd: each
 * container's record and user namespace, each session's listener and slot.
 * Where there is no store all of this does nothing.
 */

#include <stdbool.h>

struct container;
struct registry;
struct session;

/* Before its first worker: its listener and slot, and its container's part if
 * that is not there yet. */
void keep_session(struct session *s);
/* The slot of a helper on the listener of @main. */
/* Return: false where its listener is stored and it does not fit: a restart would
 * lose the call that it has, and its caller would wait for ever. */
bool keep_helper(struct session *main, const struct session *helper);
/* Its policy has another name. The new record is there before the old one goes. */
void keep_policy(struct container *c);
/* They are over. What ends with deputyd is not. */
void keep_forget_session(struct session *s);
/**
 * keep_list() - all of that again, for another store
 * @add: store_add() of keeper/store.h, or the like; takes the fd
 * Return: 0 or the first negative errno
 */
int keep_list(const struct registry *r,
	      int (*add)(void *ctx, const char *name, int fd_taken), void *ctx);
void keep_forget_container(const struct registry *r, struct container *c);
