/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Who asks, and where the call's path ends: what rules look at that no call's text
 * says.  By words, as in "uid=1000 caps=CAP_MKNOD dir=/dev":
 *
 *   uid, gid  as the container sees them; 4294967295: not mapped there. uid=unknown:
 *             of the caller nothing is known
 *   caps      CAP_MKNOD,CAP_FOWNER or ALL or NONE
 *   dir       from the caller's root on, links resolved; NOWHERE: the path leads
 *             to none
 *
 * What is not said: user 0 with ALL, any other with NONE; group 0; the directory
 * that the path of the call says, with no links in it and from the root on.
 */

#include <stdbool.h>
#include <stdio.h>

#include "policy/call_text.h"
#include "policy/decide.h"

struct asker {
	bool said_uid, said_gid, said_caps;
	bool unknown;
	struct facts_caller caller; /* what was said */
	const char *directory;	    /* borrowed; NULL: not said */
};

#define ASKER_NOWHERE	"NOWHERE"
#define ASKER_DIR_BYTES 4096

enum asker_word {
	ASKER_UID = 1 << 0,
	ASKER_GID = 1 << 1,
	ASKER_CAPS = 1 << 2,
	ASKER_DIR = 1 << 3
};

/* Return: 0, or -1 where @value is none of that */
int asker_set(struct asker *a, enum asker_word word, const char *value);
/* The word that "NAME=" begins. Return: 0: none */
enum asker_word asker_find(const char *text, size_t *ret_length);

/* Return: @buf, or NULL: nothing is known of it */
const struct facts_caller *asker_caller(const struct asker *a,
					struct facts_caller *buf);
/* @buf: ASKER_DIR_BYTES. Return: the directory, or NULL: it leads nowhere */
const char *asker_directory(const struct asker *a, const struct call_text *t,
			    char *buf);

/* The facts of @words, each as its word. @caller, @directory: NULL as above */
void asker_print(unsigned words, const struct facts_caller *caller,
		 const char *directory, FILE *out);
