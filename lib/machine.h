/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * What this kernel can do, of what emulations need: by behaviour, never by its
 * version.
 */

#include <stdbool.h>

struct machine {
	/* Linux 6.13; without them no such call ever arrives */
	bool setxattrat, removexattrat, getxattrat, listxattrat;
	bool binds; /* open_tree, move_mount: Linux 5.2 */
	bool x32;   /* the ABI */
};

/* Asks with calls that can do nothing but fail. */
void machine_probe(struct machine *ret);
