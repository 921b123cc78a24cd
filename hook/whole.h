/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stddef.h>

/**
 * whole_read() - read a whole file and NUL-terminate it
 * @max_bytes: limit; a longer file is -EFBIG
 * @ret_text:  the caller's to free()
 * Return: 0 or a negative errno
 */
int whole_read(int fd, size_t max_bytes, char **ret_text, size_t *ret_bytes);

/* Writes all of @text. Return: 0 or a negative errno */
int whole_write(int fd, const char *text, size_t bytes);
