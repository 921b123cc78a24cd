/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The files of tests/case/policy/: good/NAME.json is taken, warned/NAME.json is
 * taken and bad/NAME.json is refused with exactly the lines of NAME.expect beside it.
 */

#include <stddef.h>

/* Calls @each for every NAME.json in @dir (below tests/case/policy), whose path
 * below the current directory it gets; goes to tests/case/policy first.
 * Return: how many */
size_t corpus_each(const char *dir, void (*each)(const char *path));

/* A whole file with a NUL behind it. Return: the caller's to free */
char *corpus_read(const char *path, size_t *ret_bytes);

/* Fails where the file @name with @suffix does not hold @have, none being as good as
 * an empty one; with DEPUTY_WRITE in the environment it is written instead. */
void corpus_expect(const char *name, const char *suffix, const char *have);
