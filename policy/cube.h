/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Sets of a call's six registers, of the kind that a filter can compare: a cube
 * is all registers that have @value in the bits of @mask, whatever the others
 * hold. That is what SCMP_CMP_MASKED_EQ compares, one register a comparison.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CUBE_ARGS 6
/* A list that grows past this is given up (-E2BIG). */
#define CUBES_MAX 4096

struct cube {
	uint64_t mask[CUBE_ARGS];  /* all zero: everything */
	uint64_t value[CUBE_ARGS]; /* no bit outside of mask */
};

struct cubes {
	struct cube *c;
	size_t n, room;
};

/* Both at once. Return: false where they have nothing in common */
bool cube_meet(const struct cube *a, const struct cube *b, struct cube *ret);
/* Does @a hold all of @b? */
bool cube_holds(const struct cube *a, const struct cube *b);

/* 0, -E2BIG or -ENOMEM, all of these. */
int cubes_add(struct cubes *s, const struct cube *one);
/* What @a has and @b has not, as disjoint cubes, added to @ret. */
int cubes_add_minus(struct cubes *ret, const struct cube *a,
		    const struct cube *b);
/* Takes @b out of all of @s, whose cubes stay disjoint where they were. */
int cubes_subtract(struct cubes *s, const struct cube *b);

bool cubes_touch(const struct cubes *s, const struct cube *one);
bool cubes_equal(const struct cubes *a, const struct cubes *b);
/* Drops what another one of them holds. */
void cubes_drop_held(struct cubes *s);
/* Joins neighbours, too, and drops what others hold: the same set, fewer cubes. */
void cubes_merge(struct cubes *s);
void cubes_done(struct cubes *s); /* empty again */
