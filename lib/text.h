/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Text in a buffer of the caller's, which is cut and never overrun.  Nothing here
 * allocates.
 */

#include <stddef.h>
#include <string.h>

struct text {
	char *buf; /* not NUL-terminated */
	size_t size, len; /* one byte of size is never used: for a newline, a NUL */
};

static inline void text_put(struct text *t, const char *s, size_t n)
{
	size_t room = t->size - 1 - t->len;

	if (n > room)
		n = room;
	memcpy(t->buf + t->len, s, n);
	t->len += n;
}

static inline void text_str(struct text *t, const char *s)
{
	text_put(t, s, strlen(s));
}

/* At most 63 bytes: numbers and names of ours. */
__attribute__((format(printf, 2, 3))) void text_printf(struct text *t,
							const char *format, ...);
