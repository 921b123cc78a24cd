/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * A call written as text, much as strace(1) does, to registers and the bytes
 * that they point to; and back.
 *
 *   call    NAME "(" [argument {"," argument}] ")" ["=" or "#" anything]
 *   mode    S_IFCHR|S_ISVTX|0666, in any combination
 *   device  1:3, makedev(1, 3), or the register's number
 *   dirfd   AT_FDCWD or a number
 *   flags   XATTR_CREATE|XATTR_REPLACE or numbers
 *   at      AT_SYMLINK_NOFOLLOW|AT_EMPTY_PATH or numbers
 *   path, name, value
 *           "a C string", NULL, or an address: deputy could not read it. A path
 *           may be cut: "/a/b"...
 *   out     a string (what was read), an address, or NULL
 *   args    {value="a C string", size=1, flags=0}, or NULL: a struct xattr_args,
 *           of which nothing follows but zeroes
 *   number  12, -1, 0xc, 0b1100, 014
 *
 * Calls that deputy does not decode take up to six numbers, strings and NULLs. They
 * may be left out, since nothing looks at them.
 */

#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/text.h"
#include "policy/arch.h"
#include "policy/call.h"

#define CALL_TEXT_MAX_BYTES 8192 /* of a call's text */
#define CALL_TEXT_ARGS	    6
#define CALL_TEXT_NAME_MAX  63

struct call_bytes {
	bool there;	  /* else no string: NULL, or a number */
	const char *text; /* a NUL follows, which @n does not count */
	size_t n;
	bool cut;    /* the string was longer: three dots follow */
	bool unread; /* not there: only the address is known */
};

struct call_text {
	char name[CALL_TEXT_NAME_MAX + 1];
	enum call_id id;
	const struct arch *arch;
	struct seccomp_data data; /* where a string is: a made-up address */
	int n_args;
	struct call_bytes args[CALL_TEXT_ARGS]; /* of a packed struct: its value */
	bool has_packed;
	struct call_args packed; /* the struct that a packed call passes */
	char bytes[CALL_TEXT_MAX_BYTES]; /* of args, where it was parsed */
};

struct call_text_error {
	unsigned column; /* 1-based, in bytes */
	char reason[200];
};

/**
 * call_text_parse() - read a call
 * @ret:   written on success only, except @ret->bytes
 * @error: written on -EINVAL
 * Return: 0 or -EINVAL
 */
int call_text_parse(const char *text, const struct arch *arch,
		    struct call_text *ret, struct call_text_error *error);

/* Return: the string of @c's argument of that kind, also of a value in a struct; not
 * @there: the call has none */
struct call_bytes call_text_bytes(const struct call_text *c, enum call_arg arg);

/* Prints a call as call_text_parse() reads it, with a star for each argument
 * whose bit (1 << enum call_arg) is in @any. These three functions allocate
 * nothing (call_print.c, in the worker's half). */
void call_put(const struct call_text *c, unsigned any, struct text *out);
void call_put_flags(uint32_t flags, struct text *out);
void call_put_quoted(const char *s, size_t n, struct text *out);

/* Prints a call into a file. */
void call_text_print(const struct call_text *c, unsigned any, FILE *out);

/* Return: the printed call, the caller's to free(); NULL for lack of memory */
char *call_text_string(const struct call_text *c, unsigned any);

/* Prints flags as in XATTR_CREATE|0x4. */
void call_text_flags(uint32_t flags, FILE *out);

/* Prints a C string of printable UTF-8. */
void call_text_quote(const char *s, size_t n, FILE *out);
