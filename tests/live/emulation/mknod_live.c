// SPDX-License-Identifier: LGPL-2.1-or-later
/* The tables of mknod.c in containers of the test's own. */
#include "tests/harness/test.h"
#include "tests/live/emulation/stage.h"

TEST_WITHIN(mknod, as_the_kernel_on_the_disk, 100)
{
	mknod_check(&stage_inmate, WORLD_EXT);
}

TEST_WITHIN(mknod, as_the_kernel_on_tmpfs, 100)
{
	mknod_check(&stage_inmate, WORLD_TMPFS);
}

TEST_WITHIN(mknod, as_the_kernel_in_a_rootless_container, 100)
{
	mknod_check(&stage_inmate_rootless, WORLD_EXT);
}

TEST_WITHIN(mknod, as_the_kernel_on_overlay, 100)
{
	mknod_check(&stage_inmate, WORLD_OVERLAY);
}
