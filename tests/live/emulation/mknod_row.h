/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * A case of the differential suite of mknod, and the tables that hold them:
 * a file each for paths, procfs, callers, modes, mounts, mounts of its own.  What they share in
 * steps is in mknod_steps.h.
 */

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "tests/live/emulation/via.h"

#define NONE	(1L << 40) /* a zero, where zero means the usual */
#define LACKING INT_MIN	   /* from become(): the kernel has no such thing */

struct row {
	const char *name;
	const char *path;
	enum via via;
	long mode; /* permission bits; 0: 0666 */
	bool left; /* not deputy's affair: natively the very same call */
	long type; /* where left: S_IF*, or any bits; 0: S_IFCHR */
	long dev;  /* where left: the register; 0: 1:3 */
	void (*prepare)(const char *root); /* by the host's root, outside */
	int (*become)(void);	      /* by the caller; returns its dirfd */
	const char *(*address)(void); /* in place of path */
	long garbage;		      /* in the upper halves of the registers */
	/* Why it is meant to be different through deputy (a row of the list in
	 * docs/emulation.md), and what the caller gets then: 0 or an errno. */
	const char *differs;
	int gets;
};

struct row_table {
	const char *name;
	const struct row *rows;
	size_t n;
};

#define ROW_TABLE(name, rows)                                                  \
	{                                                                      \
		name, rows, sizeof(rows) / sizeof((rows)[0])                   \
	}

extern const struct row_table mknod_paths, mknod_procfs, mknod_callers,
	mknod_modes, mknod_mounts, mknod_own;
