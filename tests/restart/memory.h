/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * A memory limit on deputyd and its workers, and the kernel's OOM killer at it.
 * The group is one of cgroup v1, below the one that boot.sh makes.
 */

#include <stdbool.h>

/* Return: false, and says why, if this machine has no such groups */
bool memory_start(void);
/* Gives the group no byte more than deputyd and its workers have, until the
 * kernel has killed some of them. */
void memory_squeeze(unsigned kills);
/* Return: how many processes the kernel killed */
unsigned long memory_end(void);
