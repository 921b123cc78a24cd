// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/*
 * The character at @s: its bytes and, in @ret_width, its columns.
 * Return: 0 where there is none that can be printed; then @s is one byte
 */
static size_t char_at(const char *s, int *ret_width)
{
	mbstate_t state = { 0 };
	wchar_t wc;
	size_t n = mbrtowc(&wc, s, strlen(s), &state);

	if (n == 0 || n == (size_t)-1 || n == (size_t)-2)
		return 0;
	*ret_width = wcwidth(wc);
	return *ret_width < 1 ? 0 : n;
}

char *text_escape(const char *s)
{
	char *out = malloc(4 * strlen(s) + 1), *to = out;

	if (!out)
		return NULL;
	while (*s) {
		int width;
		size_t n = char_at(s, &width);

		if (n == 0) {
			to += sprintf(to, "\\x%02x", (unsigned char)*s++);
			continue;
		}
		if (*s == '\\')
			*to++ = '\\';
		memcpy(to, s, n);
		to += n;
		s += n;
	}
	*to = 0;
	return out;
}

size_t text_width(const char *escaped)
{
	size_t width = 0;

	while (*escaped) {
		int w = 1;
		size_t n = char_at(escaped, &w);

		width += n ? (size_t)w : 1;
		escaped += n ? n : 1;
	}
	return width;
}

void text_duration(int64_t seconds, char *buf, size_t size)
{
	long long s = seconds < 0 ? 0 : seconds;

	if (s < 60)
		snprintf(buf, size, "%llds", s);
	else if (s < 3600)
		snprintf(buf, size, "%lldm %llds", s / 60, s % 60);
	else if (s < 86400)
		snprintf(buf, size, "%lldh %lldm", s / 3600, s / 60 % 60);
	else
		snprintf(buf, size, "%lldd %lldh", s / 86400, s / 3600 % 24);
}
