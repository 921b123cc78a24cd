/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * A policy file as a checked tree.  parse.c checks each value by itself,
 * check.c what values mean together, and compile.c makes the arena from it.
 * Strings are borrowed from the JSON tree, which the document owns.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <json-c/json.h>

#include "lib/own.h"
#include "lib/verdict.h"
#include "policy/call.h"
#include "policy/decide.h"
#include "policy/diag.h"
#include "policy/layout.h"
#include "policy/lexer.h"

struct binding_facts;

struct doc_syscall {
	const char *name; /* "": no name, an error was reported */
	enum call_id id;  /* CALL_OTHER: its arguments cannot be matched */
	uint32_t node;
	bool of_set; /* node is the set's name */
};

struct doc_name {
	const char *text;
	size_t bytes; /* of text; of a prefix, without the star */
	bool prefix;  /* its one star is at the end */
	bool glob;    /* any other star, or a question mark */
	uint32_t node;
};

struct doc_id {
	uint32_t first, last;
	uint32_t node;
};

enum doc_root { DOC_ANYBODY = 0, DOC_ROOT, DOC_NOT_ROOT };

struct doc_device {
	uint32_t major, first_minor, last_minor;
	uint32_t node;
};

struct doc_value {
	const char *text;
	size_t bytes;
	uint32_t node;
};

/* A named bit of the call's flags. */
struct doc_flag {
	const char *name; /* "": an error was reported */
	uint32_t bit, node;
};

struct doc_flags {
	struct doc_flag *items;
	size_t n;
};

/* The type bits of a mode as a number, 0 to 15, and as one bit of a set. */
#define DOC_TYPE_BIT(mode) (UINT32_C(1) << (((mode)&S_IFMT) >> 12))

/*
 * All members must hold. A member that is zeroed or empty holds for every call, except
 * max_size. Names, values and directories are pointed-to, the rest are registers.
 */
struct doc_match {
	uint32_t node;	 /* LEX_NONE: the rule has no match */
	bool broken;	 /* an error was reported: what it matches is unknown */
	uint32_t type;	 /* S_IFCHR, S_IFBLK, S_IFIFO, S_IFSOCK where types is
			    that one; else 0 */
	uint32_t types;	 /* DOC_TYPE_BIT() of each; 0: any */
	uint32_t arches; /* a bit for each of arch.h's table; 0: any */
	uint32_t type_node, device_node, name_node, value_node;
	uint32_t arch_node, mode_node, flags_node, size_node;
	uint32_t directory_node;
	/* of the caller */
	struct doc_id *uids, *gids;
	size_t n_uids, n_gids;
	uint64_t caps; /* 1 << CAP_*; 0: any */
	enum doc_root root;
	/* where the path ends; prefix: and below */
	struct doc_name *directories;
	size_t n_directories;
	struct doc_device *devices;
	size_t n_devices;
	struct doc_name *names;
	size_t n_names;
	struct doc_value *values;
	size_t n_values;
	const char *value; /* the first of values; NULL: any */
	size_t value_bytes;
	struct bits mode;		/* of 07777 */
	struct bits flags;		/* the sums of flag_names */
	struct doc_flags flag_names[3]; /* all, any, none */
	uint64_t min_size, max_size;
	uint64_t shortest, longest; /* the same, or narrower by values */
};

static inline bool doc_has_size(const struct doc_match *m)
{
	return m->min_size || m->max_size != UINT64_MAX;
}

static inline bool doc_has_caller(const struct doc_match *m)
{
	return m->n_uids || m->n_gids || m->caps || m->root;
}

static inline bool doc_matches_all(const struct doc_match *m)
{
	return !m->types && !m->arches && !m->n_devices && !m->n_names &&
	       !m->n_values && bits_hold_always(&m->mode) &&
	       bits_hold_always(&m->flags) && !doc_has_size(m) &&
	       !doc_has_caller(m) && !m->n_directories;
}

