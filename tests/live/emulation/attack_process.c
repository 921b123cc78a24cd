// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Root of a container against the processes that act for it.  In a pid
 * namespace of its own it cannot name them.  In the host's it can; then nothing
 * is open to it but to signal the short-lived child that acts with its ids, and
 * all that this brings is the end of that one call.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "policy/policy.h"
#include "lib/own.h"
#include "lib/slot.h"
#include "tests/harness/test.h"
#include "tests/live/daemon/fixture.h"
#include "tests/live/emulation/caller.h"
#include "tests/live/emulation/played.h"
#include "tests/live/emulation/siege.h"
#include "tests/live/emulation/world.h"
#include "worker/as_caller.h"
#include "worker/emulate.h"

#define ROUNDS	   test_rounds(10000)
#define DEADLINE_S POLICY_DEADLINE_S

/* The exact child tries all of these: a setgid bit may want CAP_FSETID. */
#define EXACT_MODE (S_IFCHR | S_ISGID | 0610)
#define FAST_MODE  (S_IFCHR | 0600)

/* -- in the container: what may be done to a process --------------------------- */

static bool signals(pid_t pid)
{
	return kill(pid, 0) == 0;
}

static bool traces(pid_t pid)
{
	if (ptrace(PTRACE_SEIZE, pid, 0, 0) < 0 &&
	    ptrace(PTRACE_ATTACH, pid, 0, 0) < 0)
		return false;
	/* Its parent must get it back, alive or dead. */
	(void)ptrace(PTRACE_INTERRUPT, pid, 0, 0);
	(void)waitpid(pid, NULL, __WALL);
	(void)ptrace(PTRACE_DETACH, pid, 0, 0);
	return true;
}

/* A process that nobody here may trace, and that dies, or is killed, at once. */
static bool traces_a_dying_one(bool kills)
{
	pid_t pid = fork();
	bool traced = false;

	TRY(pid);
	if (pid == 0) {
		TRY(prctl(PR_SET_DUMPABLE, 0));
		while (kills)
			(void)access("/box/n", F_OK);
		_exit(0);
	}
	if (kills)
		TRY(kill(pid, SIGKILL));
	while (!traced && waitpid(pid, NULL, WNOHANG) == 0)
		traced = traces(pid);
	return traced;
}

static bool reads_memory(pid_t pid)
{
	char c, path[32];
	struct iovec here = { &c, 1 }, there = { path, 1 };
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		close(fd);
	/* A fault would mean that it was allowed to look. */
	return fd >= 0 || process_vm_readv(pid, &here, 1, &there, 1, 0) >= 0 ||
	       errno == EFAULT;
}

static bool opens_fds(pid_t pid)
{
	char path[48], link[64];

	for (int fd = 0; fd < 8; fd++) {
		int opened;

		(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
		opened = open(path, O_PATH | O_CLOEXEC);
		if (opened >= 0)
			close(opened);
		if (opened >= 0 || readlink(path, link, sizeof(link)) > 0)
			return true;
	}
	(void)snprintf(path, sizeof(path), "/proc/%d/root/.", pid);
	return access(path, F_OK) == 0;
}

static bool limits(pid_t pid)
{
	struct rlimit none = { 0, 0 };

	return prlimit(pid, RLIMIT_NOFILE, &none, NULL) == 0;
}

static bool schedules(pid_t pid)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	return sched_setaffinity(pid, sizeof(one), &one) == 0 ||
	       setpriority(PRIO_PROCESS, (id_t)pid, 19) == 0;
}

static const struct {
	const char *what;
	bool (*may)(pid_t pid);
	bool also_child; /* may it not even be done to the child? */
} deeds[] = {
	{ "signal", signals, false },	  { "trace", traces, true },
	{ "memory", reads_memory, true }, { "fds", opens_fds, true },
	{ "limits", limits, false },	  { "scheduling", schedules, false },
};
#define DEEDS (sizeof(deeds) / sizeof(deeds[0]))

/* -- in the container: callers and attackers --------------------------------------- */

/* Shared between processes of the container and with the test. */
static struct {
	pid_t worker; /* set by the test */
	_Atomic pid_t stopped;
	atomic_uint calls, failed, wrong, children, hits;
	unsigned done[2][DEEDS]; /* to the worker, to its child */
} * shared;

static void call_for_ever(void)
{
	TRY(prctl(PR_SET_PDEATHSIG, SIGKILL));
	for (unsigned n = 0;; n++) {
		mode_t mode = n % 2 ? FAST_MODE : EXACT_MODE;
		int r = mknod("/box/n", mode, makedev(1, 3)) < 0 ? errno : 0;

		shared->calls++;
		if (r == EPERM)
			shared->failed++;
		else if (r != 0)
			shared->wrong++;
		(void)unlink("/box/n");
	}
}

