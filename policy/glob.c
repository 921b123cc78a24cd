// SPDX-License-Identifier: LGPL-2.1-or-later
#include "policy/glob.h"

#include <stdint.h>

/*
 * Only the last star that was met can be wrong about how much it takes: what
 * stands before it fits already at the earliest place, which leaves the most
 * for the rest.  So on a mismatch that star takes one byte more, and no other
 * star is ever asked again.
 */
bool glob_match(const char *pattern, size_t pattern_bytes, const char *text,
		size_t text_bytes)
{
	size_t p = 0, t = 0;
	size_t star = SIZE_MAX, taken = 0; /* behind the star; what it leaves */

	while (t < text_bytes) {
		if (p < pattern_bytes && pattern[p] == '*') {
			star = ++p;
			taken = t;
		} else if (p < pattern_bytes &&
			   (pattern[p] == '?' || pattern[p] == text[t])) {
			p++;
			t++;
		} else if (star != SIZE_MAX) {
			p = star;
			t = ++taken;
		} else {
			return false;
		}
	}
	while (p < pattern_bytes && pattern[p] == '*')
		p++;
	return p == pattern_bytes;
}
