// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * decisions.txt: one row is a policy's name, a call and the decision expected.
 * The numbers and registers are written out there and here, not asked from the
 * code under test.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/decide.h"
#include "policy/explain.h"
#include "policy/policy.h"
#include "tests/case/corpus.h"
#include "tests/harness/test.h"

#define UNREADABLE "!"

static const struct {
	const char *name;
	uint32_t arch;
} abis[] = {
	{ "i386", 0x40000003 },	   { "x86_64", 0xc000003e },
	{ "x32", 0xc000003e },	   { "aarch64", 0xc00000b7 },
	{ "arm", 0x40000028 },	   { "riscv64", 0xc00000f3 },
	{ "s390x", 0x80000016 },   { "mips64n32", 0xa0000008 },
	{ "unknown", 0x12345678 },
};

/* Which register holds what, from the manual pages; -1: none. */
static const struct layout {
	const char *call;
	int mode, dev, size, flags;
} layouts[] = {
	{ "mknod", 1, 2, -1, -1 },	{ "mknodat", 2, 3, -1, -1 },
	{ "setxattr", -1, -1, 3, 4 },	{ "lsetxattr", -1, -1, 3, 4 },
	{ "fsetxattr", -1, -1, 3, 4 },
	{ "setxattrat", -1, -1, -1, -1 },	{ "removexattr", -1, -1, -1, -1 },
	{ "removexattrat", -1, -1, -1, -1 }, { "getxattr", -1, -1, 3, -1 },
	{ "getxattrat", -1, -1, -1, -1 }, { "listxattr", -1, -1, 2, -1 },
	{ "listxattrat", -1, -1, 4, -1 },
};

struct row {
	unsigned line;
	char policy[64], abi[16], call[32], answer[64];
	uint32_t nr;
	struct seccomp_data data;
	char name[300], value[300];
	bool has_name, has_value, unasked;
	bool has_caller;
	struct facts_caller caller;
	char directory[300];
};

static struct diags diags;

static void bad_row(const struct row *r, const char *what)
{
	fail_msg("decisions.txt:%u: %s", r->line, what);
}

static const struct layout *layout_of(const char *call)
{
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++)
		if (strcmp(layouts[i].call, call) == 0)
			return &layouts[i];
	return NULL;
}

static void set_register(struct row *r, int index, uint64_t v)
{
	if (index < 0)
		bad_row(r, "this call has no such argument");
	r->data.args[index] |= v;
}

/* "1:3" as the kernel packs it: 12 bits of major between 8 and 12 of minor */
static uint64_t pack_device(const struct row *r, const char *s)
{
	unsigned major, minor;

	if (sscanf(s, "%u:%u", &major, &minor) != 2)
		bad_row(r, "dev=MAJOR:MINOR");
	return (minor & 0xff) | (major << 8) | ((uint64_t)(minor & ~0xffU) << 12);
}

/* The bits that the kernel does not look at, all set. */
static void add_garbage(struct row *r, const struct layout *l)
{
	if (l->mode >= 0)
		r->data.args[l->mode] |= 0xffffffffffff0000;
	if (l->dev >= 0)
		r->data.args[l->dev] |= 0xffffffff00000000;
	if (l->flags >= 0)
		r->data.args[l->flags] |= 0xffffffff00000000;
	r->data.args[0] |= 0xffffffff00000000;
}

/* Return: whether it is an argument that says who asks, and where */
static bool read_circumstance(struct row *r, const char *word, const char *v)
{
	if (strncmp(word, "uid=", 4) == 0)
		r->caller.uid = (uint32_t)strtoul(v, NULL, 0);
	else if (strncmp(word, "gid=", 4) == 0)
		r->caller.gid = (uint32_t)strtoul(v, NULL, 0);
	else if (strncmp(word, "caps=", 5) == 0)
		r->caller.caps = strtoull(v, NULL, 0);
	else if (strncmp(word, "dir=", 4) == 0)
		(void)snprintf(r->directory, sizeof(r->directory), "%s", v);
	else
		return false;
	r->has_caller |= word[0] != 'd';
	return true;
}

