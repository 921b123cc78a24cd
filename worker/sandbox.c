// SPDX-License-Identifier: LGPL-2.1-or-later
#include "worker/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/nsfs.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/own.h"
#include "worker/as_caller.h"
#include "worker/caps.h"
#include "worker/child.h"

#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define NATIVE_ARCH AUDIT_ARCH_RISCV64
#elif defined(__powerpc64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define NATIVE_ARCH AUDIT_ARCH_PPC64LE
#elif defined(__s390x__)
#define NATIVE_ARCH AUDIT_ARCH_S390X
#else
#error "name this architecture's AUDIT_ARCH_* for the worker's own filter"
#endif

/* ID_VALID's number before Linux 5.18 had the direction wrong; the kernel
 * takes both, and headers of either kind may be ours. */
#define ID_VALID_WRONG_DIR SECCOMP_IOR(2, __u64)

/* -- the filter -------------------------------------------------------------------- */

/* Room for each call's pair of instructions, and each value of a register. */
#define FILTER_MAX 256

struct filter {
	struct sock_filter code[FILTER_MAX];
	unsigned short n;
};

static void add(struct filter *f, struct sock_filter one)
{
	if (f->n < FILTER_MAX)
		f->code[f->n] = one;
	f->n++; /* too many are refused at the end */
}

static void add_load(struct filter *f, size_t offset)
{
	add(f, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					    (uint32_t)offset));
}

static void add_return(struct filter *f, uint32_t action)
{
	add(f, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

static void add_allow_if(struct filter *f, uint32_t value)
{
	add(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0,
					    1));
	add_return(f, SECCOMP_RET_ALLOW);
}

/* A register has 32 bits that count in each of these calls. */
#define LOW_HALF (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0)
#define VALUES_MAX 7

/* A call that is allowed where, of the bits of @mask, a register has one of the
 * values.  A value may have needs of its own. */
struct by_register {
	uint32_t nr;
	unsigned needs; /* 0: every worker */
	unsigned arg;
	uint32_t mask;
	struct {
		uint32_t value;
		unsigned needs;
	} values[VALUES_MAX];
	size_t n;
};

static bool has(unsigned needs, unsigned wanted)
{
	return !wanted || (needs & wanted);
}

static void add_by_register(struct filter *f, const struct by_register *r,
			    unsigned needs)
{
	size_t values = 0;
	uint8_t length;

	for (size_t i = 0; i < r->n; i++)
		values += has(needs, r->values[i].needs);
	length = (uint8_t)(2 * values + 2 + (r->mask != UINT32_MAX));
	add(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, r->nr, 0,
					    length));
	add_load(f, offsetof(struct seccomp_data, args) + 8 * r->arg + LOW_HALF);
	if (r->mask != UINT32_MAX)
		add(f, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K,
						    r->mask));
	for (size_t i = 0; i < r->n; i++)
		if (has(needs, r->values[i].needs))
			add_allow_if(f, r->values[i].value);
	add_return(f, SECCOMP_RET_KILL_PROCESS);
}

#ifdef __s390x__ /* clone(2): the stack comes first there */
#define CLONE_FLAGS_ARG 1
#else
#define CLONE_FLAGS_ARG 0
#endif

/* Opening may neither create, empty nor lengthen a file. Written is only a
 * caller's memory (tracee_write). */
#define OPEN_MASK (O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND | (O_TMPFILE & ~O_DIRECTORY))

/* Those of the fast path first. */
static const struct by_register by_register[] = {
	{ __NR_ioctl, 0, 1, UINT32_MAX,
	  { { (uint32_t)SECCOMP_IOCTL_NOTIF_RECV, 0 },
	    { (uint32_t)SECCOMP_IOCTL_NOTIF_SEND, 0 },
	    { (uint32_t)SECCOMP_IOCTL_NOTIF_ID_VALID, 0 },
	    { (uint32_t)ID_VALID_WRONG_DIR, 0 },
	    { (uint32_t)NS_GET_PARENT, NEED_CALLER }, /* its user namespace's */
	    { (uint32_t)NS_GET_OWNER_UID, NEED_CALLER },
	    { (uint32_t)NS_GET_USERNS, NEED_MKNOD } }, /* its mounts' */
	  7 },
	{ __NR_openat, NEED_CALLER | NEED_LXC, 2, OPEN_MASK,
	  { { O_RDONLY, 0 }, { O_RDWR, NEED_XATTR } },
	  2 },
	{ __NR_prctl, 0, 0, UINT32_MAX,
	  { { PR_SET_PDEATHSIG, 0 }, { PR_SET_DUMPABLE, 0 } },
	  2 },
	{ __NR_mknodat, NEED_MKNOD, 2, S_IFMT,
	  { { S_IFCHR, 0 }, { S_IFBLK, 0 }, { S_IFIFO, 0 } }, /* a placeholder */
	  3 },
	{ __NR_write, 0, 0, UINT32_MAX, { { STDERR_FILENO, 0 } }, 1 },
	{ __NR_fcntl, 0, 1, UINT32_MAX,
	  { { F_SETLK, 0 }, /* the slot's, once */
	    { F_GETFL, NEED_LXC },
	    { F_DUPFD_CLOEXEC, NEED_EMULATE } },
	  3 },
	{ __NR_clone, NEED_EMULATE, CLONE_FLAGS_ARG, UINT32_MAX,
	  { { CHILD_CLONE_FLAGS, 0 } },
	  1 },
	{ __NR_setns, NEED_EMULATE, 1, UINT32_MAX,
	  { { CLONE_NEWUSER, 0 }, { CLONE_NEWNS, NEED_MKNOD } },
	  2 },
};

