/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Compiles a profile that profile_make() made without a base into a BPF program.
 */

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>

struct json_object;

/**
 * filter_compile() - make the kernel's instructions from a profile's rules
 * @ret_insns: the caller's to free()
 * Return: 0, -EINVAL for what profile_make() does not write, -E2BIG past the
 * kernel's BPF_MAXINSNS, or another negative errno
 */
int filter_compile(struct json_object *profile, struct sock_filter **ret_insns,
		   size_t *ret_n);

/* Does it notify on @syscall at all? */
bool filter_notifies(struct json_object *profile, const char *syscall);
