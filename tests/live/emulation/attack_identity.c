// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Callers that die at each system call of their worker, and whose id is at once
 * another task's: one with other rights, another umask and another path at the
 * same address.  The worker is traced, so that no moment is left to luck.
 *
 * What was asked for by the dead may appear only if it died after the last
 * NOTIF_ID_VALID, and then with the identity of the dead in all; what the other
 * task would get, never.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "lib/slot.h"
#include "tests/harness/test.h"
#include "tests/live/emulation/caller.h"
#include "tests/live/emulation/siege.h"
#include "tests/live/emulation/world.h"

#define CALLER	     7
#define CALLER_UMASK 027

struct scenario {
	int (*call)(const struct scenario *sc); /* Return: 0 or an errno */
	uint64_t caps;				/* the caller's */
	mode_t mode;
	bool wanted; /* does a caller that lives get it? */
};

/* At the same address in every fork. */
static char path[] = "/box/n";
static int socks[2];

/* -- in the container --------------------------------------------------------- */

static int call_mknod(const struct scenario *sc)
{
	return mknod(path, sc->mode, makedev(1, 3)) < 0 ? errno : 0;
}

static int call_setxattr(const struct scenario *sc)
{
	(void)sc;
	return setxattr("/box", "trusted.deputy.a", "v", 1, 0) < 0 ? errno : 0;
}

/* A caller for each byte; the answer says that its id is free again. */
static int bring_forth(void *ctx)
{
	const struct scenario *sc = ctx;
	char c;

	close(socks[0]);
	while (read(socks[1], &c, 1) == 1) {
		pid_t pid = fork();

		TRY(pid);
		if (pid == 0) {
			caller_drop_with(sc->caps, CALLER, CALLER);
			(void)umask(CALLER_UMASK);
			_exit(sc->call(sc));
		}
		TRY(waitpid(pid, NULL, 0));
		TRY((int)write(socks[1], &c, 1));
	}
	return 0;
}

/* -- who takes its place ------------------------------------------------------- */

static int open_ns(pid_t pid, const char *name)
{
	char file[64];

	(void)snprintf(file, sizeof(file), "/proc/%d/ns/%s", pid, name);
	return open(file, O_RDONLY | O_CLOEXEC);
}

/* Root of the container, with all that it may have. */
static void be_another(int userns, int mntns, int out)
{
	TRY(prctl(PR_SET_PDEATHSIG, SIGKILL));
	TRY(setns(userns, CLONE_NEWUSER));
	TRY(syscall(SYS_setresgid, 0, 0, 0));
	TRY(syscall(SYS_setresuid, 0, 0, 0));
	TRY(setns(mntns, CLONE_NEWNS));
	TRY(prctl(PR_SET_PDEATHSIG, SIGKILL));
	(void)umask(0);
	strcpy(path, "/box/x");
	TRY((int)write(out, "r", 1));
	for (;;)
		(void)pause();
}

/* In the container's pid namespace with this id in ours. */
static void fork_as(pid_t init, pid_t tid, pid_t inner, int out)
{
	const pid_t ids[] = { inner, tid };
	struct clone_args args = { .exit_signal = SIGCHLD,
				   .set_tid = (uintptr_t)ids,
				   .set_tid_size = 2 };
	int userns = open_ns(init, "user"), mntns = open_ns(init, "mnt");
	pid_t pid;

	TRY(prctl(PR_SET_PDEATHSIG, SIGKILL));
	TRY(setns(open_ns(init, "pid"), CLONE_NEWPID));
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	TRY(pid);
	if (pid == 0)
		be_another(userns, mntns, out);
	close(out);
	TRY(waitpid(pid, NULL, 0));
	_exit(0);
}

/* Return: the pid of the one to wait for when @tid is killed */
static pid_t start_another(pid_t init, pid_t tid)
{
	static pid_t inner = 20000;
	int fds[2];
	pid_t pid;
	char c;

	inner++;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	fflush(stdout);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		fork_as(init, tid, inner, fds[1]);
	close(fds[1]);
	assert_int_equal(read(fds[0], &c, 1), 1); /* it has that very id */
	close(fds[0]);
	return pid;
}

static void end_another(pid_t parent, pid_t tid)
{
	assert_int_equal(kill(tid, SIGKILL), 0);
	assert_int_equal(waitpid(parent, NULL, 0), parent);
}

