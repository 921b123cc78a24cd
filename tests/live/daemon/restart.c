// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * deputyd and its keeper die and are renewed under load.  Four threads of a
 * container keep a ledger: each call must have the result that it would have had
 * without any of that, and have been done once.
 *
 *   mknod of a new name	0, and it is there; twice would be EEXIST
 *   mknod of the same name	EEXIST
 *   setxattr XATTR_CREATE	0; twice would be EEXIST
 *   the same once more		EEXIST
 *   unlink			0; a late mknod would bring the name back
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "lib/own.h"
#include "tests/live/daemon/fixture.h"
#include "tests/live/emulation/caller.h"
#include "tests/live/emulation/world.h"

#define THREADS	 4
#define KILLS	 30
#define RENEWALS 5
#define WAIT_S	 60
#define HANG_MS	 60000 /* far beyond any pause; far below for ever */

static struct ledger {
	_Atomic bool stop;
	struct account {
		_Atomic uint64_t calls;
		_Atomic int64_t longest_us;
		_Atomic int wrong; /* a line below that was not as it should be */
		_Atomic int got;
	} of[THREADS];
} * ledger; /* shared with the container */

static int64_t now_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* -- in the container ------------------------------------------------------------- */

/* Return: is @r, with errno, what was wanted? @want: 0 or an errno */
static bool book(struct account *a, int line, int64_t since, int r, int want)
{
	int got = r < 0 ? errno : 0;
	int64_t took = now_us() - since;

	a->calls++;
	if (took > a->longest_us)
		a->longest_us = took;
	if (got == want)
		return true;
	a->got = got;
	a->wrong = line;
	return false;
}

#define BOOK(a, call, want)                                                    \
	({                                                                     \
		int64_t book_since = now_us();                                 \
		book(a, __LINE__, book_since, (int)(call), want);              \
	})

static bool round_of_calls(struct account *a, const char *dir, unsigned n)
{
	static const char attr[] = "trusted.deputy.ledger";
	const dev_t dev = makedev(1, 3);
	char node[64], file[64];
	struct stat st;
	int fd;

	(void)snprintf(node, sizeof(node), "%s/n%u", dir, n);
	(void)snprintf(file, sizeof(file), "%s/f%u", dir, n);
	fd = open(file, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	close(fd);
	return BOOK(a, fd < 0 ? -1 : 0, 0) &&
	       BOOK(a, mknod(node, S_IFCHR | 0640, dev), 0) &&
	       BOOK(a, lstat(node, &st) < 0 || st.st_rdev != dev ? -1 : 0, 0) &&
	       BOOK(a, mknod(node, S_IFCHR | 0640, dev), EEXIST) &&
	       BOOK(a, setxattr(file, attr, "v", 1, XATTR_CREATE), 0) &&
	       BOOK(a, setxattr(file, attr, "v", 1, XATTR_CREATE), EEXIST) &&
	       BOOK(a, unlink(node), 0) && BOOK(a, unlink(file), 0) &&
	       BOOK(a, lstat(node, &st), ENOENT);
}

static void *work(void *arg)
{
	struct account *a = arg;
	char dir[32];

	(void)snprintf(dir, sizeof(dir), "/box/t%d", (int)(a - ledger->of));
	if (!BOOK(a, mkdir(dir, 0755), 0))
		return NULL;
	for (unsigned n = 0; !ledger->stop && round_of_calls(a, dir, n); n++)
		;
	return NULL;
}

static int run(void *ctx)
{
	pthread_t threads[THREADS];

	(void)ctx;
	/* Once more: the kernel has forgotten it with the change of ids. */
	TRY(prctl(PR_SET_PDEATHSIG, SIGKILL));
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, work, &ledger->of[i]))
			return EAGAIN;
	for (int i = 0; i < THREADS; i++)
		(void)pthread_join(threads[i], NULL);
	return 0;
}

/* -- outside ------------------------------------------------------------------------ */

static uint64_t calls(void)
{
	uint64_t n = 0;

	for (int i = 0; i < THREADS; i++) {
		const struct account *a = &ledger->of[i];

		if (a->wrong)
			fail_msg("thread %d: line %d: errno %d", i, a->wrong,
				 a->got);
		n += a->calls;
	}
	return n;
}

