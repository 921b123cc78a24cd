/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stddef.h>

/**
 * whole_read() - all of a file, NUL-terminated
 * @max_bytes: that are read; more is -EFBIG
 * @ret_text:  the caller's to free()
 * Return: 0 or a negative errno
 */
int whole_read(int fd, size_t max_bytes, char **ret_text, size_t *ret_bytes);

/* All of it or a negative errno. Return: 0 */
int whole_write(int fd, const char *text, size_t bytes);
