// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A worker that died with a call in flight, at each phase of the journal: its
 * successor on the same slot must bring the call to the end that it would have
 * had, once.  The dead worker is played by the test, which receives the
 * notification into the slot and leaves it in a phase.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "lib/slot.h"
#include "tests/harness/test.h"
#include "tests/live/emulation/caller.h"
#include "tests/live/emulation/world.h"

struct stage {
	struct world w;
	struct inmate i;
	struct attendant a;
};

static int call_mknod(void *ctx)
{
	return mknod("/box/n", S_IFCHR | 0644, makedev(1, 3)) < 0 ? errno : 0;
}

/* As if a worker had died between the placeholder and the node over it. */
static void have_fifo_below(const char *root)
{
	host_put_dir(root, "tmp/l");
	host_put_fifo(root, "tmp/l/n");
}

static int call_mknod_on_overlay(void *ctx)
{
	struct stat st;

	if (mkdir("/tmp/u", 0755) < 0 || mkdir("/tmp/w", 0755) < 0 ||
	    mount("o", "/box", "overlay", 0,
		  "lowerdir=/tmp/l,upperdir=/tmp/u,workdir=/tmp/w") < 0 ||
	    call_mknod(NULL) != 0 || stat("/box/n", &st) < 0)
		return errno;
	return S_ISCHR(st.st_mode) ? 0 : EINVAL;
}

static int call_create_attr(void *ctx)
{
	return setxattr("/box", "trusted.deputy.a", "v", 1, XATTR_CREATE) < 0
		       ? errno
		       : 0;
}

static int call_remove_attr(void *ctx)
{
	return removexattr("/box", "trusted.deputy.a") < 0 ? errno : 0;
}

static const char removing_policy[] =
	"{\"version\":1,\"policies\":{\"test\":{\"rules\":[{\"syscalls\":"
	"[\"removexattr\"],\"match\":{\"name\":\"trusted.deputy.a\"},"
	"\"action\":\"emulate\"}]," WORLD_CONTINUE "}},"
	"\"bindings\":[{\"when\":{},\"policy\":\"test\"}]}";

/* A container whose call was received by a worker that died in @phase. */
static void stage_init_with(struct stage *s, int (*call)(void *),
			    const char *policy, void (*prepare)(const char *root))
{
	struct inmate_plan plan = { true, call, NULL };

	world_init(&s->w, WORLD_TMPFS);
	world_reset(&s->w);
	if (prepare)
		prepare(s->w.root);
	inmate_start(&s->w, &plan, &s->i);
	attendant_start(&s->a, &s->w, &s->i, policy);
	attendant_kill(&s->a, SIGKILL); /* before there was a call */
	inmate_go(&s->i);
	memset(&s->a.slot->call.notif, 0, sizeof(s->a.slot->call.notif));
	assert_int_equal(listener_recv(s->i.listener, &s->a.slot->call.notif),
			 LISTENER_OK);
}

static void stage_init(struct stage *s, int (*call)(void *))
{
	stage_init_with(s, call, world_policy, NULL);
}

/* Return: the call's result once a successor has served it */
static int stage_succeed(struct stage *s, enum slot_phase phase)
{
	int result;

	s->a.slot->call.phase = phase;
	attendant_respawn(&s->a, &s->i);
	result = inmate_result(&s->i);
	assert_int_equal(s->a.slot->counters.recovered, 1);
	return result;
}

static void stage_done(struct stage *s)
{
	inmate_end(&s->i);
	attendant_expect_exit(&s->a);
	world_done(&s->w);
}

static const char *box(const struct stage *s, const char *name)
{
	static char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/box%s", s->w.root, name);
	return path;
}

static void make_node(const struct stage *s, dev_t dev, uid_t uid)
{
	assert_int_equal(mknod(box(s, "/n"), S_IFCHR | 0644, dev), 0);
	assert_int_equal(chown(box(s, "/n"), uid, uid), 0);
}

