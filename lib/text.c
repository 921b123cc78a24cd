// SPDX-License-Identifier: LGPL-2.1-or-later
#include "lib/text.h"

#include <stdarg.h>
#include <stdio.h>

void text_printf(struct text *t, const char *format, ...)
{
	char piece[64];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(piece, sizeof(piece), format, args);
	va_end(args);
	if (n > 0)
		text_put(t, piece, (size_t)n < sizeof(piece) ? (size_t)n
							     : sizeof(piece) - 1);
}
