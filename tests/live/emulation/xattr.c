// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * setxattr of trusted attributes.  No form of them is allowed to a container
 * natively, so each row says what must come of it: the kernel's rule is that
 * who holds CAP_SYS_ADMIN and reaches the file may set it, and the outcome is
 * what the host's own setxattr leaves on the same file.
 *
 * To add a case, add a row.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "lib/own.h"
#include "tests/harness/test.h"
#include "tests/live/emulation/caller.h"
#include "tests/live/emulation/world.h"

enum how { SET, LSET, FSET, FSET_O_PATH, FSET_CLOSED };

struct row {
	const char *name;
	enum how how;
	const char *path;
	int error;	  /* 0: the attribute stands on .where afterwards */
	const char *where; /* path from the root; NULL: .path itself */
	const char *chroot; /* where the caller's root is by then */
	const char *attr; /* NULL: trusted.deputy.a */
	const char *value; /* NULL: "v" */
	size_t size;	  /* 0: the string's */
	int flags;
	void (*prepare)(const char *root);
	void (*become)(void);
	const void *(*address)(void); /* of the value, in its place */
};

static void user_1000(void)
{
	caller_drop_with(CAP_BIT(SYS_ADMIN), 1000, 1000);
}
static void user_override(void)
{
	caller_drop_with(CAP_BIT(SYS_ADMIN) | CAP_BIT(DAC_OVERRIDE), 1000, 1000);
}
static void root_without_admin(void)
{
	uint64_t caps = ~CAP_BIT(SYS_ADMIN) & ((CAP_BIT(CHECKPOINT_RESTORE) << 1) - 1);

	TRY(caps_set(caps, caps));
}
static void nested_userns(void)
{
	TRY(unshare(CLONE_NEWUSER));
}
static void chrooted(void)
{
	TRY(chroot("/box"));
	TRY(chdir("/"));
}
static void in_box(void)
{
	TRY(chdir("/box"));
}
static void file_is_fd_20(void)
{
	TRY(dup2(open("/box/f", O_RDONLY), 20));
}
static void path_is_fd_20(void)
{
	TRY(dup2(open("/box/f", O_PATH), 20));
}
static void readonly_bind(void)
{
	TRY(mount("/box", "/box", NULL, MS_BIND, NULL));
	TRY(mount(NULL, "/box", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL));
}

static void have_file(const char *root)
{
	host_put_file(root, "box/f");
}
static void have_closed_file(const char *root)
{
	have_file(root);
	host_own(root, "box/f", 0, 0, 0000);
}
static void have_closed_dir(const char *root)
{
	have_file(root);
	host_own(root, "box", 0, 0, 0700);
}
static void have_links(const char *root)
{
	have_file(root);
	host_put_link(root, "box/l", "f");
	host_put_link(root, "box/abs", "/box/f");
	host_put_link(root, "box/loop", "loop");
}
static void have_unmapped(const char *root)
{
	have_file(root);
	host_own(root, "box/f", -5, 0, 0666);
}
static void have_unmapped_group(const char *root)
{
	have_file(root);
	host_own(root, "box/f", 0, -5, 0666);
}
static void have_attr(const char *root)
{
	char path[PATH_MAX];

	have_file(root);
	(void)snprintf(path, sizeof(path), "%s/box/f", root);
	assert_int_equal(setxattr(path, "trusted.deputy.a", "old", 3, 0), 0);
}

static const void *at_page_end(void)
{
	return memcpy(caller_before_hole(1), "v", 1);
}
static const void *in_hole(void)
{
	return caller_before_hole(0);
}