static void assert_node(const struct stage *s, uid_t uid)
{
	struct stat st;

	assert_int_equal(lstat(box(s, "/n"), &st), 0);
	assert_true(S_ISCHR(st.st_mode));
	assert_int_equal(st.st_rdev, makedev(1, 3));
	assert_int_equal(st.st_uid, uid);
}

TEST(recovery, received_begins_anew)
{
	struct stage s;

	stage_init(&s, call_mknod);
	assert_int_equal(stage_succeed(&s, SLOT_RECEIVED), 0);
	assert_node(&s, WORLD_BASE);
	stage_done(&s);
}

TEST(recovery, recv_returned_but_phase_not_noted)
{
	struct stage s;

	stage_init(&s, call_mknod);
	assert_int_equal(stage_succeed(&s, SLOT_RECEIVING), 0);
	assert_node(&s, WORLD_BASE);
	stage_done(&s);
}

TEST(recovery, effect_begun_and_not_had)
{
	struct stage s;

	stage_init(&s, call_mknod);
	assert_int_equal(stage_succeed(&s, SLOT_EFFECT_BEGUN), 0);
	assert_node(&s, WORLD_BASE);
	stage_done(&s);
}

TEST(recovery, effect_begun_and_had)
{
	struct stage s;

	stage_init(&s, call_mknod);
	make_node(&s, makedev(1, 3), WORLD_BASE);
	assert_int_equal(stage_succeed(&s, SLOT_EFFECT_BEGUN), 0);
	assert_node(&s, WORLD_BASE);
	stage_done(&s);
}

TEST(recovery, placeholder_is_covered)
{
	struct stage s;

	inmate_needs_overlay();
	stage_init_with(&s, call_mknod_on_overlay, world_policy, have_fifo_below);
	assert_int_equal(stage_succeed(&s, SLOT_EFFECT_BEGUN), 0);
	stage_done(&s);
}

TEST(recovery, decided_upon_an_older_fifo)
{
	struct stage s;

	inmate_needs_overlay();
	stage_init_with(&s, call_mknod_on_overlay, world_policy, have_fifo_below);
	assert_int_equal(stage_succeed(&s, SLOT_DECIDED), EEXIST);
	stage_done(&s);
}

TEST(recovery, decided_upon_an_older_node)
{
	struct stage s;

	stage_init(&s, call_mknod);
	make_node(&s, makedev(1, 3), WORLD_BASE);
	assert_int_equal(stage_succeed(&s, SLOT_DECIDED), EEXIST);
	stage_done(&s);
}

TEST(recovery, effect_begun_but_another_made_it)
{
	struct stage s;

	stage_init(&s, call_mknod);
	make_node(&s, makedev(1, 5), WORLD_BASE);
	assert_int_equal(stage_succeed(&s, SLOT_EFFECT_BEGUN), EEXIST);
	stage_done(&s);
}

TEST(recovery, effect_done_is_told_and_not_redone)
{
	struct stage s;

	stage_init(&s, call_mknod);
	s.a.slot->call.verdict = verdict_errno(EXDEV);
	assert_int_equal(stage_succeed(&s, SLOT_EFFECT_DONE), EXDEV);
	assert_int_equal(access(box(&s, "/n"), F_OK), -1);
	stage_done(&s);
}

TEST(recovery, created_attribute_is_known_again)
{
	struct stage s;

	stage_init(&s, call_create_attr);
	assert_int_equal(setxattr(box(&s, ""), "trusted.deputy.a", "v", 1, 0), 0);
	assert_int_equal(stage_succeed(&s, SLOT_EFFECT_BEGUN), 0);
	stage_done(&s);
}

TEST(recovery, older_attribute_still_exists)
{
	struct stage s;

	stage_init(&s, call_create_attr);
	assert_int_equal(setxattr(box(&s, ""), "trusted.deputy.a", "v", 1, 0), 0);
	assert_int_equal(stage_succeed(&s, SLOT_DECIDED), EEXIST);
	stage_done(&s);
}

