// SPDX-License-Identifier: LGPL-2.1-or-later
#include "policy/cube.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TOP_BIT (UINT64_C(1) << 63)

bool cube_meet(const struct cube *a, const struct cube *b, struct cube *ret)
{
	for (int i = 0; i < CUBE_ARGS; i++) {
		if ((a->value[i] ^ b->value[i]) & a->mask[i] & b->mask[i])
			return false;
		ret->mask[i] = a->mask[i] | b->mask[i];
		ret->value[i] = a->value[i] | b->value[i];
	}
	return true;
}

bool cube_holds(const struct cube *a, const struct cube *b)
{
	for (int i = 0; i < CUBE_ARGS; i++)
		if ((a->mask[i] & ~b->mask[i]) ||
		    ((a->value[i] ^ b->value[i]) & a->mask[i]))
			return false;
	return true;
}

int cubes_add(struct cubes *s, const struct cube *one)
{
	if (s->n == CUBES_MAX)
		return -E2BIG;
	if (s->n == s->room) {
		size_t room = s->room ? s->room * 2 : 16;
		struct cube *more = reallocarray(s->c, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		s->c = more;
		s->room = room;
	}
	s->c[s->n++] = *one;
	return 0;
}

/* Bit by bit, from the first register's highest down: what differs from @b in
 * this bit and in none before is outside; the rest is cut further. */
int cubes_add_minus(struct cubes *ret, const struct cube *a, const struct cube *b)
{
	struct cube rest = *a, both;

	if (!cube_meet(a, b, &both))
		return cubes_add(ret, a);
	for (int i = 0; i < CUBE_ARGS; i++)
		for (uint64_t bit = TOP_BIT; bit; bit >>= 1) {
			struct cube outside = rest;
			int r;

			if (!(b->mask[i] & ~a->mask[i] & bit))
				continue;
			rest.mask[i] |= bit;
			rest.value[i] |= b->value[i] & bit;
			outside.mask[i] |= bit;
			outside.value[i] |= ~b->value[i] & bit;
			r = cubes_add(ret, &outside);
			if (r < 0)
				return r;
		}
	return 0;
}

int cubes_subtract(struct cubes *s, const struct cube *b)
{
	struct cubes rest = { 0 };
	int r = 0;

	for (size_t i = 0; i < s->n && r == 0; i++)
		r = cubes_add_minus(&rest, &s->c[i], b);
	if (r < 0) {
		cubes_done(&rest);
		return r;
	}
	cubes_done(s);
	*s = rest;
	return 0;
}

bool cubes_touch(const struct cubes *s, const struct cube *one)
{
	struct cube both;

	for (size_t i = 0; i < s->n; i++)
		if (cube_meet(&s->c[i], one, &both))
			return true;
	return false;
}

bool cubes_equal(const struct cubes *a, const struct cubes *b)
{
	return a->n == b->n &&
	       (a->n == 0 || memcmp(a->c, b->c, a->n * sizeof(*a->c)) == 0);
}

/* Do they differ in the value of one bit and in nothing else? Then @a becomes
 * both of them. */
static bool join(struct cube *a, const struct cube *b)
{
	int at = -1;

	for (int i = 0; i < CUBE_ARGS; i++) {
		uint64_t differ = a->value[i] ^ b->value[i];

		if (a->mask[i] != b->mask[i])
			return false;
		if (!differ)
			continue;
		if (at >= 0 || (differ & (differ - 1)))
			return false;
		at = i;
	}
	if (at < 0)
		return true;
	a->mask[at] &= ~(a->value[at] ^ b->value[at]);
	a->value[at] &= a->mask[at];
	return true;
}

static bool holds(struct cube *a, const struct cube *b)
{
	return cube_holds(a, b);
}

/* Drops each cube that @swallow lets another one take. Return: any? */
static bool drop_each(struct cubes *s,
		      bool (*swallow)(struct cube *a, const struct cube *b))
{
	size_t before = s->n;

	for (size_t i = 0; i < s->n; i++)
		for (size_t k = s->n; k-- > 0;) {
			if (k == i || !swallow(&s->c[i], &s->c[k]))
				continue;
			memmove(&s->c[k], &s->c[k + 1],
				(s->n - k - 1) * sizeof(*s->c));
			s->n--;
			i -= k < i;
		}
	return s->n != before;
}

void cubes_drop_held(struct cubes *s)
{
	drop_each(s, holds);
}

void cubes_merge(struct cubes *s)
{
	cubes_drop_held(s);
	while (drop_each(s, join))
		cubes_drop_held(s);
}

void cubes_done(struct cubes *s)
{
	free(s->c);
	*s = (struct cubes){ 0 };
}
