// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Generated profiles, loaded as engines load them, against what decide() says:
 * at each of many registers the filter notifies if and only if some bytes
 * behind the pointers would make a rule do more than continue; everywhere else,
 * and for every other call, it does what the base alone does.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <seccomp.h>

#include "lib/own.h"
#include "policy/arena.h"
#include "policy/decide.h"
#include "policy/doc.h"
#include "policy/profile.h"
#include "tests/case/corpus.h"
#include "tests/case/filter.h"
#include "tests/harness/test.h"

#define POINTS	    1500 /* for each call on each ABI */
#define NAMES_MAX   64
#define NUMBERS_MAX 512
#define SYSTEM_BASE "/usr/share/containers/seccomp.json"
#define X32_BIT	    0x40000000U

static const struct abi {
	uint32_t token, arch;
} abis[] = {
	{ SCMP_ARCH_X86_64, 0xc000003e },
	{ SCMP_ARCH_X86, 0x40000003 },
	{ SCMP_ARCH_X32, 0xc000003e },
};

static struct diags diags, base_diags;

/* Always the same ones. */
static uint64_t seed = 1;

static uint64_t rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	return seed ^= seed << 17;
}

/* -- what is worth asking -------------------------------------------------------------- */

struct pool {
	const char *names[NAMES_MAX], *dirs[NAMES_MAX];
	char made[2 * NAMES_MAX][300];
	size_t n_made, n_names, n_dirs;
	uint64_t devs[NUMBERS_MAX], sizes[NUMBERS_MAX];
	size_t n_devs, n_sizes;
	const struct doc_value *values[NAMES_MAX];
	size_t n_values;
	struct facts_caller callers[NAMES_MAX];
	size_t n_callers;
	uint32_t flags; /* all that rules look at */
};

static void pool_text(struct pool *p, const char **list, size_t *n,
		      const struct doc_name *t, const char *more)
{
	char *s = p->made[p->n_made];

	if (*n == NAMES_MAX || p->n_made == ARRAY_SIZE(p->made))
		return;
	(void)snprintf(s, sizeof(p->made[0]), "%.*s%s", (int)t->bytes, t->text,
		       more);
	for (char *at = s; t->glob && (at = strpbrk(at, "*?")); at++)
		*at = 'q'; /* one that matches */
	p->n_made++;
	list[(*n)++] = s;
}

static void pool_caller(struct pool *p, const struct doc_match *m)
{
	struct facts_caller c = { 1000, 1000, UINT64_MAX };

	if (!doc_has_caller(m) || p->n_callers == NAMES_MAX)
		return;
	if (m->root == DOC_ROOT)
		c.uid = 0;
	if (m->n_uids)
		c.uid = m->uids[0].first;
	if (m->n_gids)
		c.gid = m->gids[0].last;
	p->callers[p->n_callers++] = c;
}

static void pool_number(uint64_t *list, size_t *n, uint64_t v)
{
	if (*n < NUMBERS_MAX)
		list[(*n)++] = v;
}

static uint64_t pack(uint32_t major, uint32_t minor)
{
	return (minor & 0xff) | major << 8 | (uint64_t)(minor & ~0xffU) << 12;
}

static void pool_devices(struct pool *p, const struct doc_match *m)
{
	for (size_t i = 0; i < m->n_devices; i++) {
		const struct doc_device *d = &m->devices[i];

		for (uint32_t k = 0; k < 3; k++) {
			pool_number(p->devs, &p->n_devs,
				    pack(d->major, d->first_minor + k - 1));
			pool_number(p->devs, &p->n_devs,
				    pack(d->major, d->last_minor + k - 1));
		}
		pool_number(p->devs, &p->n_devs,
			    pack(d->major, (d->first_minor + d->last_minor) / 2));
	}
}

static void pool_sizes(struct pool *p, const struct doc_match *m)
{
	for (uint64_t k = 0; k < 3 && doc_has_size(m); k++) {
		pool_number(p->sizes, &p->n_sizes, m->min_size + k - 1);
		pool_number(p->sizes, &p->n_sizes, m->max_size + k - 1);
	}
	for (size_t i = 0; i < m->n_values && p->n_values < NAMES_MAX; i++) {
		p->values[p->n_values++] = &m->values[i];
		for (uint64_t k = 0; k < 3; k++)
			pool_number(p->sizes, &p->n_sizes,
				    m->values[i].bytes + k - 1);
		pool_number(p->sizes, &p->n_sizes,
			    m->values[i].bytes | UINT64_C(1) << 32);
	}
}

