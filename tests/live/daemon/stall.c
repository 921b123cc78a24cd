// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Containers that make their worker wait for them, in a walk through a FUSE
 * mount of their own that does not answer: their calls fail within the deadline,
 * nobody else waits meanwhile, and afterwards they are served again.  And those
 * that only try to, with memory that is a page of such a file or of a
 * userfaultfd.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/lingering.h"
#include "policy/policy.h"
#include "lib/own.h"
#include "tests/live/daemon/fixture.h"
#include "tests/live/daemon/hanging.h"
#include "tests/live/emulation/caller.h"
#include "tests/live/emulation/world.h"

#define DEADLINE_S POLICY_DEADLINE_S
#define FUSE_MINOR 229

static int make_node(const char *path)
{
	return mknod(path, S_IFCHR | 0600, makedev(1, 3)) < 0 ? errno : 0;
}

/* -- in the containers ------------------------------------------------------------ */

/* A file system of this container's own; see hanging_serve(). Return: its server */
static pid_t mount_own(const char *dir, uint32_t unanswered, int asked,
		       const char *more)
{
	char options[128];
	pid_t pid;
	int fuse = open("/box/fuse", O_RDWR | O_CLOEXEC);

	TRY(fuse);
	TRY(mkdir(dir, 0755));
	(void)snprintf(options, sizeof(options),
		       "fd=%d,rootmode=40000,user_id=0,group_id=0%s", fuse, more);
	TRY(mount("own", dir, "fuse", MS_NOSUID | MS_NODEV, options));
	pid = fork();
	TRY(pid);
	if (pid == 0)
		hanging_serve(fuse, unanswered, asked);
	close(fuse);
	return pid;
}

/* What became of the call that hung, if the next one is served. */
static int and_then(int result, const char *path)
{
	int next = make_node(path);

	printf("%s: errno %d, then errno %d\n", path, result, next);
	fflush(stdout);
	return next == 0 ? result : EDOM;
}

static int walk_unmounted(void *ctx)
{
	(void)ctx;
	mount_own("/box/silent", FUSE_INIT, -1, "");
	return and_then(make_node("/box/silent/d/n"), "/box/after-init");
}

static int walk_unanswered(void *ctx)
{
	(void)ctx;
	mount_own("/box/walk", FUSE_LOOKUP, -1, "");
	return and_then(make_node("/box/walk/d/n"), "/box/after-walk");
}

/* The host's, which the worker enters itself. */
static int hosts_unanswered(void *ctx)
{
	(void)ctx;
	return and_then(make_node("/box/hosts/d/n"), "/box/after-hosts");
}

/* For all in the user namespace, which only the exact child is in. */
static int child_unanswered(void *ctx)
{
	(void)ctx;
	mount_own("/box/child", FUSE_LOOKUP, -1, ",allow_other");
	return and_then(make_node("/box/child/d/n"), "/box/after-child");
}

/* The path of a call lies in a file that is never read.  To a worker, whose uid
 * that file system's user namespace does not map, the kernel says EFAULT at
 * once; it is the caller itself that waits, in the kernel. */
static int page_unanswered(void *ctx)
{
	const char *path;
	int fd, r, asked[2];
	pid_t pid;
	char c;

	(void)ctx;
	TRY(pipe2(asked, O_CLOEXEC));
	mount_own("/box/page", FUSE_READ, asked[1], "");
	close(asked[1]);
	fd = open("/box/page/file", O_RDONLY | O_CLOEXEC);
	TRY(fd);
	path = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	if (path == MAP_FAILED)
		return errno;
	pid = fork();
	TRY(pid);
	if (pid == 0)
		_exit(make_node(path));
	if (read(asked[0], &c, 1) != 1)
		return EPIPE;
	r = make_node("/box/after-page");
	return r == 0 && waitpid(pid, NULL, WNOHANG) != 0 ? ECHILD : r;
}

/* The exact child tries this: a setgid bit may want CAP_FSETID. */
static int make_by_child(const char *path)
{
	return mknod(path, S_IFCHR | S_ISGID | 0610, makedev(1, 3)) < 0 ? errno :
									  0;
}

/* As many children as may wait; then whose calls need none are served, and the
 * others are when the children are gone. */
static int children_pile_up(void *ctx)
{
	pid_t server;
	int r;

	(void)ctx;
	server = mount_own("/box/child", FUSE_LOOKUP, -1, ",allow_other");
	if (make_by_child("/box/before") != 0)
		return EDOM;
	for (int i = 0; i < LINGERING_MAX; i++)
		if (make_node("/box/child/d/n") != EIO)
			return ENOTUNIQ;
	while ((r = make_by_child("/box/n")) == 0) { /* deputyd has yet to see */
		TRY(unlink("/box/n"));
		test_poll_pause();
	}
	if (r != EIO)
		return ECHILD;
	if (make_node("/box/fast") != 0)
		return EXDEV;
	TRY(kill(server, SIGKILL));
	TRY(waitpid(server, NULL, 0));
	while (make_by_child("/box/after") != 0)
		test_poll_pause();
	return 0;
}

