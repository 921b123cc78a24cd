// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/live/emulation/via.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/live/emulation/caller.h"

static void *call_mknodat(void *arg)
{
	struct via_args *a = arg;

	a->error = syscall(SYS_mknodat, a->dirfd, a->path, a->mode, a->dev) ?
			   errno :
			   0;
	return NULL;
}

static void *call_apart(void *arg)
{
	struct via_args *a = arg;

	TRY(unshare(CLONE_FS | CLONE_FILES));
	if (a->become)
		a->dirfd = a->become();
	return call_mknodat(a);
}

static void call_in_thread(struct via_args *a, void *(*run)(void *))
{
	pthread_t t;

	TRY(-pthread_create(&t, NULL, run, a));
	pthread_join(t, NULL);
}

/* Its directory is gone then. */
static bool leader_has_ended(void)
{
	char cwd[2];

	return readlink("/proc/self/cwd", cwd, sizeof(cwd)) < 0;
}

static void *call_and_exit(void *arg)
{
	const struct via_args *a = arg;

	while (!leader_has_ended())
		(void)sched_yield();
	call_mknodat(arg);
	_exit(a->error);
}

static void in_child(struct via_args *a, bool leaderless)
{
	pthread_t t;

	if (leaderless) {
		TRY(-pthread_create(&t, NULL, call_and_exit, a));
		(void)syscall(SYS_exit, 0); /* this thread alone */
	}
	call_mknodat(a);
	_exit(a->error);
}

static void call_in_child(struct via_args *a, bool leaderless)
{
	pid_t pid = fork();
	int status;

	TRY(pid);
	if (pid == 0)
		in_child(a, leaderless);
	TRY(waitpid(pid, &status, 0));
	if (!WIFEXITED(status))
		_exit(97);
	a->error = WEXITSTATUS(status);
}

#ifdef __x86_64__
#define I386_NR_MKNOD	14
#define I386_NR_MKNODAT 297
#define X32(nr)		(0x40000000 | (nr))

/* The old gate, open to 64-bit programs too. Return: the errno */
static int gate_i386(long nr, const long arg[4])
{
	long r;

	__asm__ volatile("int $0x80"
			 : "=a"(r)
			 : "a"(nr), "b"(arg[0]), "c"(arg[1]), "d"(arg[2]),
			   "S"(arg[3])
			 : "memory", "r8", "r9", "r10", "r11");
	return (int)-(int)r;
}

/* Its paths must lie below 4 GiB. */
static void call_i386(struct via_args *a, bool at)
{
	char *low = NULL;

	if (a->path) {
		low = mmap(NULL, 2 * PATH_MAX, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
		strcpy(low, a->path);
	}
	a->error = at ? gate_i386(I386_NR_MKNODAT,
				  (long[]){ a->dirfd, (long)low, a->mode,
					    a->dev }) :
			gate_i386(I386_NR_MKNOD,
				  (long[]){ (long)low, a->mode, a->dev, 0 });
}

static void call_x32(struct via_args *a, bool at)
{
	long r = at ? syscall(X32(SYS_mknodat), a->dirfd, a->path, a->mode,
			      a->dev) :
		      syscall(X32(SYS_mknod), a->path, a->mode, a->dev);

	a->error = r ? errno : 0;
}
#else
static void call_i386(struct via_args *a, bool at)
{
	a->error = ENOSYS;
}

static void call_x32(struct via_args *a, bool at)
{
	a->error = ENOSYS;
}
#endif

void via_call(enum via via, struct via_args *a)
{
	switch (via) {
	case MKNODAT:
		call_mknodat(a);
		break;
	case MKNOD:
		a->error = mknod(a->path, (mode_t)a->mode, (dev_t)a->dev) ?
				   errno :
				   0;
		break;
	case THREAD:
		call_in_thread(a, call_mknodat);
		break;
	case THREAD_APART:
		call_in_thread(a, call_apart);
		break;
	case CHILD:
	case LEADERLESS:
		call_in_child(a, via == LEADERLESS);
		break;
	case I386:
	case I386_MKNOD:
		call_i386(a, via == I386);
		break;
	case X32:
	case X32_MKNOD:
		call_x32(a, via == X32);
		break;
	}
}
