/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Where the rows of the differential tables are played: a container that the
 * test makes itself, new for each row (stage.c), or one of a runtime
 * that lives on from row to row (tests/runtimes/cell.c).  The row's caller is
 * always process 1 of a pid namespace, with mounts of its own.
 */

#include <stdbool.h>
#include <stddef.h>

#include "tests/live/emulation/world.h"

/* One call in the container. It may go to a process that was not forked off the
 * test, so it holds no pointers. */
struct act {
	unsigned row;  /* by the play's own count */
	bool notified; /* else the call goes straight to the kernel */
};

#define ACT_BUF 256

/* What came of it, as the caller saw it. */
struct act_outcome {
	long result;
	size_t bytes;
	char buf[ACT_BUF];
};

/* A suite of rows. */
struct play {
	const char *name;
	const char *policy; /* what deputy goes by */
	/* In the container, as its root. */
	void (*run)(const struct act *act, struct act_outcome *ret);
};

struct stage {
	struct world world; /* laid anew by the play before each act */
	const struct play *play;
	const struct stage_kind *kind;
	void *own; /* the kind's */
};

struct stage_kind {
	void (*open)(struct stage *s);
	void (*close)(struct stage *s);
	/* Plays it, and takes a world_snapshot() before the caller is gone. */
	char *(*perform)(struct stage *s, const struct act *act,
			 const char *alike, struct act_outcome *ret);
	/* Can its filters name this system call? NULL: they can name any */
	bool (*knows_call)(const char *name);
};

extern const struct stage_kind stage_inmate, stage_inmate_rootless;

/* The two suites: all rows must come out as they must. */
void mknod_check(const struct stage_kind *kind, enum world_fs fs);
void xattr_check_written(const struct stage_kind *kind, enum world_fs fs);
void xattr_check_read(const struct stage_kind *kind, enum world_fs fs);
extern const struct play mknod_play, xattr_play;

/* -- for the suites ------------------------------------------------------------ */

void stage_open(struct stage *s, const struct stage_kind *kind,
		const struct play *play, enum world_fs fs);
void stage_close(struct stage *s);
enum row_end { ROW_GOOD, ROW_BAD, ROW_NOT_PLAYED, ROW_ENDS };

/* Fails the test if a row came out badly, or none was played. */
void stage_tell(const unsigned count[ROW_ENDS]);

/* Return: what stands in the container then; by the caller to free */
char *stage_perform(struct stage *s, const struct act *act, const char *alike,
		    struct act_outcome *ret);
bool stage_knows_call(const struct stage *s, const char *name);
