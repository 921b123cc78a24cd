// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Callers that hold every capability, but over another user namespace than the
 * container's own: they are left to the kernel, which refuses.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "lib/slot.h"
#include "tests/harness/test.h"
#include "tests/live/emulation/caller.h"
#include "tests/live/emulation/siege.h"
#include "tests/live/emulation/world.h"

/* -- in the container --------------------------------------------------------- */

static int write_map(pid_t pid, const char *name)
{
	char path[48];
	int fd, r;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	TRY(fd);
	/* All of the container's ids: its root is the nested one's, too. */
	r = dprintf(fd, "0 0 %d", WORLD_COUNT);
	close(fd);
	return r;
}

/* A process in a new user namespace below ours, with all ids. Return: its pid */
static pid_t start_nested(void)
{
	int ready[2], mapped[2];
	pid_t pid;
	char c;

	TRY(pipe2(ready, O_CLOEXEC));
	TRY(pipe2(mapped, O_CLOEXEC));
	pid = fork();
	TRY(pid);
	if (pid == 0) {
		TRY(prctl(PR_SET_PDEATHSIG, SIGKILL));
		TRY(unshare(CLONE_NEWUSER));
		TRY(prctl(PR_SET_DUMPABLE, 1)); /* for its maps */
		TRY((int)write(ready[1], "r", 1));
		for (;;)
			(void)pause();
	}
	TRY((int)read(ready[0], &c, 1));
	TRY(write_map(pid, "uid_map"));
	TRY(write_map(pid, "gid_map"));
	return pid;
}

static void join(pid_t pid)
{
	char path[48];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	TRY(fd);
	TRY(setns(fd, CLONE_NEWUSER));
	close(fd);
	TRY(setgid(0));
	TRY(setuid(0));
}

/* Return: 0 when each is refused as natively */
static int refused(void)
{
	if (mknod("/box/n", S_IFCHR | 0600, makedev(1, 3)) == 0 ||
	    errno != EPERM ||
	    mknod("/box/n", S_IFCHR | S_ISGID | 0610, makedev(1, 3)) == 0 ||
	    errno != EPERM)
		return EDOM;
	if (setxattr("/box", "trusted.deputy.a", "v", 1, 0) == 0 || errno != EPERM)
		return EDOM;
	return 0;
}

/* So that a refusal means something. */
static int granted(void)
{
	if (mknod("/box/n", S_IFCHR | 0600, makedev(1, 3)) < 0 ||
	    unlink("/box/n") < 0)
		return errno;
	return setxattr("/box", "trusted.deputy.a", "v", 1, 0) < 0 ? errno : 0;
}

static int in_child(int (*run)(void))
{
	int status;
	pid_t pid = fork();

	TRY(pid);
	if (pid == 0)
		_exit(run());
	TRY(waitpid(pid, &status, 0));
	return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

static pid_t nested;

static int below(void)
{
	join(nested);
	return refused();
}

static int below_that(void)
{
	join(nested);
	join(start_nested());
	return refused();
}

static int in_own_mounts(void)
{
	join(nested);
	TRY(unshare(CLONE_NEWNS));
	return refused();
}

static int nested_namespaces(void *ctx)
{
	int r;

	(void)ctx;
	nested = start_nested();
	r = in_child(below);
	if (r == 0)
		r = in_child(below_that);
	if (r == 0)
		r = in_child(in_own_mounts);
	nested = start_nested(); /* a sibling */
	if (r == 0)
		r = in_child(below);
	return r ? r : granted();
}

static int owners_other(void *ctx)
{
	(void)ctx;
	return refused();
}

/* -- outside -------------------------------------------------------------------- */

TEST(rights, nested_and_sibling_namespaces_count_for_nothing)
{
	siege(world_policy, nested_namespaces,
	      "/ dir 0755 0:0 trusted.deputy.a=76\n");
}

/* The same owner and the same ids, but not the namespace of this listener. */
TEST(rights, another_namespace_of_the_same_owner_counts_for_nothing)
{
	const struct inmate_plan own = { .run = owners_other, .rootless = true },
				 other = { .run = owners_other,
					   .notified = true,
					   .rootless = true };
	struct inmate container, stranger, mixed;
	struct attendant a;
	struct world w;

	world_init(&w, WORLD_TMPFS);
	world_reset(&w);
	inmate_start(&w, &own, &container);
	inmate_start(&w, &other, &stranger);
	mixed = stranger;
	mixed.pid = container.pid;
	attendant_start(&a, &w, &mixed, world_policy_exact);
	inmate_go(&stranger);
	assert_int_equal(inmate_result(&stranger), 0);
	assert_int_equal(a.slot->counters.received, 3);
	assert_int_equal(a.slot->counters.refused, 3);
	inmate_end(&stranger);
	inmate_end(&container);
	attendant_expect_exit(&a);
	world_done(&w);
}
