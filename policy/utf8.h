/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * utf8_step() - length of the character at the start of @s, RFC 3629
 * @n: bytes there, at least 1
 * Return: 1..4, or 0 where the bytes are no character
 */
static inline size_t utf8_step(const char *s, size_t n)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t len = u[0] < 0x80 ? 1 :
		     u[0] < 0xc2 ? 0 : /* continuation, or overlong */
		     u[0] < 0xe0 ? 2 :
		     u[0] < 0xf0 ? 3 :
		     u[0] < 0xf5 ? 4 :
				   0;

	if (len > n)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((u[i] & 0xc0) != 0x80)
			return 0;
	if ((u[0] == 0xe0 && u[1] < 0xa0) || (u[0] == 0xed && u[1] > 0x9f) ||
	    (u[0] == 0xf0 && u[1] < 0x90) || (u[0] == 0xf4 && u[1] > 0x8f))
		return 0; /* overlong, surrogate, beyond U+10FFFF */
	return len;
}

/* The character of utf8_step() bytes, 1..4. */
static inline uint32_t utf8_decode(const char *s, size_t step)
{
	static const unsigned char first[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t c = (unsigned char)s[0] & first[step];

	for (size_t i = 1; i < step; i++)
		c = c << 6 | ((unsigned char)s[i] & 0x3f);
	return c;
}

/* Can a terminal show the character without side effects? False for controls,
 * line and paragraph separators, and characters that change the direction of
 * text (Unicode, UAX #9). */
static inline bool utf8_shows(uint32_t c)
{
	if (c < 0x20 || (c >= 0x7f && c < 0xa0))
		return false;
	return c != 0x061c && c != 0x200e && c != 0x200f && c != 0xfeff &&
	       !(c >= 0x2028 && c <= 0x202e) && !(c >= 0x2066 && c <= 0x2069);
}
