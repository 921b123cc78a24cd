// SPDX-License-Identifier: LGPL-2.1-or-later
#include "policy/diag.h"

#include <stdarg.h>
#include <string.h>

#include "policy/utf8.h"

/* Makes @s one line of printable UTF-8: it may quote a hostile file. */
static void make_plain(char *s)
{
	size_t n = strlen(s), step;

	for (; n; s += step, n -= step) {
		step = utf8_step(s, n);
		if (step == 0 || (unsigned char)*s < 0x20 || *s == 0x7f ||
		    (step == 2 && s[0] == '\xc2' && (unsigned char)s[1] < 0xa0)) {
			*s = '?';
			step = 1;
		}
	}
}

void diags_init(struct diags *d, const char *file)
{
	d->n = d->n_errors = 0;
	(void)snprintf(d->file, sizeof(d->file), "%s", file);
	make_plain(d->file);
}

void diags_count(struct diags *d, enum diag_level level)
{
	d->n++;
	if (level == DIAG_ERROR)
		d->n_errors++;
}

void diags_add(struct diags *d, enum diag_level level, unsigned line,
	       unsigned column, const char *pointer, const char *fmt, ...)
{
	bool full = diags_full(d);
	struct diag *one;
	va_list ap;

	diags_count(d, level);
	if (full)
		return;
	one = &d->items[d->n - 1];
	one->level = level;
	one->line = line;
	one->column = column;
	(void)snprintf(one->pointer, sizeof(one->pointer), "%s", pointer);
	make_plain(one->pointer);
	va_start(ap, fmt);
	(void)vsnprintf(one->reason, sizeof(one->reason), fmt, ap);
	va_end(ap);
	make_plain(one->reason);
}

static int before(const struct diag *a, const struct diag *b)
{
	return a->line != b->line ? a->line < b->line : a->column < b->column;
}

void diags_sort(struct diags *d)
{
	size_t n = d->n < DIAGS_MAX ? d->n : DIAGS_MAX;

	for (size_t i = 1; i < n; i++) {
		struct diag one = d->items[i];
		size_t j = i;

		for (; j && before(&one, &d->items[j - 1]); j--)
			d->items[j] = d->items[j - 1];
		d->items[j] = one;
	}
}

void diag_format(const struct diags *d, const struct diag *one, char *buf,
		 size_t size)
{
	char where[32] = "";

	if (one->line)
		(void)snprintf(where, sizeof(where), "%u:%u:", one->line,
			       one->column);
	(void)snprintf(buf, size, "%s:%s %s: %s%s%s", d->file, where,
		       one->level == DIAG_ERROR ? "error" : "warning",
		       one->pointer, *one->pointer ? ": " : "", one->reason);
}

void diags_print(const struct diags *d, FILE *out)
{
	char line[sizeof(d->file) + sizeof(struct diag) + 64];

	for (size_t i = 0; i < d->n && i < DIAGS_MAX; i++) {
		diag_format(d, &d->items[i], line, sizeof(line));
		(void)fprintf(out, "%s\n", line);
	}
	if (d->n > DIAGS_MAX)
		(void)fprintf(out, "%s: and %zu more\n", d->file,
			      d->n - DIAGS_MAX);
}
