// SPDX-License-Identifier: LGPL-2.1-or-later
#include "policy/nearest.h"

#include <stdio.h>
#include <string.h>

#define WORD_MAX 63
#define NEAR	 2 /* edits that still are a slip */
#define FAR	 (NEAR + 1)

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

/* Insert, delete, replace, or swap two neighbours: each one edit. Both words are
 * at most WORD_MAX bytes. Looks no further from the diagonal than NEAR.
 * Return: how many, FAR for more than NEAR */
static unsigned edits(const char *a, const char *b)
{
	unsigned rows[3][WORD_MAX + 2];
	size_t na = strlen(a), nb = strlen(b);

	if (na > nb + NEAR || nb > na + NEAR)
		return FAR;
	for (unsigned j = 0; j <= nb; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= na; i++) {
		unsigned *row = rows[i % 3];
		const unsigned *above = rows[(i + 2) % 3];
		const unsigned *swap = rows[(i + 1) % 3];
		size_t first = i > NEAR ? i - NEAR : 1;
		size_t last = i + NEAR < nb ? i + NEAR : nb;

		row[first - 1] = first == 1 ? (unsigned)i : FAR;
		row[last + 1] = FAR;
		for (size_t j = first; j <= last; j++) {
			row[j] = min3(above[j] + 1, row[j - 1] + 1,
				      above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && row[j] > swap[j - 2] + 1)
				row[j] = swap[j - 2] + 1;
		}
	}
	return rows[na % 3][nb] < FAR ? rows[na % 3][nb] : FAR;
}

void nearest_init(struct nearest *n, const char *word)
{
	n->word = word;
	n->best[0] = '\0';
	n->distance = FAR;
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
