/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * An administrator's policy files, loaded, checked and compiled, for deputyd
 * and deputyctl.  A struct policy_set never changes after it was made; a
 * reload makes another one.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/verdict.h"
#include "policy/diag.h"

/* Where an administrator puts them. */
#define POLICY_FILE_DEFAULT	 "/etc/deputy/policy.json"
#define POLICY_DIRECTORY_DEFAULT "/etc/deputy/policy.d"

#define POLICY_FILE_MAX_BYTES (1024 * 1024)
#define POLICY_FILES_MAX      64 /* of one policy.d and the file */
#define POLICY_MAX_BYTES      (4 * 1024 * 1024) /* of all of them */
#define POLICY_NAME_MAX	      63

struct policy_set;
struct policy; /* one of its "policies", owned by the set */

struct policy_paths {
	const char *items[2]; /* borrowed */
	size_t n;
};

/**
 * policy_set_load_all() - read, check and compile policy files
 * @paths: files and directories, of which each *.json is read in strcmp()
 *         order; none: the built-in policy
 * @diags: gets every error and warning found, in the order of the files
 * Return: 0, -EINVAL when @diags holds an error, or another negative errno
 * when a file could not be read (@diags says so too)
 *
 * Of several files, or of a directory's, each may lack "policies" or
 * "bindings": they are put together in their order, and a name is given once.
 */
int policy_set_load_all(struct policy_paths paths, struct policy_set **ret_set,
			struct diags *diags);
/* The same of one file or directory; NULL: the built-in policy. */
int policy_set_load(const char *path, struct policy_set **ret_set,
		    struct diags *diags);

/* Those of an administrator's file and directory that are there, the latter if
 * there is a policy in it. What cannot be told is there. */
struct policy_paths policy_paths_of(const char *file, const char *directory);
/* The same from memory; @name stands for the file's in messages. */
int policy_set_parse(const char *name, const char *text, size_t bytes,
		     struct policy_set **ret_set, struct diags *diags);

struct policy_set *policy_set_ref(struct policy_set *s);   /* Return: @s */
struct policy_set *policy_set_unref(struct policy_set *s); /* Return: NULL */

/* What a binding may look at. Strings are borrowed, may be hostile. */
struct binding_facts {
	uid_t peer_uid;
	const char *metadata;				       /* NULL: none */
	const char *(*annotation)(void *ctx, const char *key); /* NULL: none */
	void *annotation_ctx;
};

/* First match wins. Return: NULL when no binding matches */
const struct policy *policy_set_bind(const struct policy_set *s,
				     const struct binding_facts *f);
const struct policy *policy_set_find(const struct policy_set *s,
				     const char *name);

const char *policy_set_source(const struct policy_set *s); /* path, "built-in" */
size_t policy_set_count(const struct policy_set *s);
const struct policy *policy_set_at(const struct policy_set *s, size_t i);

const char *policy_name(const struct policy *p);
size_t policy_rule_count(const struct policy *p);
/* What a caller gets when deputyd itself must answer it: an errno. */
struct verdict policy_fail(const struct policy *p);
int policy_memfd(const struct policy *p); /* borrowed; sealed; see arena.h */