TEST(recovery, attribute_that_is_gone_was_removed)
{
	struct stage s;

	stage_init_with(&s, call_remove_attr, removing_policy, NULL);
	assert_int_equal(stage_succeed(&s, SLOT_EFFECT_BEGUN), 0);
	stage_done(&s);
}

TEST(recovery, attribute_that_stands_is_removed)
{
	struct stage s;

	stage_init_with(&s, call_remove_attr, removing_policy, NULL);
	assert_int_equal(setxattr(box(&s, ""), "trusted.deputy.a", "v", 1, 0), 0);
	assert_int_equal(stage_succeed(&s, SLOT_EFFECT_BEGUN), 0);
	assert_int_equal(getxattr(box(&s, ""), "trusted.deputy.a", NULL, 0), -1);
	stage_done(&s);
}

TEST(recovery, attribute_that_never_was_is_not_removed)
{
	struct stage s;

	stage_init_with(&s, call_remove_attr, removing_policy, NULL);
	assert_int_equal(stage_succeed(&s, SLOT_DECIDED), ENODATA);
	stage_done(&s);
}

TEST(recovery, caller_killed_meanwhile)
{
	struct stage s;

	stage_init(&s, call_mknod);
	inmate_end(&s.i); /* closes our listener, too */
	assert_int_equal(access(box(&s, "/n"), F_OK), -1);
	slot_unmap(s.a.slot);
	close(s.a.slot_fd);
	close(s.a.policy_fd);
	world_done(&s.w);
}

#define TORTURE_CALLS test_rounds(3000)

/* Return: 0, or the first wrong errno */
static int mknod_unlink_loop(void *ctx)
{
	for (int n = 0; n < TORTURE_CALLS; n++) {
		if (mknod("/box/n", S_IFCHR | 0644, makedev(1, 3)) < 0)
			return errno;
		if (mknod("/box/n", S_IFCHR | 0644, makedev(1, 3)) == 0 ||
		    errno != EEXIST)
			return EDOM;
		if (unlink("/box/n") < 0)
			return errno;
	}
	return 0;
}

/* Starts a worker. Return: how long it takes until it serves, in ns; much with
 * sanitizers and in slow machines */
static int64_t first_worker(struct stage *s)
{
	int64_t begin_ms = test_now_ms();

	attendant_start(&s->a, &s->w, &s->i, world_policy);
	TEST_WAIT(s->a.slot->call.phase == SLOT_RECEIVING, 5);
	return (test_now_ms() - begin_ms + 1) * 1000000;
}

/* kill -9 at any moment: every call must still come out right. Workers live up to
 * twice as long as their start takes, so half of them get to serve. */
TEST_WITHIN(recovery, killed_over_and_over, 60)
{
	struct inmate_plan plan = { true, mknod_unlink_loop, NULL };
	struct stage s;
	unsigned kills = 0, seed = 1;
	int64_t start_ns;
	int result = -1;

	world_init(&s.w, WORLD_TMPFS);
	world_reset(&s.w);
	inmate_start(&s.w, &plan, &s.i);
	start_ns = first_worker(&s);
	inmate_go(&s.i);
	for (;;) {
		int64_t ns = rand_r(&seed) % (2 * start_ns);
		struct timespec t = { ns / 1000000000, ns % 1000000000 };
		struct pollfd p = { .fd = s.i.sock, .events = POLLIN };
		uint64_t received = s.a.slot->counters.received;

		if (ppoll(&p, 1, &t, NULL) == 1)
			break;
		attendant_kill(&s.a, SIGKILL);
		/* A machine that got slower would let nobody serve for ever. */
		if (s.a.slot->counters.received == received)
			start_ns += start_ns / 128;
		attendant_respawn(&s.a, &s.i);
		kills++;
	}
	result = inmate_result(&s.i);
	print_message("%u kills, %u calls recovered; a start takes %d ms\n", kills,
		      (unsigned)s.a.slot->counters.recovered,
		      (int)(start_ns / 1000000));
	assert_int_equal(result, 0);
	assert_true(kills >= 5);
	stage_done(&s);
}
