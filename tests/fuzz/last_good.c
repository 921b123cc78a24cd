// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The record of the policy that was in force, as JSON: refused, or a policy.  A
 * record of that policy then gives the same texts again.
 */
#include <string.h>
#include <unistd.h>

#include "daemon/inherit.h"
#include "daemon/last_good.h"
#include "daemon/sealed.h"
#include "lib/log.h"
#include "policy/diag.h"
#include "policy/texts.h"
#include "tests/fuzz/fuzz.h"

#define ALL_FEATURES UINT32_MAX

static struct diags diags;

/* Closes @fd_taken. Return: NULL: refused */
static struct policy_set *load(int fd_taken)
{
	char name[] = FDSTORE_POLICY "1";
	struct inherit_fd one = { fd_taken, name };
	const struct inherit in = { &one, 1 };
	struct policy_set *set;

	FUZZ_ASSERT(fd_taken >= 0);
	set = last_good_load(&in, ALL_FEATURES, &diags);
	(void)close(fd_taken);
	return set;
}

static void check_alike(const struct policy_set *a, const struct policy_set *b)
{
	const struct texts *x = policy_set_texts(a), *y = policy_set_texts(b);

	FUZZ_ASSERT(strcmp(policy_set_source(a), policy_set_source(b)) == 0);
	FUZZ_ASSERT(policy_set_is_parts(a) == policy_set_is_parts(b));
	FUZZ_ASSERT(policy_set_count(a) == policy_set_count(b));
	FUZZ_ASSERT(x->n == y->n && x->bytes == y->bytes);
	for (size_t i = 0; i < x->n; i++) {
		const struct doc_text *s = &x->items[i], *t = &y->items[i];

		FUZZ_ASSERT(strcmp(s->name, t->name) == 0);
		FUZZ_ASSERT(s->bytes == t->bytes);
		FUZZ_ASSERT(memcmp(s->text, t->text, s->bytes) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct policy_set *set, *again;

	log_init("fuzz", LOG_CRIT); /* silent: a refusal is logged */
	set = load(sealed_new(LAST_GOOD_MAGIC, (const char *)data, size));
	if (!set)
		return 0;
	FUZZ_ASSERT(policy_set_count(set) > 0);
	again = load(last_good_record(set));
	FUZZ_ASSERT(again);
	check_alike(set, again);
	policy_set_unref(again);
	policy_set_unref(set);
	return 0;
}
