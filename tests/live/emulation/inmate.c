// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/fdmsg.h"
#include "lib/handover.h"
#include "lib/own.h"
#include "lib/slot.h"
#include "policy/policy.h"
#include "tests/harness/test.h"
#include "tests/live/emulation/world.h"

/* SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, Linux 5.19 */
#define WAIT_KILLABLE_RECV (1UL << 5)

#define X32(nr) (0x40000000 | (nr))

/* What is notified. The numbers of the compat ABIs stand in no header of the
 * native one. */
static const uint32_t native_nrs[] = {
#ifdef SYS_mknod
	SYS_mknod,
	X32(SYS_mknod),
#endif
	SYS_mknodat,
	X32(SYS_mknodat),
	SYS_setxattr,
	SYS_lsetxattr,
	SYS_fsetxattr,
	X32(SYS_setxattr),
	X32(SYS_lsetxattr),
	X32(SYS_fsetxattr),
	SYS_removexattr,
	SYS_lremovexattr,
	SYS_fremovexattr,
	SYS_getxattr,
	SYS_lgetxattr,
	SYS_fgetxattr,
	SYS_listxattr,
	SYS_llistxattr,
	SYS_flistxattr,
	X32(SYS_removexattr),
	X32(SYS_lremovexattr),
	X32(SYS_fremovexattr),
	X32(SYS_getxattr),
	X32(SYS_lgetxattr),
	X32(SYS_fgetxattr),
	X32(SYS_listxattr),
	X32(SYS_llistxattr),
	X32(SYS_flistxattr),
	463, /* setxattrat and its like, Linux 6.13 */
	464,
	465,
	466,
};
static const uint32_t i386_nrs[] = {
	14, 297,       /* mknod, mknodat */
	226, 227, 228, /* setxattr, lsetxattr, fsetxattr */
	229, 230, 231, /* getxattr and its like */
	232, 233, 234, /* listxattr and its like */
	235, 236, 237, /* removexattr and its like */
};

static void add(struct sock_fprog *prog, struct sock_filter one)
{
	prog->filter[prog->len++] = one;
}

static void add_load(struct sock_fprog *prog, size_t offset)
{
	add(prog, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					       (uint32_t)offset));
}

static void add_nrs(struct sock_fprog *prog, const uint32_t *nrs, size_t n)
{
	add_load(prog, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < n; i++) {
		add(prog, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
						       nrs[i], 0, 1));
		add(prog, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
						       SECCOMP_RET_USER_NOTIF));
	}
	add(prog, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
					       SECCOMP_RET_ALLOW));
}

static int load_filter(bool killable)
{
	struct sock_filter code[2 * (ARRAY_SIZE(native_nrs) +
				     ARRAY_SIZE(i386_nrs)) + 8];
	struct sock_fprog prog = { .filter = code };

#ifdef __x86_64__
	add_load(&prog, offsetof(struct seccomp_data, arch));
	add(&prog, (struct sock_filter)BPF_JUMP(
			   BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_I386, 0,
			   2 * ARRAY_SIZE(i386_nrs) + 2));
	add_nrs(&prog, i386_nrs, ARRAY_SIZE(i386_nrs));
#endif
	add_nrs(&prog, native_nrs, ARRAY_SIZE(native_nrs));
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			    SECCOMP_FILTER_FLAG_NEW_LISTENER |
				    (killable ? WAIT_KILLABLE_RECV : 0),
			    &prog);
}

/* In the child, whose failures end it with a message. */
#define MUST(x)                                                                \
	do {                                                                   \
		if ((x) < 0) {                                                 \
			printf("container set-up: %s: %s\n", #x,               \
			       strerror(errno));                               \
			fflush(stdout);                                        \
			_exit(99);                                             \
		}                                                              \
	} while (0)

static void child_mount_proc(bool host_pids)
{
	if (host_pids) /* a procfs of its own is not for its user namespace */
		MUST(mount("/proc", "proc", NULL, MS_BIND | MS_REC, NULL));
	else /* while another procfs is in sight, else the kernel refuses */
		MUST(mount("proc", "proc", "proc", 0, NULL));
}

