// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What is made: types, device numbers, permission bits under umask, setgid
 * directories, ACLs.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/harness/test.h"
#include "tests/live/emulation/mknod_row.h"
#include "tests/live/emulation/mknod_steps.h"

#define TYPE(n) ((n) << 12)
#define LEFT(n) .left = true, .type = (n) ? TYPE(n) : NONE
#define DEV(major, minor)                                                      \
	(((minor) & 0xffL) | ((major) << 8) | (((minor) & ~0xffL) << 12))

/* -- by the host ------------------------------------------------------------- */

static void box_setgid_unmapped(const char *root)
{
	host_own(root, "box", -5, -5, 02777);
}

static void box_setgid_own(const char *root)
{
	host_own(root, "box", 1000, 1000, 02755);
}

static void box_sticky(const char *root)
{
	host_own(root, "box", 0, 0, 01777);
}

static void box_acl_default_wide(const char *root)
{
	box_acl(root, ACL_TYPE_DEFAULT, "u::rwx,g::rwx,o::rwx");
}

static void box_acl_default_unmapped(const char *root)
{
	box_acl(root, ACL_TYPE_DEFAULT, "u::rw,u:12:rw,g::r,m::rw,o::-");
}

static void box_setgid_acl_default(const char *root)
{
	box_setgid(root);
	box_acl_default(root);
}

/* -- by the caller ------------------------------------------------------------ */

static int umask_027(void)
{
	umask(027);
	return AT_FDCWD;
}

static int umask_0777(void)
{
	umask(0777);
	return AT_FDCWD;
}

static int member_of_7(void)
{
	umask(0);
	return user_1000_group_7();
}

static const char *nowhere(void)
{
	return NULL;
}

