// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * mknod by deputy against mknod by the kernel: each row's caller makes the same
 * call twice, each time in a new container laid in the same way.  First
 * natively, for a FIFO, which the kernel allows to any container; then through
 * a deputy-worker, for the device 1:3.  Result, errno and all that stands in
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
#include "tests/live/emulation/world.h"

static const struct row_table *const tables[] = {
	&mknod_paths, &mknod_procfs, &mknod_callers,
	&mknod_modes, &mknod_mounts, &mknod_own,
};

static bool rootless; /* the user namespace is its own root's */

struct shot {
	const struct row *row;
	bool notified;
	int result; /* an errno, or LACKING */
	char *tree; /* what stands there then; freed by whoever fired */
};

/* What a zero stands for. */
static long or_usual(long given, long usual)
{
	return given == NONE ? 0 : given ? given : usual;
}

static int run_row(void *ctx)
{
	const struct shot *s = ctx;
	const struct row *row = s->row;
	bool device = row->left || s->notified;
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

	if (dirfd == LACKING)
		return LACKING;
	via_call(row->via, &a);
	return a.error;
}

static void fire(const struct world *w, struct shot *s)
{
	struct inmate_plan plan = {.notified = s->notified,
				   .run = run_row,
				   .ctx = s,
				   .rootless = rootless};
	struct inmate i;
	struct attendant a;
	char root[64];

	inmate_start(w, &plan, &i);
	if (s->notified) {
		attendant_start(&a, w, &i, world_policy);
		inmate_go(&i);
	}
	s->result = inmate_result(&i);
	(void)snprintf(root, sizeof(root), "/proc/%d/root/.", i.pid);
	s->tree =
		world_snapshot(root, s->notified || s->row->left ? "c1:3" : "p");
	inmate_end(&i);
	if (s->notified)
		attendant_expect_exit(&a);
}

/* Runs @s->row once. Return: false where the machine lacks what it takes */
static bool shoot(const struct world *w, struct shot *s)
{
	bool lacking;

	world_reset(w);
	if (s->row->prepare)
		s->row->prepare(w->root);
	lacking = outside_lacking();
	if (lacking)
		print_message("no      %s: no %s\n", s->row->name,
			      outside_lacking());
	else
		fire(w, s);
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

/* Return: whether the row came out as it must */
static bool check_row(const struct world *w, const struct row *row)
{
	struct shot native = { row, false, 0, NULL };
	struct shot emulated = { row, true, 0, NULL };
	bool good;

	if (!shoot(w, &native))
		return true;
	assert_true(shoot(w, &emulated));
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
	return good;
}

static void check_all(enum world_fs fs)
{
	struct world w;
	unsigned failed = 0;

	world_init(&w, fs);
	for (size_t t = 0; t < ARRAY_SIZE(tables); t++) {
		print_message("%s\n", tables[t]->name);
		for (size_t i = 0; i < tables[t]->n; i++)
			failed += !check_row(&w, &tables[t]->rows[i]);
	}
	world_done(&w);
	assert_int_equal(failed, 0);
}

TEST_WITHIN(mknod, as_the_kernel_on_the_disk, 100)
{
	check_all(WORLD_EXT);
}

TEST_WITHIN(mknod, as_the_kernel_on_tmpfs, 100)
{
	check_all(WORLD_TMPFS);
}

TEST_WITHIN(mknod, as_the_kernel_in_a_rootless_container, 100)
{
	rootless = true;
	check_all(WORLD_EXT);
}

TEST_WITHIN(mknod, as_the_kernel_on_overlay, 100)
{
	check_all(WORLD_OVERLAY);
}
