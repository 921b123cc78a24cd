// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hook/filter.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <json-c/json.h>
#include <seccomp.h>

#include "lib/own.h"
#include "policy/profile_engine.h"

static const struct op {
	const char *name;
	enum scmp_compare op;
} ops[] = {
	{ "SCMP_CMP_EQ", SCMP_CMP_EQ },
	{ "SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ },
};

static struct json_object *get(struct json_object *o, const char *key)
{
	return json_object_object_get(o, key);
}

static const char *get_str(struct json_object *o, const char *key)
{
	const char *s = json_object_get_string(get(o, key));

	return s ? s : "";
}

static int read_op(const char *name, enum scmp_compare *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(ops); i++)
		if (strcmp(ops[i].name, name) == 0) {
			*ret = ops[i].op;
			return 0;
		}
	return -EINVAL;
}

static int read_action(struct json_object *rule, uint32_t *ret)
{
	const char *name = get_str(rule, "action");

	if (strcmp(name, SECCOMP_ACT_NOTIFY) == 0)
		*ret = SCMP_ACT_NOTIFY;
	else if (strcmp(name, SECCOMP_ACT_ERRNO) == 0)
		*ret = SCMP_ACT_ERRNO(
			(uint32_t)json_object_get_int(get(rule, "errnoRet")));
	else
		return -EINVAL;
	return 0;
}

static int read_args(struct json_object *rule, struct scmp_arg_cmp *cmp,
		     unsigned *ret_n)
{
	struct json_object *args = get(rule, "args");
	size_t n = args ? json_object_array_length(args) : 0;

	if (n > CUBE_ARGS)
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		struct json_object *a = json_object_array_get_idx(args, i);

		cmp[i] = (struct scmp_arg_cmp){
			.arg = (unsigned)json_object_get_int(get(a, "index")),
			.datum_a = json_object_get_uint64(get(a, "value")),
			.datum_b = json_object_get_uint64(get(a, "valueTwo")),
		};
		if (read_op(get_str(a, "op"), &cmp[i].op) < 0)
			return -EINVAL;
	}
	*ret_n = (unsigned)n;
	return 0;
}

static int add_rule(scmp_filter_ctx ctx, struct json_object *rule)
{
	struct json_object *names = get(rule, "names");
	struct scmp_arg_cmp cmp[CUBE_ARGS];
	uint32_t action;
	unsigned n;
	int r = read_action(rule, &action);

	if (r == 0)
		r = read_args(rule, cmp, &n);
	for (size_t i = 0; r == 0 && i < json_object_array_length(names); i++) {
		int nr = seccomp_syscall_resolve_name(json_object_get_string(
			json_object_array_get_idx(names, i)));

		/* One that this machine has not is one that nobody makes. */
		if (nr != __NR_SCMP_ERROR)
			r = seccomp_rule_add_array(ctx, action, nr, n, cmp);
	}
	return r;
}

/* libseccomp has them without the prefix and in lower case. */
static int add_arch(scmp_filter_ctx ctx, const char *name)
{
	static const char prefix[] = "SCMP_ARCH_";
	char low[32] = "";
	uint32_t token;
	int r;

	if (strncmp(name, prefix, sizeof(prefix) - 1) != 0)
		return -EINVAL;
	name += sizeof(prefix) - 1;
	for (size_t i = 0; name[i] && i < sizeof(low) - 1; i++)
		low[i] = (char)tolower((unsigned char)name[i]);
	token = seccomp_arch_resolve_name(low);
	if (!token)
		return -EINVAL;
	r = seccomp_arch_add(ctx, token);
	return r == -EEXIST ? 0 : r;
}

static int fill(scmp_filter_ctx ctx, struct json_object *profile)
{
	struct json_object *arches = get(profile, "architectures");
	struct json_object *rules = get(profile, "syscalls");
	int r = strcmp(get_str(profile, "defaultAction"), SECCOMP_ACT_ALLOW)
			? -EINVAL
			: 0;

	for (size_t i = 0;
	     r == 0 && arches && i < json_object_array_length(arches); i++)
		r = add_arch(ctx, json_object_get_string(
					  json_object_array_get_idx(arches, i)));
	for (size_t i = 0; r == 0 && i < json_object_array_length(rules); i++)
		r = add_rule(ctx, json_object_array_get_idx(rules, i));
	return r;
}

static int take_out(scmp_filter_ctx ctx, struct sock_filter **ret_insns,
		    size_t *ret_n)
{
	AUTO(fd_close) int fd = memfd_create("deputy-filter", MFD_CLOEXEC);
	AUTO(free_ptr) struct sock_filter *insns = NULL;
	struct stat st;
	int r;

	if (fd < 0)
		return -errno;
	r = seccomp_export_bpf(ctx, fd);
	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0)
		return -errno;
	if ((size_t)st.st_size / sizeof(*insns) > BPF_MAXINSNS)
		return -E2BIG;
	insns = malloc((size_t)st.st_size);
	if (!insns)
		return -ENOMEM;
	if (pread(fd, insns, (size_t)st.st_size, 0) != st.st_size)
		return -EIO;
	*ret_insns = TAKE_PTR(insns);
	*ret_n = (size_t)st.st_size / sizeof(*insns);
	return 0;
}

int filter_compile(struct json_object *profile, struct sock_filter **ret_insns,
		   size_t *ret_n)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	int r = ctx ? fill(ctx, profile) : -ENOMEM;

	if (r == 0)
		r = take_out(ctx, ret_insns, ret_n);
	seccomp_release(ctx);
	return r;
}

bool filter_notifies(struct json_object *profile, const char *syscall)
{
	struct json_object *rules = get(profile, "syscalls");

	for (size_t i = 0; i < json_object_array_length(rules); i++) {
		struct json_object *rule = json_object_array_get_idx(rules, i);
		struct json_object *names = get(rule, "names");

		if (strcmp(get_str(rule, "action"), SECCOMP_ACT_NOTIFY) != 0)
			continue;
		for (size_t k = 0; k < json_object_array_length(names); k++)
			if (strcmp(json_object_get_string(
					   json_object_array_get_idx(names, k)),
				   syscall) == 0)
				return true;
	}
	return false;
}
