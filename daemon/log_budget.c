// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/log_budget.h"

#include <stddef.h>
#include <stdio.h>

struct budget {
	bool used;
	uid_t uid;
	unsigned left;
	uint64_t filled_ms; /* when the last line was added to .left */
	uint64_t asked_ms;
	uint64_t suppressed;
};

static struct budget budgets[LOG_BUDGET_UIDS];

/* Its own, or that of the uid that was quiet longest, emptied. */
static struct budget *budget_of(uid_t uid, uint64_t now_ms)
{
	struct budget *b, *oldest = budgets;

	for (b = budgets; b < budgets + LOG_BUDGET_UIDS && b->used; b++) {
		if (b->uid == uid)
			return b;
		if (b->asked_ms < oldest->asked_ms)
			oldest = b;
	}
	if (b == budgets + LOG_BUDGET_UIDS)
		b = oldest;
	*b = (struct budget){ .used = true,
			      .uid = uid,
			      .left = LOG_BUDGET_BURST,
			      .filled_ms = now_ms };
	return b;
}

static void fill(struct budget *b, uint64_t now_ms)
{
	uint64_t more = (now_ms - b->filled_ms) / LOG_BUDGET_MS;

	b->filled_ms += more * LOG_BUDGET_MS;
	b->left = b->left + more < LOG_BUDGET_BURST ? b->left + (unsigned)more :
						      LOG_BUDGET_BURST;
}

bool log_budget_take(uid_t uid, uint64_t now_ms, const char **ret_suppressed)
{
	static char text[24];
	struct budget *b = budget_of(uid, now_ms);

	b->asked_ms = now_ms;
	fill(b, now_ms);
	if (b->left == 0) {
		b->suppressed++;
		return false;
	}
	b->left--;
	(void)snprintf(text, sizeof(text), "%llu",
		       (unsigned long long)b->suppressed);
	*ret_suppressed = b->suppressed ? text : NULL;
	b->suppressed = 0;
	return true;
}
