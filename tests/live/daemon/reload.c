// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A container of many busy threads whose policy is reloaded again and again
 * under a real worker.  No call is lost; and one that begins after a reload was
 * answered, and ends before the next is asked for, is the new policy's.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <json-c/json.h>

#include "lib/own.h"
#include "proto/varlink.h"
#include "tests/live/daemon/fixture.h"
#include "tests/live/emulation/caller.h"
#include "tests/live/emulation/world.h"

#define WAIT_S	20
#define THREADS 8
#define RELOADS ((unsigned)test_rounds(200))

#define MKNODS	  "\"syscalls\":[\"mknod\",\"mknodat\"]"
#define SETXATTRS "\"syscalls\":[\"setxattr\",\"lsetxattr\",\"fsetxattr\"]"
#define POLICY(rules)                                                          \
	"{\"version\":1,\"policies\":{\"test\":{\"rules\":[" rules             \
	"]," FIXTURE_CONTINUE "}},"                                            \
	"\"bindings\":[{\"when\":{},\"policy\":\"test\"}]}"
#define ALLOW(devices)                                                         \
	POLICY("{" MKNODS ",\"match\":{\"type\":\"char\",\"device\":[" devices \
	       "]},\"action\":\"emulate\"},{" SETXATTRS                        \
	       ",\"match\":{\"name\":\"trusted.deputy.*\","                    \
	       "\"size\":{\"max\":256}},"                                      \
	       "\"action\":\"emulate\"}")

static const char allow[] = ALLOW("\"1:3\"");
static const char allow_more[] = ALLOW("\"1:3\",\"1:5\"");
static const char deny[] =
	POLICY("{" MKNODS ",\"action\":{\"errno\":\"EXDEV\"}},{" SETXATTRS
	       ",\"action\":{\"errno\":\"EXDEV\"}}");

/* Between the container and the test. */
static struct shared {
	/* Odd while a reload is under way; half of it: how many were answered. */
	atomic_uint epoch;
	atomic_uint stop, calls, wrong, denied, allowed;
	bool may_deny; /* every other policy does: after an odd number */
	struct {
		unsigned begun, ended;
		int r;
	} first_wrong;
} * shared;

/* -- in the container --------------------------------------------------------------- */

static bool is_right(unsigned begun, unsigned ended, int r)
{
	if (!shared->may_deny)
		return r == 0;
	if (begun == ended && begun % 2 == 0)
		return r == (begun / 2 % 2 ? EXDEV : 0);
	return r == 0 || r == EXDEV;
}

static void note(unsigned begun, int r)
{
	unsigned ended = shared->epoch;

	if (!is_right(begun, ended, r) && shared->wrong++ == 0) {
		shared->first_wrong.begun = begun;
		shared->first_wrong.ended = ended;
		shared->first_wrong.r = r;
	}
	if (r == 0)
		shared->allowed++;
	else
		shared->denied++;
	shared->calls++;
}

/* What was answered is what was done. */
static bool make_and_remove(const char *path)
{
	unsigned begun = shared->epoch;
	int r = mknod(path, S_IFCHR | 0600, makedev(1, 3)) < 0 ? errno : 0;
	struct stat st;

	note(begun, r);
	if (lstat(path, &st) < 0)
		return r != 0 && errno == ENOENT;
	return r == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3) &&
	       unlink(path) == 0;
}

static void mark(const char *path, unsigned n)
{
	unsigned begun = shared->epoch;

	note(begun, setxattr(path, "trusted.deputy.n", &n, sizeof(n), 0) < 0
			    ? errno
			    : 0);
}

static void *call_on(void *arg)
{
	unsigned number = *(unsigned *)arg;
	char node[32], file[32];
	int fd;

	(void)snprintf(node, sizeof(node), "/box/n%u", number);
	(void)snprintf(file, sizeof(file), "/box/f%u", number);
	fd = open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	TRY(fd);
	close(fd);
	for (unsigned n = 0; !shared->stop; n++) {
		if (!make_and_remove(node))
			shared->wrong++;
		mark(file, n);
	}
	return NULL;
}

static int run_threads(void *ctx)
{
	pthread_t threads[THREADS];
	unsigned numbers[THREADS];

	(void)ctx;
	for (unsigned i = 0; i < THREADS; i++) {
		numbers[i] = i;
		if (pthread_create(&threads[i], NULL, call_on, &numbers[i]))
			return EAGAIN;
	}
	for (unsigned i = 0; i < THREADS; i++)
		if (pthread_join(threads[i], NULL))
			return EDEADLK;
	return 0;
}

