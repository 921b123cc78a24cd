// SPDX-License-Identifier: LGPL-2.1-or-later
#include "policy/samples.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct sample *find(const struct samples *s, uint64_t number,
			   const char *text, size_t bytes)
{
	for (size_t i = 0; i < s->n; i++) {
		struct sample *one = &s->items[i];

		if (one->number == number && one->bytes == bytes &&
		    !one->text == !text &&
		    (!text || memcmp(one->text, text, bytes) == 0))
			return one;
	}
	return NULL;
}

static int make_room(struct samples *s)
{
	size_t room = s->room ? 2 * s->room : 32;
	struct sample *more;

	if (s->n >= SAMPLES_MAX)
		return -E2BIG;
	if (s->n < s->room)
		return 0;
	more = reallocarray(s->items, room, sizeof(*more));
	if (!more)
		return -ENOMEM;
	s->items = more;
	s->room = room;
	return 0;
}

void samples_add(struct samples *s, uint64_t number, const char *text,
		 size_t bytes, bool named)
{
	struct sample *known = find(s, number, text, bytes);
	char *copy = NULL;

	if (known) {
		known->named |= named;
		return;
	}
	if (s->error == 0)
		s->error = make_room(s);
	if (s->error < 0)
		return;
	if (text) {
		copy = calloc(1, bytes + 1);
		if (!copy) {
			s->error = -ENOMEM;
			return;
		}
		memcpy(copy, text, bytes);
	}
	s->items[s->n++] = (struct sample){ number, copy, bytes, named };
}

void samples_done(struct samples *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->items[i].text);
	free(s->items);
	*s = (struct samples){ 0 };
}
