// SPDX-License-Identifier: LGPL-2.1-or-later
/* The differential tables of tests/live/emulation/ in containers of runc. */
#include "tests/harness/test.h"
#include "tests/runtimes/cell.h"

const struct play *const cell_plays[] = {&mknod_play, &xattr_play, NULL};

TEST_ROLE(CELL_SERVE, cell_serve)

#define TABLES(kind, name, fs)                                                 \
	TEST_WITHIN(kind, mknod_on_##name, 100)                                \
	{                                                                      \
		cell_require(&stage_runc_##kind);                              \
		mknod_check(&stage_runc_##kind, fs);                           \
	}                                                                      \
	TEST_WITHIN(kind, xattr_written_on_##name, 100)                        \
	{                                                                      \
		cell_require(&stage_runc_##kind);                              \
		xattr_check_written(&stage_runc_##kind, fs);                   \
	}                                                                      \
	TEST_WITHIN(kind, xattr_read_on_##name, 100)                           \
	{                                                                      \
		cell_require(&stage_runc_##kind);                              \
		xattr_check_read(&stage_runc_##kind, fs);                      \
	}

TABLES(userns, the_disk, WORLD_EXT)
TABLES(userns, tmpfs, WORLD_TMPFS)
TABLES(userns, overlay, WORLD_OVERLAY)
TABLES(rootless, the_disk, WORLD_EXT)
TABLES(rootless, tmpfs, WORLD_TMPFS)
TABLES(rootless, overlay, WORLD_OVERLAY)
