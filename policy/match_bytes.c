// SPDX-License-Identifier: LGPL-2.1-or-later
/* The keys that look at what is pointed to: name, value, directory. */
#include <inttypes.h>
#include <string.h>

#include "policy/call_text.h"
#include "policy/glob.h"
#include "policy/match_key.h"

/* -- name --------------------------------------------------------------------------- */

static bool name_given(const struct doc_match *m)
{
	return m->n_names != 0;
}

static bool one_name_matches(const struct doc_name *n, const char *name,
			     size_t bytes)
{
	if (n->glob)
		return glob_match(n->text, n->bytes, name, bytes);
	return (n->prefix ? bytes >= n->bytes : bytes == n->bytes) &&
	       memcmp(name, n->text, n->bytes) == 0;
}

static bool name_matches(const struct doc_rule *r, const struct match_facts *f)
{
	size_t bytes = f->name ? strlen(f->name) : 0;

	for (size_t i = 0; f->name && i < r->match.n_names; i++)
		if (one_name_matches(&r->match.names[i], f->name, bytes))
			return true;
	return false;
}

static void name_have(const struct match_facts *f, FILE *out)
{
	if (f->name)
		call_text_quote(f->name, strlen(f->name), out);
	else
		(void)fputs("(cannot be read)", out);
}

static void print_name(const void *list, size_t i, FILE *out)
{
	const struct doc_name *n = (const struct doc_name *)list + i;

	call_text_quote(n->text, strlen(n->text), out);
}

static void name_why(const struct doc_match *m, const struct match_facts *f,
		     FILE *out)
{
	match_key_print_list(out, m->n_names, m->names, print_name);
}

/* A name that the pattern matches: something for each question mark, and for
 * each star @star. Return: its length, 0: it is too long for a name */
static size_t fill(const struct doc_name *n, const char *star, char *buf)
{
	size_t used = 0;

	for (size_t i = 0; i < n->bytes; i++) {
		const char one[] = { n->text[i] == '?' ? 'x' : n->text[i], '\0' };
		const char *part = n->text[i] == '*' ? star : one;

		if (used + strlen(part) > XATTR_NAME_MAX_BYTES)
			return 0;
		memcpy(buf + used, part, strlen(part));
		used += strlen(part);
	}
	return used;
}

static void glob_sample(const struct doc_name *n, struct samples *s)
{
	char name[XATTR_NAME_MAX_BYTES];
	size_t bytes = fill(n, "x", name);

	if (bytes)
		samples_add(s, 0, name, bytes, true);
	bytes = fill(n, "", name);
	if (bytes)
		samples_add(s, 0, name, bytes, false);
}

/* sampling_names.c adds longer names, and names that match several patterns. */
static void name_sample(const struct doc_match *m, struct samples *s)
{
	for (size_t i = 0; i < m->n_names; i++) {
		const struct doc_name *n = &m->names[i];
		bool ends = !n->prefix || n->bytes == XATTR_NAME_MAX_BYTES;
		char longer[XATTR_NAME_MAX_BYTES + 2];

		if (n->glob) {
			glob_sample(n, s);
			continue;
		}
		(void)snprintf(longer, sizeof(longer), "%.*sx", (int)n->bytes,
			       n->text);
		if (!ends)
			samples_add(s, 0, longer, n->bytes + 1, true);
		samples_add(s, 0, longer, n->bytes, ends);
	}
}

const struct match_key match_key_name = {
	"name",	   DIM_NAME, name_given,  name_matches,
	name_have, name_why, name_sample,
};

/* -- value -------------------------------------------------------------------------- */

static bool value_given(const struct doc_match *m)
{
	return m->n_values != 0;
}

static bool value_matches(const struct doc_rule *r, const struct match_facts *f)
{
	for (size_t i = 0; f->value && i < r->match.n_values; i++)
		if (f->call->size == r->match.values[i].bytes &&
		    memcmp(f->value, r->match.values[i].text, f->call->size) == 0)
			return true;
	return false;
}

static void value_have(const struct match_facts *f, FILE *out)
{
	if (f->call->size == UINT64_MAX)
		(void)fputs("(not known)", out);
	else if (f->call->size > DECIDE_VALUE_MAX_BYTES)
		(void)fprintf(out, "of %" PRIu64 " bytes", f->call->size);
	else if (f->value)
		call_text_quote(f->value, f->call->size, out);
	else
		(void)fputs("(cannot be read)", out);
}

static void print_value(const void *list, size_t i, FILE *out)
{
	const struct doc_value *v = (const struct doc_value *)list + i;

	call_text_quote(v->text, v->bytes, out);
}

static void value_why(const struct doc_match *m, const struct match_facts *f,
		      FILE *out)
{
	match_key_print_list(out, m->n_values, m->values, print_value);
}

/* Each, beside it, and as long but unreadable: what then matches is its size. */
static void one_value_sample(const struct doc_value *v, struct samples *s)
{
	size_t n = v->bytes;
	char longer[DECIDE_VALUE_MAX_BYTES + 1];

	memcpy(longer, v->text, n);
	longer[n] = 'x';
	samples_add(s, n, longer, n, true);
	samples_add(s, n + 1, longer, n + 1, false);
	if (n) {
		samples_add(s, n - 1, longer, n - 1, false);
		longer[n - 1] ^= 1;
		samples_add(s, n, longer, n, false);
	}
	samples_add(s, n, NULL, 0, false);
	samples_add(s, n + 1, NULL, 0, false);
}

static void value_sample(const struct doc_match *m, struct samples *s)
{
	for (size_t i = 0; i < m->n_values; i++)
		one_value_sample(&m->values[i], s);
}

const struct match_key match_key_value = {
	"value",    DIM_VALUE, value_given,  value_matches,
	value_have, value_why, value_sample,
};

/* -- directory ---------------------------------------------------------------------- */

static bool directory_given(const struct doc_match *m)
{
	return m->n_directories != 0;
}

/* The text of the root directory is "", without a slash. */
static bool one_directory_matches(const struct doc_name *n, const char *path)
{
	const char *rest = path + n->bytes;

	if (strlen(path) < n->bytes || memcmp(path, n->text, n->bytes) != 0)
		return false;
	return !*rest || (*rest == '/' && (n->prefix || !rest[1]));
}

static bool directory_matches(const struct doc_rule *r,
			      const struct match_facts *f)
{
	for (size_t i = 0; f->directory && i < r->match.n_directories; i++)
		if (one_directory_matches(&r->match.directories[i], f->directory))
			return true;
	return false;
}

static void directory_have(const struct match_facts *f, FILE *out)
{
	if (f->directory)
		call_text_quote(f->directory, strlen(f->directory), out);
	else
		(void)fputs("(nowhere)", out);
}

static void directory_why(const struct doc_match *m,
			  const struct match_facts *f, FILE *out)
{
	match_key_print_list(out, m->n_directories, m->directories, print_name);
}

/* New ones in them: sampling.c. */
static void directory_sample(const struct doc_match *m, struct samples *s)
{
	for (size_t i = 0; i < m->n_directories; i++) {
		const struct doc_name *n = &m->directories[i];

		if (n->bytes)
			samples_add(s, 0, n->text, n->bytes, true);
		else
			samples_add(s, 0, "/", 1, true);
	}
}

const struct match_key match_key_directory = {
	"directory",	DIM_DIRECTORY, directory_given,	 directory_matches,
	directory_have, directory_why, directory_sample,
};