static pid_t start_calls(void)
{
	pid_t pid = fork();

	TRY(pid);
	if (pid == 0)
		call_for_ever();
	return pid;
}

/* Return: the worker's child now, or 0 */
static pid_t child_of(pid_t worker)
{
	char path[64], text[32];
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", worker,
		       worker);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	return atoi(text);
}

static void try_all(pid_t pid, unsigned done[DEEDS])
{
	for (size_t i = 0; i < DEEDS; i++)
		done[i] += deeds[i].may(pid);
}

static int attack_all(void *ctx)
{
	pid_t calls = start_calls();

	(void)ctx;
	for (int i = 0; i < ROUNDS || shared->hits < 20 || shared->calls < 200;
	     i++) {
		pid_t child = child_of(shared->worker);

		try_all(shared->worker, shared->done[0]);
		if (child <= 0)
			continue;
		shared->children++;
		try_all(child, shared->done[1]);
		shared->hits += kill(child, SIGKILL) == 0;
	}
	TRY(kill(calls, SIGKILL));
	TRY(waitpid(calls, NULL, 0));
	/* The call that it was killed in may come to its effect yet, but not after
	 * the next one is answered. */
	(void)mknod("/box/n", FAST_MODE, makedev(1, 3));
	(void)unlink("/box/n");
	return mknod("/box/n", FAST_MODE, makedev(1, 3)) < 0 ? errno : 0;
}

/* Return: the letter of proc_pid_stat(5), 0 for none */
static char state_of(pid_t pid)
{
	char path[32], text[512], *end;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	end = fgets(text, sizeof(text), f) ? strrchr(text, ')') : NULL;
	(void)fclose(f);
	return end ? end[2] : 0;
}

/* Stops one exact child: its call fails, those after it are served. */
static int stop_one(void *ctx)
{
	pid_t calls = start_calls();
	unsigned before;

	(void)ctx;
	while (!shared->stopped) {
		pid_t child = child_of(shared->worker);

		char state = 0;

		if (child > 0 && kill(child, SIGSTOP) == 0)
			do
				state = state_of(child);
			while (state && state != 'T' && state != 'Z');
		if (state == 'T')
			shared->stopped = child;
	}
	while (shared->failed == 0 && shared->wrong == 0)
		test_poll_pause();
	before = shared->calls;
	while (shared->calls < before + 20)
		test_poll_pause();
	TRY(kill(calls, SIGKILL));
	TRY(waitpid(calls, NULL, 0));
	return shared->failed == 1 && shared->wrong == 0 ? 0 : EDOM;
}

#define DEATHS 2000

static int trace_the_dying(void *ctx)
{
	int traced = 0;

	(void)ctx;
	for (int i = 0; i < DEATHS; i++)
		traced += traces_a_dying_one(i % 2);
	printf("%d of %d were traced as they died\n", traced, DEATHS);
	fflush(stdout);
	return traced;
}

/* Nobody there has that number, whatever is asked for. */
static int name_none(void *ctx)
{
	pid_t calls = start_calls();
	const struct dirent *e;
	DIR *d;

	(void)ctx;
	for (int i = 0; i < ROUNDS / 10 || shared->calls < 200; i++) {
		if (kill(shared->worker, 0) == 0 || errno != ESRCH)
			return EDOM;
		try_all(shared->worker, shared->done[0]);
	}
	d = opendir("/proc");
	while (d && (e = readdir(d)))
		if (atoi(e->d_name) > calls)
			return EXDEV; /* somebody else */
	closedir(d);
	TRY(kill(calls, SIGKILL));
	return d ? 0 : EIO;
}

/* -- outside -------------------------------------------------------------------------- */

static void share(void)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(shared != MAP_FAILED);
}

/* Whether a task may be traced its memory says, which is gone before the task is
 * dead: older kernels then forget it, newer ones (6.1.192) keep it in the task. */
static bool dying_are_open(void)
{
	return inmate_alone(trace_the_dying) > 0;
}

static void assert_nothing_done(void)
{
	for (size_t i = 0; i < DEEDS; i++) {
		if (shared->done[0][i])
			fail_msg("%s of the worker: %u times", deeds[i].what,
				 shared->done[0][i]);
		if (!deeds[i].also_child || !shared->done[1][i])
			continue;
		if (dying_are_open())
			TEST_SKIP("tasks that are closed to others until they "
				  "are dead");
		fail_msg("%s of the child: %u times", deeds[i].what,
			 shared->done[1][i]);
	}
}

