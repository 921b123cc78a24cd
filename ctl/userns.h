/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * "run --userns": this process in a user namespace of its own, as its root, with
 * the ids that its user may have: those of /etc/subuid and /etc/subgid, mapped
 * by newuidmap and newgidmap; root's are all that it has itself.  The process
 * stays the same one, so signals, status and terminal are the command's.
 *
 * It is entered before the filter is loaded: newuidmap has no effect below
 * no_new_privs, and in the namespace the filter does not need that flag.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define USERNS_RANGES_MAX 16 /* of /etc/subuid and of /etc/subgid */

struct userns_range {
	unsigned inside, outside, count;
};

struct userns_map {
	struct userns_range ranges[1 + USERNS_RANGES_MAX];
	size_t n;
};

struct userns {
	struct userns_map uids, gids;
	bool by_tools; /* newuidmap and newgidmap, else by ourselves */
};

/* What will be mapped. Return: 0, or -1 and standard error says why not */
int userns_plan(struct userns *u);

/* Enter it, with mounts of its own. Return: as above */
int userns_enter(const struct userns *u);