/* One that behaves: a call for each byte. */
static int socks[2];

static int obey(void *ctx)
{
	char c;

	(void)ctx;
	close(socks[0]); /* so that the test's end is seen */
	while (read(socks[1], &c, 1) == 1) {
		c = (char)make_node("/box/obeyed");
		(void)unlink("/box/obeyed");
		TRY((int)write(socks[1], &c, 1));
	}
	return 0;
}

/* -- outside ------------------------------------------------------------------------- */

static void put_fuse(const struct world *w)
{
	char path[PATH_MAX];
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		TEST_SKIP("no /dev/fuse");
	close(fd);
	(void)snprintf(path, sizeof(path), "%s/box/fuse", w->root);
	assert_int_equal(mknod(path, S_IFCHR | 0600, makedev(10, FUSE_MINOR)), 0);
	assert_int_equal(chown(path, WORLD_BASE, WORLD_BASE), 0);
}

/* For everybody, as an administrator may mount one. Return: its server */
static pid_t mount_hosts(const struct world *w, char dir[PATH_MAX])
{
	int fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	char options[128];
	pid_t pid;

	(void)snprintf(dir, PATH_MAX, "%s/box/hosts", w->root);
	assert_int_equal(mkdir(dir, 0755), 0);
	(void)snprintf(options, sizeof(options),
		       "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other",
		       fuse);
	assert_int_equal(mount("hosts", dir, "fuse", 0, options), 0);
	fflush(stdout);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		hanging_serve(fuse, FUSE_LOOKUP, -1);
	close(fuse);
	return pid;
}

static void start(const struct world *w, const struct fixture *f,
		  int (*run)(void *), const char *id, struct inmate *i)
{
	const struct inmate_plan plan = { .notified = true, .run = run };
	struct tracee t = { .sock = -1 };

	inmate_start(w, &plan, i);
	t.pid = i->pid;
	t.listener = TAKE_FD(i->listener);
	tracee_attach(&t, f, id);
}

/* Asks the container that behaves. Return: how long it took */
static int64_t serve_one(void)
{
	struct pollfd p = { .fd = socks[0], .events = POLLIN };
	int64_t since = test_now_ms();
	char c = 'c';

	assert_int_equal(write(socks[0], &c, 1), 1);
	assert_int_equal(poll(&p, 1, 5000 * test_slowness()), 1);
	assert_int_equal(read(socks[0], &c, 1), 1);
	assert_int_equal(c, 0);
	return test_now_ms() - since;
}

static bool has_result(const struct inmate *i)
{
	struct pollfd p = { .fd = i->sock, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

static void assert_box_holds(const struct world *w, const char *name)
{
	char path[PATH_MAX];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/box/%s", w->root, name);
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_rdev, makedev(1, 3));
}

static const struct {
	const char *id, *made;
	int (*run)(void *);
} hostile[] = {
	{ "init", "after-init", walk_unmounted },
	{ "walk", "after-walk", walk_unanswered },
	{ "child", "after-child", child_unanswered },
	{ "hosts", "after-hosts", hosts_unanswered },
};
#define HOSTILE (sizeof(hostile) / sizeof(hostile[0]))

/* All at once, since each takes the whole deadline. */
TEST_WITHIN(stall, ends_with_the_deadline_for_that_container_alone, 60)
{
	struct fixture f = { .worker = DEPUTY_WORKER };
	struct inmate good, bad[HOSTILE];
	int64_t since, slowest = 0;
	unsigned served = 0, done = 0;
	char hosts_dir[PATH_MAX];
	struct world w;
	pid_t hosts;

	world_init(&w, WORLD_TMPFS);
	world_reset(&w);
	put_fuse(&w);
	hosts = mount_hosts(&w, hosts_dir);
	fixture_init(&f);
	fixture_write_policy(&f, world_policy);
	fixture_start(&f);
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, socks), 0);
	start(&w, &f, obey, "good", &good);
	for (size_t k = 0; k < HOSTILE; k++)
		start(&w, &f, hostile[k].run, hostile[k].id, &bad[k]);
	TEST_WAIT(fixture_workers(&f, NULL, 0) == HOSTILE + 1, 10);
	inmate_go(&good);
	(void)serve_one(); /* it has come up */
	for (size_t k = 0; k < HOSTILE; k++)
		inmate_go(&bad[k]);
	since = test_now_ms();
	while (done < HOSTILE) {
		int64_t took = serve_one();

		served++;
		slowest = took > slowest ? took : slowest;
		for (done = 0; done < HOSTILE && has_result(&bad[done]); done++)
			;
		if (test_now_ms() - since > (DEADLINE_S + 5) * 1000)
			fail_msg("container \"%s\" waits still",
				 hostile[done].id);
		test_poll_pause();
	}
	print_message("%u calls of another meanwhile, none over %d ms\n",
		      served, (int)slowest);
	assert_true(slowest < 2000);
	TEST_WAIT(fixture_log_has(&f, "event=worker-lost"), 10);
	for (size_t k = 0; k < HOSTILE; k++) {
		char line[160];

		(void)snprintf(line, sizeof(line),
			       "event=call-failed container=%s policy=test "
			       "rule=0 comm=",
			       hostile[k].id);
		assert_true(fixture_log_has(&f, line));
	}
	assert_int_equal(fixture_log_count(&f, "syscall=mknod"), HOSTILE);
	for (size_t k = 0; k < HOSTILE; k++) {
		assert_int_equal(inmate_result(&bad[k]), EPERM);
		assert_box_holds(&w, hostile[k].made);
		inmate_end(&bad[k]);
	}
	(void)serve_one();
	inmate_end(&good);
	close(socks[0]);
	close(socks[1]);
	/* What hung is gone with those that it waited for. */
	assert_int_equal(kill(hosts, SIGKILL), 0);
	assert_int_equal(waitpid(hosts, NULL, 0), hosts);
	TEST_WAIT(fixture_workers(&f, NULL, 0) == 0, 10);
	fixture_stop(&f);
	fixture_done(&f);
	assert_int_equal(umount2(hosts_dir, MNT_DETACH), 0);
	world_done(&w);
}

