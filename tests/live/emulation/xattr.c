// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The xattr family by deputy against the kernel's own: each row's caller makes
 * the same call twice, each time in a container (stage.h) laid in the same way.
 * First natively, of an attribute user.___deputy.*, which the kernel allows to
 * any container; then through deputy, of trusted.deputy.*.  The
 * result, what stands in the caller's buffer and all attributes that stand in
 * the container afterwards must be the same but for that prefix.
 *
 * To add a case, add a row.  Where the kernel treats user.* in another way
 * (.alone) the row says what must come of it: the errno, or the attribute that
 * the host itself sets on .where.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "lib/kfeat.h"
#include "lib/own.h"
#include "tests/harness/test.h"
#include "tests/live/emulation/caller.h"
#include "tests/live/emulation/stage.h"
#include "tests/live/emulation/world.h"
#include "tests/live/emulation/xattr_row.h"

#define TRUSTED "trusted.deputy."
#define USER	"user.___deputy." /* as long */

static const char policy[] =
	"{\"version\":1,\"policies\":{\"test\":{\"rules\":[{\"syscalls\":["
	"\"setxattr\",\"lsetxattr\",\"fsetxattr\",\"setxattrat\"],"
	"\"match\":{\"name\":\"trusted.deputy.*\",\"size\":{\"max\":65536}},"
	"\"action\":\"emulate\"},{\"syscalls\":["
	"\"removexattr\",\"lremovexattr\",\"fremovexattr\",\"removexattrat\","
	"\"getxattr\",\"lgetxattr\",\"fgetxattr\",\"getxattrat\"],"
	"\"match\":{\"name\":\"trusted.deputy.*\"},\"action\":\"emulate\"},"
	"{\"syscalls\":[\"setxattr\",\"lsetxattr\",\"fsetxattr\","
	"\"setxattrat\"],\"match\":{\"name\":\"trusted.overlay.opaque\","
	"\"value\":\"y\"},\"action\":\"emulate\"},"
	"{\"syscalls\":[\"listxattr\",\"llistxattr\",\"flistxattr\","
	"\"listxattrat\"],\"action\":\"emulate\"}],"
	"\"default\":\"continue\"}},"
	"\"bindings\":[{\"when\":{},\"policy\":\"test\"}]}";

/* -- what the caller sees ---------------------------------------------------- */

_Static_assert(ACT_BUF == XATTR_ROW_BUF, "as much as is compared");

/* Rows of both tables are counted from here on. */
enum { WRITTEN = 0, READ = 100000 };

static const struct xattr_row *row_at(unsigned n)
{
	return n >= READ ? &xattr_rows_read[n - READ] : &xattr_rows_written[n];
}

const char *xattr_row_attr(const struct xattr_row *row, bool native)
{
	static char name[512];

	(void)snprintf(name, sizeof(name), "%s", row->attr ?: TRUSTED "a");
	if (native && strncmp(name, TRUSTED, strlen(TRUSTED)) == 0)
		memcpy(name, USER, strlen(USER));
	return name;
}

static const char *value_of(const struct xattr_row *row)
{
	return row->value ?: "v";
}

static size_t size_of(const struct xattr_row *row)
{
	if (row->size == NO_BYTES)
		return 0;
	if (row->size)
		return row->size;
	return how_reads(row->how) ? 64 : strlen(value_of(row));
}

static int fd_of(const struct xattr_row *row)
{
	int fd;

	if (row->fd)
		return row->fd;
	if (!how_by_fd(row->how))
		return AT_FDCWD;
	fd = open(row->path, O_RDONLY | O_CLOEXEC);
	TRY(fd);
	return fd;
}

static void run_row(const struct act *act, struct act_outcome *ret)
{
	const struct xattr_row *row = row_at(act->row);
	static char mine[70000];
	struct xattr_call c = { .how = row->how,
				.path = row->null_path ? NULL : row->path,
				.at_flags = row->at_flags,
				.attr = xattr_row_attr(row, !act->notified),
				.buf = mine,
				.size = size_of(row),
				.flags = row->flags,
				.args_bytes = row->args_bytes };
	struct xattr_memory m = { mine, XATTR_ROW_BUF };

	memcpy(mine, value_of(row), strlen(value_of(row)));
	if (row->become)
		row->become();
	if (row->memory)
		m = row->memory();
	if (row->attr_memory)
		c.attr = row->attr_memory();
	c.buf = m.at;
	c.fd = fd_of(row);
	ret->result = xattr_call(&c);
	ret->bytes = how_reads(row->how) ? m.seen : 0;
	if (ret->bytes)
		memcpy(ret->buf, m.at, ret->bytes);
}

const struct play xattr_play = { "xattr", policy, run_row };

/* -- running a row -------------------------------------------------------------- */

/* Every USER becomes TRUSTED. */
static void translate(char *text, size_t bytes)
{
	const size_t n = strlen(USER);

	for (size_t i = 0; i + n <= bytes; i++)
		if (memcmp(text + i, USER, n) == 0)
			memcpy(text + i, TRUSTED, n);
}

