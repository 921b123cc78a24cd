/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Peers of several uids, each in the group of all sockets: some are silent, some
 * send garbage, and each holds more connections than its uid may have.
 */

#include <stdint.h>

void strangers_start(uint32_t seed);
/* Ends all of them. Dies if one ended by itself. */
void strangers_end(void);
