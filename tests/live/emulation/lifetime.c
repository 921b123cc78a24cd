// SPDX-License-Identifier: LGPL-2.1-or-later
/* When a worker ends, and when it must not. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/handover.h"
#include "lib/own.h"
#include "lib/slot.h"
#include "tests/harness/test.h"
#include "tests/live/emulation/world.h"
#include "worker/caps.h"
#include "worker/child.h"

static int make_two(void *ctx)
{
	if (mknod("/box/a", S_IFCHR | 0644, makedev(1, 3)) < 0 ||
	    mknod("/box/b", S_IFCHR | 0644, makedev(1, 3)) < 0)
		return errno;
	return 0;
}

struct stage {
	struct world w;
	struct inmate i;
	struct attendant a;
};

static void stage_init(struct stage *s)
{
	struct inmate_plan plan = { true, make_two, NULL };

	world_init(&s->w, WORLD_TMPFS);
	world_reset(&s->w);
	inmate_start(&s->w, &plan, &s->i);
}

/* Like deputyd: starts the worker, waits for its end or ours. */
static void parent_main(struct stage *s, int out)
{
	attendant_start(&s->a, &s->w, &s->i, world_policy);
	if (write(out, &s->a.pid, sizeof(s->a.pid)) != sizeof(s->a.pid))
		_exit(1);
	for (;;)
		pause();
}

/* Started by a deputyd that died, when the next one has the slot already. */
TEST(worker, of_another_deputyd_touches_nothing)
{
	struct slot_identity id;
	struct stage s;
	int status;

	stage_init(&s);
	attendant_start(&s.a, &s.w, &s.i, world_policy);
	TEST_WAIT(slot_locker(s.a.slot_fd, 0) == s.a.pid, 5);
	attendant_kill(&s.a, SIGKILL);
	assert_int_equal(slot_locker(s.a.slot_fd, 0), 0);
	inmate_go(&s.i); /* a call waits */
	s.a.slot->call.phase = SLOT_IDLE;
	id = s.a.slot->identity;
	id.deputyd_pid++;
	slot_identify(s.a.slot, &id);
	attendant_respawn(&s.a, &s.i);
	assert_int_equal(waitpid(s.a.pid, &status, 0), s.a.pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), HANDOVER_EXIT_SETUP);
	assert_int_equal(s.a.slot->call.phase, SLOT_IDLE);
	assert_int_equal(s.a.slot->counters.received, 0);
	id.deputyd_pid--;
	slot_identify(s.a.slot, &id);
	attendant_respawn(&s.a, &s.i);
	assert_int_equal(inmate_result(&s.i), 0);
	inmate_end(&s.i);
	attendant_expect_exit(&s.a);
	world_done(&s.w);
}

/* A worker with a child that has its fds, as the exact child does. */
static void family_main(int slot_fd, int out)
{
	pid_t child;

	if (slot_lock(slot_fd) < 0)
		_exit(1);
	child = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	if (child > 0 && write(out, &child, sizeof(child)) != sizeof(child))
		_exit(1);
	for (;;)
		pause();
}

TEST(slot, its_lock_lasts_until_the_last_of_the_family_is_dead)
{
	const struct slot_identity id = { .container = "c" };
	struct slot *slot;
	pid_t worker, child = 0;
	int fds[2], fd;

	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	assert_int_equal(slot_new(&id, &fd, &slot), 0);
	assert_int_equal(slot_locker(fd, 0), 0);
	assert_int_equal(pipe(fds), 0);
	fflush(stdout);
	worker = fork();
	assert_true(worker >= 0);
	if (worker == 0)
		family_main(fd, fds[1]);
	assert_int_equal(read(fds[0], &child, sizeof(child)), sizeof(child));
	assert_int_equal(slot_locker(fd, 0), worker);
	assert_int_equal(slot_locker(fd, worker), 0);
	assert_int_equal(kill(worker, SIGKILL), 0);
	assert_int_equal(waitpid(worker, NULL, 0), worker);
	assert_int_equal(slot_locker(fd, 0), worker);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(slot_locker(fd, 0), 0);
	slot_unmap(slot);
	close(fd);
	close(fds[0]);
	close(fds[1]);
}

