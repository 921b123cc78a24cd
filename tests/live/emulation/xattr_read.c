// SPDX-License-Identifier: LGPL-2.1-or-later
/* The getxattr and listxattr families: into the caller's memory. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "tests/live/emulation/caller.h"
#include "tests/live/emulation/xattr_row.h"

static void have_empty(const char *root, bool native)
{
	const struct xattr_row plain = { 0 };

	host_put_file(root, "box/f");
	xattr_put(root, "box/f", xattr_row_attr(&plain, native), "");
}
static void have_two(const char *root, bool native)
{
	const struct xattr_row b = { .attr = "trusted.deputy.b" };

	xattr_have_attr(root, native);
	xattr_put(root, "box/f", xattr_row_attr(&b, native), "b");
}
/* Of these the container is to see one. */
static void have_hidden(const char *root, bool native)
{
	host_put_file(root, "box/f");
	xattr_put(root, "box/f", "trusted.other", "secret");
	xattr_put(root, "box/f", "trusted.deputy.a", "old");
	xattr_put(root, "box/f", "trusted.overlay.opaque", "y");
}
static void have_on_link(const char *root, bool native)
{
	xattr_have_links(root, native);
	xattr_put(root, "box/l", "trusted.deputy.a", "link");
}
static void have_closed_file(const char *root, bool native)
{
	xattr_have_attr(root, native);
	host_own(root, "box/f", 0, 0, 0000);
}

static char *two_pages(void)
{
	char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	TRY(p == MAP_FAILED ? -1 : 0);
	return p;
}
static struct xattr_memory in_hole(void)
{
	return (struct xattr_memory){ .at = caller_before_hole(0) };
}
/* Room for two of three bytes: the kernel's copy leaves those. */
static struct xattr_memory into_hole(void)
{
	return (struct xattr_memory){ .at = caller_before_hole(2), .seen = 2 };
}
static struct xattr_memory to_page_end(void)
{
	return (struct xattr_memory){ .at = caller_before_hole(3), .seen = 3 };
}
static struct xattr_memory read_only(void)
{
	char *p = two_pages();

	p[0] = 'x';
	TRY(mprotect(p, 8192, PROT_READ));
	return (struct xattr_memory){ .at = p, .seen = 8 };
}
static struct xattr_memory into_read_only(void)
{
	char *p = two_pages();

	TRY(mprotect(p + 4096, 4096, PROT_READ));
	return (struct xattr_memory){ .at = p + 4094, .seen = 8 };
}
static struct xattr_memory across_mappings(void)
{
	char *p = two_pages();

	TRY(mprotect(p + 4096, 4096, PROT_READ | PROT_WRITE | PROT_EXEC));
	return (struct xattr_memory){ .at = p + 4094, .seen = 8 };
}
static struct xattr_memory no_access(void)
{
	char *p = two_pages();

	TRY(mprotect(p, 4096, PROT_NONE));
	return (struct xattr_memory){ .at = p };
}
static struct xattr_memory null_buffer(void)
{
	return (struct xattr_memory){ .at = NULL };
}

#define FILE_ .prepare = xattr_have_file
#define ATTR_ .prepare = xattr_have_attr
#define LINKS .prepare = xattr_have_links

