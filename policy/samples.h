/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Values of one argument to try, each once.  A named one is a value that some
 * rule names; the others represent all values that no rule names.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SAMPLES_MAX 20000 /* of one argument */

struct sample {
	uint64_t number; /* mode, device, flags; the size of a value */
	char *text;	 /* a name, with a NUL; a value; NULL: none */
	size_t bytes;	 /* of it */
	bool named;
};

struct samples {
	struct sample *items;
	size_t n, room;
	int error; /* -ENOMEM, or -E2BIG past SAMPLES_MAX */
};

/* @text: copied, may be NULL */
void samples_add(struct samples *s, uint64_t number, const char *text,
		 size_t bytes, bool named);
void samples_done(struct samples *s);