static const struct row rows[] = {
	/* The kernel looks at the type before it looks for the path. */
	{ "type 0, a file", "/box/n", LEFT(0) },
	{ "type 1, a FIFO", "/box/n", LEFT(1) },
	{ "type 2, no device listed", "/box/n", LEFT(2), .dev = DEV(1, 5) },
	{ "type 3", "/box/n", LEFT(3) },
	{ "type 4, a directory", "/box/n", LEFT(4) },
	{ "type 5", "/box/n", LEFT(5) },
	{ "type 6, a block device", "/box/n", LEFT(6) },
	{ "type 7", "/box/n", LEFT(7) },
	{ "type 8, a file", "/box/n", LEFT(8) },
	{ "type 9", "/box/n", LEFT(9) },
	{ "type 10, a link", "/box/n", LEFT(10) },
	{ "type 11", "/box/n", LEFT(11) },
	{ "type 12, a socket", "/box/n", LEFT(12) },
	{ "type 13", "/box/n", LEFT(13) },
	{ "type 14, a whiteout of BSD", "/box/n", LEFT(14) },
	{ "type 15", "/box/n", LEFT(15) },
	{ "a directory nowhere", LEFT(4), .address = nowhere },
	{ "an unknown type nowhere", LEFT(15), .address = nowhere },
	{ "a block device nowhere", LEFT(6), .address = nowhere },
	{ "a file by i386", "/box/n", I386, LEFT(8) },
	{ "a directory by i386", "/box/n", I386, LEFT(4) },
	{ "a socket by mknod", "/box/n", MKNOD, LEFT(12) },
	{ "garbage above 16 bits of mode", "/box/n", .mode = 0x7fff0640 },

	{ "0:0, the whiteout", "/box/n", LEFT(2), .dev = NONE },
	{ "0:3", "/box/n", LEFT(2), .dev = DEV(0, 3) },
	{ "1:0", "/box/n", LEFT(2), .dev = DEV(1, 0) },
	{ "257:3, 1:3 in eight bits", "/box/n", LEFT(2), .dev = DEV(257, 3) },
	{ "4095:3, the last major", "/box/n", LEFT(2), .dev = DEV(4095, 3) },
	{ "1:259, 1:3 in eight bits", "/box/n", LEFT(2), .dev = DEV(1, 259) },
	{ "1:1048575, the last minor", "/box/n", LEFT(2),
	  .dev = DEV(1, 0xfffff) },
	{ "a device not listed, missing parent", "/box/no/n", LEFT(2),
	  .dev = DEV(1, 5) },
	{ "a device not listed, exists", "/box/file", LEFT(2), .dev = DEV(1, 5),
	  .prepare = have_file },

	{ "umask 027", "/box/n", .become = umask_027 },
	{ "umask 077, mode 0777", "/box/n", .mode = 0777, .become = umask_077 },
	{ "umask 0777", "/box/n", .mode = 0777, .become = umask_0777 },
	{ "mode 07777", "/box/n", .mode = 07777, .become = umask_0 },
	{ "mode 0000", "/box/n", .mode = NONE },
	{ "mode 04000", "/box/n", .mode = 04000, .become = umask_0 },
	{ "mode 06755 by a user", "/tmp/n", .mode = 06755,
	  .become = fsetid_outsider },
	{ "sticky node in a sticky directory", "/box/n", .mode = 01666,
	  .prepare = box_sticky, .become = umask_0 },
	{ "sticky node by a user", "/box/n", .mode = 01666,
	  .prepare = box_sticky, .become = fsetid_outsider },

	{ "setgid directory", "/box/n", .prepare = box_setgid },
	{ "setgid directory, user", "/box/n", .prepare = box_setgid,
	  .become = user_1000 },
	{ "setgid directory, setgid node", "/box/n", .mode = 02775,
	  .prepare = box_setgid, .become = umask_0 },
	{ "setgid directory, setgid node, outsider", "/box/n", .mode = 02775,
	  .prepare = box_setgid, .become = fsetid_outsider },
	{ "setgid directory, setgid node, member", "/box/n", .mode = 02775,
	  .prepare = box_setgid, .become = member_of_7 },
	{ "setgid directory, setgid node, CAP_FSETID", "/box/n", .mode = 02775,
	  .prepare = box_setgid, .become = fsetid_holder },
	{ "setgid directory, setgid node, group cannot execute", "/box/n",
	  .mode = 02765, .prepare = box_setgid, .become = fsetid_outsider },
	{ "setgid directory, setgid node, umask takes execution", "/box/n",
	  .mode = 02775, .prepare = box_setgid_own, .become = user_1000 },
	{ "setgid directory, only execution for the group", "/box/n",
	  .mode = 02010, .prepare = box_setgid, .become = fsetid_outsider },
	{ "setgid directory of its own group, setgid node", "/box/n",
	  .mode = 02775, .prepare = box_setgid_own, .become = fsetid_outsider },
	{ "setgid node elsewhere, outsider", "/tmp/n", .mode = 02775,
	  .become = fsetid_outsider },
	{ "setgid unmapped directory", "/box/n", .mode = 02775,
	  .prepare = box_setgid_unmapped, .become = fsetid_outsider },
	{ "setgid unmapped directory, CAP_FSETID", "/box/n", .mode = 02775,
	  .prepare = box_setgid_unmapped, .become = fsetid_holder },

	{ "default ACL", "/box/n", .prepare = box_acl_default },
	{ "default ACL, umask 077", "/box/n", .prepare = box_acl_default,
	  .become = umask_077 },
	{ "default ACL, mode 0600", "/box/n", .mode = 0600,
	  .prepare = box_acl_default },
	{ "default ACL, mode 07777", "/box/n", .mode = 07777,
	  .prepare = box_acl_default },
	{ "default ACL without entries, umask 077", "/box/n", .mode = 0777,
	  .prepare = box_acl_default_wide, .become = umask_077 },
	{ "default ACL of unmapped ids", "/box/n",
	  .prepare = box_acl_default_unmapped },
	{ "default ACL in a setgid directory", "/box/n", .mode = 02775,
	  .prepare = box_setgid_acl_default, .become = fsetid_outsider },
	{ "default ACL in a setgid directory, CAP_FSETID", "/box/n", .mode = 02775,
	  .prepare = box_setgid_acl_default, .become = fsetid_holder },
};

const struct row_table mknod_modes = ROW_TABLE("modes", rows);
