/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The named bits of the calls' flags: flag.def as a table.
 */

#include <stddef.h>
#include <stdint.h>

#include "policy/call.h"

struct flag {
	enum call_id call;
	const char *name;
	uint32_t bit;
};

extern const struct flag flags[];
extern const size_t n_flags;

/* Return: the row of @name for @call (CALL_OTHER: for any call), or NULL */
const struct flag *flag_find(enum call_id call, const char *name);
