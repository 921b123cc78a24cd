// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Names that patterns can tell apart.  All patterns are read at once, byte by
 * byte: a state is the set of places in them at which a name may be by then
 * (the powerset construction).  States are found breadth first, so each comes
 * with its shortest name; of those whose names end the same patterns, one is
 * enough.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/sampling.h"

#define STATES_MAX 20000
#define PLACES_MAX (4 * 1000 * 1000) /* of all states */
#define BUCKETS	   65536

struct state {
	uint32_t first, n; /* in places */
	uint32_t before;   /* the state that this was reached from, */
	char byte;	   /* by this byte */
	uint16_t bytes;	   /* of its name */
	uint32_t next;	   /* in the same bucket, plus 1 */
	bool told;	   /* a sample */
};

struct search {
	char *chars; /* of all patterns, each with its NUL */
	uint32_t *places;
	size_t n_places;
	struct state *states;
	uint32_t n_states, at;
	uint32_t *buckets; /* plus 1 */
	struct samples *out;
	int error;
};

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Adds a place, and where a star before it may be nothing, the next. */
static void add_place(struct search *s, uint32_t place)
{
	do {
		if (s->n_places == PLACES_MAX) {
			s->error = -E2BIG;
			return;
		}
		s->places[s->n_places++] = place;
	} while (s->chars[place++] == '*');
}

static uint32_t hash(const uint32_t *places, uint32_t n)
{
	uint32_t h = 2166136261U; /* FNV-1a */

	for (uint32_t i = 0; i < n; i++)
		h = (h ^ places[i]) * 16777619U;
	return (h ^ h >> 16) % BUCKETS;
}

static bool same(const struct search *s, const struct state *a,
		 const struct state *b)
{
	return a->n == b->n && memcmp(s->places + a->first, s->places + b->first,
				      a->n * sizeof(*s->places)) == 0;
}

/* The places from @one->first on are a state's: sorts them, and keeps it where
 * it is new. */
static void add_state(struct search *s, struct state *one)
{
	uint32_t *p = s->places + one->first, *bucket;
	size_t n = s->n_places - one->first;

	if (n)
		qsort(p, n, sizeof(*p), compare);
	for (size_t i = 0; i < n; i++)
		if (one->n == 0 || p[one->n - 1] != p[i])
			p[one->n++] = p[i];
	s->n_places = one->first;
	bucket = &s->buckets[hash(p, one->n)];
	for (uint32_t i = *bucket; i; i = s->states[i - 1].next)
		if (same(s, &s->states[i - 1], one))
			return;
	if (s->n_states == STATES_MAX) {
		s->error = -E2BIG;
		return;
	}
	s->n_places += one->n;
	one->next = *bucket;
	s->states[s->n_states++] = *one;
	*bucket = s->n_states;
}

static void step(struct search *s, char byte)
{
	const struct state from = s->states[s->at];
	struct state to = { .first = (uint32_t)s->n_places,
			    .before = s->at,
			    .byte = byte,
			    .bytes = from.bytes + 1 };

	for (uint32_t i = 0; i < from.n && s->error == 0; i++) {
		uint32_t place = s->places[from.first + i];
		char c = s->chars[place];

		if (c == '*')
			add_place(s, place);
		else if (c && (c == '?' || c == byte))
			add_place(s, place + 1);
	}
	if (s->error == 0)
		add_state(s, &to);
}

/* By each byte that leads somewhere, and one that is none of them. */
static void expand(struct search *s)
{
	const struct state from = s->states[s->at];
	bool used[256] = { false };

	if (from.bytes == XATTR_NAME_MAX_BYTES || from.n == 0)
		return;
	for (uint32_t i = 0; i < from.n; i++)
		used[(unsigned char)s->chars[s->places[from.first + i]]] = true;
	used[0] = used['*'] = used['?'] = false;
	for (unsigned byte = 1; byte < 256 && s->error == 0; byte++)
		if (used[byte])
			step(s, (char)byte);
	if (s->error == 0)
		step(s, sampling_free_byte(used));
}

/* Do both names end the same patterns? */
static bool ends_alike(const struct search *s, const struct state *a,
		       const struct state *b)
{
	const uint32_t *p = s->places + a->first, *q = s->places + b->first;
	const uint32_t *p_end = p + a->n, *q_end = q + b->n;

	for (;;) {
		while (p < p_end && s->chars[*p])
			p++;
		while (q < q_end && s->chars[*q])
			q++;
		if (p == p_end || q == q_end)
			return p == p_end && q == q_end;
		if (*p++ != *q++)
			return false;
	}
}

static void tell(struct search *s, struct state *one)
{
	const struct state *at = one;
	char name[XATTR_NAME_MAX_BYTES];

	for (uint32_t i = 0; i < s->n_states; i++)
		if (s->states[i].told && ends_alike(s, &s->states[i], one))
			return;
	for (; at->bytes; at = &s->states[at->before])
		name[at->bytes - 1] = at->byte;
	one->told = true;
	samples_add(s->out, 0, name, one->bytes, false);
}

static size_t chars_of(const struct doc_rule *const *rules, size_t n_rules,
		       char *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < n_rules; i++)
		for (size_t k = 0; k < rules[i]->match.n_names; k++) {
			const char *text = rules[i]->match.names[k].text;

			if (ret)
				memcpy(ret + n, text, strlen(text) + 1);
			n += strlen(text) + 1;
		}
	return n;
}

static void run(struct search *s, size_t n_chars)
{
	struct state start = { .n = 0 };

	for (uint32_t i = 0; i < n_chars && s->error == 0; i++)
		if (i == 0 || !s->chars[i - 1])
			add_place(s, i);
	if (s->error == 0)
		add_state(s, &start);
	for (; s->at < s->n_states && s->error == 0; s->at++)
		expand(s);
	for (uint32_t i = 0; i < s->n_states && s->error == 0; i++)
		tell(s, &s->states[i]);
}

void sampling_names(const struct doc_rule *const *rules, size_t n_rules,
		    struct samples *out)
{
	size_t n = chars_of(rules, n_rules, NULL);
	struct search s = {
		.chars = malloc(n + 1),
		.places = calloc(PLACES_MAX, sizeof(*s.places)),
		.states = calloc(STATES_MAX, sizeof(*s.states)),
		.buckets = calloc(BUCKETS, sizeof(*s.buckets)),
		.out = out,
	};

	if (s.chars && s.places && s.states && s.buckets) {
		(void)chars_of(rules, n_rules, s.chars);
		run(&s, n);
	} else {
		s.error = -ENOMEM;
	}
	if (out->error == 0)
		out->error = s.error;
	free(s.chars);
	free(s.places);
	free(s.states);
	free(s.buckets);
}
