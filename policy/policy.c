// SPDX-License-Identifier: LGPL-2.1-or-later
#include "policy/policy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/doc.h"

#define BUILTIN_NAME "built-in"

extern const char policy_builtin_json[]; /* builtin.json, by the build */

struct policy {
	char *name;
	size_t n_rules;
	int memfd;
};

struct policy_set {
	unsigned refs;
	char *source;
	struct policy *policies;
	size_t n_policies;
	char *text;	 /* that the document's places are in */
	struct doc *doc; /* its bindings; reasons for explain.c */
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
	free(s->text);
	free(s);
	return NULL;
}
DEFINE_AUTO(struct policy_set *, set_free);

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
		p->n_rules = d->policies[i].n_rules;
		p->name = strdup(d->policies[i].name);
		if (!p->name)
			return -ENOMEM;
	}
	return 0;
}

static int parse(size_t bytes, struct policy_set *s, struct diags *diags)
{
	int r = doc_parse(s->text, bytes, diags, &s->doc);

	if (s->doc)
		doc_check(s->doc);
	diags_sort(diags);
	if (r < 0 || diags->n_errors)
		return r < 0 ? r : -EINVAL;
	s->doc->diags = NULL; /* the caller's, gone by the next use */
	return set_compile(s);
}

int policy_set_parse(const char *name, const char *text, size_t bytes,
		     struct policy_set **ret_set, struct diags *diags)
{
	AUTO(set_free) struct policy_set *s = calloc(1, sizeof(*s));
	int r;

	diags_init(diags, name);
	if (!s)
		return -ENOMEM;
	s->refs = 1;
	s->source = strdup(name);
	s->text = malloc(bytes + 1);
	if (!s->source || !s->text)
		return -ENOMEM;
	memcpy(s->text, text, bytes);
	r = parse(bytes, s, diags);
	if (r < 0 && !diags->n_errors) /* ours, not the file's */
		diags_add(diags, DIAG_ERROR, 0, 0, "", "cannot be used: %s",
			  strerror(-r));
	if (r < 0)
		return r;
	*ret_set = TAKE_PTR(s);
	return 0;
}

/* Return: bytes read, -EFBIG past POLICY_FILE_MAX_BYTES, or another errno */
static ssize_t read_file(const char *path, char **ret_text)
{
	AUTO(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	AUTO(free_ptr) char *text = NULL;
	struct stat st;
	size_t done = 0;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : -ENXIO;
	text = malloc(POLICY_FILE_MAX_BYTES + 1);
	if (!text)
		return -ENOMEM;
	while ((n = read(fd, text + done, POLICY_FILE_MAX_BYTES + 1 - done)) > 0)
		done += (size_t)n;
	if (n < 0)
		return -errno;
	if (done > POLICY_FILE_MAX_BYTES)
		return -EFBIG;
	*ret_text = TAKE_PTR(text);
	return (ssize_t)done;
}

int policy_set_load(const char *path, struct policy_set **ret_set,
		    struct diags *diags)
{
	AUTO(free_ptr) char *text = NULL;
	ssize_t n;

	if (!path)
		return policy_set_parse(BUILTIN_NAME, policy_builtin_json,
					strlen(policy_builtin_json), ret_set,
					diags);
	n = read_file(path, &text);
	if (n < 0) {
		diags_init(diags, path);
		diags_add(diags, DIAG_ERROR, 0, 0, "", "cannot read: %s",
			  strerror((int)-n));
		return (int)n;
	}
	return policy_set_parse(path, text, (size_t)n, ret_set, diags);
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

static bool uid_listed(const struct doc_binding *b, uid_t uid)
{
	for (size_t i = 0; i < b->n_peer_uids; i++)
		if (b->peer_uids[i] == uid)
			return true;
	return false;
}

static bool binding_matches(const struct doc_binding *b,
			    const struct binding_facts *f)
{
	if (b->has_peer_uid && !uid_listed(b, f->peer_uid))
		return false;
	if (b->metadata && (!f->metadata || strcmp(b->metadata, f->metadata)))
		return false;
	for (size_t i = 0; i < b->n_annotations; i++) {
		const char *v = f->annotation ?
					f->annotation(f->annotation_ctx,
						      b->annotations[i].key) :
					NULL;

		if (!v || strcmp(v, b->annotations[i].value) != 0)
			return false;
	}
	return true;
}

const struct policy *policy_set_bind(const struct policy_set *s,
				     const struct binding_facts *f)
{
	for (size_t i = 0; i < s->doc->n_bindings; i++)
		if (binding_matches(&s->doc->bindings[i], f))
			return &s->policies[s->doc->bindings[i].policy_index];
	return NULL;
}

const struct policy *policy_set_find(const struct policy_set *s,
				     const char *name)
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

		if (!b->has_peer_uid && !b->metadata && !b->n_annotations)
			return &s->policies[b->policy_index];
	}
	return NULL;
}

/* -- looking ------------------------------------------------------------------------- */

const char *policy_set_source(const struct policy_set *s)
{
	return s->source;
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