static void pool_rule(struct pool *p, const struct doc_match *m)
{
	for (size_t i = 0; i < m->n_names; i++) {
		pool_text(p, p->names, &p->n_names, &m->names[i], "");
		pool_text(p, p->names, &p->n_names, &m->names[i], "x");
	}
	for (size_t i = 0; i < m->n_directories; i++) {
		pool_text(p, p->dirs, &p->n_dirs, &m->directories[i], "");
		pool_text(p, p->dirs, &p->n_dirs, &m->directories[i], "/");
		pool_text(p, p->dirs, &p->n_dirs, &m->directories[i], "/x");
	}
	pool_caller(p, m);
	pool_devices(p, m);
	pool_sizes(p, m);
	p->flags |= m->flags.all | m->flags.any | m->flags.none;
}

static void pool_make(struct pool *p, const struct doc_policy *policy)
{
	memset(p, 0, sizeof(*p));
	p->names[p->n_names++] = NULL;
	p->names[p->n_names++] = "zz.other";
	p->dirs[p->n_dirs++] = NULL;
	p->callers[p->n_callers++] = (struct facts_caller){ 0, 0, UINT64_MAX };
	p->callers[p->n_callers++] = (struct facts_caller){ 4711, 4711, 0 };
	for (size_t i = 0; i < policy->n_rules; i++)
		pool_rule(p, &policy->rules[i].match);
}

/* Itself, or one that differs in one bit. */
static uint64_t near(uint64_t v, unsigned bits)
{
	return rnd() & 1 ? v : v ^ UINT64_C(1) << rnd() % bits;
}

static void random_data(const struct pool *p, enum call_id id,
			struct seccomp_data *d)
{
	uint64_t garbage = rnd() & 1 ? rnd() : 0;

	for (int i = 0; i < 6; i++)
		d->args[i] = rnd() & 1 ? rnd() : rnd() & 0xff;
	for (int i = 0; i < 6; i++) {
		if (call_index_of(id, ARG_MODE) == i)
			d->args[i] = (rnd() & 0777) | (rnd() & 15) << 12 |
				     (garbage & ~UINT64_C(0xffff));
		if (call_index_of(id, ARG_MODE) == i && rnd() & 1)
			d->args[i] = S_IFCHR | (rnd() & 1 ? 0 : 0x4000);
		if (call_index_of(id, ARG_DEV) == i && p->n_devs && rnd() % 8)
			d->args[i] = near(p->devs[rnd() % p->n_devs], 32) |
				     (garbage & ~UINT64_C(0xffffffff));
		if (call_index_of(id, ARG_SIZE) == i && p->n_sizes && rnd() % 4)
			d->args[i] = near(p->sizes[rnd() % p->n_sizes], 64);
		if (call_index_of(id, ARG_FLAGS) == i && p->flags && rnd() % 4)
			d->args[i] = near(rnd() & p->flags, 64);
	}
}

/* -- what may come of it ----------------------------------------------------------------- */

struct outcomes {
	bool any;
	bool needed;	 /* some bytes make deputy do something */
	bool same_errno; /* all of them the same errno, unlogged */
	int error;
};

static void outcome_add(struct outcomes *o, const struct decision *d, bool first)
{
	bool plain = !d->emulate && !d->log;
	int error =
		plain && d->verdict.kind == VERDICT_ERRNO ? d->verdict.error : 0;

	o->needed |= !plain || d->verdict.kind != VERDICT_CONTINUE;
	o->same_errno = error && (first || (o->same_errno && o->error == error));
	o->error = error;
}

static const char other_value[DECIDE_VALUE_MAX_BYTES] = "\x01";

/* With all names, values and callers. */
static void ask_with(const struct pool *p, const struct arena *a,
		     const struct decide_plan *plan, struct facts *f,
		     struct outcomes *ret)
{
	uint64_t size = f->call->size;

	for (size_t i = 0; i < p->n_names; i++)
		for (size_t k = 0; k < p->n_values + 2; k++)
			for (size_t c = 0; c < p->n_callers + 1; c++) {
				struct decision decision;

				f->name = p->names[i];
				f->caller = c < p->n_callers ? &p->callers[c] :
							       NULL;
				f->value = NULL;
				if (k < p->n_values && p->values[k]->bytes == size)
					f->value = p->values[k]->text;
				else if (k == p->n_values && size <= 256)
					f->value = other_value;
				else if (k < p->n_values)
					continue;
				assert_int_equal(decide(a, plan, f, &decision),
						 DECIDE_DONE);
				outcome_add(ret, &decision, !ret->any);
				ret->any = true;
			}
}

