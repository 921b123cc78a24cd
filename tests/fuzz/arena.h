/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The head of an input of the target "arena": what is asked of the arena that
 * follows it.
 */

#include <linux/seccomp.h>
#include <stdint.h>

#include "policy/decide.h"

#define FUZZ_CALLS_MAX 16 /* so many of its calls are asked about */

struct fuzz_question {
	struct seccomp_data data;
	uint32_t first_call; /* of the arena's numbers, modulo */
	uint32_t unreadable; /* bit 0: the name, bit 1: the value */
	char name[XATTR_NAME_MAX_BYTES + 1]; /* up to a NUL, if there is one */
	char value[DECIDE_VALUE_MAX_BYTES];
};
