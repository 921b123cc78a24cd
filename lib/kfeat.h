/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * What this kernel can do, each thing named once (kfeat.def).
 */

#include <stdbool.h>
#include <stdint.h>

enum kfeat {
#define X(id, name, since, use) KFEAT_##id,
#include "lib/kfeat.def"
#undef X
	KFEATS
};

#define KFEAT_BIT(f) (UINT32_C(1) << (f))

/* Those that only a listener tells of: all before the first that needs none. */
#define KFEATS_OF_LISTENER (KFEAT_BIT(KFEAT_BIND) - 1)

struct kfeat_info {
	const char *name;  /* "sync_wake_up" */
	const char *since; /* "6.6", the first Linux, or an option of it */
	const char *use;   /* what it is good for */
};
extern const struct kfeat_info kfeats[KFEATS];

/**
 * kfeat_probe() - try each in a child of its own
 * The child loads a filter that lets all through and asks its listener about
 * notifications that are not there.
 * @ret_mask: KFEAT_BIT() of those that were found
 * Return: 0; -EBUSY where this process already is under a filter with a
 * listener, so that no other can be had (then only what needs none was looked
 * for); or another negative errno
 */
int kfeat_probe(uint32_t *ret_mask);

/* What this kernel is not known to lack: where kfeat_probe() cannot tell, as of
 * one that has it. For checks that refuse. */
uint32_t kfeat_not_lacking(void);

/* Those that need no listener, asked in this process with calls that can do
 * nothing but fail. Return: KFEAT_BIT() of each that is there */
uint32_t kfeat_calls(void);
bool kfeat_x32(void); /* the ABI, alone */