static void read_argument(struct row *r, const char *word)
{
	const struct layout *l = layout_of(r->call);
	const char *v = strchr(word, '=');

	v = v ? v + 1 : "";
	if (read_circumstance(r, word, v))
		return;
	if (!l)
		bad_row(r, "arguments for a call that has none");
	else if (strcmp(word, "garbage") == 0)
		add_garbage(r, l);
	else if (strcmp(word, "unasked") == 0)
		r->unasked = true;
	else if (strncmp(word, "mode=", 5) == 0)
		set_register(r, l->mode, strtoull(v, NULL, 8));
	else if (strncmp(word, "dev=", 4) == 0)
		set_register(r, l->dev, pack_device(r, v));
	else if (strncmp(word, "flags=", 6) == 0)
		set_register(r, l->flags, strtoull(v, NULL, 0));
	else if (strncmp(word, "size=", 5) == 0)
		r->data.args[l->size] = strtoull(v, NULL, 0);
	else if (strncmp(word, "name=", 5) == 0) {
		r->has_name = strcmp(v, UNREADABLE) != 0;
		(void)snprintf(r->name, sizeof(r->name), "%s", v);
	} else if (strncmp(word, "value=", 6) == 0) {
		r->has_value = strcmp(v, UNREADABLE) != 0;
		(void)snprintf(r->value, sizeof(r->value), "%s", v);
		set_register(r, l->size, strlen(v));
	} else {
		bad_row(r, "unknown argument");
	}
}

static void read_answer(struct row *r, char **save)
{
	char *word;
	size_t n = 0;

	while ((word = strtok_r(NULL, " \t", save)) && n < sizeof(r->answer))
		n += (size_t)snprintf(r->answer + n, sizeof(r->answer) - n,
				      "%s%s", n ? " " : "", word);
}

static void read_row(struct row *r, char *line)
{
	char *save, *word = strtok_r(line, " \t\n", &save);
	int n = 0;

	for (; word; word = strtok_r(NULL, " \t\n", &save), n++) {
		if (strcmp(word, "->") == 0) {
			if (n < 4)
				bad_row(r, "POLICY ABI NR CALL ... -> ...");
			save[strcspn(save, "\n")] = '\0';
			read_answer(r, &save);
			return;
		}
		if (n == 0)
			(void)snprintf(r->policy, sizeof(r->policy), "%s", word);
		else if (n == 1)
			(void)snprintf(r->abi, sizeof(r->abi), "%s", word);
		else if (n == 2)
			r->nr = (uint32_t)strtoul(word, NULL, 0);
		else if (n == 3)
			(void)snprintf(r->call, sizeof(r->call), "%s", word);
		else
			read_argument(r, word);
	}
	bad_row(r, "no ->");
}

static uint32_t audit_arch_of(const struct row *r)
{
	for (size_t i = 0; i < sizeof(abis) / sizeof(abis[0]); i++)
		if (strcmp(abis[i].name, r->abi) == 0)
			return abis[i].arch;
	bad_row(r, "unknown ABI");
	return 0;
}

/* No fact is asked for twice. */
static void tell(const struct row *r, enum decide_status status,
		 const struct call *call, struct facts *f)
{
	switch (status) {
	case DECIDE_WANTS_VALUE:
		if (r->unasked)
			bad_row(r, "asks for the value");
		assert_false(f->value_read);
		f->value_read = true;
		if (r->has_value && call->size <= DECIDE_VALUE_MAX_BYTES)
			f->value = r->value;
		break;
	case DECIDE_WANTS_CALLER:
		assert_false(f->caller_read);
		f->caller_read = true;
		f->caller = r->has_caller ? &r->caller : NULL;
		break;
	case DECIDE_WANTS_DIRECTORY:
		assert_false(f->directory_read);
		f->directory_read = true;
		f->directory = r->directory[0] ? r->directory : NULL;
		break;
	case DECIDE_DONE:
		break;
	}
}

/* Decides as a worker does: reads only what the plan asks for. */
static void decide_row(const struct row *r, const struct arena *a,
		       struct decision *ret)
{
	struct decide_plan plan;
	struct call call;
	struct facts f = { .call = &call };
	const char *want = layout_of(r->call) ? r->call : "?";

	decide_plan(a, audit_arch_of(r), r->nr, &plan);
	if (plan.call_index != UINT32_MAX &&
	    strcmp(call_name(plan.id), want) != 0)
		fail_msg("decisions.txt:%u: decoded as %s", r->line,
			 call_name(plan.id));
	call_decode(&r->data, plan.id, &call);
	assert_true(call.mode <= 0xffff); /* the emulation's, whatever the rule */
	if (plan.needs_name && r->has_name)
		f.name = r->name;
	for (;;) {
		enum decide_status status = decide(a, &plan, &f, ret);

		if (status == DECIDE_DONE)
			return;
		tell(r, status, &call, &f);
	}
}

