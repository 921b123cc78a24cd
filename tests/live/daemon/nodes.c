// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Nodes that deputyd's workers bind into containers take room of deputyd's own.
 * A container that uses up its room leaves the others theirs.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "daemon/nodes.h"
#include "lib/own.h"
#include "tests/harness/test.h"
#include "tests/live/daemon/fixture.h"
#include "tests/live/emulation/caller.h"
#include "tests/live/emulation/world.h"

/* -- in the containers ------------------------------------------------------------ */

static int make_bound(unsigned n)
{
	char path[32];
	int fd;

	(void)snprintf(path, sizeof(path), "/box/%u", n);
	if (mknod(path, S_IFCHR | 0600, makedev(1, 3)) < 0)
		return errno;
	fd = open(path, O_RDWR | O_CLOEXEC);
	TRY(fd);
	close(fd);
	return 0;
}

/* Return: EPERM once there is no more room */
static int fill(void *ctx)
{
	unsigned n = 0;
	int r = 0;

	(void)ctx;
	TRY(mount("t", "/box", "tmpfs", 0, "mode=0755"));
	while (r == 0 && n <= NODES_MAX)
		r = make_bound(n++);
	printf("%u nodes, then errno %d\n", n - 1, r);
	fflush(stdout);
	return r;
}

static int make_one(void *ctx)
{
	(void)ctx;
	TRY(mount("t", "/box", "tmpfs", 0, "mode=0755"));
	return make_bound(0);
}

/* -- outside ------------------------------------------------------------------------ */

static void start(const struct world *w, const struct fixture *f,
		  int (*run)(void *), const char *id, struct inmate *i)
{
	const struct inmate_plan plan = { .notified = true, .run = run };
	struct tracee t = { .sock = -1 };

	inmate_start(w, &plan, i);
	t.pid = i->pid;
	t.listener = TAKE_FD(i->listener);
	tracee_attach(&t, f, id);
	inmate_go(i);
}

/* Return: how many of them deputyd has mounted */
static int mounted(const struct fixture *f)
{
	const struct dirent *e;
	char path[64];
	int n = 0;
	DIR *d;

	(void)snprintf(path, sizeof(path), "/proc/%d/root" NODES_DIR, f->pid);
	d = opendir(path);
	assert_non_null(d);
	while ((e = readdir(d)))
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

TEST_WITHIN(nodes, a_full_container_leaves_others_their_room, 60)
{
	struct fixture f = { .worker = DEPUTY_WORKER };
	struct inmate greedy, other;
	struct world w;

	world_init(&w, WORLD_TMPFS);
	world_reset(&w);
	fixture_init(&f);
	fixture_write_policy(&f, world_policy);
	fixture_start(&f);
	start(&w, &f, fill, "greedy", &greedy);
	assert_int_equal(inmate_result(&greedy), EPERM);
	start(&w, &f, make_one, "other", &other);
	assert_int_equal(inmate_result(&other), 0);
	assert_int_equal(mounted(&f), 2);
	inmate_end(&greedy);
	inmate_end(&other);
	TEST_WAIT(mounted(&f) == 0, 10);
	fixture_stop(&f);
	fixture_done(&f);
	world_done(&w);
}
