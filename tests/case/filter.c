// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/case/filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <seccomp.h>

#include "lib/own.h"
#include "tests/harness/test.h"

/* -- what an engine does before libseccomp ------------------------------------------ */

static struct json_object *get(struct json_object *o, const char *key)
{
	return json_object_object_get(o, key);
}

static size_t count(struct json_object *list)
{
	return list ? json_object_array_length(list) : 0;
}

static const char *text(struct json_object *list, size_t i)
{
	return json_object_get_string(json_object_array_get_idx(list, i));
}

static bool has(struct json_object *list, const char *s)
{
	for (size_t i = 0; i < count(list); i++)
		if (strcmp(text(list, i), s) == 0)
			return true;
	return false;
}

/* As on amd64, with all capabilities or none. */
static bool is_for_us(struct json_object *rule, bool caps)
{
	struct json_object *in = get(rule, "includes");
	struct json_object *out = get(rule, "excludes");

	if (count(get(in, "arches")) && !has(get(in, "arches"), "amd64"))
		return false;
	if (count(get(in, "caps")) && !caps)
		return false;
	return !has(get(out, "arches"), "amd64") &&
	       !(count(get(out, "caps")) && caps);
}

static const struct word {
	const char *name;
	uint32_t value;
} words[] = {
	{ "SCMP_ACT_KILL", SCMP_ACT_KILL },
	{ "SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS },
	{ "SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD },
	{ "SCMP_ACT_TRAP", SCMP_ACT_TRAP },
	{ "SCMP_ACT_ERRNO", SCMP_ACT_ERRNO(EPERM) },
	{ "SCMP_ACT_TRACE", SCMP_ACT_TRACE(EPERM) },
	{ "SCMP_ACT_ALLOW", SCMP_ACT_ALLOW },
	{ "SCMP_ACT_LOG", SCMP_ACT_LOG },
	{ "SCMP_ACT_NOTIFY", SCMP_ACT_NOTIFY },
	{ "SCMP_CMP_NE", SCMP_CMP_NE },
	{ "SCMP_CMP_LT", SCMP_CMP_LT },
	{ "SCMP_CMP_LE", SCMP_CMP_LE },
	{ "SCMP_CMP_EQ", SCMP_CMP_EQ },
	{ "SCMP_CMP_GE", SCMP_CMP_GE },
	{ "SCMP_CMP_GT", SCMP_CMP_GT },
	{ "SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ },
	{ "SCMP_ARCH_X86_64", SCMP_ARCH_X86_64 },
	{ "SCMP_ARCH_X86", SCMP_ARCH_X86 },
	{ "SCMP_ARCH_X32", SCMP_ARCH_X32 },
	{ "SCMP_ARCH_AARCH64", SCMP_ARCH_AARCH64 },
	{ "SCMP_ARCH_ARM", SCMP_ARCH_ARM },
};

static uint32_t word(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (name && strcmp(words[i].name, name) == 0)
			return words[i].value;
	fail_msg("what is %s?", name ? name : "(null)");
	return 0;
}

static uint32_t action_of(struct json_object *o, const char *key,
			  const char *errno_key)
{
	uint32_t action = word(json_object_get_string(get(o, key)));
	struct json_object *e = get(o, errno_key);

	if (e && action == SCMP_ACT_ERRNO(EPERM))
		return SCMP_ACT_ERRNO((uint32_t)json_object_get_int(e));
	return action;
}

static unsigned args_of(struct json_object *rule, struct scmp_arg_cmp *cmp)
{
	struct json_object *args = get(rule, "args");
	unsigned n = (unsigned)count(args);

	assert_true(n <= 6);
	for (unsigned i = 0; i < n; i++) {
		struct json_object *a = json_object_array_get_idx(args, i);

		cmp[i] = (struct scmp_arg_cmp){
			.arg = (unsigned)json_object_get_int(get(a, "index")),
			.op = (enum scmp_compare)word(
				json_object_get_string(get(a, "op"))),
			.datum_a = json_object_get_uint64(get(a, "value")),
			.datum_b = json_object_get_uint64(get(a, "valueTwo")),
		};
	}
	return n;
}

static void add_rule(scmp_filter_ctx ctx, struct json_object *rule, uint32_t def)
{
	uint32_t action = action_of(rule, "action", "errnoRet");
	struct json_object *names = get(rule, "names");
	struct scmp_arg_cmp cmp[6];
	unsigned n = args_of(rule, cmp);

	for (size_t i = 0; i < count(names) && action != def; i++) {
		int nr = seccomp_syscall_resolve_name(text(names, i));
		int r = nr == __NR_SCMP_ERROR ?
				0 : /* engines pass over what they don't know */
				seccomp_rule_add_array(ctx, action, nr, n, cmp);

		if (r < 0)
			fail_msg("%s: %s: libseccomp says %s", text(names, i),
				 json_object_to_json_string(rule), strerror(-r));
	}
}

static void add_arches(scmp_filter_ctx ctx, struct json_object *list)
{
	for (size_t i = 0; i < count(list); i++) {
		int r = seccomp_arch_add(ctx, word(text(list, i)));

		assert_true(r == 0 || r == -EEXIST);
	}
}

static void add_arch_map(scmp_filter_ctx ctx, struct json_object *map)
{
	for (size_t i = 0; i < count(map); i++) {
		struct json_object *one = json_object_array_get_idx(map, i);

		if (strcmp(json_object_get_string(get(one, "architecture")),
			   "SCMP_ARCH_X86_64") == 0)
			add_arches(ctx, get(one, "subArchitectures"));
	}
}

void filter_export(void *ctx, struct filter *ret)
{
	AUTO(fd_close) int fd = memfd_create("bpf", MFD_CLOEXEC);
	struct stat st;

	assert_int_equal(seccomp_export_bpf(ctx, fd), 0);
	seccomp_release(ctx);
	assert_int_equal(fstat(fd, &st), 0);
	ret->n = (size_t)st.st_size / sizeof(*ret->insns);
	assert_in_range(ret->n, 1, 4096); /* the kernel takes no more */
	ret->insns = calloc(ret->n, sizeof(*ret->insns));
	assert_non_null(ret->insns);
	assert_int_equal(pread(fd, ret->insns, (size_t)st.st_size, 0),
			 st.st_size);
}

void filter_make(struct json_object *profile, bool caps, struct filter *ret)
{
	uint32_t def = action_of(profile, "defaultAction", "defaultErrnoRet");
	struct json_object *rules = get(profile, "syscalls");
	/* The level that has SCMP_ACT_NOTIFY, whatever is below (qemu-user) */
	scmp_filter_ctx ctx = seccomp_api_set(5) < 0 ? NULL : seccomp_init(def);

	assert_non_null(ctx);
	add_arches(ctx, get(profile, "architectures"));
	add_arch_map(ctx, get(profile, "archMap"));
	for (size_t i = 0; i < count(rules); i++)
		if (is_for_us(json_object_array_get_idx(rules, i), caps))
			add_rule(ctx, json_object_array_get_idx(rules, i), def);
	filter_export(ctx, ret);
}

void filter_done(struct filter *f)
{
	free(f->insns);
	*f = (struct filter){ 0 };
}

/* -- the machine ------------------------------------------------------------------------- */

static bool jumps(uint16_t code, uint32_t a, uint32_t k)
{
	switch (BPF_OP(code)) {
	case BPF_JEQ:
		return a == k;
	case BPF_JGT:
		return a > k;
	case BPF_JGE:
		return a >= k;
	case BPF_JSET:
		return a & k;
	default:
		fail_msg("jump 0x%x", code);
		return false;
	}
}

uint32_t filter_run(const struct filter *f, const struct seccomp_data *data)
{
	uint32_t a = 0;

	for (size_t pc = 0; pc < f->n; pc++) {
		const struct sock_filter *i = &f->insns[pc];

		switch (i->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			assert_true(i->k <= sizeof(*data) - sizeof(a));
			memcpy(&a, (const char *)data + i->k, sizeof(a));
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= i->k;
			break;
		case BPF_JMP | BPF_JA:
			pc += i->k;
			break;
		case BPF_RET | BPF_K:
			return i->k;
		default:
			if (BPF_CLASS(i->code) != BPF_JMP)
				fail_msg("instruction 0x%x", i->code);
			pc += jumps(i->code, a, i->k) ? i->jt : i->jf;
		}
	}
	fail_msg("the filter does not end");
	return 0;
}
