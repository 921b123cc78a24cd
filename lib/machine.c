// SPDX-License-Identifier: LGPL-2.1-or-later
#include "lib/machine.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Flags that no kernel knows: refused before anything is looked at. */
#define NO_FLAGS 0x7fffffff

/* Younger than many headers; the same on each architecture, above its base. */
#ifndef __NR_Linux /* MIPS has it */
#define __NR_Linux 0
#endif
#define NR_SETXATTRAT	 (__NR_Linux + 463)
#define NR_GETXATTRAT	 (__NR_Linux + 464)
#define NR_LISTXATTRAT	 (__NR_Linux + 465)
#define NR_REMOVEXATTRAT (__NR_Linux + 466)

#define X32_BIT 0x40000000

static bool exists(long nr, long a, long b, long c, long d, long e)
{
	return syscall(nr, a, b, c, d, e, 0L) >= 0 || errno != ENOSYS;
}

static bool has_x32(void)
{
#ifdef __x86_64__
	return syscall(X32_BIT | SYS_getpid) > 0;
#else
	return false;
#endif
}

void machine_probe(struct machine *ret)
{
	*ret = (struct machine){
		.setxattrat = exists(NR_SETXATTRAT, -1, 0, NO_FLAGS, 0, 0),
		.removexattrat = exists(NR_REMOVEXATTRAT, -1, 0, NO_FLAGS, 0, 0),
		.getxattrat = exists(NR_GETXATTRAT, -1, 0, NO_FLAGS, 0, 0),
		.listxattrat = exists(NR_LISTXATTRAT, -1, 0, NO_FLAGS, 0, 0),
		.binds = exists(SYS_open_tree, -1, 0, NO_FLAGS, 0, 0) &&
			 exists(SYS_move_mount, -1, 0, -1, 0, NO_FLAGS),
		.x32 = has_x32(),
	};
}