#define LONG_200                                                               \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"     \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"     \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static const struct row rows[] = {
	{ "a file", SET, "/box/f", .prepare = have_file },
	{ "a file, lsetxattr", LSET, "/box/f", .prepare = have_file },
	{ "a file, fsetxattr", FSET, "/box/f", .prepare = have_file },
	{ "a directory", SET, "/box" },
	{ "a directory, fsetxattr", FSET, "/box" },
	{ "trailing slash", SET, "/box/" , .where = "/box" },
	{ "relative", SET, "f", .where = "/box/f", .prepare = have_file,
	  .become = in_box },
	{ ".. above the root", SET, "/../../box/f", .where = "/box/f",
	  .prepare = have_file },
	{ "through a link", SET, "/box/l", .where = "/box/f",
	  .prepare = have_links },
	{ "through an absolute link", SET, "/box/abs", .where = "/box/f",
	  .prepare = have_links },
	{ "a link itself", LSET, "/box/l", .prepare = have_links },
	{ "a link loop", SET, "/box/loop", ELOOP, .prepare = have_links },
	{ "chrooted", SET, "/f", .where = "/box/f", .chroot = "/box",
	  .prepare = have_file, .become = chrooted },
	{ "/proc/self/fd", SET, "/proc/self/fd/20", .where = "/box/f",
	  .prepare = have_file, .become = file_is_fd_20 },
	{ "/proc/self/fd of an O_PATH fd", SET, "/proc/self/fd/20",
	  .where = "/box/f", .prepare = have_file, .become = path_is_fd_20 },
	{ "below /proc/self/cwd", SET, "/proc/self/cwd/f", .where = "/box/f",
	  .prepare = have_file, .become = in_box },
	{ "no such file", SET, "/box/f", ENOENT },
	{ "file as directory", SET, "/box/f/", ENOTDIR, .prepare = have_file },
	{ "empty path", SET, "", ENOENT },
	{ "O_PATH fd", FSET_O_PATH, "/box/f", EBADF, .prepare = have_file },
	{ "no fd", FSET_CLOSED, "/box/f", EBADF, .prepare = have_file },
	{ "empty value", SET, "/box/f", .value = "", .prepare = have_file },
	{ "value to the page's end", SET, "/box/f", .size = 1,
	  .address = at_page_end, .prepare = have_file },
	{ "value into a hole", SET, "/box/f", EFAULT, .size = 1,
	  .address = in_hole, .prepare = have_file },
	{ "value too long", SET, "/box/f", E2BIG, .size = 65537,
	  .prepare = have_file },
	{ "unknown flags", SET, "/box/f", EINVAL, .flags = 4,
	  .prepare = have_file },
	{ "create", SET, "/box/f", .flags = XATTR_CREATE,
	  .prepare = have_file },
	{ "create, exists", SET, "/box/f", EEXIST, .flags = XATTR_CREATE,
	  .prepare = have_attr },
	{ "replace", SET, "/box/f", .flags = XATTR_REPLACE,
	  .prepare = have_attr },
	{ "replace, does not exist", SET, "/box/f", ENODATA,
	  .flags = XATTR_REPLACE, .prepare = have_file },
	{ "overwritten", SET, "/box/f", .prepare = have_attr },
	{ "name of 255 bytes and more", SET, "/box/f", ERANGE,
	  .attr = "trusted.deputy." LONG_200 LONG_200, .prepare = have_file },
	{ "name that no rule has", SET, "/box/f", EPERM,
	  .attr = "trusted.other", .prepare = have_file },
	{ "value that no rule has", SET, "/box/f", EPERM,
	  .attr = "trusted.overlay.opaque", .value = "n",
	  .prepare = have_file },
	{ "longer value than the rule's", SET, "/box/f", EPERM,
	  .attr = "trusted.overlay.opaque", .value = "yy",
	  .prepare = have_file },
	{ "a user attribute continues", SET, "/box/f", .attr = "user.deputy",
	  .prepare = have_file },
	{ "mode 0000 plays no part", SET, "/box/f",
	  .prepare = have_closed_file, .become = user_1000 },
	{ "directory without search", SET, "/box/f", EACCES,
	  .prepare = have_closed_dir, .become = user_1000 },
	{ "directory without search, CAP_DAC_OVERRIDE", SET, "/box/f",
	  .prepare = have_closed_dir, .become = user_override },
	{ "unmapped owner", SET, "/box/f", EPERM, .prepare = have_unmapped },
	{ "unmapped group", SET, "/box/f", EPERM,
	  .prepare = have_unmapped_group },
	{ "read-only bind mount", SET, "/box/f", EROFS, .prepare = have_file,
	  .become = readonly_bind },
	{ "root without CAP_SYS_ADMIN", SET, "/box/f", EPERM,
	  .prepare = have_file, .become = root_without_admin },
	{ "nested user namespace", SET, "/box/f", EPERM,
	  .prepare = have_file, .become = nested_userns },
};

