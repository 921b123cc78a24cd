// SPDX-License-Identifier: LGPL-2.1-or-later
/* The setxattr and removexattr families. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/xattr.h>

#include "tests/live/emulation/caller.h"
#include "tests/live/emulation/xattr_row.h"

static void have_closed_file(const char *root, bool native)
{
	xattr_have_attr(root, native);
	host_own(root, "box/f", 0, 0, 0000);
}
static void have_closed_dir(const char *root, bool native)
{
	xattr_have_attr(root, native);
	host_own(root, "box", 0, 0, 0700);
}
static void have_fifo(const char *root, bool native)
{
	host_put_fifo(root, "box/fifo");
}
static void user_override(void)
{
	caller_drop_with(CAP_BIT(SYS_ADMIN) | CAP_BIT(DAC_OVERRIDE), 1000, 1000);
}

static struct xattr_memory at_page_end(void)
{
	char *p = caller_before_hole(1);

	*p = 'v';
	return (struct xattr_memory){ .at = p };
}
static struct xattr_memory in_hole(void)
{
	return (struct xattr_memory){ .at = caller_before_hole(0) };
}
static const char *name_in_hole(void)
{
	return caller_before_hole(0);
}
static const char *name_into_hole(void)
{
	return memcpy(caller_before_hole(15), "trusted.deputy.", 15);
}

#define LONG_200                                                               \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"   \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"   \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define LONG_240 LONG_200 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

/* prepare and become of nearly all rows */
#define FILE_ .prepare = xattr_have_file
#define ATTR_ .prepare = xattr_have_attr
#define LINKS .prepare = xattr_have_links

