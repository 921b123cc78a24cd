/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Ownership in the type of a variable's declaration.
 *
 * AUTO(f) runs f_cleanup(&x) when x leaves its scope; TAKE_FD() and TAKE_PTR()
 * move a value out and leave the empty value behind, so that the move is seen
 * where it happens.  DEFINE_AUTO(type, f) makes f_cleanup() from a destructor
 * that takes the value (x = f(x) returns the empty one).
 */

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define AUTO(f) __attribute__((cleanup(f##_cleanup)))

#define DEFINE_AUTO(type, f)                                                   \
	static inline void f##_cleanup(type *p)                                \
	{                                                                      \
		*p = f(*p);                                                    \
	}                                                                      \
	_Static_assert(1, "")

#define TAKE(x, empty)                                                         \
	({                                                                     \
		__typeof__(x) *take_p = &(x);                                  \
		__typeof__(x) take_v = *take_p;                                \
		*take_p = (empty);                                             \
		take_v;                                                        \
	})
#define TAKE_FD(x)  TAKE(x, -1)
#define TAKE_PTR(x) TAKE(x, NULL)

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* A constant's value, for a message: TEXT_OF(LISTENERS_MAX) is "8192". */
#define TEXT_OF(x)  TEXT_OF_(x)
#define TEXT_OF_(x) #x

/* Closes @fd if it is one, keeps errno. Return: -1, the empty value. */
static inline int fd_close(int fd)
{
	if (fd >= 0) {
		int saved = errno;

		(void)close(fd);
		errno = saved;
	}
	return -1;
}
DEFINE_AUTO(int, fd_close);

static inline void free_ptr_cleanup(void *p)
{
	void **ptr = p;

	free(*ptr);
	*ptr = NULL;
}
