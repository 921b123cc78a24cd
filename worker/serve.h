/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * One notification's walk: slot -> plan -> memory -> decide -> emulate -> answer.
 * It never goes back a room.  From receive to respond nothing allocates.
 */

#include <stdbool.h>

#include "lib/slot.h"
#include "policy/arena.h"
#include "worker/home.h"
#include "worker/source.h"

struct server {
	struct source source;
	const struct arena *policy;
	struct slot *slot;
	struct home home;
};

/**
 * serve() - handle the notification in the slot (phase RECEIVED or later)
 * @recovering: a dead worker had begun the effect
 * Return: 0, or a negative errno when this worker cannot answer
 */
int serve(struct server *s, bool recovering);

/**
 * serve_recover() - finish what a dead worker left in the slot, if anything
 * Return: as serve()
 */
int serve_recover(struct server *s);