static void print_decision(const struct decision *d, char *buf, size_t size)
{
	char verdict[32], rule[16] = "default";

	if (d->emulate)
		(void)snprintf(verdict, sizeof(verdict), "emulate");
	else if (d->verdict.kind == VERDICT_CONTINUE)
		(void)snprintf(verdict, sizeof(verdict), "continue");
	else if (d->verdict.kind == VERDICT_RETURN)
		(void)snprintf(verdict, sizeof(verdict), "return:%lld",
			       (long long)d->verdict.value);
	else
		(void)snprintf(verdict, sizeof(verdict), "%s",
			       strerrorname_np(d->verdict.error));
	if (d->rule >= 0)
		(void)snprintf(rule, sizeof(rule), "%d", d->rule);
	(void)snprintf(buf, size, "%s %s%s%s", verdict, rule,
		       d->log ? " log" : "", d->closed ? " closed" : "");
}

/* Rules before the one that decides differ in something, the others are not
 * reached. */
static void check_reasons(const struct row *r, const struct explain *e)
{
	bool decided = false;

	for (size_t i = 0; i < e->n_rules; i++) {
		const struct explain_rule *rule = &e->rules[i];
		bool decides = (int32_t)rule->index == e->decision.rule;

		if (decided != (rule->outcome == EXPLAIN_NOT_REACHED) ||
		    decides != (rule->outcome == EXPLAIN_DECIDES))
			fail_msg("decisions.txt:%u: rule %zu", r->line,
				 rule->index);
		if (rule->outcome == EXPLAIN_DIFFERS && rule->n_keys == 0)
			fail_msg("decisions.txt:%u: rule %zu has no reason",
				 r->line, rule->index);
		decided |= decides;
	}
	if (decided != (e->decision.rule >= 0))
		fail_msg("decisions.txt:%u: no rule decides", r->line);
}

static void explain_row(const struct row *r, const struct policy_set *s)
{
	const struct explain_call c = {
		.data = &r->data,
		.id = call_from_name(r->call),
		.name = r->has_name ? r->name : NULL,
		.value = r->has_value ? r->value : NULL,
		.value_bytes = sizeof(r->value),
		.caller = r->has_caller ? &r->caller : NULL,
		.directory = r->directory[0] ? r->directory : NULL,
	};
	struct explain *e = NULL;
	char have[64];

	if (explain(s, policy_set_at(s, 0), &c, &e) != 0)
		fail_msg("decisions.txt:%u: cannot be explained", r->line);
	print_decision(&e->decision, have, sizeof(have));
	if (strcmp(r->answer, have) != 0)
		fail_msg("decisions.txt:%u: explained as %s", r->line, have);
	check_reasons(r, e);
	explain_free(e);
}

static void run_row(struct row *r, char *line)
{
	struct policy_set *s = NULL;
	const struct arena *a;
	struct decision d;
	char path[128], have[64];
	bool builtin;

	read_row(r, line);
	r->data.arch = audit_arch_of(r);
	r->data.nr = (int)r->nr;
	builtin = strcmp(r->policy, "built-in") == 0;
	(void)snprintf(path, sizeof(path), "%s/policy/good/%s.json",
		       DEPUTY_CASES, r->policy);
	if (policy_set_load(builtin ? NULL : path, &s, &diags) < 0)
		bad_row(r, "no such policy");
	assert_int_equal(arena_map(policy_memfd(policy_set_at(s, 0)), &a), 0);
	decide_row(r, a, &d);
	print_decision(&d, have, sizeof(have));
	if (strcmp(r->answer, have) != 0)
		fail_msg("decisions.txt:%u: %s, not %s", r->line, have,
			 r->answer);
	arena_unmap(a);
	explain_row(r, s);
	policy_set_unref(s);
}

TEST(decisions, each_row_of_the_table_holds)
{
	FILE *f = fopen(DEPUTY_CASES "/decisions.txt", "re");
	struct row r;
	char line[1024];
	unsigned n = 0, rows = 0;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		n++;
		if (line[0] == '#' || line[strspn(line, " \t\n")] == '\0')
			continue;
		memset(&r, 0, sizeof(r));
		r.line = n;
		run_row(&r, line);
		rows++;
	}
	(void)fclose(f);
	assert_true(rows >= 150);
}
