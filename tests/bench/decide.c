// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What a decision costs by the number of rules for one call, in the worst
 * places: the last rule, and the default behind them all.  A decision is what a
 * worker does for each notification: find the call, decode it, decide.  In CPU
 * time, which a busy machine lengthens little.  Wanted: 200 ns for 100 rules;
 * not a test, nothing is asserted about time.
 */
#include <linux/audit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "policy/decide.h"
#include "policy/policy.h"
#include "tests/bench/bench.h"
#include "tests/harness/test.h"

#define REPETITIONS 51
#define CALLS	    5000
#define FIRST_MINOR 256

#define HEAD "{\"version\":1,\"policies\":{\"bench\":{\"rules\":["
#define TAIL                                                                   \
	"],\"default\":\"continue\"}},\"bindings\":["                          \
	"{\"when\":{},\"policy\":\"bench\"}]}"

/* Alike up to their last bytes, and as long: the dearest to tell apart. */
#define NAME "trusted.deputy.bench.a-name-%06u"

static const unsigned counts[] = { 1, 10, 100, 1000 };

static void put_device_rule(FILE *f, unsigned number)
{
	(void)fprintf(f,
		      "{\"syscalls\":[\"mknod\"],\"match\":{\"type\":\"char\","
		      "\"device\":[\"7:%u\"]},\"action\":\"emulate\"}",
		      number);
}

static void put_name_rule(FILE *f, unsigned number)
{
	(void)fprintf(
		f,
		"{\"syscalls\":[\"setxattr\"],\"match\":{\"name\":[\"" NAME
		"\"],\"size\":{\"max\":256}},\"action\":\"emulate\"}",
		number);
}

static void put_prefix_rule(FILE *f, unsigned number)
{
	(void)fprintf(f,
		      "{\"syscalls\":[\"setxattr\"],\"match\":{\"name\":[\"" NAME
		      "*\"],\"size\":{\"max\":256}},\"action\":\"emulate\"}",
		      number);
}

/* Four that are in no order, and the one that counts the last of them. */
static void put_list_rule(FILE *f, unsigned number)
{
	(void)fprintf(f,
		      "{\"syscalls\":[\"mknod\"],\"match\":{\"type\":\"char\","
		      "\"device\":[\"8:%u\",\"10:%u\",\"9:%u\",\"7:%u\"]},"
		      "\"action\":\"emulate\"}",
		      number, number, number, number);
}

static void put_size_rule(FILE *f, unsigned number)
{
	(void)fprintf(f,
		      "{\"syscalls\":[\"setxattr\"],\"match\":{\"size\":%u},"
		      "\"action\":{\"errno\":\"E2BIG\"}}",
		      number);
}

/* One call and what its rules look at. */
static const struct kind {
	const char *what;
	void (*put_rule)(FILE *f, unsigned number);
	int nr; /* x86-64's */
} kinds[] = {
	{ "mknod by device", put_device_rule, 133 },
	{ "mknod by 4 devices", put_list_rule, 133 },
	{ "setxattr by name", put_name_rule, 188 },
	{ "setxattr by prefix", put_prefix_rule, 188 },
	{ "setxattr by size", put_size_rule, 188 },
};

static struct diags diags;

static const struct arena *make(const struct kind *k, unsigned n)
{
	const struct arena *a = NULL;
	struct policy_set *s = NULL;
	char *json;
	size_t bytes;
	FILE *f = open_memstream(&json, &bytes);

	assert_non_null(f);
	(void)fputs(HEAD, f);
	for (unsigned i = 0; i < n; i++) {
		(void)fputs(i ? "," : "", f);
		k->put_rule(f, FIRST_MINOR + i);
	}
	(void)fputs(TAIL, f);
	(void)fclose(f);
	if (policy_set_parse("bench", json, bytes, &s, &diags) < 0) {
		diags_print(&diags, stdout);
		fail();
	}
	assert_int_equal(arena_map(policy_memfd(policy_set_at(s, 0)), &a), 0);
	policy_set_unref(s);
	free(json);
	return a;
}

/* The call that the rule of this number matches. */
struct question {
	struct seccomp_data data;
	char name[64];
};

static struct question question(const struct kind *k, unsigned number)
{
	struct question q = { .data = { .nr = k->nr,
					.arch = AUDIT_ARCH_X86_64 } };
	uint64_t dev = (uint64_t)makedev(7, number);

	q.data.args[1] = S_IFCHR | 0600;
	q.data.args[2] = dev;
	q.data.args[3] = number;
	(void)snprintf(q.name, sizeof(q.name), NAME, number);
	return q;
}

static void decide_once(const struct arena *a, const struct question *q,
			struct decision *ret)
{
	struct decide_plan plan;
	struct call call;
	struct facts f = { .call = &call };

	decide_plan(a, q->data.arch, (uint32_t)q->data.nr, &plan);
	call_decode(&q->data, plan.id, &call);
	f.name = plan.needs_name ? q->name : NULL;
	(void)decide(a, &plan, &f, ret);
}

/* @rule: the one that must have decided, or it measures something else.
 * Return: nanoseconds a call, the median */
static double measure(const struct arena *a, const struct question *q, int rule)
{
	double v[REPETITIONS];
	struct decision d;

	for (int i = 0; i < REPETITIONS; i++) {
		double begin = bench_now_us(CLOCK_THREAD_CPUTIME_ID);

		for (int k = 0; k < CALLS; k++)
			decide_once(a, q, &d);
		v[i] = (bench_now_us(CLOCK_THREAD_CPUTIME_ID) - begin) * 1e3 /
		       CALLS;
		assert_int_equal(d.rule, rule);
	}
	return bench_median(v, REPETITIONS);
}

static void measure_kind(const struct kind *k)
{
	struct question q = question(k, FIRST_MINOR);
	const struct arena *a = make(k, 0);
	double empty = measure(a, &q, -1);

	arena_unmap(a);
	printf("%-18s     0 rules                       default %7.0f ns\n",
	       k->what, empty);
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		unsigned n = counts[i];
		double last, def;

		a = make(k, n);
		q = question(k, FIRST_MINOR + n - 1);
		last = measure(a, &q, (int)n - 1);
		q = question(k, FIRST_MINOR + n);
		def = measure(a, &q, -1);
		arena_unmap(a);
		printf("%-18s %5u rules  last %7.0f ns %6.1f x  default %7.0f "
		       "ns %6.1f x\n",
		       k->what, n, last, last / empty, def, def / empty);
	}
}

TEST_WITHIN(bench, decide, 300)
{
	bench_say_machine();
	printf("%d calls, medians of %d repetitions; x: an empty policy's\n",
	       CALLS, REPETITIONS);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		measure_kind(&kinds[i]);
}
