/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Children of workers (worker/child.h) that outlive their worker.
 *
 * A child that acts for a caller may wait in the kernel for a FUSE server of the
 * container. If that server never answers, the call fails and its worker is killed,
 * but the child cannot die until the server does. It is a process of the host's. So
 * once LINGERING_MAX of a container are left, its workers start no more: calls that
 * need a child get the policy's "fail".
 *
 * The lock of a slot (lib/slot.h) tells of them, also those of an earlier deputyd.
 */

#define LINGERING_MAX 3

struct container;
struct session;

/* No worker of the session's runs: counts, and tells the container's workers. */
void lingering_count(struct session *s);
/* Each tick: are those that were counted still there? */
void lingering_tick(struct container *c);
/* The session ends: its children are not counted any more. */
void lingering_forget(struct session *s);
