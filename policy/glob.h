/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/**
 * glob_match() - does @text match @pattern?
 *
 * In a pattern '*' is any number of bytes, '?' is one byte, and any other byte
 * is itself. There is no way to quote them. Takes at most @pattern_bytes times
 * @text_bytes steps.
 */
bool glob_match(const char *pattern, size_t pattern_bytes, const char *text,
		size_t text_bytes);
