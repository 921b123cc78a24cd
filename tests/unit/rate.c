// SPDX-License-Identifier: LGPL-2.1-or-later
/* The rate of a worker, on a clock of the test's own. */
#include "tests/harness/test.h"
#include "worker/rate.h"

#define S  INT64_C(1000000000)
#define MS INT64_C(1000000)

/* Calls as fast as it lets them. Return: when the last one of @n was taken */
static int64_t flood(struct rate *r, int64_t now, int n)
{
	for (int i = 0; i < n; i++) {
		now += rate_wait_ns(r, now);
		assert_int_equal(rate_wait_ns(r, now), 0);
		rate_take(r, now);
	}
	return now;
}

TEST(rate, without_a_limit_nothing_waits)
{
	struct rate r;

	rate_init(&r, 0);
	assert_int_equal(flood(&r, 5 * S, 100000), 5 * S);
}

TEST(rate, a_seconds_worth_at_once_then_in_step)
{
	static const uint32_t rates[] = { 1, 7, 20, 1000, 1000000 };

	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		int n = (int)rates[i];
		struct rate r;
		int64_t start = 100 * S, end;

		rate_init(&r, rates[i]);
		assert_int_equal(flood(&r, start, n), start);
		end = flood(&r, start, 3 * n);
		assert_true(end - start <= 3 * S && end - start > 3 * S - 4 * MS);
		/* What was not used for long is one second's worth. */
		assert_int_equal(flood(&r, end + 60 * S, n), end + 60 * S);
		assert_true(rate_wait_ns(&r, end + 60 * S) > 0);
	}
}

TEST(rate, calls_in_step_never_wait)
{
	struct rate r;

	rate_init(&r, 50);
	for (int i = 0; i < 500; i++) {
		assert_int_equal(rate_wait_ns(&r, i * 20 * MS), 0);
		rate_take(&r, i * 20 * MS);
	}
}
