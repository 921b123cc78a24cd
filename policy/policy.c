// SPDX-License-Identifier: LGPL-2.1-or-later
#include "policy/policy.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy/doc.h"
#include "policy/texts.h"

#define BUILTIN_NAME "built-in"

extern const char policy_builtin_json[]; /* builtin.json, by the build */

struct policy {
	char *name;
	size_t n_rules;
	int memfd;
	struct verdict fail;
	unsigned deadline_s;
	bool binds_nodes;
};

struct policy_set {
	unsigned refs;
	char *source;
	struct policy *policies;
	size_t n_policies;
	struct texts *texts; /* in which the document's places are */
	bool parts;	     /* as doc_parse_files() */
	struct doc *doc;     /* its bindings; reasons for explain.c */
	uint64_t hash;
};

/* -- loading ------------------------------------------------------------------------ */

static struct policy_set *set_free(struct policy_set *s)
{
	if (!s)
		return NULL;
	for (size_t i = 0; i < s->n_policies; i++) {
		free(s->policies[i].name);
		fd_close(s->policies[i].memfd);
	}
	free(s->policies);
	free(s->source);
	doc_free(s->doc);
	texts_free(s->texts);
	free(s);
	return NULL;
}
DEFINE_AUTO(struct policy_set *, set_free);

static bool binds_nodes(const struct doc_policy *p)
{
	for (size_t i = 0; i < p->n_rules; i++)
		if (doc_makes_nodes(&p->rules[i]) &&
		    (p->rules[i].unopenable == UNOPENABLE_DEFAULT ||
		     p->rules[i].unopenable == UNOPENABLE_BIND))
			return true;
	return false;
}

static int set_compile(struct policy_set *s)
{
	const struct doc *d = s->doc;

	s->policies = calloc(d->n_policies, sizeof(*s->policies));
	if (!s->policies)
		return -ENOMEM;
	for (size_t i = 0; i < d->n_policies; i++) {
		struct policy *p = &s->policies[i];
		int fd = doc_compile(d, &d->policies[i]);

		if (fd < 0)
			return fd;
		s->n_policies++;
		p->memfd = fd;
		p->fail = d->policies[i].fail;
		p->deadline_s = d->policies[i].deadline_s;
		p->n_rules = d->policies[i].n_rules;
		p->binds_nodes = binds_nodes(&d->policies[i]);
		p->name = strdup(d->policies[i].name);
		if (!p->name)
			return -ENOMEM;
	}
	return 0;
}

static int parse(struct policy_set *s, bool parts, struct diags *diags)
{
	int r = doc_parse_files(s->texts->items, s->texts->n, parts, diags,
				&s->doc);

	if (s->doc)
		doc_check(s->doc);
	diags_sort(diags);
	if (r < 0 || diags->n_errors)
		return r < 0 ? r : -EINVAL;
	s->doc->diags = NULL; /* the caller's, gone by the next use */
	return set_compile(s);
}

int policy_set_of_texts(const char *source, struct texts *texts, bool parts,
			struct policy_set **ret_set, struct diags *diags)
{
	AUTO(set_free) struct policy_set *s = calloc(1, sizeof(*s));
	int r;

	if (!s) {
		texts_free(texts);
		return -ENOMEM;
	}
	s->refs = 1;
	s->texts = texts;
	s->parts = parts;
	s->hash = texts_hash(texts);
	s->source = strdup(source);
	if (!s->source)
		return -ENOMEM;
	r = parse(s, parts, diags);
	if (r < 0 && !diags->n_errors) { /* ours, not the file's */
		diags_in_file(diags, 0, source);
		diags_add(diags, DIAG_ERROR, 0, 0, "", "cannot be used: %s",
			  strerror(-r));
	}
	if (r < 0)
		return r;
	*ret_set = TAKE_PTR(s);
	return 0;
}

int policy_set_parse(const char *name, const char *text, size_t bytes,
		     struct policy_set **ret_set, struct diags *diags)
{
	AUTO(texts_free) struct texts *t = texts_new();
	int r;

	diags_init(diags, name);
	r = t ? texts_add(t, name, text, bytes) : -ENOMEM;
	if (r < 0)
		return r;
	return policy_set_of_texts(name, TAKE_PTR(t), false, ret_set, diags);
}

/* "a", or "a, b" */
static void join(struct policy_paths paths, char *buf, size_t size)
{
	(void)snprintf(buf, size, "%s%s%s", paths.items[0],
		       paths.n > 1 ? ", " : "",
		       paths.n > 1 ? paths.items[1] : "");
}

/* Return: 0 or a negative errno, which @diags explains */
static int load_texts(struct texts *t, struct policy_paths paths,
		      struct diags *diags, bool *parts)
{
	int r = 0;

	for (size_t i = 0; i < paths.n && r >= 0; i++) {
		r = texts_load(t, paths.items[i], paths.roots, diags);
		*parts |= r == TEXTS_DIRECTORY;
	}
	return r < 0 ? r : 0;
}