static void lay(const struct world *w, const struct xattr_row *row, bool native)
{
	world_reset(w);
	if (row->prepare)
		row->prepare(w->root, native);
}

/* Return: what stands there then; by the caller to free */
static char *shoot(struct stage *stage, struct act act, struct act_outcome *seen)
{
	char *tree;

	lay(&stage->world, row_at(act.row), !act.notified);
	tree = stage_perform(stage, &act, "", seen);
	translate(tree, strlen(tree));
	translate(seen->buf, sizeof(seen->buf));
	return tree;
}

/* What must come of a row that the kernel is no oracle for. */
static char *expected(const struct world *w, const struct xattr_row *row,
		      struct act_outcome *want)
{
	char path[256];
	const char *at = row->where ?: row->path;

	lay(w, row, false);
	(void)snprintf(path, sizeof(path), "%s%s", w->root, at);
	if (row->alone == DONE && row->how <= SETAT)
		assert_int_equal(lsetxattr(path, xattr_row_attr(row, false),
					   value_of(row), size_of(row), 0),
				 0);
	if (row->alone == DONE && row->how > SETAT && row->how <= REMOVEAT)
		assert_int_equal(lremovexattr(path, xattr_row_attr(row, false)),
				 0);
	memset(want, 0, sizeof(*want));
	want->result = row->alone > 0 ? -row->alone : row->returns;
	if (row->given) {
		want->bytes = (size_t)row->returns;
		memcpy(want->buf, row->given, want->bytes);
	}
	return world_snapshot(w->root, "");
}

static bool same(const struct act_outcome *a, const struct act_outcome *b,
		 bool alone)
{
	size_t bytes = alone ? a->bytes : XATTR_ROW_BUF;

	return a->result == b->result && memcmp(a->buf, b->buf, bytes) == 0;
}

static void print_outcome(const char *what, const struct act_outcome *o,
			  const char *tree)
{
	print_message("%s %ld [%.40s]\n%s", what, o->result, o->buf, tree);
}

/* A filter that cannot name a call does not notify of it; and where the kernel
 * has none, a row that it is no oracle for wants what cannot be. */
static bool is_for_this_machine(const struct stage *stage,
				const struct xattr_row *row)
{
	const char *name = how_name_of_young(row->how), *lacks = NULL;

	if (name && !stage_knows_call(stage, name))
		lacks = "libseccomp";
	else if (name && row->alone != KERNEL &&
		 !(kfeat_calls() & KFEAT_BIT(KFEAT_XATTRAT)))
		lacks = "kernel";
	if (lacks)
		print_message("no      %s: no %s in this %s\n", row->name, name,
			      lacks);
	return !lacks;
}

/* The kernel's own answer is of user.*, which tmpfs has since Linux 6.6. */
static bool has_user_attributes(const struct world *w)
{
	return lsetxattr(w->root, USER "a", "v", 1, 0) == 0 &&
	       lremovexattr(w->root, USER "a") == 0;
}

static enum row_end check_row(struct stage *stage, unsigned n)
{
	const struct xattr_row *row = row_at(n);
	bool alone = row->alone != KERNEL, good;
	struct act_outcome want, got;
	char *want_tree, *tree;

	if (!is_for_this_machine(stage, row))
		return ROW_NOT_PLAYED;
	if (alone)
		want_tree = expected(&stage->world, row, &want);
	else
		want_tree = shoot(stage, (struct act){ n, false }, &want);
	tree = shoot(stage, (struct act){ n, true }, &got);
	good = same(&want, &got, alone) && strcmp(want_tree, tree) == 0;
	print_message("%s %s: %s\n", good ? "ok    " : "FAILED", row->name,
		      want.result < 0 ? strerrorname_np((int)-want.result) : "0");
	if (!good) {
		print_outcome("wanted", &want, want_tree);
		print_outcome("got", &got, tree);
	}
	free(want_tree);
	free(tree);
	return good ? ROW_GOOD : ROW_BAD;
}

static void check_all(const struct stage_kind *kind, enum world_fs fs,
		      unsigned first)
{
	struct stage stage;
	unsigned count[ROW_ENDS] = { 0 };

	stage_open(&stage, kind, &xattr_play, fs);
	if (!has_user_attributes(&stage.world)) {
		stage_close(&stage);
		TEST_SKIP("user.* attributes on tmpfs");
	}
	for (unsigned n = first; row_at(n)->name; n++)
		count[check_row(&stage, n)]++;
	stage_close(&stage);
	stage_tell(count);
}

void xattr_check_written(const struct stage_kind *kind, enum world_fs fs)
{
	check_all(kind, fs, WRITTEN);
}

void xattr_check_read(const struct stage_kind *kind, enum world_fs fs)
{
	check_all(kind, fs, READ);
}