static void wait_for_calls(unsigned more)
{
	uint64_t target = calls() + more;

	TEST_WAIT(calls() >= target, WAIT_S);
}

/* Return: the longest call since the last time, in us */
static int64_t take_longest(void)
{
	int64_t longest = 0;

	for (int i = 0; i < THREADS; i++) {
		int64_t one = atomic_exchange(&ledger->of[i].longest_us, 0);

		longest = one > longest ? one : longest;
	}
	return longest;
}

/* Processes whose parent is gone come to us (PR_SET_CHILD_SUBREAPER). Return:
 * those that live, beside the keeper and the container */
static size_t count_orphans(const struct fixture *f, const struct inmate *i)
{
	const struct fixture self = { .pid = getpid() };
	pid_t pids[64];
	size_t n = fixture_workers(&self, pids, 64), alive = 0;

	for (size_t k = 0; k < n && k < 64; k++)
		if (pids[k] != f->pid && pids[k] != i->pid)
			alive += waitpid(pids[k], NULL, WNOHANG) == 0;
	return alive;
}

struct census {
	size_t deputyds, workers;
	int keeper_fds, deputyd_fds;
};

static struct census take_census(const struct fixture *f)
{
	const struct fixture deputyd = { .pid = fixture_deputyd(f) };

	assert_true(deputyd.pid > 0);
	return (struct census){ fixture_workers(f, NULL, 0),
				fixture_workers(&deputyd, NULL, 0),
				fixture_fds(f), fixture_fds(&deputyd) };
}

static void wait_for_census(const struct fixture *f, const struct census *before)
{
	int64_t until_ms = test_now_ms() + WAIT_S * 1000 * test_slowness();
	struct census now = take_census(f);

	while (memcmp(&now, before, sizeof(now)) != 0) {
		if (test_now_ms() > until_ms)
			fail_msg("deputyds %zu, %zu before; workers %zu, %zu; "
				 "fds of the keeper %d, %d; of deputyd %d, %d",
				 now.deputyds, before->deputyds, now.workers,
				 before->workers, now.keeper_fds,
				 before->keeper_fds, now.deputyd_fds,
				 before->deputyd_fds);
		now = take_census(f);
	}
}

static void attach(struct fixture *f, struct inmate *i)
{
	struct tracee t = { .pid = i->pid,
			    .sock = -1,
			    .listener = TAKE_FD(i->listener) };

	tracee_attach(&t, f, "busy");
}

static bool is_another(const struct fixture *f, pid_t old)
{
	pid_t now = fixture_deputyd(f);

	return now != 0 && now != old;
}

struct pauses {
	int64_t sum_us, longest_us;
};

/* Where a process waits in the kernel. */
static void tell_where(pid_t pid)
{
	static const char *const files[] = { "status", "wchan", "syscall",
					     "stack" };
	char path[64], line[256];

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		FILE *file;

		(void)snprintf(path, sizeof(path), "/proc/%d/%s", pid, files[i]);
		file = fopen(path, "re");
		while (file && fgets(line, sizeof(line), file))
			print_message("%s: %s", path, line);
		print_message("\n");
		if (file)
			(void)fclose(file);
	}
}

/* Ready, and done with starting its worker. */
static bool has_started(const struct fixture *f, size_t readies)
{
	return fixture_log_count(f, "event=deputyd-ready") > readies &&
	       fixture_log_count(f, "event=worker-appointed") > readies;
}

static void wait_for_start(const struct fixture *f, size_t readies)
{
	int64_t until_ms = test_now_ms() + WAIT_S * 1000 * test_slowness();

	while (!has_started(f, readies)) {
		if (test_now_ms() > until_ms) {
			tell_where(f->pid);
			tell_where(fixture_deputyd(f));
			fail_msg("deputyd does not serve after %d s", WAIT_S);
		}
		test_poll_pause();
	}
}

enum blow {
	KILL_DEPUTYD,
	KILL_KEEPER, /* deputyd is the keeper then */
	RENEW,
};

