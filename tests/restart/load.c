// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The load, in the container.  A thread has a directory of its own, so that
 * each of its calls has one right answer.  It looks at the effect at once, and
 * undoes every other one: what came twice would stand there in the end.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "tests/restart/jail.h"

#define ATTRIBUTE	"trusted.overlay.opaque"
#define SIGNAL_PAUSE_US 700
#define CALLS_OF_A_STEP 4   /* at most */
#define KEPT_OF_OWN_MAX 200 /* a bound node is a mount */

struct thread {
	pthread_t id;
	const struct jail *jail;
	struct column *column;
	char dir[192];
	int dir_fd, file_fd;
	uint32_t random, number, kept;
};

static uint32_t next(struct thread *t)
{
	t->random ^= t->random << 13;
	t->random ^= t->random >> 17;
	t->random ^= t->random << 5;
	return t->random;
}

static uint64_t now_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void pause_us(uint32_t us)
{
	struct timespec ts = { us / 1000000, (long)(us % 1000000) * 1000 };

	(void)nanosleep(&ts, NULL);
}

/* Return: the entry, to be told more of; published by publish() */
static struct entry *note(struct thread *t, enum call_kind kind, uint64_t begin,
			  long r)
{
	struct entry *e = &t->column->entries[atomic_load(&t->column->n)];

	*e = (struct entry){ .kind = (uint8_t)kind,
			     .answer = r < 0 ? (uint16_t)errno : 0,
			     .number = t->number,
			     .usec = (uint32_t)(now_us() - begin) };
	return e;
}

static void publish(struct thread *t)
{
	(void)atomic_fetch_add(&t->column->n, 1);
}

/* Both system calls, by the number. */
static long make(struct thread *t, const char *name, mode_t mode, dev_t dev)
{
#ifdef SYS_mknod
	char path[256];

	if (t->number & 1) {
		(void)snprintf(path, sizeof(path), "%s/%s", t->dir, name);
		return syscall(SYS_mknod, path, mode, (unsigned)dev);
	}
#endif
	return syscall(SYS_mknodat, t->dir_fd, name, mode, (unsigned)dev);
}

