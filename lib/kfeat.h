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

/* Features that can only be found with a listener: all rows of kfeat.def before
 * the first that needs none. */
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
 * Return: 0, or a negative errno.  -EBUSY: this process is already under a
 * filter with a listener, and the kernel allows no second one; *ret_mask then
 * has only features that need no listener.
 */
int kfeat_probe(uint32_t *ret_mask);

/* Features that this kernel is not known to lack, for checks that refuse. A
 * feature that kfeat_probe() cannot try counts as present. */
uint32_t kfeat_not_lacking(void);

/* Tries the features that need no listener, in this process, by calls that can
 * only fail. Return: KFEAT_BIT() of each feature that was found */
uint32_t kfeat_calls(void);
bool kfeat_x32(void); /* the ABI, alone */
