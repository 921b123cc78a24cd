// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/table.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "ctl/text.h"

#define GAP 2 /* spaces between columns */

struct table {
	const struct table_column *columns;
	size_t n_columns;
	char **cells; /* escaped */
	size_t n_cells, size;
	bool no_memory;
};

struct table *table_new(const struct table_column *columns, size_t n)
{
	struct table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->columns = columns;
	t->n_columns = n;
	return t;
}

struct table *table_free(struct table *t)
{
	if (!t)
		return NULL;
	for (size_t i = 0; i < t->n_cells; i++)
		free(t->cells[i]);
	free(t->cells);
	free(t);
	return NULL;
}

void table_cell(struct table *t, const char *text)
{
	if (t->n_cells == t->size) {
		size_t size = t->size ? 2 * t->size : 64;
		char **cells = reallocarray(t->cells, size, sizeof(*cells));

		if (!cells) {
			t->no_memory = true;
			return;
		}
		t->cells = cells;
		t->size = size;
	}
	t->cells[t->n_cells] = text_escape(text);
	if (t->cells[t->n_cells])
		t->n_cells++;
	else
		t->no_memory = true;
}

void table_cell_number(struct table *t, int64_t number)
{
	char buf[32];

	snprintf(buf, sizeof(buf), "%" PRId64, number);
	table_cell(t, buf);
}

static size_t whole_rows_cells(const struct table *t)
{
	return t->n_cells - t->n_cells % t->n_columns;
}

static size_t column_width(const struct table *t, size_t column)
{
	const char *title = t->columns[column].title;
	size_t width = title ? text_width(title) : 0;

	for (size_t i = column; i < whole_rows_cells(t); i += t->n_columns) {
		size_t w = text_width(t->cells[i]);

		width = w > width ? w : width;
	}
	return width;
}

static void cell_print(const struct table *t, size_t column, size_t width,
		       const char *text, FILE *out)
{
	int pad = (int)(width - text_width(text));
	bool right = t->columns[column].right;
	bool last = column + 1 == t->n_columns;

	fprintf(out, "%*s%s%*s", right ? pad : 0, "", text,
		last ? 0 : GAP + (right ? 0 : pad), "");
}

int table_print(const struct table *t, bool bold, FILE *out)
{
	AUTO(free_ptr) size_t *widths = calloc(t->n_columns, sizeof(*widths));

	if (t->no_memory || !widths)
		return -ENOMEM;
	for (size_t c = 0; c < t->n_columns; c++)
		widths[c] = column_width(t, c);
	if (t->columns[0].title) {
		fputs(bold ? "\033[1m" : "", out);
		for (size_t c = 0; c < t->n_columns; c++)
			cell_print(t, c, widths[c], t->columns[c].title, out);
		fputs(bold ? "\033[0m\n" : "\n", out);
	}
	for (size_t i = 0; i < whole_rows_cells(t); i++) {
		size_t c = i % t->n_columns;

		cell_print(t, c, widths[c], t->cells[i], out);
		if (c + 1 == t->n_columns)
			fputc('\n', out);
	}
	return 0;
}
