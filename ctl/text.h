/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Text for people, out of values that may be hostile.
 */

#include <stddef.h>
#include <stdint.h>

/**
 * text_escape() - make a string harmless for a terminal
 * @s: any bytes
 * What the locale cannot print or gives no width (control characters, bytes
 * that are no characters, marks that turn the writing direction) becomes \xHH
 * a byte, and a backslash two.
 * Return: the caller's to free(), NULL for lack of memory
 */
char *text_escape(const char *s);

/* Columns that an escaped string fills. */
size_t text_width(const char *escaped);

/* "5s", "3m 12s", "2h 5m", "4d 3h" */
void text_duration(int64_t seconds, char *buf, size_t size);
