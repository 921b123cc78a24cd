// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A hostile container that puts another file in the place of what deputy has just
 * made, and that back, as fast as it can.
 *
 * deputy looks whether a new node opens, so the worker could be led to open a file of
 * the host's root instead. Nobody in the container may open that file: it is a FIFO,
 * and a writer of the host waits in open(2) until somebody reads.
 *
 * Where no device can be made deputy binds one over a FIFO that the caller made. It
 * must not come to lie on another file.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/harness/test.h"
#include "tests/live/emulation/caller.h"
#include "tests/live/emulation/siege.h"
#include "tests/live/emulation/world.h"

#define ROUNDS test_rounds(2000) /* a FIFO was opened after 45, or 400 */

/* Shared by the container's processes, and with the host. */
static struct {
	atomic_bool racing; /* the mover may move */
	atomic_bool moving;
	atomic_bool woken; /* the host's writer found a reader */
	atomic_uint moves, astray; /* bound over another file */
} *shared;

/* -- in the container --------------------------------------------------------- */

static void move_for_ever(void (*move)(void))
{
	TRY(prctl(PR_SET_PDEATHSIG, SIGKILL));
	for (;;) {
		shared->moving = true;
		if (shared->racing)
			move();
		shared->moving = false;
	}
}

static void exchange_with(const char *path)
{
	if (renameat2(AT_FDCWD, "/box/n", AT_FDCWD, path, RENAME_EXCHANGE) == 0)
		shared->moves++;
}

static void exchange(void)
{
	exchange_with("/box/fifo");
}

static void exchange_file(void)
{
	exchange_with("/box/file");
}

static void bind_over(void)
{
	if (mount("/box/fifo", "/box/n", NULL, MS_BIND, NULL) == 0)
		shared->moves++;
	(void)umount2("/box/n", MNT_DETACH);
}

/* Return: is it a device node? */
static bool remove_device(const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0 || !S_ISCHR(st.st_mode))
		return false;
	TRY(unlink(path));
	return true;
}

static void tidy(void)
{
	while (umount2("/box/n", MNT_DETACH) == 0)
		;
	if (remove_device("/box/fifo"))
		TRY(rename("/box/n", "/box/fifo"));
	else
		(void)remove_device("/box/n");
}

/* Takes away a bound node, and the FIFO that is to be under it. */
static void uncover(const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0 || S_ISREG(st.st_mode))
		return;
	if (S_ISCHR(st.st_mode)) {
		TRY(umount2(path, MNT_DETACH));
		TRY(lstat(path, &st));
	}
	if (S_ISFIFO(st.st_mode))
		TRY(unlink(path));
	else
		shared->astray++;
}

static void tidy_overlay(void)
{
	uncover("/box/n");
	uncover("/box/file");
	(void)rename("/box/n", "/box/file"); /* where the mover left it */
}

static int race(void (*move)(void), void (*tidy_up)(void))
{
	unsigned made = 0;
	pid_t mover = fork();

	TRY(mover);
	if (mover == 0)
		move_for_ever(move);
	for (int i = 0; i < ROUNDS && !shared->woken && !shared->astray; i++) {
		shared->racing = true;
		made += mknod("/box/n", S_IFCHR | 0600, makedev(1, 3)) == 0;
		shared->racing = false;
		while (shared->moving)
			sched_yield();
		tidy_up();
	}
	TRY(kill(mover, SIGKILL));
	TRY(waitpid(mover, NULL, 0));
	printf("%u made, %u moves\n", made, shared->moves);
	fflush(stdout);
	return made > 0 && shared->moves > 0 ? 0 : EDOM;
}

static int exchanged(void *ctx)
{
	return race(exchange, tidy);
}

static int bound_over(void *ctx)
{
	return race(bind_over, tidy);
}

static int covered(void *ctx)
{
	static const char *const dirs[] = { "/tmp/l", "/tmp/u", "/tmp/w" };

	for (size_t i = 0; i < 3; i++)
		TRY(mkdir(dirs[i], 0755));
	TRY(mount("o", "/box", "overlay", 0,
		  "lowerdir=/tmp/l,upperdir=/tmp/u,workdir=/tmp/w"));
	TRY(mknod("/box/file", S_IFREG | 0644, 0));
	return race(exchange_file, tidy_overlay);
}

/* -- outside -------------------------------------------------------------------- */

static pid_t start_writer(const char *fifo)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		TRY(prctl(PR_SET_PDEATHSIG, SIGKILL));
		TRY(open(fifo, O_WRONLY | O_CLOEXEC));
		shared->woken = true;
		_exit(0);
	}
	return pid;
}

static void check(int (*run)(void *))
{
	const struct inmate_plan plan = { .notified = true, .run = run };
	char fifo[PATH_MAX];
	struct attendant a;
	struct inmate i;
	struct world w;
	pid_t writer;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(shared != MAP_FAILED);
	world_init(&w, WORLD_TMPFS);
	world_reset(&w);
	(void)snprintf(fifo, sizeof(fifo), "%s/box/fifo", w.root);
	assert_int_equal(mkfifo(fifo, 0600), 0); /* the host root's */
	inmate_start(&w, &plan, &i);
	attendant_start(&a, &w, &i, world_policy);
	writer = start_writer(fifo);
	inmate_go(&i);
	assert_int_equal(inmate_result(&i), 0);
	assert_false(shared->woken);
	assert_int_equal(shared->astray, 0);
	assert_int_equal(kill(writer, SIGKILL), 0);
	assert_int_equal(waitpid(writer, NULL, 0), writer);
	inmate_end(&i);
	attendant_expect_exit(&a);
	world_done(&w);
}

TEST(attack_node, exchanged_with_a_fifo_of_roots)
{
	check(exchanged);
}

TEST(attack_node, a_fifo_of_roots_bound_over_it)
{
	check(bound_over);
}

TEST(attack_node, another_file_exchanged_with_its_placeholder)
{
	inmate_needs_overlay();
	check(covered);
}
