// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A document: its files, their places, and what is complained about there.
 *
 * The nodes of all files are numbered through, so a node says its file.
 */
#include "policy/doc.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "policy/parse.h"

/* -- places ------------------------------------------------------------------------ */

const struct doc_file *doc_file_of(const struct doc *d, uint32_t node)
{
	for (size_t i = 0; i < d->n_files; i++)
		if (d->files[i].lex && lex_has(d->files[i].lex, node))
			return &d->files[i];
	return NULL;
}

const struct lex *doc_lex(const struct doc *d, uint32_t node)
{
	const struct doc_file *f = NULL;

	if (!lex_has(d->lex, node))
		f = doc_file_of(d, node);
	return f ? f->lex : d->lex;
}

struct lex_place doc_place(const struct doc *d, uint32_t node)
{
	return lex_value_place(doc_lex(d, node), node);
}

const char *doc_where(const struct doc *d, uint32_t node, char *buf, size_t size)
{
	const struct doc_file *f = doc_file_of(d, node);
	struct lex_place at;

	buf[0] = '\0';
	if (d->diags && diags_full(d->diags)) /* it takes a walk over the text */
		return buf;
	at = doc_place(d, node);
	(void)snprintf(buf, size, "%s:%u:%u", f ? f->name : "", at.line,
		       at.column);
	return buf;
}

/* -- complaining ------------------------------------------------------------------- */

/* Why a set's element is read as what it is not. */
static void say_via(const struct doc *d, char *buf, size_t size)
{
	char pointer[256], where[sizeof(d->diags->file) + 32];

	if (!d->via_set)
		return;
	if (d->via_set->builtin) {
		(void)snprintf(buf, size, " (in the built-in set %s)",
			       d->via_set->name);
		return;
	}
	lex_pointer(doc_lex(d, d->via), d->via, pointer, sizeof(pointer));
	if (doc_file_of(d, d->via) == doc_file_of(d, d->via_set->node))
		(void)snprintf(buf, size, " (used by %s)", pointer);
	else
		(void)snprintf(buf, size, " (used by %s in %s)", pointer,
			       doc_where(d, d->via, where, sizeof(where)));
}

static void add(struct doc *d, enum diag_level level, uint32_t node,
		struct lex_place at, const char *reason)
{
	const struct doc_file *f = doc_file_of(d, node);
	char pointer[256];

	if (f)
		diags_in_file(d->diags, (unsigned)(f - d->files), f->name);
	lex_pointer(doc_lex(d, node), node, pointer, sizeof(pointer));
	diags_add(d->diags, level, at.line, at.column, pointer, "%s", reason);
}

void doc_complain(struct doc *d, enum diag_level level, uint32_t node,
		  const char *fmt, ...)
{
	char reason[512];
	va_list ap;
	size_t n;

	if (diags_full(d->diags)) {
		diags_count(d->diags, level);
		return;
	}
	va_start(ap, fmt);
	(void)vsnprintf(reason, sizeof(reason), fmt, ap);
	va_end(ap);
	n = strlen(reason);
	say_via(d, reason + n, sizeof(reason) - n);
	add(d, level, node, doc_place(d, node), reason);
}

void doc_complain_of_key(struct doc *d, uint32_t node, const char *reason)
{
	if (diags_full(d->diags))
		diags_count(d->diags, DIAG_ERROR);
	else
		add(d, DIAG_ERROR, node, lex_key_place(doc_lex(d, node), node),
		    reason);
}

/* Reports an error of all files together. */
static void complain_of_all(struct doc *d, const char *reason)
{
	diags_in_file(d->diags, 0, d->diags->file);
	diags_add(d->diags, DIAG_ERROR, 0, 0, "", "%s", reason);
}

/* -- reading ----------------------------------------------------------------------- */

static struct json_object *read_tree(const char *text, size_t bytes)
{
	struct json_tokener *tok = json_tokener_new_ex(LEX_DEPTH_MAX + 1);
	struct json_object *tree = NULL;

	/* Strict is what the lexer was: 0.18's flag of that name refuses all
	 * bytes above ASCII where char is signed. */
	if (tok && bytes <= INT_MAX)
		tree = json_tokener_parse_ex(tok, text, (int)bytes);
	if (tok)
		json_tokener_free(tok);
	return tree;
}

static void use_file(struct doc *d, const struct doc_file *f)
{
	d->lex = f->lex;
	d->tree = f->tree;
}

/* Return: 0, -EINVAL where there is no object in it, or -ENOMEM */
static int read_file(struct doc *d, const struct doc_text *t,
		     enum lex_integers integers)
{
	struct doc_file *f = &d->files[d->n_files];
	int r;

