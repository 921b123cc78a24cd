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

/* The default places of policy files. */
#define POLICY_FILE_DEFAULT	 "/etc/deputy/policy.json"
#define POLICY_DIRECTORY_DEFAULT "/etc/deputy/policy.d"

#define POLICY_FILE_MAX_BYTES (1024 * 1024)
#define POLICY_FILES_MAX      64 /* of one policy.d and the file */
#define POLICY_MAX_BYTES      (4 * 1024 * 1024) /* of all of them */
#define POLICY_NAME_MAX	      63
/* The largest "deadline", and the default. */
#define POLICY_DEADLINE_MAX_S 3600
#define POLICY_DEADLINE_S     10
#define POLICY_RATE_MAX	      1000000 /* of "rate" */

struct policy_set;
struct policy; /* one of its "policies", owned by the set */

struct policy_paths {
	const char *items[2]; /* borrowed */
	size_t n;
	bool roots; /* take only files that are root's alone (policy/owned.h) */
};

/**
 * policy_set_load_all() - read, check and compile policy files
 * @paths: files and directories, of which each *.json is read in strcmp()
 *         order; none: the built-in policy
 * @diags: gets every error and warning found, in the order of the files
 * Return: 0, -EINVAL when @diags holds an error, or another negative errno
 * when a file could not be read (@diags says so too)
 *
 * Several files, or the files of a directory, are one policy, in their order.
 * Each may lack "policies" or "bindings", and a name may be defined once only.
 */
int policy_set_load_all(struct policy_paths paths, struct policy_set **ret_set,
			struct diags *diags);
/* Loads one file or directory; NULL: the built-in policy. */
int policy_set_load(const char *path, struct policy_set **ret_set,
		    struct diags *diags);

/* Return: the file, if it exists, and the directory, if it has a policy. If
 * that cannot be found out, the path is included. The paths must be root's. */
struct policy_paths policy_paths_of(const char *file, const char *directory);
/* Computes the policy_set_hash() of the files as they are now. Return: 0 or a
 * negative errno */
int policy_hash(struct policy_paths paths, uint64_t *ret);
/* Loads a policy from memory; messages use @name as the file's. */
int policy_set_parse(const char *name, const char *text, size_t bytes,
		     struct policy_set **ret_set, struct diags *diags);

struct policy_set *policy_set_ref(struct policy_set *s);   /* Return: @s */
struct policy_set *policy_set_unref(struct policy_set *s); /* Return: NULL */

/* Size limit of patterns in bindings, and of the texts that they are compared
 * with. A longer text matches no pattern. */
#define BINDING_TEXT_MAX 4096

enum userns_fact {
	USERNS_UNKNOWN = 0,
	USERNS_NONE,  /* deputyd's own */
	USERNS_OWNED, /* one of the container's, by a uid */
};

/*
 * Facts that a binding may look at. A fact that is unknown or NULL matches
 * nothing. Strings are borrowed, and may be hostile.
 */
struct binding_facts {
	/* from the kernel */
	uid_t peer_uid;
	gid_t peer_gid;
	enum userns_fact userns;
	uid_t userns_owner;	    /* of USERNS_OWNED */
	const char *const *cgroups; /* paths; any of them may match */
	size_t n_cgroups;
	/* by the container's author */
	const char *id, *bundle, *metadata;
	const char *(*annotation)(void *ctx, const char *key); /* NULL: none */
	void *annotation_ctx;
	/* The container does not exist yet: its user namespace, cgroups, id and
	 * bundle may become known later. */
	bool foretold;
};

/* First match wins. Return: NULL when no binding matches */
const struct policy *policy_set_bind(const struct policy_set *s,
				     const struct binding_facts *f);
/**
 * policy_set_may_bind() - list the policies that policy_set_bind() may return
 * once all facts are known
 * @f:    with foretold; without it there is one policy at most
 * @i:    counts from 0, in the order of the bindings; a policy may come twice
 * Return: the policy, NULL after the last
 */
const struct policy *policy_set_may_bind(const struct policy_set *s,
					 const struct binding_facts *f, size_t i);
/* Return: the name of the annotation number @i that bindings look at, NULL
 * after the last. A name may come more than once. */
const char *policy_set_annotation(const struct policy_set *s, size_t i);
const struct policy *policy_set_find(const struct policy_set *s,
				     const char *name);

/* The policy of the first binding without a condition. Return: NULL: none */
const struct policy *policy_set_unconditional(const struct policy_set *s);

const char *policy_set_source(const struct policy_set *s); /* path, "built-in" */
/* The hash of the files' bytes; see texts_hash(). */
uint64_t policy_set_hash(const struct policy_set *s);
size_t policy_set_count(const struct policy_set *s);
const struct policy *policy_set_at(const struct policy_set *s, size_t i);

const char *policy_name(const struct policy *p);
size_t policy_rule_count(const struct policy *p);
/* The policy's "fail": an errno, for calls that deputyd itself must answer. */
struct verdict policy_fail(const struct policy *p);
/* Seconds after which deputyd answers a call itself: 1..POLICY_DEADLINE_MAX_S */
unsigned policy_deadline_s(const struct policy *p);
/* May one of its rules have a node bound over another? */
bool policy_binds_nodes(const struct policy *p);
int policy_memfd(const struct policy *p); /* borrowed; sealed; see arena.h */
