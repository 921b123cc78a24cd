// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Where a path leads, and how it may be written. procfs: mknod_procfs.c.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "tests/harness/test.h"
#include "tests/live/emulation/mknod_row.h"
#include "tests/live/emulation/mknod_steps.h"
#include "tests/live/emulation/world.h"

/* -- by the host ------------------------------------------------------------- */

static void have_deep_links(const char *root)
{
	host_put_link(root, "box/dir", ".");
	host_put_link(root, "box/l40", "dir/l39");
	for (int i = 39; i > 0; i--) {
		char name[16], to[16];

		(void)snprintf(name, sizeof(name), "box/l%d", i);
		(void)snprintf(to, sizeof(to), "l%d", i - 1);
		host_put_link(root, name, to);
	}
	host_put_dir(root, "box/l0");
}

static void have_link_in_box(const char *root)
{
	have_dir(root);
	host_put_link(root, "box/in", "/dir");
}

static void have_null(const char *root)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/box/n", root);
	assert_int_equal(mknod(path, S_IFCHR | 0600, makedev(1, 3)), 0);
	host_own(root, "box/n", 0, 0, 0600);
}

static void have_foreign_link(const char *root)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/tmp/link", root);
	host_put_link(root, "tmp/link", "/box");
	assert_int_equal(lchown(path, WORLD_BASE + 5, WORLD_BASE + 5), 0);
}

/* -- by the caller ------------------------------------------------------------ */

static int dirfd_path(void)
{
	return open("/box", O_PATH);
}

static int dirfd_file(void)
{
	return open("/box/file", O_RDONLY);
}

static int dirfd_bad(void)
{
	return 77;
}

static int dirfd_pipe(void)
{
	int p[2];

	TRY(pipe(p));
	return p[0];
}

static int dirfd_link(void)
{
	return open("/box/rel", O_PATH | O_NOFOLLOW);
}

static int dirfd_deleted(void)
{
	int fd;

	TRY(mkdir("/tmp/gone", 0755));
	fd = open("/tmp/gone", O_PATH);
	TRY(rmdir("/tmp/gone"));
	return fd;
}

static int dirfd_outside_chroot(void)
{
	int fd = open("/tmp", O_PATH);

	chrooted();
	return fd;
}

static int dirfd_chrooted(void)
{
	int fd = open("/box", O_PATH);

	chrooted();
	return fd;
}

static int chrooted_cwd_outside(void)
{
	TRY(chdir("/tmp"));
	TRY(chroot("/box"));
	return AT_FDCWD;
}

static int chrooted_cwd_deleted(void)
{
	cwd_deleted();
	TRY(chroot("/box"));
	return AT_FDCWD;
}

static int cwd_0700_of_1000(void)
{
	in_box();
	return user_1000();
}

/* -- paths that are no string constant ---------------------------------------- */

/* @len bytes of "./" over and over, then /box/n. */
static const char *long_path(size_t len)
{
	static char buf[8192];

	for (size_t i = 0; i < len; i++)
		buf[i] = i % 2 ? '/' : '.';
	buf[len] = '\0';
	memcpy(buf + len - 6, "/box/n", 6);
	return buf;
}

static const char *bytes_4095(void)
{
	return long_path(4095);
}

static const char *bytes_4096(void)
{
	return long_path(4096);
}

static const char *component(size_t len, const char *more)
{
	static char buf[512];

	memcpy(buf, "/box/", 5);
	memset(buf + 5, 'x', len);
	strcpy(buf + 5 + len, more);
	return buf;
}

static const char *component_255(void)
{
	return component(255, "");
}

static const char *component_256(void)
{
	return component(256, "");
}

static const char *component_256_inside(void)
{
	return component(256, "/n");
}

static const char *null_pointer(void)
{
	return NULL;
}

static const char *ends_at_page_end(void)
{
	return memcpy(caller_before_hole(7), "/box/n", 7);
}

static const char *runs_into_hole(void)
{
	return memcpy(caller_before_hole(6), "/box/n", 6);
}

static const char *kernel_address(void)
{
	return (const char *)(~0UL << 12);
}

