/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * What libdeputy-fault.so, preloaded into deputyd, does to it: read from a file
 * that the torture program writes.  All zero: nothing.
 */

#include <stdint.h>

#define FAULT_FILE "/run/deputy-fault"

struct fault {
	uint32_t memory; /* one allocation in this many fails with ENOMEM */
	uint32_t fds;	 /* one new fd in this many fails with EMFILE */
	uint32_t space;	 /* one new memfd in this many fails with ENOSPC */
	uint32_t unused;
	int64_t monotonic_s; /* the clocks are so much ahead */
	int64_t realtime_s;
};
