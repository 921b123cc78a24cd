// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What a worker may still call once it serves. A row is one call, which some
 * workers need; in each kind of worker it must be let through or kill. To add a
 * case, add a row.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "lib/own.h"
#include "tests/harness/test.h"
#include "worker/as_caller.h"
#include "worker/caps.h"
#include "worker/child.h"
#include "worker/sandbox.h"

#define DENIES	0
#define NAMES	NEED_CALLER
#define MKNOD	(NEED_CALLER | NEED_EMULATE | NEED_MKNOD)
#define XATTR	(NEED_CALLER | NEED_EMULATE | NEED_XATTR)
#define LXC	NEED_LXC
#define NOBODY	(-1) /* needs it */
#define ANYBODY 0

static const unsigned kinds[] = { DENIES, NAMES, MKNOD, XATTR, LXC };

#define CALL(name, ...)                                                        \
	static void name(void)                                                 \
	{                                                                      \
		(void)syscall(__VA_ARGS__);                                    \
	}

CALL(log_line, SYS_write, 2, "", 0)
CALL(write_elsewhere, SYS_write, 1, "", 0)
CALL(write_memory, SYS_pwrite64, -1, "", 0, 0)
CALL(read_memory, SYS_process_vm_readv, 0, NULL, 0, NULL, 0, 0)
CALL(write_process, SYS_process_vm_writev, 0, NULL, 0, NULL, 0, 0)
CALL(open_to_read, SYS_openat, -1, "x", O_RDONLY | O_CLOEXEC)
CALL(open_path, SYS_openat, -1, "x", O_PATH | O_DIRECTORY)
CALL(open_both, SYS_openat, -1, "x", O_RDWR | O_CLOEXEC)
CALL(open_to_write, SYS_openat, -1, "x", O_WRONLY)
CALL(open_new, SYS_openat, -1, "x", O_RDONLY | O_CREAT, 0600)
CALL(open_emptied, SYS_openat, -1, "x", O_RDWR | O_TRUNC)
CALL(open_nameless, SYS_openat, -1, "x", O_RDWR | O_TMPFILE, 0600)
CALL(make_node, SYS_mknodat, -1, "x", S_IFCHR | 0600, 0)
CALL(make_fifo, SYS_mknodat, -1, "x", S_IFIFO | 0600, 0)
CALL(make_file, SYS_mknodat, -1, "x", S_IFREG | 0600, 0)
CALL(make_socket, SYS_mknodat, -1, "x", S_IFSOCK | 0600, 0)
CALL(set_attribute, SYS_setxattr, NULL, NULL, NULL, 0, 0)
CALL(remove_attribute, SYS_removexattr, NULL, NULL)
CALL(join_userns, SYS_setns, -1, CLONE_NEWUSER)
CALL(join_mounts, SYS_setns, -1, CLONE_NEWNS)
CALL(join_anything, SYS_setns, -1, 0)
CALL(join_pids, SYS_setns, -1, CLONE_NEWPID)
CALL(new_userns, SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0)
CALL(fork_plainly, SYS_clone, SIGCHLD, 0, 0, 0, 0)
CALL(unshare_mounts, SYS_unshare, CLONE_NEWNS)
CALL(change_root, SYS_chroot, "/nowhere")
CALL(change_uid, SYS_setresuid, -1, -1, -1)
CALL(change_fsuid, SYS_setfsuid, -1)
CALL(set_caps, SYS_capset, NULL, NULL)
CALL(bind_life, SYS_prctl, PR_SET_PDEATHSIG, SIGKILL)
CALL(be_dumpable, SYS_prctl, PR_SET_DUMPABLE, 0)
CALL(set_name, SYS_prctl, PR_SET_NAME, "x")
CALL(dup_fd, SYS_fcntl, -1, F_DUPFD_CLOEXEC, 0)
CALL(set_owner, SYS_fcntl, -1, F_SETOWN, 1)
CALL(receive, SYS_recvmsg, -1, NULL, 0)
CALL(make_connection, SYS_socket, AF_UNIX, SOCK_STREAM, 0)
CALL(exec_something, SYS_execve, "/bin/true", NULL, NULL)
CALL(unlink_name, SYS_unlinkat, -1, "x", 0)
CALL(move_a_mount, SYS_move_mount, -1, "", -1, "", 0)
CALL(kill_somebody, SYS_kill, 0, 0)
CALL(map_code, SYS_mmap, NULL, 4096, PROT_READ | PROT_EXEC,
     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)