/* Locks its byte when told, and waits to be killed. */
static pid_t locker_start(int slot_fd, int *ret_sock)
{
	int sv[2];
	pid_t pid;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	fflush(stdout);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		char c;

		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (read(sv[1], &c, 1) != 1 || slot_lock(slot_fd) < 0 ||
		    write(sv[1], &c, 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(sv[1]);
	*ret_sock = sv[0];
	return pid;
}

TEST(slot, each_locker_is_found_whoever_came_first)
{
	enum { N = 4 };
	static const int order[N] = { 2, 0, 3, 1 };
	const struct slot_identity id = { .container = "c" };
	int fd, socks[N], found[N] = { 0 };
	pid_t pids[N], at = 0, before;
	struct slot *slot;
	char c = 'l';

	assert_int_equal(slot_new(&id, &fd, &slot), 0);
	for (int i = 0; i < N; i++)
		pids[i] = locker_start(fd, &socks[i]);
	for (int i = 0; i < N; i++) {
		assert_int_equal(write(socks[order[i]], &c, 1), 1);
		assert_int_equal(read(socks[order[i]], &c, 1), 1);
	}
	for (before = 0; (at = slot_locker(fd, before)) > 0; before = at) {
		assert_true(at > before);
		for (int i = 0; i < N; i++)
			found[i] += pids[i] == at;
	}
	assert_int_equal(at, 0);
	for (int i = 0; i < N; i++) {
		assert_int_equal(found[i], 1);
		kill(pids[i], SIGKILL);
		assert_int_equal(waitpid(pids[i], NULL, 0), pids[i]);
		close(socks[i]);
	}
	slot_unmap(slot);
	close(fd);
}

static volatile sig_atomic_t told_to_leave;

static void on_told(int sig)
{
	told_to_leave = 1;
}

static int tell_myself(void *ctx)
{
	*(int *)ctx = 1;
	(void)kill(getpid(), SIGTERM);
	(void)kill(getpid(), SIGINT);
	return 7;
}

/* Who has the caller's ids may signal such a child: it shares the worker's memory,
 * so a handler that ran in it would end the worker. */
TEST(child, signals_to_it_are_not_for_its_parent)
{
	const struct sigaction sa = { .sa_handler = on_told };
	const struct home home = { .childless = NULL };
	int ran = 0, result = 0;
	sigset_t mask;

	assert_int_equal(sigaction(SIGTERM, &sa, NULL), 0);
	assert_int_equal(child_run(&home, tell_myself, &ran, &result), 0);
	assert_int_equal(ran, 1);
	assert_int_equal(result, 7);
	assert_int_equal(told_to_leave, 0);
	/* The parent itself hears signals again. */
	assert_int_equal(sigprocmask(SIG_SETMASK, NULL, &mask), 0);
	assert_false(sigismember(&mask, SIGTERM));
	assert_int_equal(raise(SIGTERM), 0);
	assert_int_equal(told_to_leave, 1);
}

/* It has taken other ids in between, with which the kernel forgets. */
TEST(worker, dies_with_its_parent)
{
	struct stage s;
	pid_t parent, worker = 0;
	int fds[2], status;

	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	stage_init(&s);
	assert_int_equal(pipe(fds), 0);
	fflush(stdout);
	parent = fork();
	if (parent == 0)
		parent_main(&s, fds[1]);
	assert_int_equal(read(fds[0], &worker, sizeof(worker)), sizeof(worker));
	inmate_go(&s.i);
	assert_int_equal(inmate_result(&s.i), 0);
	kill(parent, SIGKILL);
	assert_int_equal(waitpid(parent, &status, 0), parent);
	TEST_WAIT(waitpid(worker, &status, WNOHANG) == worker, 5);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
	inmate_end(&s.i);
	close(fds[0]);
	close(fds[1]);
	world_done(&s.w);
}

/* Asked to leave while it waits, it leaves, and its successor serves on. */
TEST(worker, leaves_when_asked)
{
	struct stage s;
	int status;

	stage_init(&s);
	attendant_start(&s.a, &s.w, &s.i, world_policy);
	TEST_WAIT(s.a.slot->call.phase == SLOT_RECEIVING, 5);
	kill(s.a.pid, SIGTERM);
	assert_int_equal(waitpid(s.a.pid, &status, 0), s.a.pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	attendant_respawn(&s.a, &s.i);
	inmate_go(&s.i);
	assert_int_equal(inmate_result(&s.i), 0);
	inmate_end(&s.i);
	attendant_expect_exit(&s.a);
	world_done(&s.w);
}

/* The bits of "name:" in its /proc/PID/status. */
static unsigned long long status_bits(pid_t pid, const char *name)
{
	char path[64], line[256];
	unsigned long long bits = ~0ULL;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		if (strncmp(line, name, strlen(name)) == 0)
			bits = strtoull(line + strlen(name), NULL, 16);
	fclose(f);
	return bits;
}

static void assert_capabilities(const char *policy_text, uint64_t want)
{
	struct stage s;

	stage_init(&s);
	attendant_start(&s.a, &s.w, &s.i, policy_text);
	TEST_WAIT(s.a.slot->call.phase == SLOT_RECEIVING, 5);
	assert_int_equal(status_bits(s.a.pid, "CapPrm:"), want);
	assert_int_equal(status_bits(s.a.pid, "CapEff:"), want);
	assert_int_equal(status_bits(s.a.pid, "CapBnd:"), want);
	assert_int_equal(status_bits(s.a.pid, "NoNewPrivs:"), 1);
	assert_int_equal(status_bits(s.a.pid, "Seccomp:"), 2);
	inmate_end(&s.i);
	attendant_expect_exit(&s.a);
	world_done(&s.w);
}

TEST(worker, keeps_no_capability_for_registers_alone)
{
	assert_capabilities("{\"version\":1,\"policies\":{\"test\":{\"rules\":["
			    "{\"syscalls\":[\"mknodat\"],\"match\":{\"type\":"
			    "\"block\"},\"action\":{\"errno\":\"EPERM\"}}],"
			    WORLD_CONTINUE "}},\"bindings\":[{\"when\":"
			    "{},\"policy\":\"test\"}]}",
			    0);
}

TEST(worker, keeps_ptrace_to_read_names)
{
	assert_capabilities("{\"version\":1,\"policies\":{\"test\":{\"rules\":["
			    "{\"syscalls\":[\"setxattr\"],\"match\":{\"name\":"
			    "\"user.*\"},\"action\":\"continue\",\"log\":true}],"
			    WORLD_CONTINUE "}},\"bindings\":[{\"when\":"
			    "{},\"policy\":\"test\"}]}",
			    CAP_BIT(SYS_PTRACE));
}

static int make_one(void *ctx)
{
	return mknod("/box/a", S_IFCHR | 0644, makedev(1, 3)) < 0 ? errno : 0;
}

/* As a service's is, where systemd gives it the journal. */
TEST(worker, may_log_to_a_socket)
{
	static const char policy[] =
		"{\"version\":1,\"policies\":{\"p\":{\"rules\":[{\"syscalls\":"
		"[\"@mknod\"],\"match\":{\"type\":\"char\",\"device\":"
		"[\"1:3\"]},\"action\":\"emulate\",\"log\":true}],"
		WORLD_CONTINUE "}},"
		"\"bindings\":[{\"when\":{},\"policy\":\"p\"}]}";
	struct inmate_plan plan = { true, make_one, NULL };
	int pair[2], saved = dup(STDERR_FILENO);
	char line[1024] = "";
	struct stage s;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
				    pair),
			 0);
	world_init(&s.w, WORLD_TMPFS);
	world_reset(&s.w);
	inmate_start(&s.w, &plan, &s.i);
	assert_int_equal(dup2(pair[1], STDERR_FILENO), STDERR_FILENO);
	attendant_start(&s.a, &s.w, &s.i, policy);
	assert_int_equal(dup2(saved, STDERR_FILENO), STDERR_FILENO);
	inmate_go(&s.i);
	assert_int_equal(inmate_result(&s.i), 0);
	inmate_end(&s.i);
	attendant_expect_exit(&s.a);
	assert_true(recv(pair[0], line, sizeof(line) - 1, MSG_DONTWAIT) > 0);
	assert_non_null(strstr(line, "event=call"));
	close(pair[0]);
	close(pair[1]);
	close(saved);
	world_done(&s.w);
}
