/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * What of the registry lies in the fd store, for the next deputyd: each
 * container's record and user namespace, each session's listener and slot.
 * Where there is no store all of this does nothing.
 */

struct container;
struct registry;
struct session;

/* Before its first worker: its listener and slot, and its container's part if
 * that is not there yet. */
void keep_session(struct session *s);
/* Its policy has another name. The new record is there before the old one goes. */
void keep_policy(struct container *c);
/* They are over. What ends with deputyd is not. */
void keep_forget_session(struct session *s);
void keep_forget_container(const struct registry *r, struct container *c);