/* -- the worker, step by step ----------------------------------------------------- */

struct stage {
	const struct scenario *sc;
	struct world w;
	struct inmate i;
	struct attendant a;
	struct __ptrace_syscall_info at; /* where the worker stands */
	unsigned last_valid; /* the step of the last look before the effect */
};

/* Where the kernel does not say so itself, as in user-mode Linux. */
static bool look_at_registers(pid_t pid, struct __ptrace_syscall_info *at)
{
#ifdef __x86_64__
	struct user_regs_struct r;

	if (ptrace(PTRACE_GETREGS, pid, 0, &r) < 0)
		return false;
	at->op = (long)r.rax == -ENOSYS ? PTRACE_SYSCALL_INFO_ENTRY :
					  PTRACE_SYSCALL_INFO_EXIT;
	at->entry.nr = r.orig_rax;
	at->entry.args[1] = r.rsi;
	return true;
#else
	(void)pid;
	(void)at;
	return false;
#endif
}

static void step(struct stage *s)
{
	int status, sig = 0;

	do {
		assert_int_equal(ptrace(PTRACE_SYSCALL, s->a.pid, 0, sig), 0);
		assert_int_equal(waitpid(s->a.pid, &status, __WALL), s->a.pid);
		assert_true(WIFSTOPPED(status));
		sig = status >> 16 ? 0 : WSTOPSIG(status);
	} while (sig != (SIGTRAP | 0x80));
	if (ptrace(PTRACE_GET_SYSCALL_INFO, s->a.pid, sizeof(s->at), &s->at) < 0 &&
	    !look_at_registers(s->a.pid, &s->at))
		TEST_SKIP("PTRACE_GET_SYSCALL_INFO");
}

static bool enters(const struct stage *s, long nr)
{
	return s->at.op == PTRACE_SYSCALL_INFO_ENTRY &&
	       s->at.entry.nr == (uint64_t)nr;
}

static bool enters_ioctl(const struct stage *s, unsigned long request)
{
	return enters(s, SYS_ioctl) && s->at.entry.args[1] == request;
}

static void stage_init(struct stage *s, const struct scenario *sc)
{
	const struct inmate_plan plan = { .notified = true,
					  .run = bring_forth,
					  .ctx = (void *)(uintptr_t)sc };
	char box[PATH_MAX];
	int status;

	s->sc = sc;
	world_init(&s->w, WORLD_TMPFS);
	world_reset(&s->w);
	(void)snprintf(box, sizeof(box), "%s/box", s->w.root);
	assert_int_equal(chmod(box, 0777), 0);
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, socks), 0);
	inmate_start(&s->w, &plan, &s->i);
	close(socks[1]);
	attendant_start(&s->a, &s->w, &s->i, world_policy);
	TEST_WAIT(s->a.slot->call.phase == SLOT_RECEIVING, 10);
	inmate_go(&s->i);
	assert_int_equal(ptrace(PTRACE_SEIZE, s->a.pid, 0,
				PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL),
			 0);
	assert_int_equal(ptrace(PTRACE_INTERRUPT, s->a.pid, 0, 0), 0);
	assert_int_equal(waitpid(s->a.pid, &status, __WALL), s->a.pid);
	do
		step(s);
	while (!enters_ioctl(s, SECCOMP_IOCTL_NOTIF_RECV));
}

static void stage_done(struct stage *s)
{
	assert_int_equal(ptrace(PTRACE_DETACH, s->a.pid, 0, 0), 0);
	close(socks[0]);
	inmate_end(&s->i);
	attendant_expect_exit(&s->a);
	world_done(&s->w);
}

static void await_answer(void)
{
	char c;

	assert_int_equal(read(socks[0], &c, 1), 1);
}

/* One call, whose caller dies before step @fatal of its worker.
 * Return: how many steps there were */