static const struct row {
	const char *name;
	void (*call)(void);
	int needs; /* NOBODY, ANYBODY, or bits of enum sandbox_need */
	bool sanitizers; /* need it, too */
} rows[] = {
#define ROW(name, needs) { #name, name, needs, false }
	ROW(log_line, ANYBODY),
	ROW(write_elsewhere, NOBODY),
	ROW(write_memory, NEED_XATTR),
	ROW(read_memory, NEED_CALLER),
	{ "write_process", write_process, NOBODY, true },
	ROW(open_to_read, NEED_CALLER | NEED_LXC),
	ROW(open_path, NEED_CALLER | NEED_LXC),
	ROW(open_both, NEED_XATTR),
	ROW(open_to_write, NOBODY),
	ROW(open_new, NOBODY),
	ROW(open_emptied, NOBODY),
	ROW(open_nameless, NOBODY),
	ROW(make_node, NEED_MKNOD),
	ROW(make_fifo, NEED_MKNOD),
	ROW(make_file, NOBODY),
	ROW(make_socket, NOBODY),
	ROW(set_attribute, NEED_MKNOD | NEED_XATTR),
	ROW(remove_attribute, NEED_XATTR),
	ROW(join_userns, NEED_EMULATE),
	ROW(join_mounts, NEED_MKNOD),
	ROW(join_anything, NOBODY),
	ROW(join_pids, NOBODY),
	ROW(new_userns, NOBODY),
	ROW(fork_plainly, NOBODY),
	ROW(unshare_mounts, NOBODY),
	ROW(change_root, NEED_EMULATE),
	ROW(change_uid, NEED_EMULATE),
	ROW(change_fsuid, NEED_EMULATE),
	ROW(set_caps, NEED_EMULATE),
	ROW(bind_life, ANYBODY),
	ROW(be_dumpable, ANYBODY),
	ROW(set_name, NOBODY),
	ROW(dup_fd, NEED_EMULATE),
	ROW(set_owner, NOBODY),
	ROW(receive, NEED_LXC),
	ROW(make_connection, NOBODY),
	ROW(exec_something, NOBODY),
	ROW(unlink_name, NEED_MKNOD),
	ROW(move_a_mount, NEED_MKNOD),
	ROW(kill_somebody, NOBODY),
	{ "map_code", map_code, NOBODY, true },
#undef ROW
};

static bool is_allowed(const struct row *row, unsigned kind)
{
#ifdef DEPUTY_SANITIZED
	if (row->sanitizers)
		return true;
#endif
	if (row->needs == NOBODY)
		return false;
	return row->needs == ANYBODY || ((unsigned)row->needs & kind);
}

/* Return: what became of a worker of that kind that made the call */
static int status_of(const struct row *row, unsigned kind)
{
	static const struct rlimit none;
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		(void)setrlimit(RLIMIT_CORE, &none);
		if (sandbox_enter(0, kind) < 0)
			_exit(99);
		row->call();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

TEST_WITHIN(sandbox, each_call_is_for_whom_it_is_needed, 60)
{
	unsigned wrong = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
			int status = status_of(&rows[i], kinds[k]);
			bool allowed = is_allowed(&rows[i], kinds[k]);

			if (allowed ? status == 0 :
				      WIFSIGNALED(status) &&
					      WTERMSIG(status) == SIGSYS)
				continue;
			wrong++;
			print_message("%s by a worker with needs %#x: status "
				      "%#x, but it is %s\n",
				      rows[i].name, kinds[k], (unsigned)status,
				      allowed ? "needed" : "not needed");
		}
	assert_int_equal(wrong, 0);
}

/* Return: the ids of the process, as /proc shows them */
static void read_uids(pid_t pid, char *buf, size_t size)
{
	char path[32];
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	assert_non_null(f);
	while (fgets(buf, (int)size, f) && strncmp(buf, "Uid:", 4) != 0)
		;
	(void)fclose(f);
}

/* From outside: getuid() is no call of a worker's. */
static bool lives_as_nobody(unsigned kind)
{
	int ready[2];
	char byte, uids[256];
	pid_t pid;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)dup2(ready[1], STDERR_FILENO);
		if (sandbox_enter(0, kind) < 0)
			_exit(99);
		(void)syscall(SYS_write, STDERR_FILENO, "r", 1);
		for (;;)
			(void)syscall(SYS_ppoll, NULL, 0, NULL, NULL, 0);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	read_uids(pid, uids, sizeof(uids));
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	return strcmp(uids, "Uid:\t4294967294\t4294967294\t4294967294\t"
			    "4294967294\n") == 0;
}

TEST(sandbox, it_lives_as_nobody)
{
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++)
		assert_true(lives_as_nobody(kinds[k]));
}