static void strike(struct fixture *f, enum blow blow, pid_t deputyd)
{
	switch (blow) {
	case KILL_DEPUTYD:
		assert_int_equal(kill(deputyd, SIGKILL), 0);
		break;
	case KILL_KEEPER:
		assert_int_equal(kill(f->pid, SIGKILL), 0);
		assert_int_equal(waitpid(f->pid, NULL, 0), f->pid);
		f->pid = deputyd;
		break;
	case RENEW:
		assert_int_equal(kill(f->pid, SIGUSR2), 0);
	}
}

/* @blow at a moment between two and some hundred calls from now. */
static void disturb(struct fixture *f, unsigned random, enum blow blow,
		    struct pauses *p)
{
	size_t readies = fixture_log_count(f, "event=deputyd-ready");
	pid_t old = fixture_deputyd(f);
	int64_t us;

	assert_true(old > 0);
	wait_for_calls(2 + random % (unsigned)test_rounds(3000));
	(void)take_longest();
	strike(f, blow, old);
	TEST_WAIT(is_another(f, old), WAIT_S);
	wait_for_start(f, readies);
	wait_for_calls(20);
	us = take_longest();
	p->sum_us += us;
	p->longest_us = us > p->longest_us ? us : p->longest_us;
	assert_true(us < HANG_MS * 1000);
}

static void assert_empty(const struct world *w)
{
	char path[PATH_MAX];

	for (int i = 0; i < THREADS; i++) {
		(void)snprintf(path, sizeof(path), "%s/box/t%d", w->root, i);
		assert_int_equal(rmdir(path), 0);
	}
}

TEST_WITHIN(restart, loses_no_call_and_does_none_twice, 280)
{
	struct fixture f = { .worker = DEPUTY_WORKER, .keeper = true };
	const struct inmate_plan plan = { .notified = true, .run = run };
	struct pauses first = { 0, 0 }, kills = { 0, 0 }, renewals = { 0, 0 },
		      keepers = { 0, 0 };
	struct census before;
	unsigned seed = 20;
	struct world w;
	struct inmate i;

	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	ledger = mmap(NULL, sizeof(*ledger), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(ledger != MAP_FAILED);
	world_init(&w, WORLD_TMPFS);
	world_reset(&w);
	fixture_init(&f);
	fixture_write_policy(&f, world_policy);
	fixture_start(&f);
	inmate_start(&w, &plan, &i);
	attach(&f, &i);
	inmate_go(&i);
	disturb(&f, 100, KILL_DEPUTYD, &first);
	before = take_census(&f);
	assert_int_equal(before.deputyds, 1);
	assert_int_equal(before.workers, 1);
	for (int n = 0; n < KILLS; n++) {
		disturb(&f, (unsigned)rand_r(&seed), KILL_DEPUTYD, &kills);
		if (n % (KILLS / RENEWALS) == 0)
			disturb(&f, (unsigned)rand_r(&seed), RENEW, &renewals);
		if (n % (KILLS / RENEWALS) == 2)
			disturb(&f, (unsigned)rand_r(&seed), KILL_KEEPER, &keepers);
	}
	wait_for_calls(100);
	print_message(
		"%llu calls; pause at kill -9: %lld us, at most %lld us; "
		"at a renewal: %lld us, at most %lld us; as the keeper is "
		"killed: %lld us, at most %lld us; calls inherited: %zu\n",
		(unsigned long long)calls(), (long long)kills.sum_us / KILLS,
		(long long)kills.longest_us,
		(long long)renewals.sum_us / RENEWALS,
		(long long)renewals.longest_us,
		(long long)keepers.sum_us / RENEWALS,
		(long long)keepers.longest_us,
		fixture_log_count(&f, "event=call-inherited"));
	wait_for_census(&f, &before);
	TEST_WAIT(count_orphans(&f, &i) == 0, WAIT_S);
	assert_int_equal(fixture_log_count(&f, "event=renewing"), RENEWALS);
	assert_true(fixture_log_has(&f, "event=call-inherited"));
	ledger->stop = true;
	assert_int_equal(inmate_result(&i), 0);
	(void)calls();
	assert_empty(&w);
	inmate_end(&i);
	fixture_stop(&f);
	i.pid = f.pid = 0;
	TEST_WAIT(count_orphans(&f, &i) == 0, WAIT_S);
	fixture_done(&f);
	world_done(&w);
	(void)munmap(ledger, sizeof(*ledger));
}