/* With all that may be in memory. */
static void ask(const struct pool *p, const struct arena *a,
		const struct seccomp_data *d, struct outcomes *ret)
{
	struct decide_plan plan;
	struct call call;

	*ret = (struct outcomes){ 0 };
	decide_plan(a, d->arch, (uint32_t)d->nr, &plan);
	call_decode(d, plan.id, &call);
	for (size_t i = 0; i < p->n_dirs; i++) {
		struct facts f = { .call = &call,
				   .value_read = true,
				   .caller_read = true,
				   .directory_read = true,
				   .directory = p->dirs[i] };
		size_t packed = call_is_packed(call.id) ? p->n_sizes * 3 : 0;

		ask_with(p, a, &plan, &f, ret);
		for (size_t n = 0; n < packed; n++) {
			struct call_args args = {
				.size = (uint32_t)p->sizes[n / 3],
				.flags = n % 3,
			};

			call_decode(d, plan.id, &call);
			call_unpack(&call, &args);
			ask_with(p, a, &plan, &f, ret);
		}
	}
}

/* -- one policy in one profile ------------------------------------------------------------ */

struct trial {
	const char *what; /* for messages */
	struct pool *pool;
	const struct doc_policy *policy;
	const struct arena *arena;
	struct filter with, without;
	bool has_base, exact;
};

static void wrong(const struct trial *t, const struct seccomp_data *d,
		  uint32_t got, const char *why)
{
	fail_msg("%s, policy %s: arch 0x%x nr %d args %llx %llx %llx %llx: "
		 "0x%x, but %s",
		 t->what, t->policy->name, d->arch, d->nr,
		 (unsigned long long)d->args[0], (unsigned long long)d->args[1],
		 (unsigned long long)d->args[2], (unsigned long long)d->args[3],
		 got, why);
}

static uint32_t base_says(const struct trial *t, const struct seccomp_data *d)
{
	return t->has_base ? filter_run(&t->without, d) : SECCOMP_RET_ALLOW;
}

/* Of x32's registers libseccomp compares the lower halves only. */
static bool is_wide_x32(const struct seccomp_data *d)
{
	uint64_t all = 0;

	for (int i = 0; i < 6; i++)
		all |= d->args[i];
	return ((unsigned)d->nr & X32_BIT) && all >> 32;
}

static void try_point(struct trial *t, const struct seccomp_data *d)
{
	uint32_t got = filter_run(&t->with, d);
	struct outcomes o;

	ask(t->pool, t->arena, d, &o);
	if (o.needed) {
		if (got != SECCOMP_RET_USER_NOTIF &&
		    !(o.same_errno &&
		      got == (SECCOMP_RET_ERRNO | (uint32_t)o.error)))
			wrong(t, d, got, "rules need it");
	} else if (got == SECCOMP_RET_USER_NOTIF) {
		if (t->exact && !is_wide_x32(d))
			wrong(t, d, got, "no rule needs it");
	} else if (got != base_says(t, d)) {
		wrong(t, d, got, "the base says something else");
	}
}

static bool is_named(const struct doc_policy *p, const char *name)
{
	for (size_t i = 0; name && i < p->n_rules; i++)
		for (size_t k = 0; k < p->rules[i].n_syscalls; k++)
			if (strcmp(p->rules[i].syscalls[k].name, name) == 0)
				return true;
	return false;
}

static const char for_lxc[] = "LXC"; /* without a base, as LXC loads it */

static void try_call(struct trial *t, const char *name, enum call_id id,
		     size_t points)
{
	if (t->what == for_lxc && seccomp_syscall_resolve_name(name) < 0)
		return; /* it has no word for that, and a warning says so */
	for (size_t i = 0; i < ARRAY_SIZE(abis); i++) {
		int nr = seccomp_syscall_resolve_name_arch(abis[i].token, name);
		struct seccomp_data d = { .nr = nr, .arch = abis[i].arch };

		for (size_t n = 0; nr >= 0 && n < points; n++) {
			random_data(t->pool, id, &d);
			if (rnd() & 1)
				for (int k = 0; k < 6; k++)
					d.args[k] &= 0xffffffff;
			try_point(t, &d);
		}
	}
}

/* A call that a rule names; or that makes a ring, where one would pass by a
 * denial. */
static bool is_ours(const struct doc_policy *p, const char *name)
{
	return is_named(p, name) ||
	       (name && strcmp(name, DOC_URING_SETUP) == 0 &&
		doc_uring_passes(p));
}

