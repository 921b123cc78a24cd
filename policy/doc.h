/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * A policy file as a checked tree, between parse.c (each value by itself),
 * check.c (what they mean together) and compile.c (the arena).  Strings are
 * borrowed from the JSON tree, which the document owns.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <json-c/json.h>

#include "lib/own.h"
#include "lib/verdict.h"
#include "policy/call.h"
#include "policy/decide.h"
#include "policy/diag.h"
#include "policy/layout.h"
#include "policy/lexer.h"

struct doc_syscall {
	const char *name; /* "" where it is none: complained about already */
	enum call_id id;  /* CALL_OTHER: nothing of it can be matched */
	uint32_t node;
};

struct doc_name {
	const char *text;
	size_t bytes;	/* of text that count: without the star */
	bool prefix;
	uint32_t node;
};

struct doc_device {
	uint32_t major, first_minor, last_minor;
	uint32_t node;
};

struct doc_match {
	uint32_t node; /* LEX_NONE: the rule has no match */
	uint32_t type; /* S_IFCHR, S_IFBLK; 0: any */
	uint32_t type_node, device_node, name_node, value_node;
	struct doc_device *devices;
	size_t n_devices;
	struct doc_name *names;
	size_t n_names;
	const char *value; /* NULL: any */
	size_t value_bytes;
};

static inline bool doc_matches_all(const struct doc_match *m)
{
	return !m->type && !m->n_devices && !m->n_names && !m->value;
}

struct doc_rule {
	uint32_t node, action_node, unopenable_node;
	struct doc_syscall *syscalls;
	size_t n_syscalls;
	struct doc_match match;
	bool emulate; /* else verdict */
	struct verdict verdict;
	enum unopenable unopenable;
	bool log, advisory;
};

static inline bool doc_denies(const struct doc_rule *r)
{
	return !r->emulate && r->verdict.kind != VERDICT_CONTINUE;
}

struct doc_policy {
	const char *name;
	uint32_t node, default_node;
	struct doc_rule *rules;
	size_t n_rules;
	struct verdict def;
};

struct doc_annotation {
	const char *key, *value;
};

struct doc_binding {
	uint32_t node, policy_node;
	struct doc_annotation *annotations;
	size_t n_annotations;
	const char *metadata; /* NULL: any */
	uid_t *peer_uids;
	size_t n_peer_uids; /* 0: any */
	bool has_when, has_peer_uid;
	const char *policy;
	size_t policy_index; /* by check.c */
};

struct doc {
	struct json_object *tree;
	struct lex *lex;
	struct doc_policy *policies;
	size_t n_policies;
	struct doc_binding *bindings;
	size_t n_bindings;
	size_t comparisons;  /* that checking took so far */
	struct diags *diags; /* borrowed */
};

/**
 * doc_parse() - read and parse a file's text
 * Return: 0, -EINVAL when @diags has an error, or -ENOMEM
 */
int doc_parse(const char *text, size_t bytes, struct diags *diags,
	      struct doc **ret_doc);
/* What the parts mean together; adds to the document's diags. */
void doc_check(struct doc *d);
void doc_check_calls(struct doc *d, const struct doc_policy *p); /* by it */
struct doc *doc_free(struct doc *d); /* Return: NULL */
DEFINE_AUTO(struct doc *, doc_free);

/* An error or warning at @node: where its value begins. */
void doc_complain(struct doc *d, enum diag_level level, uint32_t node,
		  const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Return: the sealed arena of one policy, or a negative errno */
int doc_compile(const struct doc *d, const struct doc_policy *p);

/* The document of a policy that was loaded (policy.h), and its part of it. */
struct policy_set;
struct policy;
const struct doc *policy_set_doc(const struct policy_set *s);
const struct doc_policy *policy_doc(const struct policy_set *s,
				    const struct policy *p);
