/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * How many calls a second a worker takes: the policy's "rate".  A second's worth
 * may come at once; from then on calls wait in the kernel, where they cost
 * nothing.  Each worker counts for itself.
 */

#include <stdint.h>

struct rate {
	int64_t each_ns; /* between two calls; 0: no limit */
	/* When the next call would come if all had come in step (the generic cell
	 * rate algorithm, ITU-T I.371). */
	int64_t due_ns;
};

/* @per_second: 0: no limit */
void rate_init(struct rate *r, uint32_t per_second);
/* One call was taken. */
void rate_take(struct rate *r, int64_t now_ns);
/* Return: how long the next call is to wait; 0: it may come */
int64_t rate_wait_ns(const struct rate *r, int64_t now_ns);
