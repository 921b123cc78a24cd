/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Random policies over a small vocabulary of every key, for rules to cover,
 * meet and miss each other.
 */

#include <stdint.h>

#include "policy/policy.h"

extern uint32_t random_seed;
unsigned random_pick(unsigned n); /* Return: 0 to @n - 1 */
#define RANDOM_WORD(list) list[random_pick(sizeof(list) / sizeof(list[0]))]

/* One that the checker takes. Its name is "p" */
struct policy_set *random_policy(void);
