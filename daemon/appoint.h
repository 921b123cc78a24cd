/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Workers: started, asked to leave, killed, reaped, replaced.
 */

struct session;

void appoint_init(struct session *s);
/* Starts a worker; where that fails, tries again later. */
void appoint(struct session *s);
/* The same on the slot of an earlier deputyd, once its worker there is dead. */
void appoint_inherited(struct session *s);
/* Asks a worker to finish what it holds and leave. Its end brings the next. */
void appoint_dismiss(struct session *s);
/* The same, because there is a newer policy: it finishes only what it received
 * before this call; what comes later is its successor's, and so the newer one's. */
void appoint_supersede(struct session *s);
void appoint_kill(struct session *s);
/* Gives up a worker that was killed and does not die: the next one serves on.
 * Not when too many are lost already, or nobody is left to serve. */
void appoint_abandon(struct session *s);
/* No more workers; the one there was is gone. */
void appoint_end(struct session *s);
