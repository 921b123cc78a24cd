// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The xattr family by deputy against the kernel's own: each row's caller makes
 * the same call twice, each time in a new container laid in the same way.
 * First natively, of an attribute user.___deputy.*, which the kernel allows to
 * any container; then through a deputy-worker, of trusted.deputy.*.  The
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
#include <sys/mman.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "lib/own.h"
#include "tests/harness/test.h"
#include "tests/live/emulation/caller.h"
#include "tests/live/emulation/world.h"
#include "tests/live/emulation/xattr_row.h"

#define TRUSTED "trusted.deputy."
#define USER	"user.___deputy." /* as long */

static const char policy[] =
	"{\"version\":1,\"policies\":{\"test\":{\"rules\":[{\"syscalls\":["
	"\"setxattr\",\"lsetxattr\",\"fsetxattr\",\"setxattrat\","
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

struct outcome {
	long result;
	size_t bytes;
	char buf[XATTR_ROW_BUF];
};

struct shot {
	const struct xattr_row *row;
	bool native;
	struct outcome *seen; /* shared with the test */
};

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

static int run_row(void *ctx)
{
	struct shot *s = ctx;
	const struct xattr_row *row = s->row;
	static char mine[70000];
	struct xattr_call c = {.how = row->how,
			       .path = row->null_path ? NULL : row->path,
			       .at_flags = row->at_flags,
			       .attr = xattr_row_attr(row, s->native),
			       .buf = mine,
			       .size = size_of(row),
			       .flags = row->flags,
			       .args_bytes = row->args_bytes};
	struct xattr_memory m = {mine, XATTR_ROW_BUF};

	memcpy(mine, value_of(row), strlen(value_of(row)));
	if (row->become)
		row->become();
	if (row->memory)
		m = row->memory();
	if (row->attr_memory)
		c.attr = row->attr_memory();
	c.buf = m.at;
	c.fd = fd_of(row);
	s->seen->result = xattr_call(&c);
	s->seen->bytes = how_reads(row->how) ? m.seen : 0;
	if (s->seen->bytes)
		memcpy(s->seen->buf, m.at, s->seen->bytes);
	return 0;
}

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
static char *shoot(const struct world *w, struct shot *s)
{
	struct inmate_plan plan = {
		.notified = !s->native, .run = run_row, .ctx = s};
	struct inmate i;
	struct attendant a;
	char root[64], *tree;

	memset(s->seen, 0, sizeof(*s->seen));
	lay(w, s->row, s->native);
	inmate_start(w, &plan, &i);
	if (!s->native) {
		attendant_start(&a, w, &i, policy);
		inmate_go(&i);
	}
	assert_int_equal(inmate_result(&i), 0);
	(void)snprintf(root, sizeof(root), "/proc/%d/root/.", i.pid);
	tree = world_snapshot(root, "");
	inmate_end(&i);
	if (!s->native)
		attendant_expect_exit(&a);
	translate(tree, strlen(tree));
	translate(s->seen->buf, sizeof(s->seen->buf));
	return tree;
}

/* What must come of a row that the kernel is no oracle for. */
static char *expected(const struct world *w, const struct xattr_row *row,
		      struct outcome *want)
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
	/* In a container procfs lies there, and is not looked at. */
	(void)snprintf(path, sizeof(path), "%s/proc", w->root);
	assert_int_equal(rmdir(path), 0);
	return world_snapshot(w->root, "");
}

static bool same(const struct outcome *a, const struct outcome *b, bool alone)
{
	size_t bytes = alone ? a->bytes : XATTR_ROW_BUF;

	return a->result == b->result && memcmp(a->buf, b->buf, bytes) == 0;
}

static void print_outcome(const char *what, const struct outcome *o,
			  const char *tree)
{
	print_message("%s %ld [%.40s]\n%s", what, o->result, o->buf, tree);
}

/* Return: whether the row came out as it must */
static bool check_row(const struct world *w, const struct xattr_row *row,
		      struct outcome *seen)
{
	struct shot native = {row, true, seen}, emulated = {row, false, seen};
	bool alone = row->alone != KERNEL;
	struct outcome want;
	char *want_tree, *tree;
	bool good;

	if (alone) {
		want_tree = expected(w, row, &want);
	} else {
		want_tree = shoot(w, &native);
		want = *seen;
	}
	tree = shoot(w, &emulated);
	good = same(&want, seen, alone) && strcmp(want_tree, tree) == 0;
	print_message("%s %s: %s\n", good ? "ok    " : "FAILED", row->name,
		      want.result < 0 ? strerrorname_np((int)-want.result) : "0");
	if (!good) {
		print_outcome("wanted", &want, want_tree);
		print_outcome("got", seen, tree);
	}
	free(want_tree);
	free(tree);
	return good;
}

static void check_all(enum world_fs fs, const struct xattr_row *rows)
{
	struct outcome *seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct world w;
	unsigned failed = 0;

	assert_true(seen != MAP_FAILED);
	world_init(&w, fs);
	for (; rows->name; rows++)
		failed += !check_row(&w, rows, seen);
	world_done(&w);
	(void)munmap(seen, sizeof(*seen));
	assert_int_equal(failed, 0);
}

TEST_WITHIN(xattr, written_as_the_kernel_does_on_the_disk, 100)
{
	check_all(WORLD_EXT, xattr_rows_written);
}

TEST_WITHIN(xattr, written_as_the_kernel_does_on_tmpfs, 100)
{
	check_all(WORLD_TMPFS, xattr_rows_written);
}

TEST_WITHIN(xattr, written_as_the_kernel_does_on_overlay, 100)
{
	check_all(WORLD_OVERLAY, xattr_rows_written);
}

TEST_WITHIN(xattr, read_as_the_kernel_does_on_the_disk, 100)
{
	check_all(WORLD_EXT, xattr_rows_read);
}

TEST_WITHIN(xattr, read_as_the_kernel_does_on_tmpfs, 100)
{
	check_all(WORLD_TMPFS, xattr_rows_read);
}

TEST_WITHIN(xattr, read_as_the_kernel_does_on_overlay, 100)
{
	check_all(WORLD_OVERLAY, xattr_rows_read);
}