static unsigned play(struct stage *s, unsigned fatal, bool replaced)
{
	pid_t tid = 0, other = 0;
	unsigned n = 0;

	assert_int_equal(write(socks[0], "c", 1), 1);
	step(s); /* RECV returns */
	for (; !enters_ioctl(s, SECCOMP_IOCTL_NOTIF_RECV); n++, step(s)) {
		if (fatal == UINT_MAX &&
		    enters_ioctl(s, SECCOMP_IOCTL_NOTIF_ID_VALID) &&
		    s->a.slot->call.phase < SLOT_EFFECT_BEGUN)
			s->last_valid = n;
		if (n != fatal)
			continue;
		tid = (pid_t)s->a.slot->call.notif.notif.pid;
		if (kill(tid, SIGKILL) == 0) /* else it was answered */
			await_answer();
		else
			tid = 0;
		if (tid && replaced)
			other = start_another(s->i.pid, tid);
	}
	if (!tid)
		await_answer();
	if (other)
		end_another(other, tid);
	return n;
}

/* -- outcomes --------------------------------------------------------------------- */

/* Return: did the effect come about? It is taken back. */
static bool take_node(const struct stage *s)
{
	char name[PATH_MAX];
	struct stat st;

	(void)snprintf(name, sizeof(name), "%s/box/x", s->w.root);
	assert_int_equal(lstat(name, &st), -1);
	(void)snprintf(name, sizeof(name), "%s/box/n", s->w.root);
	if (lstat(name, &st) < 0)
		return false;
	assert_int_equal(st.st_uid, WORLD_BASE + CALLER);
	assert_int_equal(st.st_gid, WORLD_BASE + CALLER);
	assert_int_equal(st.st_mode, s->sc->mode & ~(mode_t)CALLER_UMASK);
	assert_int_equal(unlink(name), 0);
	return true;
}

static bool take_attr(const struct stage *s)
{
	char box[PATH_MAX];

	(void)snprintf(box, sizeof(box), "%s/box", s->w.root);
	return removexattr(box, "trusted.deputy.a") == 0;
}

static bool take_effect(const struct stage *s)
{
	bool node = take_node(s), attr = take_attr(s);

	assert_false(node && s->sc->call != call_mknod);
	assert_false(attr && s->sc->call != call_setxattr);
	return node || attr;
}

static void check(const struct scenario *sc, bool replaced)
{
	struct stage s;
	unsigned steps, had = 0;
	int fds;

	stage_init(&s, sc);
	fds = siege_fds(s.a.pid);
	(void)play(&s, UINT_MAX, false); /* the maps are read once */
	(void)take_effect(&s);
	steps = play(&s, UINT_MAX, false);
	assert_int_equal(take_effect(&s), sc->wanted);
	assert_true(steps > (sc->wanted ? 20 : 5));
	for (unsigned k = 0; k < steps; k++) {
		bool effect;

		(void)play(&s, k, replaced);
		effect = take_effect(&s);
		if (effect && (!sc->wanted || k <= s.last_valid))
			fail_msg("killed before step %u of %u (last look: %u), "
				 "and it was done",
				 k, steps, s.last_valid);
		had += effect;
		assert_int_equal(siege_fds(s.a.pid), fds);
	}
	print_message("%u steps, %u of them after the effect was certain\n",
		      steps, had);
	/* It serves on. */
	(void)play(&s, UINT_MAX, false);
	assert_int_equal(take_effect(&s), sc->wanted);
	stage_done(&s);
}

static const struct scenario fast = { call_mknod, CAP_BIT(MKNOD),
				      S_IFCHR | 0666, true };
static const struct scenario exact = { call_mknod, CAP_BIT(MKNOD),
				       S_IFCHR | S_ISGID | 0676, true };
static const struct scenario attr = { call_setxattr, CAP_BIT(SYS_ADMIN), 0, true };
static const struct scenario unable = { call_mknod, 0, S_IFCHR | 0666, false };

TEST(identity, caller_dies_at_each_step_of_the_fast_path)
{
	check(&fast, false);
}

TEST(identity, caller_dies_at_each_step_of_the_exact_path)
{
	check(&exact, false);
}

TEST(identity, caller_dies_at_each_step_of_setxattr)
{
	check(&attr, false);
}

TEST(identity, id_is_anothers_on_the_fast_path)
{
	check(&fast, true);
}

TEST(identity, id_is_anothers_on_the_exact_path)
{
	check(&exact, true);
}

TEST(identity, id_is_anothers_in_setxattr)
{
	check(&attr, true);
}

TEST(identity, id_is_that_of_one_who_may)
{
	check(&unable, true);
}
