// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A kernel that cannot let a call continue (before Linux 5.5): what is emulated
 * is, and what would continue gets the policy's errno.  The first test plays
 * such a kernel's worker on any kernel; the second one has a real worker, which
 * finds out by itself.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "tests/harness/test.h"
#include "tests/live/emulation/caller.h"
#include "tests/live/emulation/played.h"
#include "tests/live/emulation/world.h"

#define CALLS 4

static const char policy[] =
	"{\"version\":1,\"policies\":{\"test\":{\"rules\":[{\"syscalls\":"
	"[\"mknod\",\"mknodat\"],\"match\":{\"type\":\"char\",\"device\":"
	"[\"1:3\"]},\"action\":\"emulate\"},{\"syscalls\":[\"mknod\","
	"\"mknodat\"],\"match\":{\"type\":\"socket\"},\"action\":\"continue\"}],"
	"\"default\":\"continue\","
	"\"without_continue\":{\"errno\":\"ENOTSUP\"}}},"
	"\"bindings\":[{\"when\":{},\"policy\":\"test\"}]}";

static int *results; /* shared with the container */

static int make(const char *path, mode_t mode, dev_t dev)
{
	return mknod(path, mode, dev) < 0 ? errno : 0;
}

static int call(void *ctx)
{
	(void)ctx;
	results[0] = make("/box/n", S_IFCHR | 0644, makedev(1, 3));
	results[1] = make("/box/f", S_IFIFO | 0644, 0);
	results[2] = make("/box/s", S_IFSOCK | 0644, 0);
	results[3] = make("/no/n", S_IFCHR | 0644, makedev(1, 3));
	return 0;
}

struct stage {
	struct world w;
	struct inmate i;
	struct attendant a;
};

static void stage_init(struct stage *s)
{
	const struct inmate_plan plan = { .notified = true, .run = call };

	results = mmap(NULL, CALLS * sizeof(int), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(results != MAP_FAILED);
	world_init(&s->w, WORLD_TMPFS);
	world_reset(&s->w);
	inmate_start(&s->w, &plan, &s->i);
	attendant_start(&s->a, &s->w, &s->i, policy);
}

static void stage_done(struct stage *s)
{
	inmate_end(&s->i);
	world_done(&s->w);
	assert_int_equal(munmap(results, CALLS * sizeof(int)), 0);
}

/* Return: the type bits of what stands there, 0: nothing */
static mode_t type_of(const struct stage *s, const char *name)
{
	char path[PATH_MAX];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/box/%s", s->w.root, name);
	return lstat(path, &st) < 0 ? 0 : st.st_mode & S_IFMT;
}

static void assert_as_without(const struct stage *s)
{
	assert_int_equal(results[0], 0);
	assert_int_equal(type_of(s, "n"), S_IFCHR);
	assert_int_equal(results[1], ENOTSUP); /* by the default */
	assert_int_equal(type_of(s, "f"), 0);
	assert_int_equal(results[2], ENOTSUP); /* by a rule */
	assert_int_equal(type_of(s, "s"), 0);
	assert_int_equal(results[3], ENOTSUP); /* by what emulation leaves */
}

TEST(without_continue, what_would_continue_gets_the_errno)
{
	struct server server;
	struct stage s;

	stage_init(&s);
	played_open(&server, &s.a, &s.i);
	server.source.can_continue = false;
	inmate_go(&s.i);
	for (int n = 0; n < CALLS; n++)
		played_serve(&server);
	assert_int_equal(inmate_result(&s.i), 0);
	assert_as_without(&s);
	assert_int_equal(s.a.slot->counters.continued, 0);
	assert_int_equal(s.a.slot->counters.emulated, 1);
	played_close(&server, &s.a);
	stage_done(&s);
}

TEST(without_continue, a_worker_finds_out_by_itself)
{
	struct stage s;
	bool can;

	stage_init(&s);
	can = listener_can_continue(s.i.listener);
	inmate_go(&s.i);
	assert_int_equal(inmate_result(&s.i), 0);
	if (can) {
		const int native[CALLS] = { 0, 0, 0, ENOENT };

		assert_memory_equal(results, native, sizeof(native));
		assert_int_equal(type_of(&s, "f"), S_IFIFO);
		assert_int_equal(type_of(&s, "s"), S_IFSOCK);
	} else {
		assert_as_without(&s);
	}
	inmate_end(&s.i);
	attendant_expect_exit(&s.a);
	world_done(&s.w);
	assert_int_equal(munmap(results, CALLS * sizeof(int)), 0);
}
