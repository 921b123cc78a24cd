// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Why pairs are enough.  Say that some container is taken by binding i of the
 * one file and by j of the other (or by none).  Leave it nothing but what i and
 * j ask for, and its uid: then no binding matches it that did not before, so i
 * and j still are the first.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/call_text.h"
#include "policy/diff.h"
#include "policy/doc.h"

/* What one container shows; borrowed from two bindings, either may be NULL. */
struct container {
	uid_t uid;
	const struct doc_binding *of[2];
};

struct work {
	const struct policy_set *sets[2];
	const struct doc *docs[2];
	uid_t *uids; /* all that are named, then one that is not */
	size_t n_uids;
	struct bindings_diff *out;
};

/* -- containers ----------------------------------------------------------------------- */

static const char *annotation_of(const struct doc_binding *b, const char *key)
{
	for (size_t i = 0; b && i < b->n_annotations; i++)
		if (strcmp(b->annotations[i].key, key) == 0)
			return b->annotations[i].value;
	return NULL;
}

static const char *annotation(void *ctx, const char *key)
{
	const struct container *c = ctx;
	const char *v = annotation_of(c->of[0], key);

	return v ? v : annotation_of(c->of[1], key);
}

static const char *metadata(const struct container *c)
{
	if (c->of[0] && c->of[0]->metadata)
		return c->of[0]->metadata;
	return c->of[1] ? c->of[1]->metadata : NULL;
}

/* Can a container be what both ask for? */
static bool is_possible(const struct container *c)
{
	const struct doc_binding *a = c->of[0], *b = c->of[1];

	if (!a || !b)
		return true;
	if (a->metadata && b->metadata && strcmp(a->metadata, b->metadata) != 0)
		return false;
	for (size_t i = 0; i < a->n_annotations; i++) {
		const char *v = annotation_of(b, a->annotations[i].key);

		if (v && strcmp(v, a->annotations[i].value) != 0)
			return false;
	}
	return true;
}

static const char *bind(const struct policy_set *s, struct container *c)
{
	const struct binding_facts f = {
		.peer_uid = c->uid,
		.metadata = metadata(c),
		.annotation = annotation,
		.annotation_ctx = c,
	};
	const struct policy *p = policy_set_bind(s, &f);

	return p ? policy_name(p) : NULL;
}

/* -- telling -------------------------------------------------------------------------- */

static void print_annotations(const struct container *c, int side, FILE *out)
{
	const struct doc_binding *b = c->of[side];

	for (size_t i = 0; b && i < b->n_annotations; i++) {
		const struct doc_annotation *a = &b->annotations[i];

		if (side == 1 && annotation_of(c->of[0], a->key))
			continue;
		(void)fputs(ftell(out) ? ", annotation " : "annotation ", out);
		call_text_quote(a->key, strlen(a->key), out);
		(void)fputc('=', out);
		call_text_quote(a->value, strlen(a->value), out);
	}
}

static char *print_container(const struct container *c)
{
	const char *data = metadata(c);
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	print_annotations(c, 0, out);
	print_annotations(c, 1, out);
	if (data) {
		(void)fputs(ftell(out) ? ", metadata " : "metadata ", out);
		call_text_quote(data, strlen(data), out);
	}
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

static bool same_name(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Was this said already, of this container or of one that shows nothing? */
static bool is_told(const struct bindings_diff *d,
		    const struct diff_container *one)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct diff_container *c = &d->containers[i];

		if (c->other_uid == one->other_uid && c->uid == one->uid &&
		    same_name(c->before, one->before) &&
		    same_name(c->after, one->after) &&
		    (!*c->text || strcmp(c->text, one->text) == 0))
			return true;
	}
	return false;
}

/* Return: 0 or -ENOMEM */
static int tell(struct bindings_diff *d, struct diff_container one)
{
	if (!one.text)
		return -ENOMEM;
	if (is_told(d, &one)) {
		free(one.text);
		return 0;
	}
	if (d->n == d->room) {
		size_t room = d->room ? 2 * d->room : 16;
		struct diff_container *more =
			reallocarray(d->containers, room, sizeof(*more));

		if (!more) {
			free(one.text);
			return -ENOMEM;
		}
		d->containers = more;
		d->room = room;
	}
	d->containers[d->n++] = one;
	return 0;
}

/* -- trying --------------------------------------------------------------------------- */

static int try_uids(struct work *w, struct container *c)
{
	int r = 0;

	for (size_t i = 0; i < w->n_uids && r == 0; i++) {
		struct diff_container one = { .uid = w->uids[i] };

		if (w->out->trials++ == DIFF_CONTAINERS_MAX)
			return -E2BIG;
		c->uid = w->uids[i];
		one.before = bind(w->sets[0], c);
		one.after = bind(w->sets[1], c);
		if (same_name(one.before, one.after))
			continue;
		one.other_uid = i == w->n_uids - 1;
		one.text = print_container(c);
		r = tell(w->out, one);
	}
	return r;
}

/* Pairs, with none of either first. */
static int try_all(struct work *w)
{
	int r = 0;

	for (size_t i = 0; i <= w->docs[0]->n_bindings && r == 0; i++)
		for (size_t k = 0; k <= w->docs[1]->n_bindings && r == 0; k++) {
			struct container c = { 0 };

			if (i)
				c.of[0] = &w->docs[0]->bindings[i - 1];
			if (k)
				c.of[1] = &w->docs[1]->bindings[k - 1];
			if (is_possible(&c))
				r = try_uids(w, &c);
		}
	return r;
}

static bool has_uid(const struct work *w, uid_t uid)
{
	for (size_t i = 0; i < w->n_uids; i++)
		if (w->uids[i] == uid)
			return true;
	return false;
}

static int collect_uids(struct work *w)
{
	size_t room = 1;
	uid_t other = 65534;

	for (int s = 0; s < 2; s++)
		for (size_t i = 0; i < w->docs[s]->n_bindings; i++)
			room += w->docs[s]->bindings[i].n_peer_uids;
	w->uids = calloc(room, sizeof(*w->uids));
	if (!w->uids)
		return -ENOMEM;
	for (int s = 0; s < 2; s++)
		for (size_t i = 0; i < w->docs[s]->n_bindings; i++) {
			const struct doc_binding *b = &w->docs[s]->bindings[i];

			for (size_t k = 0; k < b->n_peer_uids; k++)
				if (!has_uid(w, b->peer_uids[k]))
					w->uids[w->n_uids++] = b->peer_uids[k];
			if (w->n_uids > DIFF_CONTAINERS_MAX / 100)
				return -E2BIG;
		}
	while (has_uid(w, other))
		other--;
	w->uids[w->n_uids++] = other;
	return 0;
}

int bindings_diff(const struct policy_set *before,
		  const struct policy_set *after, struct bindings_diff **ret)
{
	AUTO(bindings_diff_free)
	struct bindings_diff *d = calloc(1, sizeof(*d));
	struct work w = { .sets = { before, after },
			  .docs = { policy_set_doc(before),
				    policy_set_doc(after) },
			  .out = d };
	int r;

	if (!d)
		return -ENOMEM;
	r = collect_uids(&w);
	if (r == 0)
		r = try_all(&w);
	free(w.uids);
	if (r == 0)
		*ret = TAKE_PTR(d);
	return r;
}

struct bindings_diff *bindings_diff_free(struct bindings_diff *d)
{
	if (!d)
		return NULL;
	for (size_t i = 0; i < d->n; i++)
		free(d->containers[i].text);
	free(d->containers);
	free(d);
	return NULL;
}