static void child_enter_root(const struct world *w, bool host_pids)
{
	MUST(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	MUST(mount(w->root, w->root, NULL, MS_BIND | MS_REC, NULL));
	MUST(chdir(w->root));
	child_mount_proc(host_pids);
	MUST((int)syscall(SYS_pivot_root, ".", "."));
	MUST(umount2(".", MNT_DETACH));
	MUST(chdir("/"));
}

static void child_send_listener(int sock, bool killable)
{
	int fd = load_filter(killable);

	MUST(fd);
	MUST((int)fdmsg_send(sock, "L", 1, &fd, 1));
	close(fd);
}

static void child_main(const struct world *w, const struct inmate_plan *plan,
		       int sock)
{
	char c;
	int result;

	MUST(prctl(PR_SET_PDEATHSIG, SIGKILL));
	MUST((int)read(sock, &c, 1)); /* until the ids are mapped */
	MUST(setgroups(0, NULL));
	MUST(setresgid(0, 0, 0));
	MUST(setresuid(0, 0, 0));
	child_enter_root(w, plan->host_pids);
	umask(022);
	if (plan->notified) {
		child_send_listener(sock, plan->killable);
		MUST((int)read(sock, &c, 1));
	}
	result = plan->run(plan->ctx);
	MUST((int)write(sock, &result, sizeof(result)));
	(void)!read(sock, &c, 1); /* until the outcome was looked at */
	_exit(0);
}

static void write_file(pid_t pid, const char *name, const char *text)
{
	char path[64];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

void inmate_start(const struct world *w, const struct inmate_plan *plan,
		  struct inmate *i)
{
	char map[64];
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
				    pair),
			 0);
	fflush(stdout);
	if (plan->rootless)
		assert_int_equal(seteuid(WORLD_BASE), 0);
	i->pid = (pid_t)syscall(SYS_clone,
				CLONE_NEWUSER | CLONE_NEWNS | SIGCHLD |
					(plan->host_pids ? 0 : CLONE_NEWPID),
				0, 0, 0, 0);
	assert_true(i->pid >= 0);
	if (i->pid == 0) {
		close(pair[0]);
		child_main(w, plan, pair[1]);
	}
	if (plan->rootless)
		assert_int_equal(seteuid(0), 0);
	close(pair[1]);
	i->sock = pair[0];
	i->listener = -1;
	(void)snprintf(map, sizeof(map), "0 %d %d", WORLD_BASE, WORLD_COUNT);
	write_file(i->pid, "uid_map", map);
	write_file(i->pid, "gid_map", map);
	assert_int_equal(write(i->sock, "m", 1), 1);
	if (plan->notified) {
		struct fdmsg m;
		char c;

		assert_int_equal(fdmsg_recv(i->sock, &c, 1, &m), 1);
		assert_int_equal(m.n_fds, 1);
		i->listener = m.fds[0];
	}
}

void inmate_go(struct inmate *i)
{
	assert_int_equal(write(i->sock, "g", 1), 1);
}

int inmate_result(struct inmate *i)
{
	struct pollfd p = { .fd = i->sock, .events = POLLIN };
	int result = -1;

	assert_int_equal(poll(&p, 1, 25000 * test_slowness()), 1);
	assert_int_equal(read(i->sock, &result, sizeof(result)),
			 sizeof(result));
	return result;
}

void inmate_end(struct inmate *i)
{
	int status;

	kill(i->pid, SIGKILL);
	assert_int_equal(waitpid(i->pid, &status, 0), i->pid);
	i->sock = fd_close(i->sock);
	i->listener = fd_close(i->listener);
}

int inmate_alone(int (*run)(void *))
{
	const struct inmate_plan plan = { .run = run };
	struct world w;
	struct inmate i;
	int r;

	world_init(&w, WORLD_TMPFS);
	world_reset(&w);
	inmate_start(&w, &plan, &i);
	r = inmate_result(&i);
	inmate_end(&i);
	world_done(&w);
	return r;
}

static int mount_overlay(void *ctx)
{
	static const char *const dirs[] = { "/tmp/l", "/tmp/u", "/tmp/w" };

	(void)ctx;
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		MUST(mkdir(dirs[i], 0755));
	return mount("o", "/box", "overlay", 0,
		     "lowerdir=/tmp/l,upperdir=/tmp/u,workdir=/tmp/w") < 0
		       ? errno
		       : 0;
}

void inmate_needs_overlay(void)
{
	int r = inmate_alone(mount_overlay);

	if (r == EPERM)
		TEST_SKIP("overlays mounted in a user namespace");
	assert_int_equal(r, 0);
}