static bool is_there(const struct thread *t, const char *name, mode_t mode,
		     dev_t dev)
{
	struct stat st;

	return fstatat(t->dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       st.st_mode == mode && st.st_rdev == dev && st.st_uid == 0;
}

/* Nodes that are bound over stay: a mount point cannot be unlinked. */
static void settle_name(struct thread *t, struct entry *e, const char *name,
			bool is_null)
{
	bool bound = is_null && t->jail->plan.own_tmpfs;

	e->kept = bound || (next(t) & 1 && t->jail->plan.load == LOAD_MIXED);
	if (!e->kept && unlinkat(t->dir_fd, name, 0) < 0)
		e->answer = ANSWER_WITHOUT_EFFECT;
}

static void step_null(struct thread *t)
{
	const mode_t mode = S_IFCHR | 0640;
	const dev_t null = makedev(1, 3);
	struct entry *e;
	uint64_t begin;
	bool again = t->jail->plan.load == LOAD_MIXED && (next(t) & 1);
	char name[32];
	long r;

	(void)snprintf(name, sizeof(name), "n%u", t->number);
	begin = now_us();
	r = make(t, name, mode, null);
	e = note(t, CALL_MKNOD, begin, r);
	if (r < 0) {
		publish(t);
		return;
	}
	if (!is_there(t, name, mode, null))
		e->answer = ANSWER_WITHOUT_EFFECT;
	if (!again) {
		settle_name(t, e, name, true);
		publish(t);
		return;
	}
	e->kept = 1;
	publish(t);
	begin = now_us();
	r = make(t, name, mode, null);
	(void)note(t, CALL_MKNOD_AGAIN, begin, r);
	publish(t);
}

static void step_denied(struct thread *t)
{
	uint64_t begin = now_us();
	char name[32];

	(void)snprintf(name, sizeof(name), "b%u", t->number);
	(void)note(t, CALL_DENIED, begin,
		   make(t, name, S_IFBLK | 0600, makedev(8, 0)));
	publish(t);
}

static void step_value(struct thread *t)
{
	uint64_t begin = now_us();
	char name[32];

	(void)snprintf(name, sizeof(name), "v%u", t->number);
	(void)note(t, CALL_VALUE, begin,
		   make(t, name, S_IFCHR | 0600, makedev(7, 7)));
	publish(t);
}

static void step_nowhere(struct thread *t)
{
	uint64_t begin = now_us();
	char name[32];

	(void)snprintf(name, sizeof(name), "none/%u", t->number);
	(void)note(t, CALL_NOWHERE, begin,
		   make(t, name, S_IFCHR | 0600, makedev(1, 3)));
	publish(t);
}

static void step_fifo(struct thread *t)
{
	uint64_t begin = now_us();
	struct entry *e;
	char name[32];
	long r;

	(void)snprintf(name, sizeof(name), "p%u", t->number);
	r = make(t, name, S_IFIFO | 0600, 0);
	e = note(t, CALL_FIFO, begin, r);
	if (r == 0 && !is_there(t, name, S_IFIFO | 0600, 0))
		e->answer = ANSWER_WITHOUT_EFFECT;
	else if (r == 0)
		settle_name(t, e, name, false);
	publish(t);
}

static long set_attribute(struct thread *t)
{
	char path[256];

	if (t->number & 1)
		return fsetxattr(t->file_fd, ATTRIBUTE, "y", 1, XATTR_CREATE);
	(void)snprintf(path, sizeof(path), "%s/file", t->dir);
	return lsetxattr(path, ATTRIBUTE, "y", 1, XATTR_CREATE);
}

static long remove_attribute(struct thread *t)
{
	char path[256];

	if (t->number & 1)
		return fremovexattr(t->file_fd, ATTRIBUTE);
	(void)snprintf(path, sizeof(path), "%s/file", t->dir);
	return lremovexattr(path, ATTRIBUTE);
}

static void step_xattr(struct thread *t)
{
	static const struct {
		enum call_kind kind;
		long (*call)(struct thread *t);
	} calls[CALLS_OF_A_STEP] = {
		{ CALL_SETXATTR, set_attribute },
		{ CALL_SETXATTR_AGAIN, set_attribute },
		{ CALL_REMOVEXATTR, remove_attribute },
		{ CALL_REMOVEXATTR_AGAIN, remove_attribute },
	};

	for (int i = 0; i < CALLS_OF_A_STEP; i++) {
		uint64_t begin = now_us();

		(void)note(t, calls[i].kind, begin, calls[i].call(t));
		publish(t);
	}
}

/* A caller that dies in mid-call. Who has the answer? Nobody. */
static void step_doomed(struct thread *t)
{
	uint64_t begin = now_us();
	struct entry *e;
	char name[32];
	pid_t pid;

	(void)snprintf(name, sizeof(name), "d%u", t->number);
	pid = fork();
	if (pid == 0) {
		(void)syscall(SYS_mknodat, t->dir_fd, name, S_IFCHR | 0640,
			      (unsigned)makedev(1, 3));
		_exit(0);
	}
	pause_us(next(t) % 500);
	(void)kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	e = note(t, CALL_DOOMED, begin, pid > 0 ? 0 : -1);
	e->kept = 1;
	publish(t);
}

static void step(struct thread *t)
{
	uint32_t dice = next(t) % 100;

	t->number++;
	if (t->jail->plan.load != LOAD_MIXED)
		step_null(t);
	else if (dice < 40 &&
		 (!t->jail->plan.own_tmpfs || t->kept++ < KEPT_OF_OWN_MAX))
		step_null(t);
	else if (dice < 55)
		step_denied(t);
	else if (dice < 60)
		step_value(t);
	else if (dice < 70)
		step_nowhere(t);
	else if (dice < 78)
		step_fifo(t);
	else if (dice < 98)
		step_xattr(t);
	else if (!t->jail->plan.own_tmpfs)
		step_doomed(t);
}

static void *run_thread(void *ctx)
{
	struct thread *t = ctx;
	struct ledger *l = t->jail->ledger;

	while (!atomic_load(&l->stop) &&
	       atomic_load(&t->column->n) + CALLS_OF_A_STEP <= l->max) {
		uint32_t pause = atomic_load(&l->pause_us);

		step(t);
		if (pause)
			pause_us(next(t) % (2 * pause));
	}
	return NULL;
}

static void thread_start(struct thread *t, const struct jail *j, uint32_t i)
{
	*t = (struct thread){ .jail = j,
			      .column = &j->ledger->columns[i],
			      .random = (j->plan.seed + i * 7919) | 1 };
	(void)snprintf(t->dir, sizeof(t->dir), "%s/%u", j->dir, i);
	t->dir_fd = open(t->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	t->file_fd = -1;
	if (j->plan.load == LOAD_MIXED)
		t->file_fd = openat(t->dir_fd, "file",
				    O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	if (t->dir_fd < 0 || (j->plan.load == LOAD_MIXED && t->file_fd < 0) ||
	    pthread_create(&t->id, NULL, run_thread, t) != 0)
		die("%s: no thread: %s", j->id, strerror(errno));
}

static void on_signal(int number)
{
}

/* Interrupts whoever waits for an answer, while the load runs. */
static void send_signals(const struct jail *j, struct thread *threads)
{
	struct ledger *l = j->ledger;

	for (uint32_t i = 0; !atomic_load(&l->stop); i++) {
		if (atomic_load(&l->signals)) {
			(void)pthread_kill(threads[i % l->threads].id, SIGUSR1);
			(void)atomic_fetch_add(&l->signals_sent, 1);
		}
		pause_us(SIGNAL_PAUSE_US);
	}
}

void load_run(const struct jail *j)
{
	static struct thread threads[LEDGER_THREADS_MAX];
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

	(void)sigaction(SIGUSR1, &sa, NULL);
	for (uint32_t i = 0; i < j->ledger->threads; i++)
		thread_start(&threads[i], j, i);
	if (j->plan.signals)
		send_signals(j, threads);
	for (uint32_t i = 0; i < j->ledger->threads; i++)
		(void)pthread_join(threads[i].id, NULL);
}
