/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The texts of a policy's files, read from a file or a directory.
 */

#include "policy/doc.h"
#include "policy/policy.h"

struct texts {
	struct doc_text items[POLICY_FILES_MAX]; /* names and texts are its own */
	size_t n;
	size_t bytes; /* of all */
};

struct texts *texts_new(void);		   /* NULL: no memory */
struct texts *texts_free(struct texts *t); /* Return: NULL */
DEFINE_AUTO(struct texts *, texts_free);

/* Copies. Return: 0, -EFBIG past the limits in policy.h, or -ENOMEM */
int texts_add(struct texts *t, const char *name, const char *text, size_t bytes);

enum texts_status { TEXTS_FILE = 0, TEXTS_DIRECTORY };

/**
 * texts_load() - add a file, or all *.json of a directory in strcmp() order
 * @roots: accept only files that are root's alone, see owned.h
 * @diags: gets the reason of a failure
 * Return: enum texts_status, or a negative errno
 */
int texts_load(struct texts *t, const char *path, bool roots,
	       struct diags *diags);

/**
 * policy_set_of_texts() - check and compile
 * @source: for policy_set_source()
 * @texts_taken: owned, also on failure
 * @parts:  each may lack "policies" or "bindings"
 * @diags:  initialised
 * Return: 0, -EINVAL when @diags holds an error, or another negative errno
 */
int policy_set_of_texts(const char *source, struct texts *texts_taken, bool parts,
			struct policy_set **ret_set, struct diags *diags);
/* The texts that a set was made of. */
const struct texts *policy_set_texts(const struct policy_set *s);
bool policy_set_is_parts(const struct policy_set *s);

/* The hash of all texts in their order, FNV-1a of 64 bits. It distinguishes versions,
 * but does not protect against somebody who makes two texts with the same hash. */
uint64_t texts_hash(const struct texts *t);

/* Is @path a directory with a policy in it? True also if that cannot be found out. */
bool texts_are_in(const char *path);
