// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * mknod by deputy against mknod by the kernel: each row's caller makes the same
 * call twice, each time in a container (stage.h) laid in the same way.  First
 * natively, for a FIFO, which the kernel allows to any container; then through
 * deputy, for the device 1:3.  Result, errno and all that stands in
 * the container afterwards must be the same.
 *
 * To add a case, add a row to one of the tables (mknod_row.h).  Where the
 * caller may not have the device at all, or the call is none of deputy's
 * (.left), the native call is the very same, and the kernel refuses or grants
 * it.  Where deputy differs on purpose (.differs), the row says what comes out.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "lib/own.h"
#include "tests/harness/test.h"
#include "tests/live/emulation/mknod_row.h"
#include "tests/live/emulation/outside.h"
#include "tests/live/emulation/stage.h"
#include "tests/live/emulation/world.h"

static const struct row_table *const tables[] = {
	&mknod_paths, &mknod_procfs, &mknod_callers,
	&mknod_modes, &mknod_mounts, &mknod_own,
};

/* Rows are counted through all tables. Return: NULL past the last */
static const struct row *row_at(unsigned n)
{
	for (size_t t = 0; t < ARRAY_SIZE(tables); t++) {
		if (n < tables[t]->n)
			return &tables[t]->rows[n];
		n -= (unsigned)tables[t]->n;
	}
	return NULL;
}

struct shot {
	struct act act;
	const struct row *row;
	int result; /* an errno, or LACKING */
	char *tree; /* what stands there then; freed by whoever fired */
};

/* What a zero stands for. */
static long or_usual(long given, long usual)
{
	return given == NONE ? 0 : given ? given : usual;
}

static void run_row(const struct act *act, struct act_outcome *ret)
{
	const struct row *row = row_at(act->row);
	bool device = row->left || act->notified;
	bool early = row->become && row->via != THREAD_APART;
	int dirfd = early ? row->become() : AT_FDCWD;
	struct via_args a = {
		.dirfd = (long)((unsigned)dirfd | (unsigned long)row->garbage),
		.path = row->address ? row->address() : row->path,
		.become = row->become,
		.mode = or_usual(row->mode, 0666) |
			(device ? or_usual(row->type, S_IFCHR) : S_IFIFO) |
			row->garbage,
		.dev = (device ? or_usual(row->dev, (long)makedev(1, 3)) : 0) |
		       row->garbage,
	};

	if (dirfd != LACKING)
		via_call(row->via, &a);
	ret->result = dirfd == LACKING ? LACKING : a.error;
}

const struct play mknod_play = {"mknod", world_policy_exact, run_row};

/* Runs @s->row once. Return: false where the machine lacks what it takes */
static bool shoot(struct stage *stage, struct shot *s)
{
	const char *alike = s->act.notified || s->row->left ? "c1:3" : "p";
	struct act_outcome seen;
	bool lacking;

	world_reset(&stage->world);
	if (s->row->prepare)
		s->row->prepare(stage->world.root);
	lacking = outside_lacking();
	if (lacking) {
		print_message("no      %s: no %s\n", s->row->name,
			      outside_lacking());
	} else {
		s->tree = stage_perform(stage, &s->act, alike, &seen);
		s->result = (int)seen.result;
	}
	outside_undo();
	return !lacking;
}

/* Takes the lines of nodes out of @tree. Return: how many */
static int take_nodes(char *tree)
{
	char *to = tree, *end;
	int n = 0;

	for (char *line = tree; *line; line = end) {
		end = strchr(line, '\n') + 1;
		if (memmem(line, (size_t)(end - line), " NODE ", 6)) {
			n++;
			continue;
		}
		memmove(to, line, (size_t)(end - line));
		to += end - line;
	}
	*to = '\0';
	return n;
}

static bool is_good(const struct row *row, const struct shot *native,
		    const struct shot *emulated)
{
	if (!row->differs || native->result == LACKING)
		return native->result == emulated->result &&
		       strcmp(native->tree, emulated->tree) == 0;
	if (native->result == row->gets || emulated->result != row->gets)
		return false;
	(void)take_nodes(native->tree);
	return (take_nodes(emulated->tree) > 0) == (row->gets == 0) &&
	       strcmp(native->tree, emulated->tree) == 0;
}

static const char *name_of(int result)
{
	return result == LACKING ? "not on this machine"
	       : result		 ? strerrorname_np(result) ?: "?"
				 : "0";
}

static enum row_end check_row(struct stage *stage, unsigned n)
{
	const struct row *row = row_at(n);
	struct shot native = {{n, false}, row, 0, NULL};
	struct shot emulated = {{n, true}, row, 0, NULL};
	bool good;

	if (!shoot(stage, &native))
		return ROW_NOT_PLAYED;
	assert_true(shoot(stage, &emulated));
	good = is_good(row, &native, &emulated);
	print_message("%s %s: %s", good ? "ok    " : "FAILED", row->name,
		      name_of(native.result));
	if (row->differs)
		print_message(", through deputy %s: %s",
			      name_of(emulated.result), row->differs);
	print_message("\n");
	if (!good) /* print_message() cuts long ones off */
		printf("natively %s\n%sthrough deputy %s\n%s",
		       name_of(native.result), native.tree,
		       name_of(emulated.result), emulated.tree);
	free(native.tree);
	free(emulated.tree);
	if (native.result == LACKING && good)
		return ROW_NOT_PLAYED;
	return good ? ROW_GOOD : ROW_BAD;
}

void mknod_check(const struct stage_kind *kind, enum world_fs fs)
{
	struct stage stage;
	unsigned count[ROW_ENDS] = {0};

	stage_open(&stage, kind, &mknod_play, fs);
	for (unsigned n = 0; row_at(n); n++)
		count[check_row(&stage, n)]++;
	stage_close(&stage);
	stage_tell(count);
}
