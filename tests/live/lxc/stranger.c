// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/live/lxc/stranger.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROCESSES_MAX 2

static pid_t processes[PROCESSES_MAX];
static unsigned n_processes;

/* Mounted nowhere; of the caller's pid namespace. Return: an fd or -1 */
static int new_procfs(void)
{
	int fs = (int)syscall(SYS_fsopen, "proc", FSOPEN_CLOEXEC), fd = -1;

	if (fs >= 0 && syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL,
			       0) == 0)
		fd = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
	if (fs >= 0)
		close(fs);
	return fd;
}

/* Return: whether both could be opened, below @procfs */
static bool open_both(int procfs, pid_t pid, int ret[2])
{
	char name[24];

	(void)snprintf(name, sizeof(name), "%d", pid);
	ret[0] = openat(procfs, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	(void)snprintf(name, sizeof(name), "%d/mem", pid);
	ret[1] = openat(procfs, name, O_RDWR | O_CLOEXEC);
	return ret[0] >= 0 && ret[1] >= 0;
}

static void replace(struct packet *p, const int fds[2])
{
	close(p->fds[LXC_FD_PROC]);
	close(p->fds[LXC_FD_MEM]);
	p->fds[LXC_FD_PROC] = fds[0];
	p->fds[LXC_FD_MEM] = fds[1];
}

/* A process with that number in the innermost pid namespace. Return: as fork() */
static pid_t fork_as(pid_t pid)
{
	struct clone_args args = { .exit_signal = SIGCHLD,
				   .set_tid = (uintptr_t)&pid,
				   .set_tid_size = 1 };

	return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

static pid_t sleeper(pid_t pid)
{
	if (pid == 0)
		for (;;)
			pause();
	return pid;
}

void stranger_new_procfs(struct packet *p)
{
	int procfs = new_procfs(), fds[2];

	assert_true(procfs >= 0);
	assert_true(open_both(procfs, (pid_t)p->notif.pid, fds));
	close(procfs);
	replace(p, fds);
}

/* What a process in other namespaces does, which shares our fds. */
struct task {
	pid_t caller;
	int fds[2];
	bool done;
};

static void be_below(struct task *t)
{
	int procfs = new_procfs();
	pid_t pid = sleeper(fork_as(t->caller));

	t->done = pid == t->caller && open_both(procfs, pid, t->fds);
	close(procfs);
}

static void mount_over(struct task *t)
{
	char own[32], its[32];
	int proc;

	(void)snprintf(own, sizeof(own), "/proc/%d", getppid());
	(void)snprintf(its, sizeof(its), "/proc/%d", t->caller);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("proc", "/proc", "proc", 0, NULL) < 0 ||
	    mount(own, its, NULL, MS_BIND, NULL) < 0)
		return;
	proc = open("/proc", O_PATH | O_CLOEXEC);
	t->done = open_both(proc, t->caller, t->fds);
	close(proc);
}

/* Has @fn run in a process in new namespaces, which stays. */
static void elsewhere(struct packet *p, int flags, void (*fn)(struct task *))
{
	struct task *t = mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int ready[2], fds[2];
	char c;
	pid_t pid;

	assert_true(t != MAP_FAILED && n_processes < PROCESSES_MAX);
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	t->caller = (pid_t)p->notif.pid;
	pid = (pid_t)syscall(SYS_clone, CLONE_FILES | flags | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0) {
		fn(t);
		if (write(ready[1], "x", 1) != 1)
			_exit(1);
		(void)sleeper(0);
	}
	assert_true(pid > 0);
	processes[n_processes++] = pid;
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	close(ready[1]);
	if (!t->done)
		stranger_end();
	assert_true(t->done);
	memcpy(fds, t->fds, sizeof(fds));
	munmap(t, sizeof(*t));
	replace(p, fds);
}

void stranger_below(struct packet *p)
{
	elsewhere(p, CLONE_NEWPID, be_below);
}

void stranger_mounted_over(struct packet *p)
{
	elsewhere(p, CLONE_NEWNS, mount_over);
}

void stranger_dead(struct packet *p)
{
	pid_t pid = sleeper(fork()), next;
	uint32_t number = (uint32_t)pid;
	int fds[2] = { -1, -1 }, proc = open("/proc", O_PATH | O_CLOEXEC);

	assert_true(pid > 0 && open_both(proc, pid, fds));
	close(proc);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	next = sleeper(fork_as(pid));
	assert_int_equal(next, pid);
	processes[n_processes++] = next;
	replace(p, fds);
	memcpy(p->bytes + 40, &number, sizeof(number));
}

void stranger_end(void)
{
	while (n_processes > 0) {
		pid_t pid = processes[--n_processes];

		kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
	}
}
