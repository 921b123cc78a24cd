/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Sets of values of a call's six registers, which a filter can compare.  A cube
 * holds all values whose bits in @mask are @value; the other bits may have any
 * value. SCMP_CMP_MASKED_EQ compares one register of a cube.
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

/* Makes the intersection. Return: false if it is empty */
bool cube_meet(const struct cube *a, const struct cube *b, struct cube *ret);
/* Is @b a subset of @a? */
bool cube_holds(const struct cube *a, const struct cube *b);

/* These functions return 0, -E2BIG or -ENOMEM. */
int cubes_add(struct cubes *s, const struct cube *one);
/* Adds @a without @b to @ret, as disjoint cubes. */
int cubes_add_minus(struct cubes *ret, const struct cube *a,
		    const struct cube *b);
/* Removes @b from all cubes of @s. Disjoint cubes stay disjoint. */
int cubes_subtract(struct cubes *s, const struct cube *b);

bool cubes_touch(const struct cubes *s, const struct cube *one);
bool cubes_equal(const struct cubes *a, const struct cubes *b);
/* Drops each cube that is a subset of another one. */
void cubes_drop_held(struct cubes *s);
/* Also joins neighbours: the same set in fewer cubes. */
void cubes_merge(struct cubes *s);
void cubes_done(struct cubes *s); /* empty again */