	diags_in_file(d->diags, (unsigned)d->n_files++, t->name);
	r = lex_read(t->text, t->bytes, integers, d->diags, &f->lex);
	if (r < 0)
		return r;
	lex_set_base(f->lex, d->n_nodes);
	f->root = d->n_nodes;
	d->n_nodes += lex_count(f->lex);
	f->name = strdup(t->name);
	if (!f->name)
		return -ENOMEM;
	/* Only what the lexer ended at: a root number may hit the end. */
	f->tree = read_tree(t->text, lex_end(f->lex));
	use_file(d, f);
	if (f->tree)
		return 0;
	ERROR(d, f->root, "expected an object");
	return -EINVAL;
}

/* Reads all files, also behind one that is refused. */
static int read_files(struct doc *d, const struct doc_text *texts, size_t n,
		      enum lex_integers integers)
{
	int r = 0;

	d->files = calloc(n, sizeof(*d->files));
	if (!d->files)
		return -ENOMEM;
	for (size_t i = 0; i < n && r != -ENOMEM; i++) {
		int one = read_file(d, &texts[i], integers);

		r = one < 0 ? one : r;
	}
	return r;
}

int doc_read(const char *text, size_t bytes, enum lex_integers integers,
	     struct diags *diags, struct doc **ret_doc)
{
	AUTO(doc_free) struct doc *d = calloc(1, sizeof(*d));
	struct doc_text t = { diags->file, text, bytes };
	int r;

	if (!d)
		return -ENOMEM;
	d->diags = diags;
	r = read_files(d, &t, 1, integers);
	if (r < 0)
		return r;
	*ret_doc = TAKE_PTR(d);
	return diags->n_errors ? -EINVAL : 0;
}

static struct value root_of(const struct doc_file *f)
{
	return (struct value){ f->tree, f->root };
}

/* Sets first: those of the last file may stand in rules of the first. */
static int parse_files(struct doc *d)
{
	int r = sets_init(d);

	if (r < 0)
		return r;
	for (size_t i = 0; i < d->n_files; i++) {
		use_file(d, &d->files[i]);
		sets_declare(d, root_of(&d->files[i]));
	}
	sets_check(d);
	for (size_t i = 0; i < d->n_files; i++) {
		use_file(d, &d->files[i]);
		parse_file(d, root_of(&d->files[i]));
	}
	if (d->parts && !d->n_policies)
		complain_of_all(d, "no policy in any file");
	if (d->parts && !d->n_bindings)
		complain_of_all(d, "no binding in any file");
	use_file(d, &d->files[0]);
	return 0;
}

int doc_parse_files(const struct doc_text *texts, size_t n, bool parts,
		    struct diags *diags, struct doc **ret_doc)
{
	AUTO(doc_free) struct doc *d = calloc(1, sizeof(*d));
	int r;

	if (!d)
		return -ENOMEM;
	d->diags = diags;
	d->parts = parts;
	r = read_files(d, texts, n, LEX_INT64);
	if (r == 0)
		r = parse_files(d);
	if (r < 0)
		return r;
	*ret_doc = TAKE_PTR(d);
	return diags->n_errors ? -EINVAL : 0;
}

int doc_parse(const char *text, size_t bytes, struct diags *diags,
	      struct doc **ret_doc)
{
	struct doc_text t = { diags->file, text, bytes };

	return doc_parse_files(&t, 1, false, diags, ret_doc);
}

/* -- freeing ----------------------------------------------------------------------- */

static void rule_done(struct doc_rule *r)
{
	free(r->syscalls);
	match_done(&r->match);
}

static void file_done(struct doc_file *f)
{
	json_object_put(f->tree);
	lex_free(f->lex);
	free(f->name);
}

struct doc *doc_free(struct doc *d)
{
	if (!d)
		return NULL;
	for (size_t i = 0; i < d->n_policies; i++) {
		for (size_t k = 0; k < d->policies[i].n_rules; k++)
			rule_done(&d->policies[i].rules[k]);
		free(d->policies[i].rules);
	}
	for (size_t i = 0; i < d->n_bindings; i++)
		binding_done(&d->bindings[i]);
	free(d->policies);
	free(d->bindings);
	sets_done(d);
	for (size_t i = 0; i < d->n_files; i++)
		file_done(&d->files[i]);
	free(d->files);
	free(d);
	return NULL;
}

bool doc_rule_names(const struct doc_rule *r, const char *call)
{
	for (size_t i = 0; i < r->n_syscalls; i++)
		if (strcmp(r->syscalls[i].name, call) == 0)
			return true;
	return false;
}
