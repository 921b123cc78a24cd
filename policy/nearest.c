// SPDX-License-Identifier: LGPL-2.1-or-later
#include "policy/nearest.h"

#include <stdio.h>
#include <string.h>

#define WORD_MAX 63
#define NEAR	 2 /* edits that still are a slip */

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

/* Levenshtein's, in one row. Both words are at most WORD_MAX bytes. */
static unsigned edits(const char *a, const char *b)
{
	unsigned row[WORD_MAX + 1];
	size_t n = strlen(b);

	for (unsigned j = 0; j <= n; j++)
		row[j] = j;
	for (unsigned i = 1; *a; a++, i++) {
		unsigned corner = row[0];

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			unsigned up = row[j];

			row[j] = min3(up + 1, row[j - 1] + 1,
				      corner + (*a != b[j - 1]));
			corner = up;
		}
	}
	return row[n];
}

void nearest_init(struct nearest *n, const char *word)
{
	n->word = word;
	n->best[0] = '\0';
	n->distance = NEAR + 1;
}

void nearest_offer(struct nearest *n, const char *candidate)
{
	unsigned d;

	if (strlen(n->word) > WORD_MAX || strlen(candidate) > WORD_MAX)
		return;
	d = edits(n->word, candidate);
	/* "x" is no slip of "y": half of the word must have been right. */
	if (d >= n->distance || 2 * d > strlen(n->word))
		return;
	n->distance = d;
	(void)snprintf(n->best, sizeof(n->best), "%s", candidate);
}

const char *nearest_hint(const struct nearest *n, char *buf, size_t size)
{
	buf[0] = '\0';
	if (n->best[0])
		(void)snprintf(buf, size, " (did you mean \"%s\"?)", n->best);
	return buf;
}
