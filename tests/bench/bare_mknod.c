// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/bench/bare_mknod.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "lib/listener.h"
#include "worker/caps.h"
#include "worker/emulate.h"

#define CAPS (EMULATE_COMMON_CAPS | CAP_BIT(MKNOD) | CAP_BIT(FSETID))

#define MUST(x)                                                                \
	({                                                                     \
		long must_r = (x);                                             \
		if (must_r < 0) {                                              \
			perror(#x);                                            \
			_exit(1);                                              \
		}                                                              \
		must_r;                                                        \
	})

static int proc_fd, root_fd; /* ours */
static char path[PATH_MAX], status[16384];

struct who {
	uint32_t uid[4], gid[4], umask;
	int proc_fd, root_fd;
};

static inline void set_effective(uint64_t caps)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = {
		{ (uint32_t)caps, (uint32_t)CAPS, 0 },
		{ (uint32_t)(caps >> 32), (uint32_t)(CAPS >> 32), 0 },
	};

	MUST(syscall(SYS_capset, &h, d));
}

static inline const char *line(const char *at, const char *key)
{
	at = strstr(at, key);
	if (!at)
		_exit(1);
	return at + strlen(key);
}

static inline void ids(const char *at, uint32_t id[4])
{
	char *end;

	for (int i = 0; i < 4; i++, at = end)
		id[i] = (uint32_t)strtoul(at, &end, 10);
}

static inline void take_identity(pid_t tid, bool same, struct who *w)
{
	char name[16];
	struct stat st;
	const char *at;
	long n;
	int fd;

	(void)snprintf(name, sizeof(name), "%d", tid);
	w->proc_fd = (int)MUST(openat(proc_fd, name,
				      O_PATH | O_DIRECTORY | O_CLOEXEC));
	fd = (int)MUST(openat(w->proc_fd, "status", O_RDONLY | O_CLOEXEC));
	n = MUST(read(fd, status, sizeof(status) - 1));
	if (same) {
		MUST(read(fd, status + n, sizeof(status) - 1 - (size_t)n));
		MUST(fstatat(w->proc_fd, "ns/user", &st, 0));
	}
	status[n] = '\0';
	MUST(close(fd));
	at = line(status, "\nUmask:");
	w->umask = (uint32_t)strtoul(at, NULL, 8);
	at = line(at, "\nUid:");
	ids(at, w->uid);
	at = line(at, "\nGid:");
	ids(at, w->gid);
	at = line(at, "\nGroups:");
	if (at[strspn(at, " \t")] != '\n') /* the benchmark's has none */
		_exit(1);
	at = line(at, "\nCapEff:");
	if (!(strtoull(at, NULL, 16) & CAP_BIT(MKNOD)))
		_exit(1);
}

static inline void read_path(pid_t tid, uint64_t addr)
{
	size_t want = 4096 - (addr & 4095);
	struct iovec local = { path, want };
	struct iovec remote = { (void *)(uintptr_t)addr, want };

	MUST(process_vm_readv(tid, &local, 1, &remote, 1, 0));
	if (!memchr(path, '\0', want) || path[0] != '/')
		_exit(1);
}

static inline void enter(const struct who *w)
{
	MUST(fchdir(w->root_fd));
	MUST(chroot("."));
	MUST(fchdir(proc_fd));
	(void)umask(w->umask);
	MUST(syscall(SYS_setresgid, w->gid[0], w->gid[1], w->gid[2]));
	MUST(syscall(SYS_setresuid, w->uid[0], w->uid[1], w->uid[2]));
	set_effective(CAP_BIT(MKNOD));
}

static inline void leave(bool same)
{
	set_effective(CAPS);
	MUST(syscall(SYS_setresgid, 0, 0, 0));
	MUST(syscall(SYS_setresuid, 0, 0, 0));
	MUST(fchdir(root_fd));
	MUST(chroot("."));
	if (same) {
		MUST(prctl(PR_SET_PDEATHSIG, SIGKILL));
		MUST(getppid());
	}
	(void)umask(0);
}

/* Can it be opened? For the worker decides by that whether it is of any use. */
static inline void look_after(int parent, const char *last)
{
	struct statx st;
	char name[32];
	int fd = (int)MUST(openat(parent, last,
				  O_PATH | O_NOFOLLOW | O_CLOEXEC));

	MUST(statx(parent, last, AT_SYMLINK_NOFOLLOW,
		   STATX_BASIC_STATS | STATX_BTIME, &st));
	(void)snprintf(name, sizeof(name), "self/fd/%d", fd);
	if (openat(proc_fd, name,
		   O_RDONLY | O_NOATIME | O_NONBLOCK | O_NOCTTY | O_CLOEXEC) >= 0)
		_exit(1);
	MUST(close(fd));
}

static inline void serve_one(int listener, bool same)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC | O_DIRECTORY,
				.resolve = RESOLVE_NO_MAGICLINKS };
	union listener_notif u;
	struct seccomp_notif_resp resp = { .id = 0 };
	const __u64 *arg;
	struct statx st;
	struct who w;
	char *last;
	int at, parent;

	memset(&u, 0, sizeof(u));
	MUST(ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &u.notif));
	at = u.notif.data.nr == SYS_mknodat;
	arg = u.notif.data.args + at;
	take_identity((pid_t)u.notif.pid, same, &w);
	read_path((pid_t)u.notif.pid, arg[0]);
	last = strrchr(path, '/');
	*last++ = '\0';
	w.root_fd = (int)MUST(openat(w.proc_fd, "root", O_PATH | O_CLOEXEC));
	if (same)
		MUST(ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &u.notif.id));
	enter(&w);
	parent = (int)MUST(syscall(SYS_openat2, -1, path[0] ? path : "/", &how,
				   sizeof(how)));
	MUST(ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &u.notif.id));
	if (same && statx(parent, last, AT_SYMLINK_NOFOLLOW,
			  STATX_BASIC_STATS | STATX_BTIME, &st) == 0)
		_exit(1);
	MUST(mknodat(parent, last, (mode_t)arg[1], (dev_t)arg[2]));
	leave(same);
	if (same)
		look_after(parent, last);
	MUST(close(parent));
	MUST(close(w.proc_fd));
	MUST(close(w.root_fd));
	resp.id = u.notif.id;
	MUST(ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &resp));
}

void bare_mknod_serve(int listener, int calls, enum bare_steps steps)
{
	proc_fd = (int)MUST(open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
	root_fd = (int)MUST(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
	MUST(prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP | SECBIT_NOROOT));
	MUST(syscall(SYS_setgroups, 0, NULL));
	(void)umask(0);
	set_effective(CAPS);
	if (steps == BARE_LEAST)
		for (int i = 0; i < calls; i++)
			serve_one(listener, false);
	else
		for (int i = 0; i < calls; i++)
			serve_one(listener, true);
}
