// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Preloaded into deputyd, by the torture tests only: allocations, new fds and
 * memfds fail now and then, and the clocks are elsewhere.
 */
#include "tests/restart/fault.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t size);

static const volatile struct fault *fault;
static uint32_t counter;
/* Has deputyd taken over what is in the store?  json-c 0.16 drops members of an
 * object silently where memory is short, so a record that is read then lacks some. */
static int is_ready;

__attribute__((constructor)) static void map_fault(void)
{
	int fd = open(FAULT_FILE, O_RDONLY | O_CLOEXEC);
	void *p;

	if (fd < 0)
		return;
	p = mmap(NULL, sizeof(*fault), PROT_READ, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (p != MAP_FAILED)
		fault = p;
}

/* Not random: another one each time, and the same in the next run. */
static int strikes(uint32_t rate)
{
	return rate && is_ready &&
	       __atomic_add_fetch(&counter, 1, __ATOMIC_RELAXED) % rate == 0;
}

static int memory_fails(void)
{
	if (!fault || !strikes(fault->memory))
		return 0;
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t size)
{
	return memory_fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return memory_fails() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	return memory_fails() ? NULL : __libc_realloc(p, size);
}

/* The next definition: libc's. */
#define NEXT(name) ((__typeof__(&(name)))dlsym(RTLD_NEXT, #name))

int sd_notify(int unset_environment, const char *state)
{
	if (strcmp(state, "READY=1") == 0)
		is_ready = 1;
	return NEXT(sd_notify)(unset_environment, state);
}

static int fds_fail(void)
{
	if (!fault || !strikes(fault->fds))
		return 0;
	errno = EMFILE;
	return 1;
}

int accept4(int sock, __SOCKADDR_ARG addr, socklen_t *size, int flags)
{
	return fds_fail() ? -1 : NEXT(accept4)(sock, addr, size, flags);
}

int socketpair(int domain, int type, int protocol, int fds[2])
{
	return fds_fail() ? -1 : NEXT(socketpair)(domain, type, protocol, fds);
}

int pipe2(int fds[2], int flags)
{
	return fds_fail() ? -1 : NEXT(pipe2)(fds, flags);
}

int memfd_create(const char *name, unsigned flags)
{
	if (fault && strikes(fault->space)) {
		errno = ENOSPC;
		return -1;
	}
	return fds_fail() ? -1 : NEXT(memfd_create)(name, flags);
}

int clock_gettime(clockid_t clock, struct timespec *ts)
{
	int r = NEXT(clock_gettime)(clock, ts);

	if (r < 0 || !fault)
		return r;
	if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)
		ts->tv_sec += fault->realtime_s;
	else if (clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_COARSE ||
		 clock == CLOCK_BOOTTIME)
		ts->tv_sec += fault->monotonic_s;
	return r;
}