/* Calls that no rule names: that are not ours. */
static void try_others(struct trial *t)
{
	for (size_t i = 0; i < ARRAY_SIZE(abis); i++)
		for (int n = 0; n < 470; n++) {
			struct seccomp_data d = { .nr = n, .arch = abis[i].arch };
			char *name;

			if (abis[i].token == SCMP_ARCH_X32)
				d.nr |= (int)X32_BIT;
			name = seccomp_syscall_resolve_num_arch(abis[i].token,
								d.nr);
			for (int k = 0; !is_ours(t->policy, name) && k < 4; k++) {
				random_data(t->pool, CALL_OTHER, &d);
				if (filter_run(&t->with, &d) != base_says(t, &d))
					wrong(t, &d, filter_run(&t->with, &d),
					      "no rule names it");
			}
			free(name);
		}
}

/* As many as there is time for. */
static size_t points_of(const struct pool *p)
{
	size_t each =
		p->n_names * (p->n_values + 2) * (p->n_callers + 1) * p->n_dirs;

	return each < 100 ? POINTS : each < 10000 ? POINTS * 100 / each : 40;
}

static void try_calls(struct trial *t)
{
	for (size_t i = 0; i < t->policy->n_rules; i++) {
		const struct doc_rule *r = &t->policy->rules[i];

		for (size_t k = 0; k < r->n_syscalls; k++) {
			enum call_id id = r->syscalls[k].id;

			try_call(t, r->syscalls[k].name, id,
				 id == CALL_OTHER ? 10 : points_of(t->pool));
		}
	}
}

static struct json_object *read_json(const char *path)
{
	struct json_object *o = json_object_from_file(path);

	if (!o)
		fail_msg("%s: no JSON", path);
	return o;
}

/* A profile's rules are for all architectures alike. */
static bool looks_at_arch(const struct doc_policy *p)
{
	for (size_t i = 0; i < p->n_rules; i++)
		if (p->rules[i].match.arches)
			return true;
	return false;
}

static void filter_of(const struct profile_options *o,
		      struct json_object *profile, bool caps, struct filter *ret)
{
	AUTO(free_ptr) char *text = NULL;
	size_t size;
	FILE *f;

	if (o->dialect != PROFILE_LXC) {
		filter_make(profile, caps, ret);
		return;
	}
	f = open_memstream(&text, &size);
	assert_non_null(f);
	profile_print_lxc(profile, &diags, f);
	(void)fclose(f);
	filter_make_lxc(text, ret);
}

static void try_policy(const struct policy_set *set, size_t i, const char *base,
		       bool caps, bool exact)
{
	const struct policy *p = policy_set_at(set, i);
	bool lxc = base == for_lxc;
	struct profile_options o = { .policy = policy_name(p),
				     .base = lxc ? NULL : base,
				     .dialect = lxc ? PROFILE_LXC : PROFILE_AS_BASE,
				     .listener = "/l" };
	struct trial t = { .what = base ? base : "no base",
			   .policy = &doc_of_set(set)->policies[i],
			   .has_base = o.base,
			   .exact = exact };
	struct json_object *profile = NULL, *json;

	t.pool = malloc(sizeof(*t.pool));
	assert_non_null(t.pool);
	pool_make(t.pool, t.policy);
	diags_init(&diags, "policy");
	if (profile_make(set, &o, &diags, &base_diags, &profile) < 0) {
		diags_print(&diags, stdout);
		diags_print(&base_diags, stdout);
		fail_msg("%s: no profile", t.what);
	}
	/* Else coarser conditions were warned of. */
	t.exact &= diags.n == 0 && !looks_at_arch(t.policy);
	filter_of(&o, profile, caps, &t.with);
	if (o.base) {
		json = read_json(o.base);
		filter_make(json, caps, &t.without);
		json_object_put(json);
	}
	assert_int_equal(arena_map(policy_memfd(p), &t.arena), 0);
	try_calls(&t);
	try_others(&t);
	arena_unmap(t.arena);
	filter_done(&t.with);
	filter_done(&t.without);
	json_object_put(profile);
	free(t.pool);
}

static const char *const bases[] = {
	NULL, /* all is allowed, and what is notified exact */
	for_lxc,
	DEPUTY_CASES "/profile/base/oci.json",
	DEPUTY_CASES "/profile/base/docker.json",
	DEPUTY_CASES "/profile/base/allow.json",
	SYSTEM_BASE, /* where there is one */
};