/* Does the match depend on bytes that the caller can still change? */
static inline bool doc_is_pointed_to(const struct doc_match *m)
{
	return m->n_names || m->n_values || m->n_directories;
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

/* Does the rule name this call? */
bool doc_rule_names(const struct doc_rule *r, const char *call);

static inline bool doc_denies(const struct doc_rule *r)
{
	return !r->emulate && r->verdict.kind != VERDICT_CONTINUE;
}

/* May it make device nodes in a caller's place? */
static inline bool doc_makes_nodes(const struct doc_rule *r)
{
	return r->emulate && r->n_syscalls &&
	       call_family_of(r->syscalls[0].id) == FAMILY_MKNOD;
}

/* Does the rule only let calls continue, so that deputy need not be notified? */
static inline bool doc_is_plain_continue(const struct doc_rule *r)
{
	return !r->emulate && r->verdict.kind == VERDICT_CONTINUE && !r->log;
}

struct doc_policy {
	const char *name;
	uint32_t node, default_node;
	struct doc_rule *rules;
	size_t n_rules;
	struct verdict def;
	struct verdict fail; /* an errno */
	uint32_t deadline_s;
	uint32_t rate; /* calls a second; 0: no limit */
	/* Where the kernel cannot let a call continue: an errno. */
	struct verdict without_continue;
	bool bears_no_continue; /* it is given */
};

/* One of them must match; if empty, the key was not given. */
struct doc_ids {
	struct doc_id *items;
	size_t n;
};

struct doc_pattern {
	const char *text; /* a glob; "": empty, or an error was reported */
	size_t bytes;
};

struct doc_patterns {
	struct doc_pattern *items;
	size_t n;
};

struct doc_annotation {
	const char *key;
	struct doc_patterns values;
};

/* The facts that a binding may look at, by their source. */
enum doc_fact {
	/* the kernel */
	FACT_PEER_UID = 1 << 0,
	FACT_PEER_GID = 1 << 1,
	FACT_USERNS_OWNER = 1 << 2,
	FACT_CGROUP = 1 << 3,
	FACTS_AUTHENTICATED =
		FACT_PEER_UID | FACT_PEER_GID | FACT_USERNS_OWNER | FACT_CGROUP,
	/* the container's author */
	FACT_ANNOTATION = 1 << 4,
	FACT_METADATA = 1 << 5,
	FACT_ID = 1 << 6,
	FACT_BUNDLE = 1 << 7,
	FACTS_AUTHORED = FACT_ANNOTATION | FACT_METADATA | FACT_ID | FACT_BUNDLE,
};

struct doc_binding {
	uint32_t node, policy_node;
	unsigned facts; /* enum doc_fact: those that the binding looks at */
	struct doc_ids peer_uids, peer_gids, userns_owners;
	bool userns_none; /* or no user namespace */
	struct doc_patterns cgroups, metadata, ids, bundles;
	struct doc_annotation *annotations; /* all of them must match */
	size_t n_annotations;
	bool has_when;
	bool broken; /* an error was reported: what it matches is unknown */
	const char *policy;
	size_t policy_index; /* by check_binding.c */
};

/* A named list of strings. */
struct doc_set {
	const char *name;	  /* with its '@' */
	struct json_object *list; /* borrowed, except of a built-in set */
	uint32_t node;		  /* LEX_NONE: built in */
	bool builtin, used;
	bool broken;	     /* an error was reported: the set is not used */
	int state;	     /* of the search for cycles */
	unsigned height;     /* how deep it includes others */
	size_t expanded_for; /* the last list that it was added to */
};

/* A file's text as it was read. */
struct doc_text {
	const char *name; /* as in messages */
	const char *text;
	size_t bytes;
};

struct doc_file {
	char *name;
	struct json_object *tree;
	struct lex *lex;
	uint32_t root; /* node */
};

struct doc {
	struct doc_file *files;
	size_t n_files;
	uint32_t n_nodes;	  /* of all files */
	bool parts;		  /* a file may lack policies or bindings */
	struct json_object *tree; /* of the file being read, afterwards the first's */
	struct lex *lex;	  /* of the file of @tree */
	struct doc_policy *policies;
	size_t n_policies;
	struct doc_binding *bindings;
	size_t n_bindings;
	struct doc_set *sets;
	size_t n_sets;
	size_t n_expansions, set_elements; /* of lists, so far */
	bool met_broken_set, too_many;
	const struct doc_set *via_set; /* the set whose element is being read, */
	uint32_t via;		       /* and the place that names the set */
	size_t comparisons;	       /* made by checks so far, at most about: */
#define DOC_COMPARISONS_MAX (20 * 1000 * 1000) /* of names, devices, rules */
	struct diags *diags;	       /* borrowed */
};

/**
 * doc_parse() - read and parse the text of the file diags->file
 * @text: borrowed as long as places are looked up
 * Return: 0, -EINVAL when @diags has an error, or -ENOMEM
 */
int doc_parse(const char *text, size_t bytes, struct diags *diags,
	      struct doc **ret_doc);
/* Parses @n files as one document. @parts: each file may lack "policies" or
 * "bindings", but not all of them. */
int doc_parse_files(const struct doc_text *texts, size_t n, bool parts,
		    struct diags *diags, struct doc **ret_doc);
/* Reads any JSON object: its tree and places, without a meaning. The document keeps
 * @diags. Return: as doc_parse() */
int doc_read(const char *text, size_t bytes, enum lex_integers integers,
	     struct diags *diags, struct doc **ret_doc);
/* If this call is denied, no ring can be made. */
#define DOC_URING_SETUP "io_uring_setup"
/* Does the policy deny a call that io_uring can do, too, without denying rings? */
bool doc_uring_passes(const struct doc_policy *p);
/* Checks what the parts mean together; adds to the document's diags.
 * doc_check() calls the functions that are marked "by it". */
void doc_check(struct doc *d);
void doc_check_calls(struct doc *d, const struct doc_policy *p); /* by it */
void doc_check_mux(struct doc *d, const struct doc_policy *p);	 /* by it */
void doc_check_uring(struct doc *d, const struct doc_policy *p); /* by it */
/* Does @a match whatever @b matches, of a call that both name? As far as one knows. */
bool doc_rule_covers(struct doc *d, const struct doc_rule *a,
		     const struct doc_rule *b);
void doc_check_pairs(struct doc *d, const struct doc_policy *p); /* by it */
void doc_check_devices(struct doc *d, const struct doc_rule *r); /* by it */
void doc_check_match(struct doc *d, const struct doc_rule *r);	 /* by it */
void doc_check_bindings(struct doc *d);				 /* by it */
/* Does the binding match a container with these facts? */
bool binding_matches(const struct doc_binding *b, const struct binding_facts *f);
/* Does @a match every container that @b matches? @steps: counts the cost */
bool binding_covers(const struct doc_binding *a, const struct doc_binding *b,
		    size_t *steps);
/* Limit of steps for all bindings together. Beyond it no binding counts as covered:
 * one that is never reached is then not reported, which does no harm. */
#define BINDING_STEPS_MAX (20 * 1000 * 1000)
/* Can the binding match once all facts about a foretold container are known? */
bool binding_may_match(const struct doc_binding *b, const struct binding_facts *f);
void doc_check_continue(struct doc *d, const struct doc_policy *p,
			size_t at); /* by it, of rule @at */
struct doc *doc_free(struct doc *d); /* Return: NULL */
DEFINE_AUTO(struct doc *, doc_free);

/* Reports an error or warning at the place where @node's value begins. */
void doc_complain(struct doc *d, enum diag_level level, uint32_t node,
		  const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* The document behind a set; it has no diags until somebody lends it some. */
struct policy_set;
struct doc *doc_of_set(const struct policy_set *s);
/* Reports an error at the key of @node. */
void doc_complain_of_key(struct doc *d, uint32_t node, const char *reason);

/* For @node: its file (NULL: none), the nodes of that file, the place where its
 * value begins, and that place as FILE:LINE:COLUMN (Return: @buf). */
const struct doc_file *doc_file_of(const struct doc *d, uint32_t node);
const struct lex *doc_lex(const struct doc *d, uint32_t node);
struct lex_place doc_place(const struct doc *d, uint32_t node);
const char *doc_where(const struct doc *d, uint32_t node, char *buf, size_t size);

/* Return: the sealed arena of one policy, or a negative errno */
int doc_compile(const struct doc *d, const struct doc_policy *p);

/* The document of a loaded policy set (policy.h), and the part of one policy. */
struct policy_set;
struct policy;
const struct doc *policy_set_doc(const struct policy_set *s);
const struct doc_policy *policy_doc(const struct policy_set *s,
				    const struct policy *p);
