// SPDX-License-Identifier: LGPL-2.1-or-later
/* Bindings, each written in one way, and compared as diff(1) compares lines:
 * which containers patterns take together is nobody's to enumerate. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/call_text.h"
#include "policy/diff.h"
#include "policy/doc.h"

/* -- one binding, written ------------------------------------------------------------- */

static void begin(FILE *out, const char *what)
{
	(void)fprintf(out, "%s%s", ftell(out) ? ", " : "", what);
}

static void write_ids(FILE *out, const char *what, const struct doc_ids *ids,
		      bool none)
{
	begin(out, what);
	for (size_t i = 0; i < ids->n; i++) {
		const struct doc_id *id = &ids->items[i];

		(void)fprintf(out, "%s%u", i ? "|" : " ", id->first);
		if (id->last != id->first)
			(void)fprintf(out, "-%u", id->last);
	}
	if (none)
		(void)fputs(ids->n ? "|none" : " none", out);
}

static void write_patterns(FILE *out, const struct doc_patterns *p)
{
	for (size_t i = 0; i < p->n; i++) {
		(void)fputs(i ? "|" : "", out);
		call_text_quote(p->items[i].text, p->items[i].bytes, out);
	}
}

static void write_texts(FILE *out, const struct doc_binding *b)
{
	const struct {
		enum doc_fact fact;
		const char *what;
		const struct doc_patterns *patterns;
	} texts[] = {
		{ FACT_CGROUP, "cgroup ", &b->cgroups },
		{ FACT_METADATA, "metadata ", &b->metadata },
		{ FACT_ID, "id ", &b->ids },
		{ FACT_BUNDLE, "bundle ", &b->bundles },
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (!(b->facts & texts[i].fact))
			continue;
		begin(out, texts[i].what);
		write_patterns(out, texts[i].patterns);
	}
	for (size_t i = 0; i < b->n_annotations; i++) {
		begin(out, "annotation ");
		call_text_quote(b->annotations[i].key,
				strlen(b->annotations[i].key), out);
		(void)fputc('=', out);
		write_patterns(out, &b->annotations[i].values);
	}
}

/* Return: the caller's to free, NULL for lack of memory */
static char *write_binding(const struct doc_binding *b)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	if (b->facts & FACT_PEER_UID)
		write_ids(out, "peer_uid", &b->peer_uids, false);
	if (b->facts & FACT_PEER_GID)
		write_ids(out, "peer_gid", &b->peer_gids, false);
	if (b->facts & FACT_USERNS_OWNER)
		write_ids(out, "userns_owner", &b->userns_owners, b->userns_none);
	write_texts(out, b);
	if (!ftell(out))
		(void)fputs("any container", out);
	(void)fprintf(out, ": %s", b->policy);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

/* -- two lists ------------------------------------------------------------------------ */

struct lines {
	char **text;
	size_t n;
};

static void lines_done(struct lines *l)
{
	for (size_t i = 0; l->text && i < l->n; i++)
		free(l->text[i]);
	free(l->text);
}

static int lines_of(const struct policy_set *s, struct lines *l)
{
	const struct doc *d = policy_set_doc(s);

	*l = (struct lines){ .n = d->n_bindings };
	l->text = calloc(l->n ? l->n : 1, sizeof(*l->text));
	if (!l->text)
		return -ENOMEM;
	for (size_t i = 0; i < l->n; i++) {
		l->text[i] = write_binding(&d->bindings[i]);
		if (!l->text[i])
			return -ENOMEM;
	}
	return 0;
}

/* How many lines the rests of both have in common: a row each of @a, and one. */
static void measure(const struct lines *a, const struct lines *b, uint32_t *common)
{
	size_t row = b->n + 1;

	for (size_t i = a->n; i-- > 0;)
		for (size_t k = b->n; k-- > 0;) {
			uint32_t *here = &common[i * row + k];

			if (strcmp(a->text[i], b->text[k]) == 0)
				*here = here[row + 1] + 1;
			else
				*here = here[row] > here[1] ? here[row] : here[1];
		}
}

static void take(struct bindings_diff *d, char sign, char **text)
{
	d->lines[d->n++] = (struct binding_line){ sign, TAKE_PTR(*text) };
}

/* Collects the lines that only one of them has, in the order of both. */
static void collect(struct lines *a, struct lines *b, const uint32_t *common,
		    struct bindings_diff *d)
{
	size_t row = b->n + 1, i = 0, k = 0;

	while (i < a->n || k < b->n) {
		if (i < a->n && k < b->n && strcmp(a->text[i], b->text[k]) == 0) {
			i++;
			k++;
		} else if (k == b->n ||
			   (i < a->n && common[(i + 1) * row + k] >=
						common[i * row + k + 1])) {
			take(d, '-', &a->text[i++]);
		} else {
			take(d, '+', &b->text[k++]);
		}
	}
}

static int compare(struct lines *a, struct lines *b, struct bindings_diff *d)
{
	AUTO(free_ptr)
	uint32_t *common = calloc((a->n + 1) * (b->n + 1), sizeof(*common));

	d->lines = calloc(a->n + b->n + 1, sizeof(*d->lines));
	if (!common || !d->lines)
		return -ENOMEM;
	measure(a, b, common);
	collect(a, b, common, d);
	return 0;
}

int bindings_diff(const struct policy_set *before,
		  const struct policy_set *after, struct bindings_diff **ret)
{
	AUTO(bindings_diff_free)
	struct bindings_diff *d = calloc(1, sizeof(*d));
	struct lines a = { 0 }, b = { 0 };
	int r = d ? lines_of(before, &a) : -ENOMEM;

	if (r == 0)
		r = lines_of(after, &b);
	if (r == 0)
		r = compare(&a, &b, d);
	lines_done(&a);
	lines_done(&b);
	if (r == 0)
		*ret = TAKE_PTR(d);
	return r;
}

struct bindings_diff *bindings_diff_free(struct bindings_diff *d)
{
	if (!d)
		return NULL;
	for (size_t i = 0; d->lines && i < d->n; i++)
		free(d->lines[i].text);
	free(d->lines);
	free(d);
	return NULL;
}
