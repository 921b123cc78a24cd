// SPDX-License-Identifier: LGPL-2.1-or-later
/* A compiled policy as the worker gets it, whole and damaged. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <seccomp.h>

#include "policy/abi.h"
#include "policy/arch.h"
#include "policy/decide.h"
#include "policy/policy.h"
#include "tests/harness/test.h"

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)

static const char text[] =
	"{\"version\":1,\"policies\":{\"p\":{\"rules\":["
	"{\"syscalls\":[\"mknod\",\"mknodat\"],\"match\":{\"type\":\"char\","
	"\"device\":[\"1:3\",\"5:*\"]},\"action\":\"emulate\"},"
	"{\"syscalls\":[\"setxattr\"],\"match\":{\"name\":[\"trusted.a\","
	"\"trusted.b.*\"],\"value\":\"yes\"},\"action\":\"emulate\"},"
	"{\"syscalls\":[\"setxattr\"],\"match\":{\"name\":\"user.*\"},"
	"\"action\":\"continue\",\"log\":true},"
	"{\"syscalls\":[\"mount\"],\"action\":{\"return\":5}}],"
	"\"default\":\"continue\"}},\"bindings\":[{\"when\":{},\"policy\":\"p\"}]}";

static struct diags diags;

static struct policy_set *load(const char *json)
{
	struct policy_set *s = NULL;

	if (policy_set_parse("test", json, strlen(json), &s, &diags) < 0) {
		diags_print(&diags, stdout);
		fail();
	}
	return s;
}

/* A copy of the arena: @bytes of it, sealed with @seals. */
static int copy_memfd(const char *data, size_t bytes, unsigned seals)
{
	int fd = memfd_create("copy", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, bytes), (ssize_t)bytes);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

static char *read_arena(const struct policy_set *s, size_t *ret_bytes)
{
	int fd = policy_memfd(policy_set_at(s, 0));
	struct stat st;
	char *data;

	assert_int_equal(fstat(fd, &st), 0);
	*ret_bytes = (size_t)st.st_size;
	data = malloc(*ret_bytes);
	assert_non_null(data);
	assert_int_equal(pread(fd, data, *ret_bytes, 0), st.st_size);
	return data;
}

TEST(arena, is_sealed_close_on_exec_and_not_writable)
{
	struct policy_set *s = load(text);
	int fd = policy_memfd(policy_set_at(s, 0));

	assert_int_equal(fcntl(fd, F_GET_SEALS) & SEALS, SEALS);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(pwrite(fd, "x", 1, 0), -1);
	assert_int_equal(errno, EPERM);
	policy_set_unref(s);
}

TEST(arena, says_what_a_worker_will_do)
{
	struct policy_set *s = load(text);
	const struct arena *a;
	struct decide_plan plan;

	assert_int_equal(arena_map(policy_memfd(policy_set_at(s, 0)), &a), 0);
	policy_set_unref(s); /* the mapping outlives it */
	assert_int_equal(decide_families(a),
			 FAMILY_BIT(FAMILY_MKNOD) | FAMILY_BIT(FAMILY_XATTR));
	assert_true(decide_reads_memory(a));
	assert_int_equal(decide_fail(a).kind, VERDICT_ERRNO);
	assert_int_equal(decide_fail(a).error, EPERM);

	decide_plan(a, 0xc000003e, 188, &plan);
	assert_int_equal(plan.id, CALL_setxattr);
	assert_true(plan.needs_name);
	decide_plan(a, 0xc000003e, 133, &plan);
	assert_int_equal(plan.id, CALL_mknod);
	assert_false(plan.needs_name);
	decide_plan(a, 0xc000003e, 165, &plan);
	assert_int_equal(plan.id, CALL_OTHER);
	assert_int_not_equal(plan.call_index, UINT32_MAX);
	decide_plan(a, 0xc000003e, 189, &plan);
	assert_int_equal(plan.call_index, UINT32_MAX);
	assert_null(arena_unmap(a));
}

TEST(arena, of_answers_alone_reads_no_memory)
{
	struct policy_set *s = load(
		"{\"version\":1,\"policies\":{\"p\":{\"rules\":["
		"{\"syscalls\":[\"mknod\"],\"match\":{\"type\":\"char\"},"
		"\"action\":{\"errno\":\"EPERM\"}}],\"default\":\"continue\"}},"
		"\"bindings\":[{\"when\":{},\"policy\":\"p\"}]}");
	const struct arena *a;

	assert_int_equal(arena_map(policy_memfd(policy_set_at(s, 0)), &a), 0);
	assert_int_equal(decide_families(a), 0);
	assert_false(decide_reads_memory(a));
	arena_unmap(a);
	policy_set_unref(s);
}