static const char *attr_of(const struct row *r)
{
	return r->attr ?: "trusted.deputy.a";
}
static const char *value_of(const struct row *r)
{
	return r->value ?: "v";
}
static size_t size_of(const struct row *r)
{
	return r->size ?: strlen(value_of(r));
}

static int set_by_fd(const struct row *row, const void *value)
{
	int fd = open(row->path,
		      row->how == FSET_O_PATH ? O_PATH : O_RDONLY | O_CLOEXEC);

	TRY(fd);
	if (row->how == FSET_CLOSED)
		close(fd);
	return fsetxattr(fd, attr_of(row), value, size_of(row), row->flags);
}

static int run_row(void *ctx)
{
	const struct row *row = ctx;
	static char big[70000];
	const void *value = big;
	int r;

	memcpy(big, value_of(row), strlen(value_of(row)));
	if (row->become)
		row->become();
	if (row->address)
		value = row->address();
	if (row->how >= FSET)
		r = set_by_fd(row, value);
	else if (row->how == LSET)
		r = lsetxattr(row->path, attr_of(row), value, size_of(row),
			      row->flags);
	else
		r = setxattr(row->path, attr_of(row), value, size_of(row),
			     row->flags);
	return r < 0 ? errno : 0;
}

static void lay(const struct world *w, const struct row *row)
{
	world_reset(w);
	if (row->prepare)
		row->prepare(w->root);
}

/* What must stand there: made by the host itself. */
static char *expected(const struct world *w, const struct row *row)
{
	char path[PATH_MAX];

	lay(w, row);
	(void)snprintf(path, sizeof(path), "%s%s", w->root,
		       row->where ?: row->path);
	if (row->error == 0)
		assert_int_equal(lsetxattr(path, attr_of(row), value_of(row),
					   strlen(value_of(row)), 0),
				 0);
	(void)snprintf(path, sizeof(path), "%s%s", w->root, row->chroot ?: "");
	return world_snapshot(path, "");
}

static bool check_row(const struct world *w, const struct row *row)
{
	struct inmate_plan plan = { true, run_row, (void *)row };
	char *want = expected(w, row), *got, root[64];
	struct inmate i;
	struct attendant a;
	int error;
	bool good;

	lay(w, row);
	inmate_start(w, &plan, &i);
	attendant_start(&a, w, &i, world_policy);
	inmate_go(&i);
	error = inmate_result(&i);
	(void)snprintf(root, sizeof(root), "/proc/%d/root/.", i.pid);
	got = world_snapshot(root, "");
	inmate_end(&i);
	attendant_expect_exit(&a);
	good = error == row->error && strcmp(want, got) == 0;
	print_message("%s %s: %s\n", good ? "ok    " : "FAILED", row->name,
		      error ? strerrorname_np(error) : "0");
	if (!good)
		print_message("wanted %d\n%sgot %d\n%s", row->error, want,
			      error, got);
	free(want);
	free(got);
	return good;
}

static void check_all(enum world_fs fs)
{
	struct world w;
	unsigned failed = 0;

	world_init(&w, fs);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		failed += !check_row(&w, &rows[i]);
	world_done(&w);
	assert_int_equal(failed, 0);
}

TEST_WITHIN(xattr, as_the_kernel_on_the_disk, 100)
{
	check_all(WORLD_EXT);
}

TEST_WITHIN(xattr, as_the_kernel_on_tmpfs, 100)
{
	check_all(WORLD_TMPFS);
}
