// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The seccomp filter of a policy, as "deputyctl run" loads it: what profile_make()
 * writes without a base, filter_compile() accepts.  The kernel would accept the
 * program: it only jumps forward, within, and returns what a profile can name.
 */
#include <errno.h>
#include <string.h>

#include <linux/seccomp.h>

#include "hook/filter.h"
#include "lib/own.h"
#include "policy/profile.h"
#include "tests/fuzz/fuzz.h"

static struct diags diags, base;

static void check_return(uint32_t k)
{
	uint32_t action = k & SECCOMP_RET_ACTION_FULL;

	FUZZ_ASSERT(action == SECCOMP_RET_ALLOW ||
		    action == SECCOMP_RET_USER_NOTIF ||
		    action == SECCOMP_RET_ERRNO ||
		    action == SECCOMP_RET_KILL_THREAD);
	if (action == SECCOMP_RET_ERRNO)
		FUZZ_ASSERT((k & SECCOMP_RET_DATA) > 0 &&
			    (k & SECCOMP_RET_DATA) <= 4095);
}

static void check_program(const struct sock_filter *insns, size_t n)
{
	FUZZ_ASSERT(n > 0 && n <= BPF_MAXINSNS);
	for (size_t i = 0; i < n; i++) {
		const struct sock_filter *f = &insns[i];

		if (f->code == (BPF_RET | BPF_K))
			check_return(f->k);
		else if (f->code == (BPF_LD | BPF_W | BPF_ABS))
			FUZZ_ASSERT(f->k % 4 == 0 &&
				    f->k < sizeof(struct seccomp_data));
		else if (f->code == (BPF_JMP | BPF_JA))
			FUZZ_ASSERT(f->k < n - i - 1);
		else if (BPF_CLASS(f->code) == BPF_JMP)
			FUZZ_ASSERT(f->jt < n - i - 1 && f->jf < n - i - 1);
		else
			FUZZ_ASSERT(f->code == (BPF_ALU | BPF_AND | BPF_K));
	}
	FUZZ_ASSERT(BPF_CLASS(insns[n - 1].code) == BPF_RET);
}

static void check_policy(const struct policy_set *set, const char *name)
{
	const struct profile_options o = { .policy = name,
					   .listener = "/l",
					   .dialect = PROFILE_OCI };
	AUTO(free_ptr) struct sock_filter *insns = NULL;
	struct json_object *profile = NULL;
	size_t n = 0;
	int r;

	diags_init(&diags, "fuzz");
	diags_init(&base, "none");
	r = profile_make(set, &o, &diags, &base, &profile);
	FUZZ_ASSERT(base.n == 0);
	FUZZ_ASSERT(r == (diags.n_errors ? -EINVAL : 0));
	if (r < 0)
		return;
	r = filter_compile(profile, &insns, &n);
	FUZZ_ASSERT(r == 0 || r == -E2BIG);
	if (r == 0)
		check_program(insns, n);
	(void)filter_notifies(profile, "mknod");
	json_object_put(profile);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct policy_set *set = NULL;

	if (policy_set_parse("fuzz", (const char *)data, size, &set, &diags) < 0)
		return 0;
	for (size_t i = 0; i < policy_set_count(set); i++)
		check_policy(set, policy_name(policy_set_at(set, i)));
	policy_set_unref(set);
	return 0;
}
