/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * A compiled policy: one position-independent read-only block in a sealed
 * memfd, made by compile.c in deputyd, mapped and read by the workers.
 */

#include <stddef.h>
#include <stdint.h>

struct arena; /* the block; its header is at offset 0 */

/**
 * arena_map() - map a compiled policy read-only
 * @fd: borrowed
 * Return: 0, or -EPROTO where magic, version, size or seals are not what this
 * program writes, or another negative errno
 */
int arena_map(int fd, const struct arena **ret_arena);

/* Return: NULL */
const struct arena *arena_unmap(const struct arena *a);
