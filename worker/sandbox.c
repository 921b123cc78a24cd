// SPDX-License-Identifier: LGPL-2.1-or-later
#include "worker/sandbox.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/nsfs.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/own.h"
#include "worker/caps.h"

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

#define LOAD(field)                                                            \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define LOAD_LOW(field)                                                        \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS,                                     \
		 offsetof(struct seccomp_data, field) +                        \
			 (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0))
#define RET(action) BPF_STMT(BPF_RET | BPF_K, action)
#define ALLOW_IF(value)                                                        \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1),                      \
		RET(SECCOMP_RET_ALLOW)

static const struct sock_filter filter[] = {
	LOAD(arch),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCH, 1, 0),
	RET(SECCOMP_RET_KILL_PROCESS),
	LOAD(nr),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_ioctl, 0, 14),
	LOAD_LOW(args[1]),
	ALLOW_IF((uint32_t)SECCOMP_IOCTL_NOTIF_RECV),
	ALLOW_IF((uint32_t)SECCOMP_IOCTL_NOTIF_SEND),
	ALLOW_IF((uint32_t)SECCOMP_IOCTL_NOTIF_ID_VALID),
	ALLOW_IF((uint32_t)ID_VALID_WRONG_DIR),
	ALLOW_IF((uint32_t)NS_GET_PARENT), /* caller: of its user namespace */
	ALLOW_IF((uint32_t)NS_GET_OWNER_UID),
	RET(SECCOMP_RET_KILL_PROCESS),
#define X(name) ALLOW_IF(__NR_##name),
#include "worker/syscalls.def"
#ifdef DEPUTY_SANITIZED
#include "worker/sanitizer_syscalls.def"
#endif
#undef X
	RET(SECCOMP_RET_KILL_PROCESS),
};

static int load_filter(void)
{
	struct sock_fprog prog = { .len = ARRAY_SIZE(filter),
				   .filter = (struct sock_filter *)filter };

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) < 0 ?
		       -errno : 0;
}

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

int sandbox_enter(uint64_t caps)
{
	int r;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECUREBITS, SECUREBITS) < 0 ||
	    syscall(SYS_setgroups, 0, NULL) < 0)
		return -errno;
	r = drop_bounding_set(caps);
	if (r == 0)
		r = caps_set(caps, caps);
	if (r == 0 && prctl(PR_SET_DUMPABLE, 0) < 0)
		r = -errno;
	return r < 0 ? r : load_filter();
}