static int touch(void *page)
{
	return access(page, F_OK);
}

/* Or does it wait as the program itself would? In user-mode Linux it does. */
static bool kernel_fails_at_once(char *page)
{
	static char stack[65536] __attribute__((aligned(16)));
	pid_t pid = clone(touch, stack + sizeof(stack), CLONE_VM | SIGCHLD, page);
	struct pollfd p = { .events = POLLIN };
	bool ended;

	TRY(pid);
	TRY(p.fd = (int)syscall(SYS_pidfd_open, pid, 0));
	ended = poll(&p, 1, 2000) == 1;
	close(p.fd);
	(void)kill(pid, SIGKILL);
	TRY(waitpid(pid, NULL, 0));
	return ended;
}

/* Where root of a container may have one at all, it is not for the pages that
 * somebody else reads: the kernel says EFAULT at once, and nobody waits. */
static int page_of_userfaultfd(void *ctx)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd;

	(void)ctx;
	fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	if (fd < 0 && errno == EPERM)
		fd = (int)syscall(SYS_userfaultfd,
				  O_CLOEXEC | UFFD_USER_MODE_ONLY);
	else if (fd >= 0)
		return ENOTUNIQ; /* vm.unprivileged_userfaultfd */
	if (fd < 0)
		return ENOSYS;
	TRY(ioctl(fd, UFFDIO_API, &api));
	reg.range.start = (uint64_t)(uintptr_t)page;
	reg.range.len = 4096;
	TRY(ioctl(fd, UFFDIO_REGISTER, &reg));
	return kernel_fails_at_once(page) ? make_node(page) : EDEADLK;
}

/* One container alone. Return: what its run said */
static int run_under(const char *policy, int (*run)(void *))
{
	struct fixture f = { .worker = DEPUTY_WORKER };
	struct inmate i;
	struct world w;
	int r;

	world_init(&w, WORLD_TMPFS);
	world_reset(&w);
	put_fuse(&w);
	fixture_init(&f);
	fixture_write_policy(&f, policy);
	fixture_start(&f);
	start(&w, &f, run, "alone", &i);
	inmate_go(&i);
	r = inmate_result(&i);
	inmate_end(&i);
	TEST_WAIT(fixture_workers(&f, NULL, 0) == 0, 10);
	fixture_stop(&f);
	fixture_done(&f);
	world_done(&w);
	return r;
}

static int run_alone(int (*run)(void *))
{
	return run_under(world_policy_exact, run);
}

/* Processes of the host's that only the container can end. */
TEST_WITHIN(stall, children_that_cannot_die_are_few, 60)
{
	static const char policy[] =
		"{\"version\":1,\"policies\":{\"test\":{\"rules\":[{\"syscalls\":"
		"[\"mknod\",\"mknodat\"],\"match\":{\"type\":\"char\","
		"\"device\":[\"1:3\"]},\"action\":\"emulate\"}],"
		"\"deadline\":1,\"fail\":{\"errno\":\"EIO\"}," WORLD_CONTINUE
		"}},\"bindings\":[{\"when\":{},\"policy\":\"test\"}]}";

	assert_int_equal(run_under(policy, children_pile_up), 0);
}

TEST(stall, a_page_of_userfaultfd_stalls_nobody)
{
	int64_t since = test_now_ms();
	int r = run_alone(page_of_userfaultfd);

	assert_true(test_now_ms() - since < DEADLINE_S * 1000);
	if (r == ENOSYS)
		TEST_SKIP("no userfaultfd");
	if (r == ENOTUNIQ)
		TEST_SKIP("userfaultfd is open to everybody");
	if (r == EDEADLK)
		TEST_SKIP("userfaultfd that tells the kernel's faults");
	assert_int_equal(r, EFAULT);
}

TEST(stall, a_page_of_an_unanswered_file)
{
	assert_int_equal(run_alone(page_unanswered), 0);
}