const struct xattr_row xattr_rows_written[] = {
	{ "a file", SET, "/box/f", FILE_ },
	{ "a file, lsetxattr", LSET, "/box/f", FILE_ },
	{ "a file, fsetxattr", FSET, "/box/f", FILE_ },
	{ "a file, setxattrat", SETAT, "/box/f", FILE_ },
	{ "a directory", SET, "/box" },
	{ "a directory, fsetxattr", FSET, "/box" },
	{ "a FIFO", SET, "/box/fifo", DONE, .prepare = have_fifo },
	{ "trailing slash", SET, "/box/" },
	{ "relative", SET, "f", FILE_, .become = xattr_in_box },
	{ ".. above the root", SET, "/../../box/f", FILE_ },
	{ "through a link", SET, "/box/l", LINKS },
	{ "through an absolute link", SET, "/box/abs", LINKS },
	{ "a link itself", LSET, "/box/l", DONE, LINKS },
	{ "a link itself, setxattrat", SETAT, "/box/l", DONE,
	  .at_flags = AT_SYMLINK_NOFOLLOW, LINKS },
	{ "a link loop", SET, "/box/loop", LINKS },
	{ "chrooted", SET, "/f", FILE_, .become = xattr_chrooted },
	{ "/proc/self/fd", SET, "/proc/self/fd/20", FILE_,
	  .become = xattr_file_is_fd_20 },
	{ "/proc/self/fd of an O_PATH fd", SET, "/proc/self/fd/20", FILE_,
	  .become = xattr_path_is_fd_20 },
	{ "below /proc/self/cwd", SET, "/proc/self/cwd/f", FILE_,
	  .become = xattr_in_box },
	{ "no such file", SET, "/box/f" },
	{ "file as directory", SET, "/box/f/", FILE_ },
	{ "empty path", SET, "" },
	{ "null path", SET, .null_path = true },
	{ "O_PATH fd", FSET, "/box/f", .fd = 20, FILE_,
	  .become = xattr_path_is_fd_20 },
	{ "no fd", FSET, "/box/f", .fd = 77 },
	{ "negative fd", FSET, "/box/f", .fd = -1 },
	{ "setxattrat below a dirfd", SETAT, "f", .fd = 20, FILE_,
	  .become = xattr_box_is_fd_20 },
	{ "setxattrat below a file", SETAT, "f", .fd = 20, FILE_,
	  .become = xattr_file_is_fd_20 },
	{ "setxattrat below no fd", SETAT, "f", .fd = 77, FILE_ },
	{ "setxattrat, empty path", SETAT, "", .fd = 20, FILE_,
	  .become = xattr_file_is_fd_20 },
	{ "setxattrat of an fd", SETAT, "", .fd = 20, .at_flags = AT_EMPTY_PATH,
	  FILE_, .become = xattr_file_is_fd_20 },
	{ "setxattrat of an fd, null path", SETAT, .null_path = true, .fd = 20,
	  .at_flags = AT_EMPTY_PATH, FILE_, .become = xattr_file_is_fd_20 },
	{ "setxattrat of an O_PATH fd", SETAT, "", .fd = 20,
	  .at_flags = AT_EMPTY_PATH, FILE_, .become = xattr_path_is_fd_20 },
	{ "setxattrat of the working directory", SETAT, "",
	  .at_flags = AT_EMPTY_PATH, .become = xattr_in_box },
	{ "setxattrat of no fd", SETAT, "", .fd = -7, .at_flags = AT_EMPTY_PATH },
	{ "setxattrat, AT_EMPTY_PATH and a path", SETAT, "/box/f", .fd = 20,
	  .at_flags = AT_EMPTY_PATH, FILE_, .become = xattr_box_is_fd_20 },
	{ "setxattrat, unknown AT_ flag", SETAT, "/box/f",
	  .at_flags = AT_NO_AUTOMOUNT, FILE_ },
	{ "setxattrat, shorter struct", SETAT, "/box/f", .args_bytes = 15, FILE_ },
	{ "setxattrat, longer struct", SETAT, "/box/f", .args_bytes = 128, FILE_ },
	{ "setxattrat, longer than a page", SETAT, "/box/f", .args_bytes = 4097,
	  FILE_ },
	{ "setxattrat, create, exists", SETAT, "/box/f", .flags = XATTR_CREATE,
	  ATTR_ },
	{ "empty value", SET, "/box/f", .value = "", FILE_ },
	{ "value to the page's end", SET, "/box/f", .size = 1,
	  .memory = at_page_end, FILE_ },
	{ "value into a hole", SET, "/box/f", .size = 1, .memory = in_hole,
	  FILE_ },
	{ "value into a hole, setxattrat", SETAT, "/box/f", .size = 1,
	  .memory = in_hole, FILE_ },
	{ "no value, its address a hole", SET, "/box/f", .value = "",
	  .memory = in_hole, FILE_ },
	{ "value too long", SET, "/box/f", .size = 65537, FILE_ },
	{ "value of 2^64 - 1 bytes", SET, "/box/f", .size = (size_t)-1, FILE_ },
	{ "unknown flags", SET, "/box/f", .flags = 4, FILE_ },
	{ "create", SET, "/box/f", .flags = XATTR_CREATE, FILE_ },
	{ "create, exists", SET, "/box/f", .flags = XATTR_CREATE, ATTR_ },
	{ "create and replace", SET, "/box/f",
	  .flags = XATTR_CREATE | XATTR_REPLACE, ATTR_ },
	{ "create and replace, is not there", SET, "/box/f",
	  .flags = XATTR_CREATE | XATTR_REPLACE, FILE_ },
	{ "replace", SET, "/box/f", .flags = XATTR_REPLACE, ATTR_ },
	{ "replace, is not there", SET, "/box/f", .flags = XATTR_REPLACE, FILE_ },
	{ "overwritten", SET, "/box/f", ATTR_ },
	{ "name too long", SET, "/box/f",
	  .attr = "trusted.deputy." LONG_200 LONG_200, FILE_ },
	{ "name of 255 bytes", SET, "/box/f",
	  .attr = "trusted.deputy." LONG_240, FILE_ },
	{ "empty name", SET, "/box/f", .attr = "", FILE_ },
	{ "name in a hole", SET, "/box/f", .attr_memory = name_in_hole, FILE_ },
	{ "name into a hole", SET, "/box/f", .attr_memory = name_into_hole,
	  FILE_ },
	{ "name without a dot", SET, "/box/f", .attr = "trusted", FILE_ },
	{ "name that ends at the dot", SET, "/box/f", .attr = "trusted.", FILE_ },
	{ "name that no rule has", SET, "/box/f", EPERM,
	  .attr = "trusted.other", FILE_ },
	{ "value that no rule has", SET, "/box/f", EPERM,
	  .attr = "trusted.overlay.opaque", .value = "n", FILE_ },
	{ "longer value than the rule's", SET, "/box/f", EPERM,
	  .attr = "trusted.overlay.opaque", .value = "yy", FILE_ },
	{ "value that no rule has, setxattrat", SETAT, "/box/f", EPERM,
	  .attr = "trusted.overlay.opaque", .value = "n", FILE_ },
	{ "a user attribute continues", SET, "/box/f", .attr = "user.deputy",
	  FILE_ },
	{ "a capability keeps its rootid", SET, "/box/f",
	  .attr = "security.capability",
	  .value = "\1\0\0\2\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", .size = 20, FILE_ },
	{ "mode 0000 plays no part", SET, "/box/f", DONE,
	  .prepare = have_closed_file, .become = xattr_user_1000 },
	{ "directory without search", SET, "/box/f", .prepare = have_closed_dir,
	  .become = xattr_user_1000 },
	{ "directory without search, CAP_DAC_OVERRIDE", SET, "/box/f",
	  .prepare = have_closed_dir, .become = user_override },
	{ "unmapped owner", SET, "/box/f", EPERM, .prepare = xattr_have_unmapped },
	{ "unmapped group", SET, "/box/f", EPERM,
	  .prepare = xattr_have_unmapped_group },
	{ "read-only bind mount", SET, "/box/f", FILE_,
	  .become = xattr_readonly_bind },
	{ "root without CAP_SYS_ADMIN", SET, "/box/f", EPERM, FILE_,
	  .become = xattr_root_without_admin },
	{ "nested user namespace", SET, "/box/f", EPERM, FILE_,
	  .become = xattr_nested_userns },

	{ "removed", REMOVE, "/box/f", ATTR_ },
	{ "removed, lremovexattr", LREMOVE, "/box/f", ATTR_ },
	{ "removed, fremovexattr", FREMOVE, "/box/f", ATTR_ },
	{ "removed, removexattrat", REMOVEAT, "f", .fd = 20, ATTR_,
	  .become = xattr_box_is_fd_20 },
	{ "removed, removexattrat of an fd", REMOVEAT, "", .fd = 20,
	  .at_flags = AT_EMPTY_PATH, ATTR_, .become = xattr_file_is_fd_20 },
	{ "removed, removexattrat of the working directory", REMOVEAT, "",
	  .at_flags = AT_EMPTY_PATH, ATTR_, .become = xattr_in_box },
	{ "removed, removexattrat of it, null path", REMOVEAT, .null_path = true,
	  .at_flags = AT_EMPTY_PATH, ATTR_, .become = xattr_in_box },
	{ "removed through a link", REMOVE, "/box/l", LINKS },
	{ "removed, is not there", REMOVE, "/box/f", FILE_ },
	{ "removed, no such file", REMOVE, "/box/f" },
	{ "removed, a link loop", REMOVE, "/box/loop", LINKS },
	{ "removed, unknown AT_ flag", REMOVEAT, "/box/f", .at_flags = 1, ATTR_ },
	{ "removed, empty name", REMOVE, "/box/f", .attr = "", ATTR_ },
	{ "removed, O_PATH fd", FREMOVE, "/box/f", .fd = 20, ATTR_,
	  .become = xattr_path_is_fd_20 },
	{ "removed, read-only bind mount", REMOVE, "/box/f", ATTR_,
	  .become = xattr_readonly_bind },
	{ "removed, name that no rule has", REMOVE, "/box/f", EPERM,
	  .attr = "trusted.overlay.opaque", FILE_ },
	{ "removed, mode 0000", REMOVE, "/box/f", DONE,
	  .prepare = have_closed_file, .become = xattr_user_1000 },
	{ "removed, unmapped owner", REMOVE, "/box/f", EPERM,
	  .prepare = xattr_have_unmapped },
	{ "removed, root without CAP_SYS_ADMIN", REMOVE, "/box/f", EPERM, ATTR_,
	  .become = xattr_root_without_admin },
	{ "removed, nested user namespace", REMOVE, "/box/f", EPERM, ATTR_,
	  .become = xattr_nested_userns },
	{ 0 },
};