/* -- outside ------------------------------------------------------------------------ */

struct stage {
	struct world w;
	struct fixture f;
	struct inmate i;
};

static void stage_start(struct stage *s, const char *policy, bool may_deny)
{
	const struct inmate_plan plan = { .notified = true, .run = run_threads };
	struct tracee t = { .sock = -1 };

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(shared != MAP_FAILED);
	shared->may_deny = may_deny;
	s->f = (struct fixture){ .worker = DEPUTY_WORKER };
	world_init(&s->w, WORLD_TMPFS);
	world_reset(&s->w);
	fixture_init(&s->f);
	fixture_write_policy(&s->f, policy);
	fixture_start(&s->f);
	inmate_start(&s->w, &plan, &s->i);
	t.pid = s->i.pid;
	t.listener = TAKE_FD(s->i.listener);
	tracee_attach(&t, &s->f, "c");
	inmate_go(&s->i);
	TEST_WAIT(shared->calls >= THREADS, WAIT_S);
}

static struct json_object *at(struct json_object *o, const char *key)
{
	struct json_object *v = NULL;

	assert_true(json_object_object_get_ex(o, key, &v));
	return v;
}

/* No worker died, no call was given up, nobody lags behind. */
static void assert_in_order(const struct fixture *f)
{
	struct json_object *o = fixture_call(f, "Status", NULL);
	struct json_object *show =
		fixture_call(f, "Show", varlink_parameter_str("id", "c"));
	struct json_object *listener =
		json_object_array_get_idx(at(show, "listeners"), 0);

	assert_int_equal(json_object_get_int64(at(o, "pid")), f->pid);
	assert_int_equal(
		json_object_get_int64(at(at(o, "counters"), "recovered")), 0);
	assert_int_equal(
		json_object_get_int64(at(at(o, "policy"), "finishing")), 0);
	assert_int_equal(json_object_get_int64(at(listener, "restarts")), 0);
	assert_int_equal(
		json_object_get_int64(at(at(o, "policy"), "generation")),
		RELOADS + 1);
	assert_false(fixture_log_has(f, "event=call-failed"));
	assert_false(fixture_log_has(f, "event=worker-died"));
	json_object_put(show);
	json_object_put(o);
}

static void stage_end(struct stage *s)
{
	shared->stop = 1;
	assert_int_equal(inmate_result(&s->i), 0);
	print_message("%u calls, %u allowed, %u denied\n", shared->calls,
		      shared->allowed, shared->denied);
	if (shared->wrong)
		fail_msg("%u wrong; the first: errno %d, begun at %u, ended at "
			 "%u",
			 shared->wrong, shared->first_wrong.r,
			 shared->first_wrong.begun, shared->first_wrong.ended);
	assert_in_order(&s->f);
	inmate_end(&s->i);
	fixture_stop(&s->f);
	fixture_done(&s->f);
	world_done(&s->w);
}

/* Back and forth, and after each some calls. */
static void reload_often(struct stage *s, const char *odd, const char *even)
{
	for (unsigned i = 1; i <= RELOADS; i++) {
		unsigned before;

		fixture_write_policy(&s->f, i % 2 ? odd : even);
		shared->epoch++;
		json_object_put(fixture_call(&s->f, "Reload", NULL));
		shared->epoch++;
		before = shared->calls;
		TEST_WAIT(shared->calls >= before + 2 * THREADS, WAIT_S);
	}
}

TEST_WITHIN(reload, loses_no_call, 120)
{
	struct stage s;

	stage_start(&s, allow, false);
	reload_often(&s, allow_more, allow);
	stage_end(&s);
	assert_int_equal(shared->denied, 0);
}

/* With everybody on one processor a worker that was asked to leave does not run
 * at once, and calls come meanwhile. */
static void share_one_cpu(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
}

TEST_WITHIN(reload, holds_for_each_call_after_it, 120)
{
	struct stage s;

	share_one_cpu();
	stage_start(&s, allow, true);
	reload_often(&s, deny, allow);
	stage_end(&s);
	assert_true(shared->denied >= RELOADS / 2);
	assert_true(shared->allowed >= RELOADS / 2);
}
