/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * What this kernel can do, found out once at the start.
 */

#include <stdbool.h>

#include "lib/kfeat.h"

struct features {
	bool known; /* else nothing could be found out */
	uint32_t mask;
	uint32_t not_lacking; /* as kfeat_not_lacking() */
};

/* Forks: before there are threads. Says in the log what there is and is not. */
void features_probe(struct features *ret);
