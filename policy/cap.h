/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Capabilities by name: cap.def as a table.
 */

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct cap {
	const char *name;
	int cap; /* CAP_* */
};

extern const struct cap caps[];
extern const size_t n_caps;

#define CAPS_ALL                                                               \
	((UINT64_C(1) << 41) - 1) /* CAP_CHECKPOINT_RESTORE is the last */

/* Return: its bit, or 0 */
uint64_t cap_find(const char *name);
/* "CAP_MKNOD,CAP_FOWNER", "ALL" or "NONE", to a set. Return: 0 or -1 */
int caps_parse(const char *text, uint64_t *ret);
void caps_print(uint64_t set, FILE *out); /* as that reads */