static pid_t spawn_worker(const struct attendant *a, const struct inmate *i)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		char *const argv[] = { (char *)"deputy-worker", NULL };
		char *const env[] = { NULL };
		int from[] = { i->listener, a->policy_fd, a->slot_fd,
			       a->nodes_fd };

		for (int k = 0; k < 4; k++) /* out of the way first */
			from[k] = fcntl(from[k], F_DUPFD, 100);
		for (int k = 0; k < 4; k++)
			MUST(dup2(from[k], HANDOVER_LISTENER + k));
		MUST((int)syscall(SYS_close_range, HANDOVER_FDS, ~0U, 0));
		execve(DEPUTY_WORKER, argv, env);
		MUST(-1);
	}
	return pid;
}

#define POLICY(default)                                                        \
	"{\"version\":1,\"policies\":{\"test\":{\"rules\":[{\"syscalls\":"        \
	"[\"mknod\",\"mknodat\"],\"match\":{\"type\":\"char\",\"device\":"        \
	"[\"1:3\"]},\"action\":\"emulate\",\"unopenable\":\"bind\"},"             \
	"{\"syscalls\":[\"setxattr\","                                        \
	"\"lsetxattr\",\"fsetxattr\"],\"match\":{\"name\":"                     \
	"\"trusted.deputy.*\",\"size\":{\"max\":256}},"                          \
	"\"action\":\"emulate\"},{\"syscalls\":"                                \
	"[\"setxattr\",\"lsetxattr\",\"fsetxattr\"],\"match\":{\"name\":"       \
	"\"trusted.overlay.opaque\",\"value\":\"y\"},\"action\":\"emulate\"}]," \
	default "}},\"bindings\":[{\"when\":{},\"policy\":\"test\"}]}"

const char world_policy[] = POLICY(WORLD_CONTINUE);
const char world_policy_exact[] = POLICY("\"default\":\"continue\"");

static int compile(const char *policy_json)
{
	struct policy_set *set = NULL;
	static struct diags diags;
	int fd, r = policy_set_parse("test", policy_json, strlen(policy_json),
				     &set, &diags);

	if (r < 0)
		diags_print(&diags, stdout);
	assert_int_equal(r, 0);
	fd = dup(policy_memfd(policy_set_at(set, 0)));
	policy_set_unref(set);
	return fd;
}

void attendant_start(struct attendant *a, const struct world *w,
		     const struct inmate *i, const char *policy_json)
{
	struct slot_identity id = { .deputyd_pid = (uint64_t)getpid(),
				    .container = "inmate",
				    .policy = "test" };
	char path[64];
	struct stat st;

	/* (It may be a connection of LXC's.) */
	if (listener_check(i->listener) == 0 &&
	    !listener_can_continue(i->listener) &&
	    !strstr(policy_json, "without_continue"))
		TEST_SKIP("continue");
	(void)snprintf(path, sizeof(path), "/proc/%d/ns/user", i->pid);
	assert_int_equal(stat(path, &st), 0);
	id.userns_dev = st.st_dev;
	id.userns_ino = st.st_ino;
	a->nodes_fd = w->nodes_fd;
	a->policy_fd = compile(policy_json);
	assert_int_equal(slot_new(&id, &a->slot_fd, &a->slot), 0);
	a->pid = spawn_worker(a, i);
}

void attendant_respawn(struct attendant *a, const struct inmate *i)
{
	a->pid = spawn_worker(a, i);
}

void attendant_free(struct attendant *a)
{
	a->pid = 0;
	a->slot = slot_unmap(a->slot);
	a->slot_fd = fd_close(a->slot_fd);
	a->policy_fd = fd_close(a->policy_fd);
}

void attendant_kill(struct attendant *a, int sig)
{
	int status;

	kill(a->pid, sig);
	assert_int_equal(waitpid(a->pid, &status, 0), a->pid);
}

/* On kernels up to 6.1 RECV does not end with the last task; deputyd, which
 * polls for the hang-up, then tells the worker to go, and so does this: after a
 * while, and at once where one had to be told already. */
static int64_t patience_ms = 100;

static bool attendant_is_gone(struct attendant *a, int64_t tell_ms, int *status)
{
	if (waitpid(a->pid, status, WNOHANG) == a->pid)
		return true;
	/* (While it starts a signal would be its end.) */
	if (test_now_ms() >= tell_ms &&
	    a->slot->call.phase == SLOT_RECEIVING) {
		kill(a->pid, SIGTERM);
		patience_ms = 0;
	}
	return false;
}

void attendant_expect_exit(struct attendant *a)
{
	int64_t tell_ms = test_now_ms() + patience_ms;
	int status = 0;

	TEST_WAIT(attendant_is_gone(a, tell_ms, &status), 5);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != HANDOVER_EXIT_HANGUP)
		fail_msg("the worker ended with status 0x%x", status);
	attendant_free(a);
}
