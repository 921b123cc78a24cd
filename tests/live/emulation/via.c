// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/live/emulation/via.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
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

static void call_in_thread(struct via_args *a)
{
	pthread_t t;

	TRY(-pthread_create(&t, NULL, call_mknodat, a));
	pthread_join(t, NULL);
}

#ifdef __x86_64__
#define I386_MKNODAT 297

/* The old gate, open to 64-bit programs too; the path must lie below 4 GiB. */
static void call_i386(struct via_args *a)
{
	char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	long r;

	strcpy(low, a->path);
	__asm__ volatile("int $0x80"
			 : "=a"(r)
			 : "a"(I386_MKNODAT), "b"(a->dirfd), "c"(low),
			   "d"(a->mode), "S"(a->dev)
			 : "memory", "r8", "r9", "r10", "r11");
	a->error = (int)-(int)r;
}
#else
static void call_i386(struct via_args *a)
{
	a->error = ENOSYS;
}
#endif

static void call_x32(struct via_args *a)
{
	a->error = syscall(SYS_mknodat | 0x40000000, a->dirfd, a->path, a->mode,
			   a->dev) ?
			   errno :
			   0;
}

void via_call(enum via via, struct via_args *a)
{
	switch (via) {
	case MKNODAT:
		call_mknodat(a);
		break;
	case MKNOD: /* the C library's, which is mknodat on some machines */
		a->error = mknod(a->path, (mode_t)a->mode, (dev_t)a->dev) ?
				   errno :
				   0;
		break;
	case THREAD:
		call_in_thread(a);
		break;
	case I386:
		call_i386(a);
		break;
	case X32:
		call_x32(a);
		break;
	}
}
