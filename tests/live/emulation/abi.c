// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Registers wider than the ABI of their call.  64-bit code may make an i386 call
 * (int $0x80) with garbage above bit 31 of each argument: the kernel acts on 32
 * bits, while struct seccomp_data carries all 64.
 *
 * One sequence of random calls, with garbage in half of the arguments, is made
 * twice by the same container: natively, on user.* attributes and FIFOs, and
 * through deputy, on trusted.* attributes and a device.  Each call must return
 * the same and leave the same bytes in the caller's memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "lib/own.h"
#include "tests/harness/test.h"
#include "tests/live/emulation/caller.h"
#include "tests/live/emulation/siege.h"
#include "tests/live/emulation/world.h"

#ifdef __x86_64__

#define NAME_NATIVE "user.abcdeputy.a"
#define NAME_DEPUTY "trusted.deputy.a" /* as long */

/* A size is no register of setxattrat. */
#define SETS "\"setxattr\",\"lsetxattr\",\"fsetxattr\""

static const char policy[] =
	"{\"version\":1,\"policies\":{\"test\":{\"rules\":["
	"{\"syscalls\":[\"@mknod\"],\"match\":{\"type\":\"char\",\"device\":"
	"[\"1:3\"]},\"action\":\"emulate\"},"
	"{\"syscalls\":[" SETS "],\"match\":{\"name\":\"" NAME_DEPUTY
	"\",\"size\":{\"max\":256}},\"action\":\"emulate\"},"
	"{\"syscalls\":[\"@removexattr\",\"@getxattr\"],\"match\":{\"name\":"
	"\"" NAME_DEPUTY "\"},\"action\":\"emulate\"},"
	"{\"syscalls\":[\"@listxattr\"],\"action\":\"emulate\"}],"
	WORLD_CONTINUE "}},\"bindings\":[{\"when\":{},\"policy\":\"test\"}]}";

static const char denies_short[] =
	"{\"version\":1,\"policies\":{\"test\":{\"rules\":["
	"{\"syscalls\":[" SETS "],\"match\":{\"size\":{\"max\":64}},"
	"\"action\":{\"errno\":\"EACCES\"}}],"
	WORLD_CONTINUE "}},\"bindings\":[{\"when\":{},\"policy\":\"test\"}]}";

enum abi { X86_64, I386, X32, ABIS };
enum arg { NOTHING, PATH, NAME, VALUE, OUT, SIZE, FLAGS, FD, DIRFD, MODE, DEV };

static const struct call_row {
	const char *name;
	int nr[ABIS];
	enum arg args[5];
} calls[] = {
#define ROW(name, i386, ...)                                                   \
	{ #name, { SYS_##name, i386, 0x40000000 | SYS_##name }, { __VA_ARGS__ } }
	ROW(mknod, 14, PATH, MODE, DEV),
	ROW(mknodat, 297, DIRFD, PATH, MODE, DEV),
	ROW(setxattr, 226, PATH, NAME, VALUE, SIZE, FLAGS),
	ROW(lsetxattr, 227, PATH, NAME, VALUE, SIZE, FLAGS),
	ROW(fsetxattr, 228, FD, NAME, VALUE, SIZE, FLAGS),
	ROW(getxattr, 229, PATH, NAME, OUT, SIZE),
	ROW(lgetxattr, 230, PATH, NAME, OUT, SIZE),
	ROW(fgetxattr, 231, FD, NAME, OUT, SIZE),
	ROW(listxattr, 232, PATH, OUT, SIZE),
	ROW(llistxattr, 233, PATH, OUT, SIZE),
	ROW(flistxattr, 234, FD, OUT, SIZE),
	ROW(removexattr, 235, PATH, NAME),
	ROW(lremovexattr, 236, PATH, NAME),
	ROW(fremovexattr, 237, FD, NAME),
#undef ROW
};

/* Below 4 GiB, where an i386 call can name it. */
struct memory {
	char node[16], file[16], name[32], value[64];
	char out[64], behind[64];
};

struct trial {
	bool native;
	struct memory *m;
	int fd;
};

struct outcome {
	uint64_t args[5];
	size_t row;
	enum abi abi;
	long result;
	char out[sizeof(((struct memory *)0)->out) * 2];
};

#define CALLS 3000
static struct outcome *outcomes; /* of the container that runs; shared with it */
static uint64_t seed;

static uint64_t rnd(void)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return seed >> 20 ^ seed << 40;
}

static long gate_i386(long nr, const uint64_t *a)
{
	int r;

	__asm__ volatile("int $0x80"
			 : "=a"(r)
			 : "a"(nr), "b"(a[0]), "c"(a[1]), "d"(a[2]), "S"(a[3]),
			   "D"(a[4])
			 : "memory", "r8", "r9", "r10", "r11");
	return r;
}

static long make(enum abi abi, long nr, const uint64_t *a)
{
	long r;

	if (abi == I386)
		return gate_i386(nr, a);
	r = syscall(nr, a[0], a[1], a[2], a[3], a[4]);
	return r < 0 ? -errno : r;
}