const struct xattr_row xattr_rows_read[] = {
	{ "got", GET, "/box/f", ATTR_ },
	{ "got, lgetxattr", LGET, "/box/f", ATTR_ },
	{ "got, fgetxattr", FGET, "/box/f", ATTR_ },
	{ "got, getxattrat", GETAT, "f", .fd = 20, ATTR_,
	  .become = xattr_box_is_fd_20 },
	{ "got, getxattrat of an fd", GETAT, "", .fd = 20,
	  .at_flags = AT_EMPTY_PATH, ATTR_, .become = xattr_file_is_fd_20 },
	{ "got, getxattrat of the working directory", GETAT, "",
	  .at_flags = AT_EMPTY_PATH, ATTR_, .become = xattr_in_box },
	{ "got, getxattrat with flags", GETAT, "/box/f", .flags = 1, ATTR_ },
	{ "got, getxattrat, shorter struct", GETAT, "/box/f", .args_bytes = 8,
	  ATTR_ },
	{ "got, getxattrat, longer struct", GETAT, "/box/f", .args_bytes = 64,
	  ATTR_ },
	{ "got, unknown AT_ flag", GETAT, "/box/f", .at_flags = 1, ATTR_ },
	{ "got through a link", GET, "/box/l", LINKS },
	{ "got from a link itself", LGET, "/box/l", DONE, .returns = 4,
	  .given = "link", .prepare = have_on_link },
	{ "got, chrooted", GET, "/f", ATTR_, .become = xattr_chrooted },
	{ "got by /proc/self/fd", GET, "/proc/self/fd/20", ATTR_,
	  .become = xattr_path_is_fd_20 },
	{ "got, exactly the room", GET, "/box/f", .size = 3, ATTR_ },
	{ "got, one byte too little", GET, "/box/f", .size = 2, ATTR_ },
	{ "got, its size", GET, "/box/f", .size = NO_BYTES, ATTR_ },
	{ "got, its size, null buffer", GET, "/box/f", .size = NO_BYTES,
	  .memory = null_buffer, ATTR_ },
	{ "got, room for 2^64 - 1 bytes", GET, "/box/f", .size = (size_t)-1,
	  ATTR_ },
	{ "got, empty value", GET, "/box/f", .prepare = have_empty },
	{ "got, is not there", GET, "/box/f", FILE_ },
	{ "got, no such file", GET, "/box/f" },
	{ "got, a link loop", GET, "/box/loop", LINKS },
	{ "got, O_PATH fd", FGET, "/box/f", .fd = 20, ATTR_,
	  .become = xattr_path_is_fd_20 },
	{ "got, no fd", FGET, "/box/f", .fd = 77, ATTR_ },
	{ "got, empty name", GET, "/box/f", .attr = "", ATTR_ },
	{ "got into a hole", GET, "/box/f", .memory = in_hole, ATTR_ },
	{ "got, two bytes before a hole", GET, "/box/f", .memory = into_hole,
	  ATTR_ },
	{ "got to the page's end", GET, "/box/f", .memory = to_page_end, ATTR_ },
	{ "got into read-only memory", GET, "/box/f", .memory = read_only, ATTR_ },
	{ "got, two bytes before read-only memory", GET, "/box/f",
	  .memory = into_read_only, ATTR_ },
	{ "got across two mappings", GET, "/box/f", .memory = across_mappings,
	  ATTR_ },
	{ "got into PROT_NONE", GET, "/box/f", .memory = no_access, ATTR_ },
	{ "got, null buffer", GET, "/box/f", .memory = null_buffer, ATTR_ },
	{ "got, read-only bind mount", GET, "/box/f", ATTR_,
	  .become = xattr_readonly_bind },
	{ "got, a name that no rule has", GET, "/box/f", ENODATA,
	  .attr = "trusted.other", .prepare = have_hidden },
	{ "got, mode 0000", GET, "/box/f", DONE, .returns = 3, .given = "old",
	  .prepare = have_closed_file, .become = xattr_user_1000 },
	{ "got, unmapped owner", GET, "/box/f", ENODATA,
	  .prepare = xattr_have_unmapped },
	{ "got, unmapped group", GET, "/box/f", ENODATA,
	  .prepare = xattr_have_unmapped_group },
	{ "got, root without CAP_SYS_ADMIN", GET, "/box/f", ENODATA, ATTR_,
	  .become = xattr_root_without_admin },
	{ "got, nested user namespace", GET, "/box/f", ENODATA, ATTR_,
	  .become = xattr_nested_userns },

	{ "listed", LIST, "/box/f", ATTR_ },
	{ "listed, llistxattr", LLIST, "/box/f", ATTR_ },
	{ "listed, flistxattr", FLIST, "/box/f", ATTR_ },
	{ "listed, listxattrat", LISTAT, "f", .fd = 20, ATTR_,
	  .become = xattr_box_is_fd_20 },
	{ "listed, listxattrat of an fd", LISTAT, "", .fd = 20,
	  .at_flags = AT_EMPTY_PATH, ATTR_, .become = xattr_file_is_fd_20 },
	{ "listed, listxattrat of the working directory", LISTAT, "",
	  .at_flags = AT_EMPTY_PATH, ATTR_, .become = xattr_in_box },
	{ "listed, listxattrat of it, null path", LISTAT, .null_path = true,
	  .at_flags = AT_EMPTY_PATH, ATTR_, .become = xattr_in_box },
	{ "listed, none", LIST, "/box/f", FILE_ },
	{ "listed, two", LIST, "/box/f", .prepare = have_two },
	{ "listed, size only", LIST, "/box/f", .size = NO_BYTES, ATTR_ },
	{ "listed, too little room", LIST, "/box/f", .size = 16, ATTR_ },
	{ "listed, exactly the room", LIST, "/box/f", .size = 17, ATTR_ },
	{ "listed, room for 2^64 - 1 bytes", LIST, "/box/f", .size = (size_t)-1,
	  ATTR_ },
	{ "listed into a hole", LIST, "/box/f", .memory = in_hole, ATTR_ },
	{ "listed through a link", LIST, "/box/l", LINKS },
	{ "listed, no such file", LIST, "/box/f" },
	{ "listed, O_PATH fd", FLIST, "/box/f", .fd = 20, ATTR_,
	  .become = xattr_path_is_fd_20 },
	{ "listed, hidden ones are not", LIST, "/box/f", DONE, .returns = 17,
	  .given = "trusted.deputy.a", .prepare = have_hidden },
	{ "listed, room for what is shown", LIST, "/box/f", DONE, .returns = 17,
	  .given = "trusted.deputy.a", .size = 17, .prepare = have_hidden },
	{ "listed, root without CAP_SYS_ADMIN", LIST, "/box/f", DONE, ATTR_,
	  .become = xattr_root_without_admin },
	{ "listed, unmapped owner", LIST, "/box/f", DONE,
	  .prepare = xattr_have_unmapped },
	{ "listed, nested user namespace", LIST, "/box/f", DONE, ATTR_,
	  .become = xattr_nested_userns },
	{ 0 },
};