TEST(arena, holds_the_errno_for_failures_of_deputy)
{
	struct policy_set *s = load(
		"{\"version\":1,\"policies\":{\"p\":{\"rules\":[],"
		"\"fail\":{\"errno\":\"ENOSYS\"},\"default\":\"continue\"}},"
		"\"bindings\":[{\"when\":{},\"policy\":\"p\"}]}");
	struct verdict fail = policy_fail(policy_set_at(s, 0));
	const struct arena *a;

	assert_int_equal(arena_map(policy_memfd(policy_set_at(s, 0)), &a), 0);
	assert_int_equal(decide_fail(a).kind, VERDICT_ERRNO);
	assert_int_equal(decide_fail(a).error, ENOSYS);
	assert_int_equal(fail.kind, VERDICT_ERRNO);
	assert_int_equal(fail.error, ENOSYS);
	arena_unmap(a);
	policy_set_unref(s);
}

static void expect_refused(int fd, int error)
{
	const struct arena *a = NULL;

	assert_int_equal(arena_map(fd, &a), error);
	assert_null(a);
	close(fd);
}

TEST(arena, of_another_length_or_without_seals_is_refused)
{
	struct policy_set *s = load(text);
	size_t bytes;
	char *data = read_arena(s, &bytes);

	for (size_t n = 0; n < bytes; n++)
		expect_refused(copy_memfd(data, n, SEALS), -EPROTO);
	data = realloc(data, bytes + 8);
	assert_non_null(data);
	memset(data + bytes, 0, 8);
	expect_refused(copy_memfd(data, bytes + 8, SEALS), -EPROTO);
	for (int i = 0; i < 4; i++) {
		static const unsigned each[] = { F_SEAL_SHRINK, F_SEAL_GROW,
						 F_SEAL_WRITE, F_SEAL_SEAL };

		expect_refused(copy_memfd(data, bytes, SEALS & ~each[i]),
			       -EPROTO);
	}
	expect_refused(open("/dev/null", O_RDONLY | O_CLOEXEC), -EPROTO);
	expect_refused(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC), -EPROTO);
	assert_int_equal(arena_map(-1, &(const struct arena *){ NULL }),
			 -EBADF);
	free(data);
	policy_set_unref(s);
}

/* Asks it everything once: what arena_map() let pass must not crash. */
static void ask(const struct arena *a)
{
	static const uint32_t nrs[] = { 133, 259, 188, 165 };
	static const struct seccomp_data data = { .args = { 0, 020666, 0x103, 3 } };

	for (size_t i = 0; i < sizeof(nrs) / sizeof(nrs[0]); i++) {
		struct decide_plan plan;
		struct decision d;
		struct call call;
		struct facts f = { .call = &call, .name = "trusted.b.c" };
		char *value = NULL;

		decide_plan(a, 0xc000003e, nrs[i], &plan);
		call_decode(&data, plan.id, &call);
		if (decide(a, &plan, &f, &d) == DECIDE_WANTS_VALUE) {
			assert_in_range(call.size, 0, DECIDE_VALUE_MAX_BYTES);
			value = strdup("yes"); /* as many bytes: ASan looks */
			f.value = call.size <= 3 ? value : NULL;
			f.value_read = true;
			assert_int_equal(decide(a, &plan, &f, &d), DECIDE_DONE);
		}
		free(value);
		assert_in_range(d.verdict.kind, VERDICT_ERRNO,
				VERDICT_CONTINUE);
	}
}

TEST_WITHIN(arena, with_any_byte_changed_is_refused_or_sound, 60)
{
	static const unsigned char flips[] = { 0x01, 0x80, 0xff };
	struct policy_set *s = load(text);
	size_t bytes, refused = 0;
	char *data = read_arena(s, &bytes);

	for (size_t n = 0; n < bytes * sizeof(flips); n++) {
		unsigned char flip = flips[n % sizeof(flips)];
		size_t at = n / sizeof(flips);
		const struct arena *a = NULL;
		int fd, r;

		data[at] = (char)(data[at] ^ flip);
		fd = copy_memfd(data, bytes, SEALS);
		r = arena_map(fd, &a);
		assert_true(r == 0 || r == -EPROTO);
		if (r == 0)
			ask(a);
		refused += r != 0;
		arena_unmap(a);
		close(fd);
		data[at] = (char)(data[at] ^ flip);
	}
	assert_true(refused > 16 * sizeof(flips)); /* the header at least */
	free(data);
	policy_set_unref(s);
}

