/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * From an earlier deputyd's fd store back to containers and sessions.
 */

struct inherit;
struct registry;

/**
 * adopt() - take all that is sound, drop all that is over
 * Its fds are taken out of @in. What cannot be understood is refused: logged,
 * closed, and out of the store.
 *
 * The policy is chosen as by a reload: by the bindings; where none matches, it
 * is the one of the name that the container had; where there is none of that
 * name either, each call that is notified of is answered with EPERM.
 */
void adopt(struct registry *r, struct inherit *in);