int policy_hash(struct policy_paths paths, uint64_t *ret)
{
	AUTO(texts_free) struct texts *t = texts_new();
	AUTO(free_ptr) struct diags *diags = malloc(sizeof(*diags));
	bool parts = false;
	int r = t && diags ? 0 : -ENOMEM;

	if (r == 0)
		diags_init(diags, "");
	if (r == 0 && paths.n == 0)
		r = texts_add(t, BUILTIN_NAME, policy_builtin_json,
			      strlen(policy_builtin_json));
	else if (r == 0)
		r = load_texts(t, paths, diags, &parts);
	if (r < 0)
		return r;
	*ret = texts_hash(t);
	return 0;
}

int policy_set_load_all(struct policy_paths paths, struct policy_set **ret_set,
			struct diags *diags)
{
	AUTO(texts_free) struct texts *t = texts_new();
	char source[2 * PATH_MAX];
	bool parts = paths.n > 1;
	int r = t ? 0 : -ENOMEM;

	if (paths.n == 0)
		return policy_set_parse(BUILTIN_NAME, policy_builtin_json,
					strlen(policy_builtin_json), ret_set,
					diags);
	join(paths, source, sizeof(source));
	diags_init(diags, source);
	if (r == 0)
		r = load_texts(t, paths, diags, &parts);
	if (r < 0)
		return r;
	return policy_set_of_texts(source, TAKE_PTR(t), parts, ret_set, diags);
}

int policy_set_load(const char *path, struct policy_set **ret_set,
		    struct diags *diags)
{
	struct policy_paths paths = { { path }, path ? 1 : 0 };

	return policy_set_load_all(paths, ret_set, diags);
}

struct policy_paths policy_paths_of(const char *file, const char *directory)
{
	struct policy_paths p = { .n = 0, .roots = true };

	if (access(file, F_OK) == 0 || errno != ENOENT)
		p.items[p.n++] = file;
	if (texts_are_in(directory))
		p.items[p.n++] = directory;
	return p;
}

const struct texts *policy_set_texts(const struct policy_set *s)
{
	return s->texts;
}

bool policy_set_is_parts(const struct policy_set *s)
{
	return s->parts;
}

struct doc *doc_of_set(const struct policy_set *s)
{
	return s->doc;
}

struct policy_set *policy_set_ref(struct policy_set *s)
{
	s->refs++;
	return s;
}

struct policy_set *policy_set_unref(struct policy_set *s)
{
	if (s && --s->refs == 0)
		set_free(s);
	return NULL;
}

/* -- binding ------------------------------------------------------------------------- */

const struct policy *policy_set_bind(const struct policy_set *s,
				     const struct binding_facts *f)
{
	for (size_t i = 0; i < s->doc->n_bindings; i++)
		if (binding_matches(&s->doc->bindings[i], f))
			return &s->policies[s->doc->bindings[i].policy_index];
	return NULL;
}

const struct policy *policy_set_may_bind(const struct policy_set *s,
					 const struct binding_facts *f, size_t i)
{
	for (size_t b = 0; b < s->doc->n_bindings; b++) {
		const struct doc_binding *binding = &s->doc->bindings[b];

		if (!binding_may_match(binding, f))
			continue;
		if (i-- == 0)
			return &s->policies[binding->policy_index];
		if (binding_matches(binding, f))
			break;
	}
	return NULL;
}

const char *policy_set_annotation(const struct policy_set *s, size_t i)
{
	for (size_t b = 0; b < s->doc->n_bindings; b++) {
		const struct doc_binding *binding = &s->doc->bindings[b];

		if (i < binding->n_annotations)
			return binding->annotations[i].key;
		i -= binding->n_annotations;
	}
	return NULL;
}

const struct policy *policy_set_find(const struct policy_set *s, const char *name)
{
	for (size_t i = 0; i < s->n_policies; i++)
		if (strcmp(s->policies[i].name, name) == 0)
			return &s->policies[i];
	return NULL;
}

const struct policy *policy_set_unconditional(const struct policy_set *s)
{
	for (size_t i = 0; i < s->doc->n_bindings; i++) {
		const struct doc_binding *b = &s->doc->bindings[i];

		if (!b->facts)
			return &s->policies[b->policy_index];
	}
	return NULL;
}

/* -- looking ------------------------------------------------------------------------- */

const char *policy_set_source(const struct policy_set *s)
{
	return s->source;
}

uint64_t policy_set_hash(const struct policy_set *s)
{
	return s->hash;
}

size_t policy_set_count(const struct policy_set *s)
{
	return s->n_policies;
}

const struct policy *policy_set_at(const struct policy_set *s, size_t i)
{
	return i < s->n_policies ? &s->policies[i] : NULL;
}

const char *policy_name(const struct policy *p)
{
	return p->name;
}

size_t policy_rule_count(const struct policy *p)
{
	return p->n_rules;
}

int policy_memfd(const struct policy *p)
{
	return p->memfd;
}

const struct doc *policy_set_doc(const struct policy_set *s)
{
	return s->doc;
}

const struct doc_policy *policy_doc(const struct policy_set *s,
				    const struct policy *p)
{
	return &s->doc->policies[p - s->policies];
}

struct verdict policy_fail(const struct policy *p)
{
	return p->fail;
}

bool policy_binds_nodes(const struct policy *p)
{
	return p->binds_nodes;
}

unsigned policy_deadline_s(const struct policy *p)
{
	return p->deadline_s;
}