static void attack(int (*run)(void *), bool host_pids)
{
	const struct inmate_plan plan = { .notified = true,
					  .run = run,
					  .host_pids = host_pids };
	struct attendant a;
	struct inmate i;
	struct world w;
	int r, fds;

	share();
	world_init(&w, WORLD_TMPFS);
	world_reset(&w);
	inmate_start(&w, &plan, &i);
	attendant_start(&a, &w, &i, world_policy);
	shared->worker = a.pid;
	TEST_WAIT(a.slot->call.phase == SLOT_RECEIVING, 10);
	fds = siege_fds(a.pid);
	inmate_go(&i);
	r = inmate_result(&i);
	print_message("%u calls, %u failed; %u children seen, %u killed\n",
		      shared->calls, shared->failed, shared->children,
		      shared->hits);
	for (size_t k = 0; k < DEEDS; k++)
		print_message("%s: worker %u, child %u\n", deeds[k].what,
			      shared->done[0][k], shared->done[1][k]);
	assert_nothing_done();
	assert_int_equal(r, 0);
	assert_int_equal(shared->wrong, 0);
	assert_true(shared->calls > 100);
	TEST_WAIT(state_of(a.pid) == 'S', 5);
	assert_int_equal(siege_fds(a.pid), fds);
	inmate_end(&i);
	attendant_expect_exit(&a);
	world_done(&w);
}

TEST(process, cannot_be_named_from_another_pid_namespace)
{
	attack(name_none, false);
}

TEST(process, is_closed_to_who_sees_it)
{
	attack(attack_all, true);
	assert_true(shared->children > 0);
}

/* -- what root sets later ------------------------------------------------------- */

static int dumpable(void *ctx)
{
	(void)ctx;
	return prctl(PR_GET_DUMPABLE);
}

/* This process plays the worker. @got: while it acts for @c, and back at home */
static void act_for(const struct home *h, const struct caller *c, int got[4])
{
	if (as_caller_enter(h, c, 0) < 0)
		return;
	got[0] = dumpable(NULL);
	as_caller_leave(h, c);
	got[1] = dumpable(NULL);
	(void)as_caller_run(h, c, 0, dumpable, NULL, &got[2]);
	(void)as_caller_try(h, c, dumpable, NULL, &got[3]);
}

/* 2 stands for 1, by which every process of the machine would be open: both are what
 * the kernel makes of a process that changes its ids. */
TEST(process, stays_closed_whatever_suid_dumpable_becomes)
{
	int fd = open("/proc/sys/fs/suid_dumpable", O_RDWR | O_CLOEXEC);
	int got[4] = { -1, -1, -1, -1 };
	static struct caller c;
	struct home h;
	char old;
	pid_t pid;

	if (fd < 0)
		TEST_SKIP("fs.suid_dumpable that root can write");
	pid = played_caller();
	assert_int_equal(home_init(&h), 0);
	h.parent = getppid();
	h.caps = EMULATE_COMMON_CAPS;
	assert_int_equal(caller_open(&h, pid, &c), CALLER_OK);
	assert_int_equal(caller_open_dirs(&c, AT_FDCWD, true), CALLER_OK);
	/* as a worker's sandbox has it */
	assert_int_equal(prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP), 0);
	assert_int_equal(prctl(PR_SET_DUMPABLE, 0), 0);
	assert_int_equal(pread(fd, &old, 1, 0), 1);
	assert_int_equal(pwrite(fd, "2", 1, 0), 1);
	act_for(&h, &c, got);
	assert_int_equal(pwrite(fd, &old, 1, 0), 1);
	for (size_t i = 0; i < ARRAY_SIZE(got); i++)
		assert_int_equal(got[i], 0);
	caller_close(&c);
	close(h.root_fd);
	close(h.proc_fd);
	close(fd);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* Under deputyd, who watches the time. */
TEST_WITHIN(process, a_stopped_child_ends_with_the_deadline, 60)
{
	const struct inmate_plan plan = { .notified = true,
					  .run = stop_one,
					  .host_pids = true };
	struct fixture f = { .worker = DEPUTY_WORKER };
	struct tracee t = { .sock = -1 };
	int64_t since;
	struct inmate i;
	struct world w;

	share();
	world_init(&w, WORLD_TMPFS);
	world_reset(&w);
	fixture_init(&f);
	fixture_write_policy(&f, world_policy);
	fixture_start(&f);
	inmate_start(&w, &plan, &i);
	t.pid = i.pid;
	t.listener = TAKE_FD(i.listener);
	tracee_attach(&t, &f, "c");
	TEST_WAIT(fixture_workers(&f, &shared->worker, 1) == 1, 10);
	since = test_now_ms();
	inmate_go(&i);
	assert_int_equal(inmate_result(&i), 0);
	assert_true(test_now_ms() - since < (DEADLINE_S + 5) * 1000);
	/* It is gone, too, though it could not hear of its parent's end. */
	TEST_WAIT(state_of(shared->stopped) == 0, 5);
	inmate_end(&i);
	TEST_WAIT(fixture_workers(&f, NULL, 0) == 0, 10);
	fixture_stop(&f);
	fixture_done(&f);
	world_done(&w);
}
