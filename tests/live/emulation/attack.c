// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A hostile container: while one thread makes calls, another rewrites what they
 * point to, or the tree that they walk.  Whatever the answers, what stands
 * afterwards, seen from outside, must be nothing that a rule does not allow and
 * nothing outside the container's own root.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "tests/harness/test.h"
#include "tests/live/emulation/caller.h"
#include "tests/live/emulation/siege.h"
#include "tests/live/emulation/world.h"

#define ROUNDS test_rounds(10000)

/* Also where the C library insists on a look. */
#define IGNORE(x)                                                              \
	do {                                                                   \
		if ((x) < 0)                                                   \
			errno = 0;                                             \
	} while (0)

/* -- in the container --------------------------------------------------------- */

static atomic_bool stop;

/* Two texts that take turns in one place, as fast as a thread can. */
struct flip {
	char *at;
	const char *a, *b;
	size_t bytes;
};

static void *flip_main(void *arg)
{
	struct flip *f = arg;

	while (!stop) {
		memcpy(f->at, f->a, f->bytes);
		memcpy(f->at, f->b, f->bytes);
	}
	return NULL;
}

static pthread_t start(void *(*fn)(void *), void *arg)
{
	pthread_t t;

	TRY(-pthread_create(&t, NULL, fn, arg));
	return t;
}

static int finish(pthread_t t, int result)
{
	stop = true;
	pthread_join(t, NULL);
	return result;
}

#define INSIDE	"/box/0123456789abcdef"
#define OUTSIDE "/../../../../../escape"

static int path_flips(void *ctx)
{
	static char path[64], inside[64] = INSIDE, outside[64] = OUTSIDE;
	struct flip f = { path, inside, outside, sizeof(outside) };
	pthread_t t;

	memcpy(path, inside, sizeof(inside));
	t = start(flip_main, &f);
	for (int i = 0; i < ROUNDS; i++)
		if (mknod(path, S_IFCHR | 0600, makedev(1, 3)) == 0) {
			(void)unlink(INSIDE);
			(void)unlink(OUTSIDE);
		}
	return finish(t, 0);
}

static int name_flips(void *ctx)
{
	static char name[32] = "trusted.deputy.a";
	struct flip f = { name, "trusted.deputy.a", "trusted.secret.a",
			  sizeof("trusted.deputy.a") };
	pthread_t t = start(flip_main, &f);

	for (int i = 0; i < ROUNDS; i++)
		(void)setxattr("/box", name, "v", 1, 0);
	return finish(t, 0);
}

static int value_flips(void *ctx)
{
	static char value[] = "y";
	struct flip f = { value, "y", "n", 1 };
	pthread_t t = start(flip_main, &f);
	unsigned set = 0;

	for (int i = 0; i < ROUNDS; i++)
		set += setxattr("/box", "trusted.overlay.opaque", value, 1, 0) ==
		       0;
	return finish(t, set > 0 ? 0 : EDOM);
}

static void *swap_main(void *arg)
{
	while (!stop) {
		(void)rename("/box/d", "/box/kept");
		IGNORE(symlink("/proc/1/root/../../../tmp", "/box/d"));
		(void)unlink("/box/d");
		IGNORE(symlink("../../../../../..", "/box/d"));
		(void)unlink("/box/d");
		(void)rename("/box/kept", "/box/d");
	}
	return NULL;
}

static int parents_swap(void *ctx)
{
	pthread_t t;

	TRY(mkdir("/box/d", 0755));
	t = start(swap_main, NULL);
	for (int i = 0; i < ROUNDS; i++)
		if (mknod("/box/d/escape", S_IFCHR | 0600, makedev(1, 3)) == 0) {
			(void)unlink("/box/d/escape");
			(void)unlink("/box/kept/escape");
			(void)unlink("/tmp/escape");
			(void)unlink("/escape");
		}
	(void)finish(t, 0);
	/* The directory may have been elsewhere at each of these looks. */
	(void)unlink("/box/d/escape");
	return 0;
}

static void *chdir_main(void *arg)
{
	while (!stop) {
		IGNORE(chdir("/tmp"));
		IGNORE(chdir("/box"));
		IGNORE(chdir("/"));
	}
	return NULL;
}

static int cwd_moves(void *ctx)
{
	pthread_t t = start(chdir_main, NULL);

	for (int i = 0; i < ROUNDS; i++)
		if (mknod("../../escape", S_IFCHR | 0600, makedev(1, 3)) == 0)
			(void)unlink("/escape");
	return finish(t, 0);
}

static void *fd_main(void *arg)
{
	while (!stop) {
		int fd = open("/box", O_RDONLY | O_DIRECTORY);

		(void)dup2(fd, 30);
		close(fd);
		fd = open("/proc/self/status", O_RDONLY);
		(void)dup2(fd, 30);
		close(fd);
	}
	return NULL;
}

static int fds_change(void *ctx)
{
	pthread_t t = start(fd_main, NULL);

	for (int i = 0; i < ROUNDS; i++) {
		if (mknodat(30, "n", S_IFCHR | 0600, makedev(1, 3)) == 0)
			(void)unlink("/box/n");
		(void)fsetxattr(30, "trusted.deputy.a", "v", 1, 0);
	}
	return finish(t, 0);
}

/* What a register holds may be more than the 32 bits that the kernel looks at. */
#define GARBAGE(low) ((long)(0xdeadbeef00000000UL | (uint32_t)(low)))

#define NULL_DEV makedev(1, 3)

