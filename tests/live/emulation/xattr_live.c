// SPDX-License-Identifier: LGPL-2.1-or-later
/* The tables of xattr.c in containers of the test's own. */
#include "tests/harness/test.h"
#include "tests/live/emulation/stage.h"

TEST_WITHIN(xattr, written_as_the_kernel_does_on_the_disk, 100)
{
	xattr_check_written(&stage_inmate, WORLD_EXT);
}

TEST_WITHIN(xattr, written_as_the_kernel_does_on_tmpfs, 100)
{
	xattr_check_written(&stage_inmate, WORLD_TMPFS);
}

TEST_WITHIN(xattr, written_as_the_kernel_does_on_overlay, 100)
{
	xattr_check_written(&stage_inmate, WORLD_OVERLAY);
}

TEST_WITHIN(xattr, read_as_the_kernel_does_on_the_disk, 100)
{
	xattr_check_read(&stage_inmate, WORLD_EXT);
}

TEST_WITHIN(xattr, read_as_the_kernel_does_on_tmpfs, 100)
{
	xattr_check_read(&stage_inmate, WORLD_TMPFS);
}

TEST_WITHIN(xattr, read_as_the_kernel_does_on_overlay, 100)
{
	xattr_check_read(&stage_inmate, WORLD_OVERLAY);
}