static const struct {
	uint32_t nr;
	unsigned needs;
} calls[] = {
#define X(name, needs) { __NR_##name, needs },
#include "worker/syscalls.def"
#undef X
};

#ifdef DEPUTY_SANITIZED
static const uint32_t sanitizers[] = {
#define X(name) __NR_##name,
#include "worker/sanitizer_syscalls.def"
#undef X
};
#endif

static void make_filter(struct filter *f, unsigned needs)
{
	f->n = 0;
	add_load(f, offsetof(struct seccomp_data, arch));
	add(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
					    NATIVE_ARCH, 1, 0));
	add_return(f, SECCOMP_RET_KILL_PROCESS);
	add_load(f, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < ARRAY_SIZE(by_register); i++)
		if (has(needs, by_register[i].needs))
			add_by_register(f, &by_register[i], needs);
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		if (has(needs, calls[i].needs))
			add_allow_if(f, calls[i].nr);
#ifdef DEPUTY_SANITIZED
	for (size_t i = 0; i < ARRAY_SIZE(sanitizers); i++)
		add_allow_if(f, sanitizers[i]);
#endif
	add_return(f, SECCOMP_RET_KILL_PROCESS);
}

static int load_filter(unsigned needs)
{
	struct filter f;
	struct sock_fprog prog = { .filter = f.code };

	make_filter(&f, needs);
	if (f.n > FILTER_MAX)
		return -E2BIG;
	prog.len = f.n;
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) < 0 ?
		       -errno : 0;
}

/* -- the rest ---------------------------------------------------------------------- */

static int drop_bounding_set(uint64_t keep)
{
	for (unsigned cap = 0; prctl(PR_CAPBSET_READ, cap) >= 0; cap++)
		if (!(keep >> cap & 1) && prctl(PR_CAPBSET_DROP, cap) < 0)
			return -errno;
	return 0;
}

/* Ids change without touching capabilities, and uid 0 brings none by exec. */
#define SECUREBITS                                                             \
	(SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED |              \
	 SECBIT_NOROOT | SECBIT_NOROOT_LOCKED)

/* No worker needs root's uid, which owns files and user namespaces. The
 * capabilities stay: SECBIT_NO_SETUID_FIXUP is set. */
static int become_nobody(void)
{
	if (syscall(SYS_setresgid, NOBODYS, NOBODYS, NOBODYS) < 0 ||
	    syscall(SYS_setresuid, NOBODYS, NOBODYS, NOBODYS) < 0)
		return -errno;
	return 0;
}

/* Except a standard error that is one: its log. */
static int grow_no_file(void)
{
	static const struct rlimit none;
	struct stat st;

	if (fstat(STDERR_FILENO, &st) == 0 && S_ISREG(st.st_mode))
		return 0;
	return setrlimit(RLIMIT_FSIZE, &none) < 0 ? -errno : 0;
}

int sandbox_enter(uint64_t caps, unsigned needs)
{
	int r;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECUREBITS, SECUREBITS) < 0 ||
	    syscall(SYS_setgroups, 0, NULL) < 0)
		return -errno;
	r = drop_bounding_set(caps);
	if (r == 0)
		r = become_nobody();
	if (r == 0)
		r = caps_set(caps, caps);
	/* Where attributes are set, an overlay may copy a file up in our name. */
	if (r == 0 && !(needs & NEED_EMULATE))
		r = grow_no_file();
	if (r == 0 && prctl(PR_SET_DUMPABLE, 0) < 0)
		r = -errno;
	return r < 0 ? r : load_filter(needs);
}
