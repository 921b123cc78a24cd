/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdio.h>

#include "policy/decide.h"
#include "policy/match_key.h"

/* What comes of a call upon a decision, as one sentence without a full stop:
 * the errno, what deputy does, or what the kernel does for a caller in a user
 * namespace. @fail: what it gets where deputy itself cannot */
void effect_print(const struct decision *d, const struct verdict *fail,
		  const struct match_facts *f, FILE *out);
/* "emulate", "continue", "EPERM", "return 0" */
void decision_print(const struct decision *d, FILE *out);
/* Such a text to emulate and verdict. Return: 0 or -EINVAL */
int decision_parse(const char *text, struct decision *ret);
/* What else a decision holds: " (log, unopenable: create)", or nothing. */
void decision_print_extras(const struct decision *d, enum call_family family,
			   FILE *out);
const char *decision_unopenable(enum unopenable u); /* "bind", ... */
