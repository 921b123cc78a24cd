/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stddef.h>

/**
 * "Did you mean": the best of many candidates, offered one by one.
 */
struct nearest {
	const char *word;
	char best[64];	   /* "" while none is near enough */
	unsigned distance; /* edits to it */
};

void nearest_init(struct nearest *n, const char *word);
void nearest_offer(struct nearest *n, const char *candidate);
/* ` (did you mean "x"?)`, or "". Return: @buf */
const char *nearest_hint(const struct nearest *n, char *buf, size_t size);
