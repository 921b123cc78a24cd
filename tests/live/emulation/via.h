/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The ways in which a mknodat can come from one caller.
 */
enum via {
	MKNODAT,
	MKNOD, /* the C library's, which is mknodat on some machines */
	THREAD,
	THREAD_APART, /* become() is the thread's, with directories, umask, fds
			 and ids that are its alone */
	CHILD,	      /* of a process that stays */
	LEADERLESS,   /* a thread of such a child whose leader has ended */
	I386,
	I386_MKNOD,
	X32,
	X32_MKNOD,
};

struct via_args {
	long dirfd, mode, dev; /* as in the registers */
	const char *path;
	int (*become)(void); /* of THREAD_APART, returns its dirfd; or NULL */
	int error;	     /* the result: 0 or an errno */
};

void via_call(enum via via, struct via_args *a);
