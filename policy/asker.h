/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The caller of a call, and the directory where the call's path ends: rules
 * look at them, but the text of a call does not show them.  They are given as
 * words, as in "uid=1000 caps=CAP_MKNOD dir=/dev":
 *
 *   uid, gid  as the container sees them; 4294967295: not mapped there.
 *             uid=unknown: nothing is known about the caller
 *   caps      CAP_MKNOD,CAP_FOWNER or ALL or NONE
 *   dir       seen from the caller's root, links resolved; NOWHERE: the path
 * ends in no directory
 *
 * Defaults: uid 0 and gid 0; ALL capabilities for uid 0, NONE for any other
 * uid; the directory that the path names, if it has no links and starts at the
 * root.
 */

#include <stdbool.h>
#include <stdio.h>

#include "policy/call_text.h"
#include "policy/decide.h"

struct asker {
	bool said_uid, said_gid, said_caps;
	bool unknown;
	struct facts_caller caller; /* as given */
	const char *directory;	    /* borrowed; NULL: not given */
};

#define ASKER_NOWHERE	"NOWHERE"
#define ASKER_DIR_BYTES 4096

enum asker_word {
	ASKER_UID = 1 << 0,
	ASKER_GID = 1 << 1,
	ASKER_CAPS = 1 << 2,
	ASKER_DIR = 1 << 3
};

/* Return: 0, or -1 if @value is not one of that word */
int asker_set(struct asker *a, enum asker_word word, const char *value);
/* Return: the word that begins with "NAME=", or 0 */
enum asker_word asker_find(const char *text, size_t *ret_length);

/* Return: @buf, or NULL: nothing is known about the caller */
const struct facts_caller *asker_caller(const struct asker *a,
					struct facts_caller *buf);
/* @buf: ASKER_DIR_BYTES. Return: the directory, or NULL: the path ends in none */
const char *asker_directory(const struct asker *a, const struct call_text *t,
			    char *buf);

/* Prints the facts of @words as words. @caller, @directory: NULL as above */
void asker_print(unsigned words, const struct facts_caller *caller,
		 const char *directory, FILE *out);
