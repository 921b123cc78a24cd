// SPDX-License-Identifier: LGPL-2.1-or-later
/* call_put() and its like, into files. */
#include <stdlib.h>

#include "lib/own.h"
#include "policy/call_text.h"

/* An escape takes four bytes; the rest is names and numbers. */
#define PRINT_MAX_BYTES (4 * CALL_TEXT_MAX_BYTES + 1024)

/* Nothing can be said of a lack of memory: the text is short then. */
static void print(struct text *t, FILE *out)
{
	(void)fwrite(t->buf, 1, t->len, out);
}

void call_text_print(const struct call_text *c, unsigned any, FILE *out)
{
	AUTO(free_ptr) char *buf = malloc(PRINT_MAX_BYTES);
	struct text t = { buf, PRINT_MAX_BYTES, 0 };

	if (!buf)
		return;
	call_put(c, any, &t);
	print(&t, out);
}

char *call_text_string(const struct call_text *c, unsigned any)
{
	char *buf = malloc(PRINT_MAX_BYTES);
	struct text t = { buf, PRINT_MAX_BYTES, 0 };

	if (!buf)
		return NULL;
	call_put(c, any, &t);
	buf[t.len] = '\0';
	return buf;
}

void call_text_flags(uint32_t flags, FILE *out)
{
	char buf[64];
	struct text t = { buf, sizeof(buf), 0 };

	call_put_flags(flags, &t);
	print(&t, out);
}

void call_text_quote(const char *s, size_t n, FILE *out)
{
	size_t size = 4 * n + 3;
	AUTO(free_ptr) char *buf = malloc(size);
	struct text t = { buf, size, 0 };

	if (!buf)
		return;
	call_put_quoted(s, n, &t);
	print(&t, out);
}