static const struct row rows[] = {
	{ "absolute path", "/box/n" },
	{ "relative path", "n", .become = in_box },
	{ "relative with ..", "../box/./n", .become = in_box },
	{ ".. above the root", "/../../box/n" },
	{ "doubled slashes", "//box///n" },
	{ "a name of bytes that are no text", "/box/\xff\x01\n \\" },
	{ "symlinked parent, relative", "/box/rel/n", .prepare = have_links },
	{ "symlinked parent, absolute", "/box/abs/n", .prepare = have_links },
	{ "symlinked parent above the root", "/box/up/n", .prepare = have_links },
	{ "symlink loop", "/box/loop/n", .prepare = have_links },
	{ "dangling link as last", "/box/dangling", .prepare = have_links },
	{ "dangling link as parent", "/box/dangling/n", .prepare = have_links },
	{ "link as last", "/box/rel", .prepare = have_links },
	{ "link as last, trailing slash", "/box/rel/", .prepare = have_links },
	{ "dangling link as last, trailing slash", "/box/dangling/",
	  .prepare = have_links },
	{ "loop as last, trailing slash", "/box/loop/", .prepare = have_links },
	/* 40 are allowed, but those of a walk that the kernel begins anew, because
	 * something stirred, count twice. */
	{ "20 links", "/box/l19/../dir/n", .prepare = have_deep_links },
	{ "41 links", "/box/l40/n", .prepare = have_deep_links },
	/* fs.protected_symlinks is about the end of a path only. */
	{ "link of somebody else in a sticky directory", "/tmp/link/n",
	  .prepare = have_foreign_link },
	{ "dirfd", "n", .become = dirfd_box },
	{ "dirfd opened O_PATH", "n", .become = dirfd_path },
	{ "dirfd is a file", "n", .prepare = have_file, .become = dirfd_file },
	{ "dirfd is a pipe", "n", .become = dirfd_pipe },
	{ "dirfd is a link to a directory", "n", .prepare = have_links,
	  .become = dirfd_link },
	{ "dirfd is deleted", "n", .become = dirfd_deleted },
	{ "dirfd is none", "n", .become = dirfd_bad },
	{ "dirfd is none, absolute path", "/box/n", .become = dirfd_bad },
	{ "dirfd is none, empty path", "", .become = dirfd_bad },
	{ "empty path below a dirfd", "", .become = dirfd_box },
	{ "absolute link below a dirfd", "abs/n", .prepare = have_links,
	  .become = dirfd_path },
	{ ".. out of a dirfd", "../tmp/n", .become = dirfd_path },
	{ "garbage in the upper halves", "n", .become = dirfd_box,
	  .garbage = (long)0xdeadbeef00000000 },
	{ "missing parent", "/box/no/n" },
	{ "parent is a file", "/box/file/n", .prepare = have_file },
	{ ".. of a file", "/box/file/../n", .prepare = have_file },
	{ "exists: file", "/box/file", .prepare = have_file },
	{ "exists: directory", "/box/dir", .prepare = have_dir },
	{ "exists: the very device", "/box/n", .left = true, .prepare = have_null },
	{ "trailing slash", "/box/n/" },
	{ "trailing slash, exists", "/box/dir/", .prepare = have_dir },
	{ "trailing slash, exists: file", "/box/file/", .prepare = have_file },
	{ "last is .", "/box/." },
	{ "last is ..", "/box/.." },
	{ "/", "/" },
	{ "empty path", "" },
	{ "null pointer", .address = null_pointer },
	{ "address of the kernel", .address = kernel_address },
	{ "string to the page's end", .address = ends_at_page_end },
	{ "string into a hole", .address = runs_into_hole },
	{ "4095 bytes", .address = bytes_4095 },
	{ "4096 bytes", .address = bytes_4096 },
	{ "component of 255 bytes", .address = component_255 },
	{ "component of 256 bytes", .address = component_256 },
	{ "component of 256 bytes, not the last", .address = component_256_inside },
	{ "chrooted", "/n", .become = chrooted },
	{ "chrooted, ..", "/../n", .become = chrooted },
	{ "chrooted, absolute link out of it", "/abs/n", .prepare = have_links,
	  .become = chrooted },
	{ "chrooted, absolute link", "/in/n", .prepare = have_link_in_box,
	  .become = chrooted },
	{ "chrooted, cwd outside", "n", .become = chrooted_cwd_outside },
	{ "chrooted, .. of a cwd outside", "../box/n",
	  .become = chrooted_cwd_outside },
	{ "chrooted, cwd deleted", "n", .become = chrooted_cwd_deleted },
	{ "chrooted, cwd deleted, absolute", "/n", .become = chrooted_cwd_deleted },
	{ "chrooted, .. of a dirfd outside", "../tmp/n",
	  .become = dirfd_outside_chroot },
	{ "chrooted, .. of a dirfd that is the root", "../n",
	  .become = dirfd_chrooted },
	{ "deleted working directory", "n", .become = cwd_deleted },
	{ "deleted working directory, ..", "../n", .become = cwd_deleted },
	{ "working directory without search", "n", .prepare = box_0700,
	  .become = cwd_0700_of_1000 },
	{ "working directory without search, ..", "../tmp/n",
	  .prepare = box_0700, .become = cwd_0700_of_1000 },
};

const struct row_table mknod_paths = ROW_TABLE("paths", rows);
