/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The ways in which a mknodat can come from one caller.
 */
enum via { MKNODAT, MKNOD, THREAD, I386, X32 };

struct via_args {
	long dirfd, mode, dev; /* as in the registers */
	const char *path;
	int error; /* the result: 0 or an errno */
};

void via_call(enum via via, struct via_args *a);
