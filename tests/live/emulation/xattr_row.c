// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/live/emulation/xattr_row.h"

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "tests/harness/test.h"
#include "tests/live/emulation/caller.h"

void xattr_put(const char *root, const char *name, const char *attr,
	       const char *value)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", root, name);
	assert_int_equal(lsetxattr(path, attr, value, strlen(value), 0), 0);
}

void xattr_have_file(const char *root, bool native)
{
	host_put_file(root, "box/f");
}
void xattr_have_attr(const char *root, bool native)
{
	const struct xattr_row plain = {0};

	host_put_file(root, "box/f");
	xattr_put(root, "box/f", xattr_row_attr(&plain, native), "old");
}
void xattr_have_links(const char *root, bool native)
{
	xattr_have_attr(root, native);
	host_put_link(root, "box/l", "f");
	host_put_link(root, "box/abs", "/box/f");
	host_put_link(root, "box/loop", "loop");
}
void xattr_have_unmapped(const char *root, bool native)
{
	xattr_have_attr(root, native);
	host_own(root, "box/f", -5, 0, 0666);
}
void xattr_have_unmapped_group(const char *root, bool native)
{
	xattr_have_attr(root, native);
	host_own(root, "box/f", 0, -5, 0666);
}

void xattr_user_1000(void)
{
	caller_drop_with(CAP_BIT(SYS_ADMIN), 1000, 1000);
}
void xattr_root_without_admin(void)
{
	uint64_t caps =
		~CAP_BIT(SYS_ADMIN) & ((CAP_BIT(CHECKPOINT_RESTORE) << 1) - 1);

	TRY(caps_set(caps, caps));
}
void xattr_nested_userns(void)
{
	TRY(unshare(CLONE_NEWUSER));
}
void xattr_in_box(void)
{
	TRY(chdir("/box"));
}
void xattr_chrooted(void)
{
	TRY(chroot("/box"));
	TRY(chdir("/"));
}
void xattr_file_is_fd_20(void)
{
	TRY(dup2(open("/box/f", O_RDONLY), 20));
}
void xattr_path_is_fd_20(void)
{
	TRY(dup2(open("/box/f", O_PATH), 20));
}
void xattr_box_is_fd_20(void)
{
	TRY(dup2(open("/box", O_RDONLY), 20));
}
void xattr_readonly_bind(void)
{
	TRY(mount("/box", "/box", NULL, MS_BIND, NULL));
	TRY(mount(NULL, "/box", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL));
}