/* A rule's value is asked for once the rest of the rule holds, and not again. */
TEST(decide, asks_for_the_value_where_the_answer_hangs_on_it)
{
	struct policy_set *s = load(text);
	struct decide_plan plan;
	struct decision d;
	struct call call = { .id = CALL_setxattr, .size = 3 };
	struct facts f = { .call = &call, .name = "trusted.a" };
	const struct arena *a;

	assert_int_equal(arena_map(policy_memfd(policy_set_at(s, 0)), &a), 0);
	decide_plan(a, 0xc000003e, 188, &plan);
	assert_int_equal(decide(a, &plan, &f, &d), DECIDE_WANTS_VALUE);
	f.value_read = true; /* and could not be */
	assert_int_equal(decide(a, &plan, &f, &d), DECIDE_DONE);
	assert_int_equal(d.rule, -1);
	f.value = "yes";
	assert_int_equal(decide(a, &plan, &f, &d), DECIDE_DONE);
	assert_int_equal(d.rule, 1);
	f = (struct facts){ .call = &call, .name = "user.a" };
	assert_int_equal(decide(a, &plan, &f, &d), DECIDE_DONE);
	assert_int_equal(d.rule, 2);
	f.name = "trusted.a";
	call.size = 4;
	assert_int_equal(decide(a, &plan, &f, &d), DECIDE_DONE);
	assert_int_equal(d.rule, -1);
	arena_unmap(a);
	policy_set_unref(s);
}

/* The worker's names of ABIs are those of rules. */
TEST(abi, has_the_names_of_rules)
{
	for (size_t i = 0; i < n_arches; i++) {
		uint32_t nr = strcmp(arches[i].name, "x32") == 0 ? 0x40000000 : 0;

		assert_string_equal(abi_name(arches[i].audit_arch, nr),
				    arches[i].name);
	}
	assert_string_equal(abi_name(1, 0), "?");
}

/* From a number to the name, and back to it. */
TEST(abi, names_calls_by_their_number)
{
	static const char *const names[] = { "mknodat", "setxattr",
					     "removexattrat", "mount" };

	for (size_t i = 0; i < n_arches; i++)
		for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
			int nr = arch_number(&arches[i], names[k]);
			char *name;

			assert_true(nr >= 0);
			name = arch_call_name(arches[i].audit_arch,
					      (uint32_t)nr);
			assert_non_null(name);
			assert_string_equal(name, names[k]);
			free(name);
		}
	assert_null(arch_call_name(1, 0));
	assert_null(arch_call_name(arches[0].audit_arch, 0x3fffffff));
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names of every ABI, those that the native one lacks too, each once. */
static size_t all_names(char *names[4096])
{
	static const uint32_t some[] = { SCMP_ARCH_X86_64, SCMP_ARCH_X86,
					 SCMP_ARCH_AARCH64, SCMP_ARCH_ARM,
					 SCMP_ARCH_MIPS, SCMP_ARCH_S390X,
					 SCMP_ARCH_PPC64LE };
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++)
		for (int nr = -10400; nr < 5000 && n < 4096; nr++) {
			names[n] = seccomp_syscall_resolve_num_arch(some[i],
								    nr);
			n += names[n] != NULL;
		}
	qsort(names, n, sizeof(names[0]), compare_names);
	for (size_t i = 0; i < n; i++)
		if (kept && strcmp(names[kept - 1], names[i]) == 0)
			free(names[i]);
		else
			names[kept++] = names[i];
	return kept;
}

/* Names that share a number on some ABI must not spoil the table. */
TEST(arena, of_all_calls_is_sound)
{
	char *names[4096], *json;
	size_t n = all_names(names), bytes;
	FILE *f = open_memstream(&json, &bytes);
	struct policy_set *s;
	const struct arena *a;

	assert_in_range(n, 400, 4095);
	(void)fprintf(f, "{\"version\":1,\"policies\":{\"p\":{\"rules\":["
			 "{\"syscalls\":[");
	for (size_t i = 0; i < n; i++) {
		(void)fprintf(f, "%s\"%s\"", i ? "," : "", names[i]);
		free(names[i]);
	}
	(void)fprintf(f, "],\"action\":\"continue\"}],\"default\":\"continue\"}},"
			 "\"bindings\":[{\"when\":{},\"policy\":\"p\"}]}");
	(void)fclose(f);
	s = load(json);
	assert_int_equal(arena_map(policy_memfd(policy_set_at(s, 0)), &a), 0);
	arena_unmap(a);
	policy_set_unref(s);
	free(json);
}
