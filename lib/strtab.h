/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * enum <-> string.  A table is an array indexed by the enum's value; holes are
 * NULL.  STRTAB(name, array) makes name_to_str() (never NULL, "?" for a hole)
 * and name_from_str() (-1 for an unknown string).
 */

#include <stddef.h>
#include <string.h>

#define STRTAB(name, array)                                                    \
	static inline const char *name##_to_str(size_t value)                  \
	{                                                                      \
		if (value >= sizeof(array) / sizeof((array)[0]) ||             \
		    !(array)[value])                                           \
			return "?";                                            \
		return (array)[value];                                         \
	}                                                                      \
	static inline int name##_from_str(const char *str)                     \
	{                                                                      \
		for (size_t i = 0; i < sizeof(array) / sizeof((array)[0]);     \
		     i++)                                                      \
			if ((array)[i] && strcmp((array)[i], str) == 0)        \
				return (int)i;                                 \
		return -1;                                                     \
	}                                                                      \
	_Static_assert(1, "")