static void try_file(const char *path)
{
	struct policy_set *set = NULL;

	if (seccomp_arch_native() != SCMP_ARCH_X86_64)
		TEST_SKIP("an x86-64 machine");
	if (policy_set_load(path, &set, &diags) < 0)
		fail_msg("%s: cannot load", path ? path : "built-in");
	for (size_t i = 0; i < policy_set_count(set); i++)
		for (size_t k = 0; k < ARRAY_SIZE(bases); k++)
			for (int caps = 0; caps < 2; caps++)
				if (k < ARRAY_SIZE(bases) - 1 ||
				    access(bases[k], R_OK) == 0)
					try_policy(set, i, bases[k], caps,
						   k < 2);
	policy_set_unref(set);
}

TEST_WITHIN(profile, notifies_on_what_each_good_policy_needs, 250)
{
	assert_true(corpus_each("good", try_file) >= 10);
}

TEST_WITHIN(profile, notifies_on_what_policies_made_for_it_need, 250)
{
	assert_true(corpus_each("../profile/good", try_file) >= 1);
}

/* Exact also where what is left has to be spelled out. */
TEST_WITHIN(profile, of_the_built_in_policy_is_exact_on_any_base, 100)
{
	struct policy_set *set = NULL;

	if (seccomp_arch_native() != SCMP_ARCH_X86_64)
		TEST_SKIP("an x86-64 machine");
	assert_int_equal(policy_set_load(NULL, &set, &diags), 0);
	for (size_t k = 0; k < ARRAY_SIZE(bases) - 1; k++)
		for (int caps = 0; caps < 2; caps++)
			try_policy(set, 0, bases[k], caps, true);
	policy_set_unref(set);
}

/* What profiles rely on: a rule that holds in its first comparison and not in
 * its second leaves the others their turn. */
TEST(libseccomp, gives_each_of_several_rules_its_turn)
{
	static const char text[] =
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":["
		"{\"names\":[\"ioctl\"],\"action\":\"SCMP_ACT_NOTIFY\","
		"\"args\":["
		"{\"index\":3,\"value\":1,\"op\":\"SCMP_CMP_EQ\"},"
		"{\"index\":4,\"value\":2,\"op\":\"SCMP_CMP_EQ\"}]},"
		"{\"names\":[\"ioctl\"],\"action\":\"SCMP_ACT_NOTIFY\","
		"\"args\":["
		"{\"index\":3,\"value\":1,\"op\":\"SCMP_CMP_EQ\"},"
		"{\"index\":5,\"value\":7,\"valueTwo\":4,"
		"\"op\":\"SCMP_CMP_MASKED_EQ\"}]},"
		"{\"names\":[\"ioctl\"],\"action\":\"SCMP_ACT_NOTIFY\","
		"\"args\":["
		"{\"index\":3,\"value\":3,\"valueTwo\":2,"
		"\"op\":\"SCMP_CMP_MASKED_EQ\"},"
		"{\"index\":4,\"value\":1,\"op\":\"SCMP_CMP_EQ\"}]},"
		"{\"names\":[\"ioctl\"],\"action\":\"SCMP_ACT_NOTIFY\","
		"\"args\":["
		"{\"index\":4,\"value\":12,\"valueTwo\":8,"
		"\"op\":\"SCMP_CMP_MASKED_EQ\"}]},"
		"{\"names\":[\"ioctl\"],\"action\":\"SCMP_ACT_NOTIFY\","
		"\"args\":["
		"{\"index\":5,\"value\":15,\"valueTwo\":9,"
		"\"op\":\"SCMP_CMP_MASKED_EQ\"}]}]}";
	struct json_object *profile = json_tokener_parse(text);
	struct seccomp_data d = {
		.nr = seccomp_syscall_resolve_name("ioctl"),
		.arch = seccomp_arch_native(),
	};
	struct filter f;

	assert_non_null(profile);
	filter_make(profile, false, &f);
	for (unsigned n = 0; n < 16 * 16 * 16; n++) {
		uint64_t a = n & 15, b = n >> 4 & 15, c = n >> 8;
		bool want = (a == 1 && b == 2) || (a == 1 && (c & 7) == 4) ||
			    ((a & 3) == 2 && b == 1) || (b & 12) == 8 ||
			    (c & 15) == 9;

		d.args[3] = a;
		d.args[4] = b;
		d.args[5] = c;
		if (filter_run(&f, &d) !=
		    (want ? SECCOMP_RET_USER_NOTIF : SECCOMP_RET_ALLOW))
			fail_msg("%d %d %d: wanted %d", (int)a, (int)b, (int)c,
				 want);
	}
	filter_done(&f);
	json_object_put(profile);
}