/* None of these is open. */
static int bad_fds(void)
{
	static const int fds[] = { 0,	     -1,      -2,	 -99,
				   -101,     1 << 20, INT32_MAX, INT32_MAX - 1,
				   INT32_MIN };

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		long numbers[] = { fds[i], GARBAGE(fds[i]) };

		for (int k = 0; k < 2; k++) {
			if (syscall(SYS_mknodat, numbers[k], "n", S_IFCHR,
				    NULL_DEV) == 0 ||
			    errno != EBADF)
				return EDOM;
			if (syscall(SYS_fsetxattr, numbers[k],
				    "trusted.deputy.a", "v", 1, 0) == 0 ||
			    errno != EBADF)
				return EDOM;
		}
	}
	/* On some kernels (6.18) this is the working directory, on others no
	 * fd; deputy sets nothing. */
	if (fsetxattr(AT_FDCWD, "trusted.deputy.b", "v", 1, 0) == 0)
		return EDOM;
	return errno == EBADF || errno == EPERM ? 0 : errno;
}

static int bad_sizes(void)
{
	static const size_t sizes[] = { SIZE_MAX,     SIZE_MAX - 1,
					SIZE_MAX / 2, 1UL << 63,
					1UL << 32,    (1UL << 32) + 1,
					INT32_MAX,    UINT32_MAX,
					65537 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		if (setxattr("/box", "trusted.deputy.a", "v", sizes[i], 0) == 0 ||
		    errno != E2BIG ||
		    lsetxattr("/box", "trusted.deputy.a", "v", sizes[i], 0) == 0 ||
		    errno != E2BIG ||
		    fsetxattr(0, "trusted.deputy.a", "v", sizes[i], 0) == 0 ||
		    errno != E2BIG)
			return EDOM;
	return 0;
}

/* The opposite: what looks odd and is right. */
static int good_numbers(void)
{
	static const long here[] = { 0, GARBAGE(0), AT_FDCWD, GARBAGE(AT_FDCWD) };

	for (size_t i = 0; i < sizeof(here) / sizeof(here[0]); i++)
		if (syscall(SYS_mknodat, here[i], "n", GARBAGE(S_IFCHR | 0600),
			    GARBAGE(NULL_DEV)) < 0 ||
		    unlink("/box/n") < 0)
			return errno;
	return syscall(SYS_fsetxattr, GARBAGE(0), "trusted.deputy.a", "v", 1,
		       0) < 0
		       ? errno
		       : 0;
}

static int odd_numbers(void *ctx)
{
	int r;

	(void)ctx;
	TRY(chdir("/box"));
	close(0);
	r = bad_fds();
	if (r != 0)
		return r;
	if (open("/box", O_RDONLY | O_DIRECTORY) != 0)
		return EXDEV;
	r = bad_sizes();
	return r != 0 ? r : good_numbers();
}

/* Children that die at any moment of their call. */
static int callers_die(void *ctx)
{
	unsigned seed = 1;

	for (int i = 0; i < ROUNDS / 10; i++) {
		struct timespec t = { .tv_nsec = rand_r(&seed) % 300000 };
		pid_t pid = fork();

		if (pid == 0)
			for (;;) {
				(void)mknod("/box/n", S_IFCHR | 0600,
					    makedev(1, 3));
				(void)unlink("/box/n");
			}
		(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL);
		TRY(kill(pid, SIGKILL));
		TRY(waitpid(pid, NULL, 0));
	}
	(void)unlink("/box/n");
	return mknod("/box/n", S_IFCHR | 0600, makedev(1, 3)) == 0 &&
			       unlink("/box/n") == 0
		       ? 0
		       : errno;
}

/* What deputy cannot emulate, the kernel would refuse with EINVAL, once it had
 * read a name of its own. */
static int flags_unknown(void *ctx)
{
	(void)ctx;
	if (setxattr("/box", "trusted.deputy.a", "v", 1, 0) < 0)
		return errno;
	if (setxattr("/box", "trusted.deputy.a", "v", 1, 0x100) == 0)
		return EDOM;
	return errno == EPERM ? 0 : errno;
}

/* -- outside -------------------------------------------------------------------- */

static void survive(int (*run)(void *), const char *want_in_box)
{
	siege(world_policy, run, want_in_box);
}

TEST(attack, path_rewritten)
{
	survive(path_flips, NULL); /* mixtures of both texts are names, too */
}

TEST(attack, attribute_name_rewritten)
{
	survive(name_flips, "/ dir 0755 0:0 trusted.deputy.a=76\n");
}

TEST(attack, no_name_is_left_to_the_kernel_where_others_are_denied)
{
	static const char closed[] =
		"{\"version\":1,\"policies\":{\"test\":{\"rules\":[{"
		"\"syscalls\":"
		"[\"setxattr\"],\"match\":{\"name\":\"trusted.deputy.*\","
		"\"size\":{\"max\":256}},\"action\":\"emulate\"}],\"default\":{\"errno\":\"EACCES\"}}},"
		"\"bindings\":[{\"when\":{},\"policy\":\"test\"}]}";

	siege(closed, flags_unknown, "/ dir 0755 0:0 trusted.deputy.a=76\n");
}

TEST(attack, attribute_value_rewritten)
{
	survive(value_flips, "/ dir 0755 0:0 trusted.overlay.opaque=79\n");
}

TEST(attack, parent_swapped_for_links)
{
	survive(parents_swap, "/ dir 0755 0:0\n/d dir 0755 0:0\n");
}

TEST(attack, working_directory_moved)
{
	survive(cwd_moves, "/ dir 0755 0:0\n");
}

TEST(attack, fd_replaced)
{
	survive(fds_change, "/ dir 0755 0:0 trusted.deputy.a=76\n");
}

TEST(attack, odd_fds_and_sizes)
{
	siege(world_policy_exact, odd_numbers,
	      "/ dir 0755 0:0 trusted.deputy.a=76\n");
}

TEST(attack, callers_killed)
{
	survive(callers_die, "/ dir 0755 0:0\n");
}
