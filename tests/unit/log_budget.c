// SPDX-License-Identifier: LGPL-2.1-or-later
/* A flood of one uid's refusals leaves room for others in the log. */
#include "daemon/log_budget.h"

#include "tests/harness/test.h"

static int logged(uid_t uid, uint64_t now_ms, int tries, const char **ret)
{
	int n = 0;

	for (int i = 0; i < tries; i++)
		n += log_budget_take(uid, now_ms, ret);
	return n;
}

TEST(log_budget, a_flood_is_cut_and_counted)
{
	const char *suppressed = "";

	assert_int_equal(logged(7, 1000, 10 * LOG_BUDGET_BURST, &suppressed),
			 LOG_BUDGET_BURST);
	assert_null(suppressed);
	/* Others are heard, and later this uid is, too. */
	assert_int_equal(logged(8, 1000, 1, &suppressed), 1);
	assert_int_equal(logged(7, 1000 + LOG_BUDGET_MS - 1, 5, &suppressed), 0);
	assert_int_equal(logged(7, 1000 + LOG_BUDGET_MS, 1, &suppressed), 1);
	assert_string_equal(suppressed, "581"); /* 9 * 64 + 5 */
	assert_int_equal(logged(7, 1000 + LOG_BUDGET_MS, 5, &suppressed), 0);
	/* After a long time a whole burst, no more. */
	assert_int_equal(logged(7, UINT64_C(1) << 50, 10 * LOG_BUDGET_BURST,
				&suppressed),
			 LOG_BUDGET_BURST);
}

TEST(log_budget, the_quietest_uid_is_forgotten_first)
{
	const char *suppressed;

	assert_int_equal(logged(0, 1, LOG_BUDGET_BURST + 1, &suppressed),
			 LOG_BUDGET_BURST);
	for (uid_t uid = 1; uid < 10 * LOG_BUDGET_UIDS; uid++) {
		assert_int_equal(logged(uid, uid, 1, &suppressed), 1);
		assert_int_equal(logged(0, uid, 1, &suppressed), 0);
	}
}
