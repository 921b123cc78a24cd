// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * As lxc_read_seccomp_config() of LXC 5 does it on x86-64: a context for each
 * architecture, each line exact in all of them, merged.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <seccomp.h>

#include "lib/own.h"
#include "tests/case/filter.h"
#include "tests/harness/test.h"

#define ARGS_MAX 6

static const uint32_t arches[] = { SCMP_ARCH_X86_64, SCMP_ARCH_X86,
				   SCMP_ARCH_X32 };

struct rule {
	uint32_t action;
	unsigned n;
	struct scmp_arg_cmp args[ARGS_MAX];
};

static void parse_arg(const char *line, const char *at, struct scmp_arg_cmp *ret)
{
	char op[31] = "", value[24] = "", mask[24] = "0";
	unsigned index;
	int n = sscanf(at, "[%u,%23[^,],%30[^0-9^,],%23[^,]", &index, value, op,
		       mask);
	uint64_t v = strtoull(value, NULL, 0), m = strtoull(mask, NULL, 0);

	if (n == 3 && index < ARGS_MAX && strcmp(op, "SCMP_CMP_EQ") == 0)
		*ret = SCMP_CMP(index, SCMP_CMP_EQ, v);
	else if (n == 4 && index < ARGS_MAX &&
		 strcmp(op, "SCMP_CMP_MASKED_EQ") == 0)
		*ret = SCMP_CMP(index, SCMP_CMP_MASKED_EQ, m, v);
	else
		fail_msg("LXC refuses \"%s\"", line);
}

static void parse_rule(const char *line, struct rule *r)
{
	const char *action = strchr(line, ' ');
	AUTO(free_ptr) char *copy = strdup(line);
	char *rest, *one;
	unsigned error;

	assert_non_null(copy);
	r->n = 0;
	if (action && strncmp(action + 1, "notify", 6) == 0)
		r->action = SCMP_ACT_NOTIFY;
	else if (action && sscanf(action + 1, "errno %u", &error) == 1)
		r->action = SCMP_ACT_ERRNO(error);
	else
		fail_msg("LXC kills for \"%s\"", line);
	if (!strchr(copy, '['))
		return;
	for (one = strtok_r(copy, "]", &rest); one;
	     one = strtok_r(NULL, "]", &rest)) {
		assert_true(r->n < ARGS_MAX && strchr(one, '['));
		parse_arg(line, strchr(one, '['), &r->args[r->n++]);
	}
}

static void add_line(scmp_filter_ctx *contexts, const char *line)
{
	AUTO(free_ptr) char *name = strndup(line, strcspn(line, " "));
	int nr = seccomp_syscall_resolve_name(name);
	struct rule r;

	parse_rule(line, &r);
	for (size_t i = 0; nr >= 0 && i < ARRAY_SIZE(arches); i++) {
		int e = seccomp_rule_add_exact_array(contexts[i], r.action, nr,
						     r.n, r.args);

		if (e < 0)
			fail_msg("LXC refuses \"%s\" on arch 0x%x: %s", line,
				 arches[i], strerror(-e));
	}
}

static scmp_filter_ctx new_context(uint32_t arch)
{
	scmp_filter_ctx ctx =
		seccomp_api_set(5) < 0 ? NULL : seccomp_init(SCMP_ACT_ALLOW);

	assert_non_null(ctx);
	if (seccomp_arch_exist(ctx, arch) < 0) {
		assert_int_equal(seccomp_arch_add(ctx, arch), 0);
		assert_int_equal(seccomp_arch_remove(ctx, SCMP_ARCH_NATIVE), 0);
	}
	return ctx;
}

void filter_make_lxc(const char *text, struct filter *ret)
{
	AUTO(free_ptr) char *copy = strdup(text);
	scmp_filter_ctx contexts[ARRAY_SIZE(arches)];
	char *rest, *line = NULL;
	unsigned n = 0;

	assert_non_null(copy);
	for (size_t i = 0; i < ARRAY_SIZE(arches); i++)
		contexts[i] = new_context(arches[i]);
	for (line = strtok_r(copy, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest), n++)
		if (n < 2)
			assert_string_equal(line, n ? "denylist" : "2");
		else if (*line != '#' && strcmp(line, "[all]") != 0)
			add_line(contexts, line);
	for (size_t i = 1; i < ARRAY_SIZE(arches); i++)
		assert_int_equal(seccomp_merge(contexts[0], contexts[i]), 0);
	filter_export(contexts[0], ret);
}
