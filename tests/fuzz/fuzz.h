/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * A fuzz target is one file that defines LLVMFuzzerTestOneInput().  In the
 * preset "fuzz" libFuzzer calls it, in all others replay.c with the inputs that
 * are kept.  It aborts where what it asserts does not hold; of @data it never
 * reads past @size, which ASan sees.
 */

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Return: 0 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_ASSERT(x)                                                         \
	do {                                                                   \
		if (!(x)) {                                                    \
			(void)fprintf(stderr, "%s:%d: does not hold: %s\n",    \
				      __FILE__, __LINE__, #x);                 \
			abort();                                               \
		}                                                              \
	} while (0)
