// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A whole policy file: parsed, checked and compiled.  It is refused with a
 * diagnostic, or the workers' own check takes each of its arenas.
 */
#include <errno.h>
#include <string.h>

#include "policy/decide.h"
#include "policy/policy.h"
#include "policy/utf8.h"
#include "tests/fuzz/fuzz.h"

static struct diags diags;

static void check_text(const char *s)
{
	size_t n = strlen(s), step;

	for (; n; s += step, n -= step) {
		step = utf8_step(s, n);
		FUZZ_ASSERT(step); /* or it cannot be sent as JSON */
		FUZZ_ASSERT((unsigned char)*s >= 0x20 && *s != 0x7f);
	}
}

static void check_diags(int r)
{
	size_t n_errors = 0;

	FUZZ_ASSERT((r == 0) == (diags.n_errors == 0));
	for (size_t i = 0; i < diags.n && i < DIAGS_MAX; i++) {
		const struct diag *d = &diags.items[i];
		char line[1200];

		n_errors += d->level == DIAG_ERROR;
		FUZZ_ASSERT(d->line >= 1 && d->column >= 1);
		FUZZ_ASSERT(i == 0 || d[-1].line <= d->line);
		FUZZ_ASSERT(d->reason[0]);
		check_text(d->pointer);
		check_text(d->reason);
		diag_format(&diags, d, line, sizeof(line));
	}
	FUZZ_ASSERT(diags.n > DIAGS_MAX || n_errors == diags.n_errors);
}

static const char *annotation(void *ctx, const char *key)
{
	return key[0] ? "v" : NULL;
}

static void check_set(const struct policy_set *s)
{
	static const char *const cgroups[] = { "/", "/a/b" };
	const struct binding_facts f = { .peer_uid = 1000,
					 .userns = USERNS_OWNED,
					 .cgroups = cgroups,
					 .n_cgroups = 2,
					 .id = "c",
					 .bundle = "/b",
					 .metadata = "m",
					 .annotation = annotation };
	const struct policy *bound = policy_set_bind(s, &f);
	bool found = !bound;

	FUZZ_ASSERT(policy_set_count(s) > 0);
	for (size_t i = 0; i < policy_set_count(s); i++) {
		const struct policy *p = policy_set_at(s, i);
		const struct arena *a = NULL;

		found |= p == bound;
		FUZZ_ASSERT(policy_set_find(s, policy_name(p)) == p);
		FUZZ_ASSERT(arena_map(policy_memfd(p), &a) == 0);
		arena_unmap(a);
	}
	FUZZ_ASSERT(found);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct policy_set *s = NULL;
	int r = policy_set_parse("fuzz", (const char *)data, size, &s, &diags);

	FUZZ_ASSERT(r == 0 || r == -EINVAL);
	check_diags(r);
	if (r == 0)
		check_set(s);
	else
		FUZZ_ASSERT(!s);
	policy_set_unref(s);
	return 0;
}
