/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * What deputyd does when it is asked: by the control socket, or by a signal.
 */

#include <stdint.h>

#include "daemon/control.h"

struct config;
struct registry;

struct operations {
	struct registry *registry;
	const struct config *config;
	uint64_t started_ms; /* uv_now() */
};

/* For control_new(), with a struct operations as context. */
extern const struct control_ops operations_control;

/* Reads the policy file anew, and logs how it went. */
void operations_reload(struct operations *o);
