/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Diagnostics of a policy file: collected, never logged here.
 * policy.json:12:7: error: /policies/default/rules/3/syscalls/0: unknown
 * syscall "mknode" (did you mean "mknod"?)
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define DIAGS_MAX 100 /* the rest is counted, not kept */

enum diag_level { DIAG_ERROR, DIAG_WARNING };

struct diag {
	enum diag_level level;
	unsigned line;	 /* 1-based; 0: the file as a whole */
	unsigned column; /* 1-based, in bytes */
	char pointer[256];
	char reason[512];
	unsigned file_nr; /* in the order of the files */
	char file[256];
};

struct diags {
	char file[256]; /* or the directory */
	unsigned in_file_nr;
	char in_file[256]; /* the next one's */
	size_t n, n_errors; /* n may exceed DIAGS_MAX */
	struct diag items[DIAGS_MAX];
};

/* @file: the path for messages. The struct is big: keep it off small stacks. */
void diags_init(struct diags *d, const char *file);
/* The next diagnostics are of this one of several files. Without this call
 * there is only one. */
void diags_in_file(struct diags *d, unsigned nr, const char *file);
void diags_add(struct diags *d, enum diag_level level, unsigned line,
	       unsigned column, const char *pointer, const char *fmt, ...)
	__attribute__((format(printf, 6, 7)));
/* Counts one more diagnostic without keeping it, for a full list. */
void diags_count(struct diags *d, enum diag_level level);
static inline bool diags_full(const struct diags *d)
{
	return d->n >= DIAGS_MAX;
}
/* Sorts by the order of the files. */
void diags_sort(struct diags *d);
/* One diagnostic as one line, without a newline. */
void diag_format(const struct diags *d, const struct diag *one, char *buf,
		 size_t size);
/* All of them, a line each. */
void diags_print(const struct diags *d, FILE *out);
