// SPDX-License-Identifier: LGPL-2.1-or-later
#include "worker/rate.h"

#define SECOND_NS INT64_C(1000000000)

void rate_init(struct rate *r, uint32_t per_second)
{
	*r = (struct rate){ .each_ns = per_second ? SECOND_NS / per_second : 0 };
}

void rate_take(struct rate *r, int64_t now_ns)
{
	if (r->due_ns < now_ns)
		r->due_ns = now_ns;
	r->due_ns += r->each_ns;
}

int64_t rate_wait_ns(const struct rate *r, int64_t now_ns)
{
	int64_t ahead_ns = r->due_ns + r->each_ns - now_ns;

	return r->each_ns && ahead_ns > SECOND_NS ? ahead_ns - SECOND_NS : 0;
}
