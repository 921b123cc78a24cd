// SPDX-License-Identifier: LGPL-2.1-or-later
#include "policy/diag.h"

#include <stdarg.h>
#include <string.h>

#include "policy/utf8.h"

/* Copies as one line of UTF-8 that shows what it is, for it may quote a hostile
 * file: what a terminal obeys or hides is spelled out. Cut at @size. */
static void copy_plain(char *to, size_t size, const char *from)
{
	size_t n = strlen(from), used = 0;

	while (n) {
		size_t step = utf8_step(from, n);
		uint32_t c = step ? utf8_decode(from, step) : 0;
		char escape[16] = "";
		size_t bytes = step;

		if (step == 0)
			(void)snprintf(escape, sizeof(escape), "\\x%02x",
				       (unsigned char)*from);
		else if (!utf8_shows(c))
			(void)snprintf(escape, sizeof(escape), "\\u%04x",
				       (unsigned)c);
		if (*escape)
			bytes = strlen(escape);
		if (bytes >= size - used)
			break;
		memcpy(to + used, *escape ? escape : from, bytes);
		used += bytes;
		step = step ?: 1;
		from += step;
		n -= step;
	}
	to[used] = '\0';
}

void diags_init(struct diags *d, const char *file)
{
	d->n = d->n_errors = 0;
	copy_plain(d->file, sizeof(d->file), file);
	diags_in_file(d, 0, file);
}

void diags_in_file(struct diags *d, unsigned nr, const char *file)
{
	d->in_file_nr = nr;
	copy_plain(d->in_file, sizeof(d->in_file), file);
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
	char reason[sizeof(d->items[0].reason)];
	struct diag *one;
	va_list ap;

	diags_count(d, level);
	if (full)
		return;
	one = &d->items[d->n - 1];
	one->level = level;
	one->file_nr = d->in_file_nr;
	memcpy(one->file, d->in_file, sizeof(one->file));
	one->line = line;
	one->column = column;
	copy_plain(one->pointer, sizeof(one->pointer), pointer);
	va_start(ap, fmt);
	(void)vsnprintf(reason, sizeof(reason), fmt, ap);
	va_end(ap);
	copy_plain(one->reason, sizeof(one->reason), reason);
}

static int before(const struct diag *a, const struct diag *b)
{
	if (a->file_nr != b->file_nr)
		return a->file_nr < b->file_nr;
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
	(void)snprintf(buf, size, "%s:%s %s: %s%s%s", one->file, where,
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
