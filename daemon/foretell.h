/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Would a listener be taken, and which policy would it get?  By the same
 * bindings and limits as when it comes (admit.h).
 */

struct control_check;
struct json_object;
struct registry;

/* Return: the reply of io.deputy.Control.Check, the caller's; NULL for lack of
 * memory */
struct json_object *foretell(struct registry *r,
			     const struct control_check *c);