static uint64_t value_of(const struct trial *t, enum arg arg, bool is_mknod)
{
	static const size_t sizes[] = { 0, 1, 4, 17, 64 };

	switch (arg) {
	case PATH:
		return (uintptr_t)(is_mknod ? t->m->node : t->m->file);
	case NAME:
		return (uintptr_t)t->m->name;
	case VALUE:
		return (uintptr_t)t->m->value;
	case OUT:
		return (uintptr_t)t->m->out;
	case SIZE:
		return sizes[rnd() % ARRAY_SIZE(sizes)];
	case FLAGS:
		return rnd() % 4;
	case FD:
		return (uint64_t)t->fd;
	case DIRFD:
		return (uint64_t)AT_FDCWD;
	case MODE:
		return (t->native ? S_IFIFO : S_IFCHR) | 0640;
	case DEV:
		return makedev(1, 3);
	case NOTHING:
		break;
	}
	return 0;
}

static void one_call(const struct trial *t, struct outcome *o)
{
	const struct call_row *row;

	o->row = rnd() % ARRAY_SIZE(calls);
	o->abi = rnd() % ABIS;
	row = &calls[o->row];
	for (int i = 0; i < 5; i++) {
		uint64_t garbage = rnd() % 4 ? 0 : rnd() << 32;

		o->args[i] = value_of(t, row->args[i], o->row < 2) ^ garbage;
	}
	memset(t->m->out, 0x55, sizeof(t->m->out) + sizeof(t->m->behind));
	o->result = make(o->abi, row->nr[o->abi], o->args);
	memcpy(o->out, t->m->out, sizeof(o->out));
	(void)unlink(t->m->node);
}

/* In the container. */
static int all_calls(bool native)
{
	struct trial t = { .native = native };

	t.m = mmap(NULL, sizeof(*t.m), PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	TRY(t.m == MAP_FAILED ? -1 : 0);
	*t.m = (struct memory){ "/box/n", "/box/f",
				.value = "a value of some more bytes" };
	strcpy(t.m->name, native ? NAME_NATIVE : NAME_DEPUTY);
	umask(022);
	t.fd = open(t.m->file, O_CREAT | O_RDWR | O_CLOEXEC, 0644);
	TRY(t.fd);
	if (setxattr(t.m->file, "user.probe", "", 0, 0) < 0)
		return errno;
	TRY(removexattr(t.m->file, "user.probe"));
	for (size_t i = 0; i < CALLS; i++)
		one_call(&t, &outcomes[i]);
	return 0;
}

static int natively(void *ctx)
{
	return all_calls(true);
}

static int through_deputy(void *ctx)
{
	return all_calls(false);
}

static struct outcome *outcomes_new(void)
{
	struct outcome *o = mmap(NULL, CALLS * sizeof(*o),
				 PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(o != MAP_FAILED);
	return o;
}

/* A list shows the attribute's name, which is not the same. */
static void rename_all(char *out, size_t bytes)
{
	for (size_t i = 0; i + sizeof(NAME_NATIVE) <= bytes; i++)
		if (memcmp(out + i, NAME_NATIVE, sizeof(NAME_NATIVE)) == 0)
			memcpy(out + i, NAME_DEPUTY, sizeof(NAME_DEPUTY));
}

static bool is_same(size_t i, struct outcome *native, const struct outcome *ours)
{
	static const char *const abis[ABIS] = { "x86_64", "i386", "x32" };

	rename_all(native->out, sizeof(native->out));
	if (native->result == ours->result &&
	    memcmp(native->out, ours->out, sizeof(ours->out)) == 0)
		return true;
	print_message("call %zu, %s %s(%#lx, %#lx, %#lx, %#lx, %#lx): natively "
		      "%ld, through deputy %ld%s\n",
		      i, abis[ours->abi], calls[ours->row].name, ours->args[0],
		      ours->args[1], ours->args[2], ours->args[3], ours->args[4],
		      native->result, ours->result,
		      native->result == ours->result ? ", other bytes" : "");
	return false;
}

TEST_WITHIN(abi, garbage_above_the_register, 120)
{
	struct outcome *native = outcomes_new(), *ours = outcomes_new();
	unsigned wrong = 0, done = 0;
	int r;

	seed = 1;
	outcomes = native;
	r = inmate_alone(natively);
	if (r == EOPNOTSUPP)
		TEST_SKIP("user.* attributes in the temporary directory");
	assert_int_equal(r, 0);
	seed = 1;
	outcomes = ours;
	siege(policy, through_deputy, NULL);
	for (size_t i = 0; i < CALLS; i++) {
		wrong += !is_same(i, &native[i], &ours[i]);
		done += ours[i].result >= 0;
	}
	print_message("%u calls, %u of them succeeded\n", CALLS, done);
	assert_int_equal(wrong, 0);
	assert_true(done > CALLS / 10);
	munmap(native, CALLS * sizeof(*native));
	munmap(ours, CALLS * sizeof(*ours));
}

/* The rule is about 64 bytes at most, and the kernel sets four. */
static int set_four_bytes(void *ctx)
{
	struct memory *m = mmap(NULL, sizeof(*m), PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	long r;

	TRY(m == MAP_FAILED ? -1 : 0);
	*m = (struct memory){ .file = "/box", .name = "user.a",
			      .value = "four" };
	r = make(I386, 226,
		 (uint64_t[]){ (uintptr_t)m->file, (uintptr_t)m->name,
			       (uintptr_t)m->value, 4 | UINT64_C(1) << 32, 0 });
	if (r != -EACCES)
		return r == 0 ? EINVAL : (int)-r;
	return getxattr("/box", "user.a", NULL, 0) < 0 ? 0 : EEXIST;
}

TEST(abi, denial_by_a_register_holds)
{
	siege(denies_short, set_four_bytes, NULL);
}

#else

TEST(abi, garbage_above_the_register)
{
	TEST_SKIP("a 32-bit ABI of 64-bit code");
}

#endif
