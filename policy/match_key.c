// SPDX-License-Identifier: LGPL-2.1-or-later
#include "policy/match_key.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "policy/call_text.h"

#define LISTED_MAX 8 /* elements of a list that are said */

static void print_list(FILE *out, size_t n, const void *list,
		       void (*print_one)(const void *list, size_t i, FILE *out))
{
	(void)fputs(n == 1 ? "not " : "none of ", out);
	for (size_t i = 0; i < n && i < LISTED_MAX; i++) {
		(void)fputs(i ? ", " : "", out);
		print_one(list, i, out);
	}
	if (n > LISTED_MAX)
		(void)fprintf(out, " and %zu more", n - LISTED_MAX);
}

/* -- type --------------------------------------------------------------------------- */

static bool type_given(const struct doc_match *m)
{
	return m->type != 0;
}

static bool type_matches(const struct doc_match *m, const struct match_facts *f)
{
	return (f->call->mode & S_IFMT) == m->type;
}

static const char *type_name(uint32_t type)
{
	switch (type) {
	case S_IFCHR:
		return "char";
	case S_IFBLK:
		return "block";
	case S_IFIFO:
		return "fifo";
	case S_IFSOCK:
		return "socket";
	case S_IFREG:
	case 0: /* mknod(2) */
		return "file";
	case S_IFDIR:
		return "directory";
	case S_IFLNK:
		return "link";
	default:
		return NULL;
	}
}

static void type_have(const struct match_facts *f, FILE *out)
{
	uint32_t type = f->call->mode & S_IFMT;

	if (type_name(type))
		(void)fputs(type_name(type), out);
	else
		(void)fprintf(out, "%#o", type);
}

static void type_want(const struct doc_match *m, FILE *out)
{
	(void)fprintf(out, "not %s", type_name(m->type));
}

static void type_sample(const struct doc_match *m, struct samples *s)
{
	samples_add(s, m->type | 0666, NULL, 0, true);
}

/* -- device ------------------------------------------------------------------------- */

static bool device_given(const struct doc_match *m)
{
	return m->n_devices != 0;
}

static bool device_matches(const struct doc_match *m, const struct match_facts *f)
{
	uint32_t major = dev_major(f->call->dev), minor = dev_minor(f->call->dev);

	for (size_t i = 0; i < m->n_devices; i++)
		if (m->devices[i].major == major &&
		    m->devices[i].first_minor <= minor &&
		    m->devices[i].last_minor >= minor)
			return true;
	return false;
}

static void device_have(const struct match_facts *f, FILE *out)
{
	(void)fprintf(out, "%u:%u", dev_major(f->call->dev),
		      dev_minor(f->call->dev));
}

#define MINOR_MAX 1048575 /* linux/kdev_t.h: 20 bits */

static void print_device(const void *list, size_t i, FILE *out)
{
	const struct doc_device *d = (const struct doc_device *)list + i;

	if (d->first_minor == d->last_minor)
		(void)fprintf(out, "%u:%u", d->major, d->first_minor);
	else if (d->first_minor == 0 && d->last_minor == MINOR_MAX)
		(void)fprintf(out, "%u:*", d->major);
	else
		(void)fprintf(out, "%u:%u-%u", d->major, d->first_minor,
			      d->last_minor);
}

static void device_want(const struct doc_match *m, FILE *out)
{
	print_list(out, m->n_devices, m->devices, print_device);
}

static void device_sample(const struct doc_match *m, struct samples *s)
{
	for (size_t i = 0; i < m->n_devices; i++) {
		const struct doc_device *d = &m->devices[i];

		samples_add(s, dev_make(d->major, d->first_minor), NULL, 0, true);
		samples_add(s, dev_make(d->major, d->last_minor), NULL, 0, true);
		if (d->first_minor > 0)
			samples_add(s, dev_make(d->major, d->first_minor - 1),
				    NULL, 0, false);
		if (d->last_minor < MINOR_MAX)
			samples_add(s, dev_make(d->major, d->last_minor + 1),
				    NULL, 0, false);
	}
}

/* -- name --------------------------------------------------------------------------- */

static bool name_given(const struct doc_match *m)
{
	return m->n_names != 0;
}

static bool name_matches(const struct doc_match *m, const struct match_facts *f)
{
	size_t bytes = f->name ? strlen(f->name) : 0;

	for (size_t i = 0; f->name && i < m->n_names; i++) {
		const struct doc_name *n = &m->names[i];

		if ((n->prefix ? bytes >= n->bytes : bytes == n->bytes) &&
		    memcmp(f->name, n->text, n->bytes) == 0)
			return true;
	}
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

static void name_want(const struct doc_match *m, FILE *out)
{
	print_list(out, m->n_names, m->names, print_name);
}

/* What goes on behind a name: sampling.c. */
static void name_sample(const struct doc_match *m, struct samples *s)
{
	for (size_t i = 0; i < m->n_names; i++) {
		const struct doc_name *n = &m->names[i];
		bool ends = !n->prefix || n->bytes == XATTR_NAME_MAX_BYTES;
		char longer[XATTR_NAME_MAX_BYTES + 2];

		(void)snprintf(longer, sizeof(longer), "%.*sx", (int)n->bytes,
			       n->text);
		if (!ends)
			samples_add(s, 0, longer, n->bytes + 1, true);
		samples_add(s, 0, longer, n->bytes, ends);
	}
}

/* -- value -------------------------------------------------------------------------- */

static bool value_given(const struct doc_match *m)
{
	return m->value != NULL;
}

static bool value_matches(const struct doc_match *m, const struct match_facts *f)
{
	return f->call->size == m->value_bytes && f->value &&
	       memcmp(f->value, m->value, m->value_bytes) == 0;
}

static void value_have(const struct match_facts *f, FILE *out)
{
	if (f->call->size > DECIDE_VALUE_MAX_BYTES)
		(void)fprintf(out, "of %" PRIu64 " bytes", f->call->size);
	else if (f->value)
		call_text_quote(f->value, f->call->size, out);
	else
		(void)fputs("(cannot be read)", out);
}

static void value_want(const struct doc_match *m, FILE *out)
{
	(void)fputs("not ", out);
	call_text_quote(m->value, m->value_bytes, out);
}

static void value_sample(const struct doc_match *m, struct samples *s)
{
	size_t n = m->value_bytes;
	char longer[DECIDE_VALUE_MAX_BYTES + 1];

	memcpy(longer, m->value, n);
	longer[n] = 'x';
	samples_add(s, n, longer, n, true);
	samples_add(s, n + 1, longer, n + 1, false);
	if (n == 0)
		return;
	samples_add(s, n - 1, longer, n - 1, false);
	longer[n - 1] ^= 1;
	samples_add(s, n, longer, n, false);
}

/* -- the table ----------------------------------------------------------------------- */

const struct match_key match_keys[MATCH_KEYS] = {
	{ "type", ARG_MODE, type_given, type_matches, type_have, type_want,
	  type_sample },
	{ "device", ARG_DEV, device_given, device_matches, device_have,
	  device_want, device_sample },
	{ "name", ARG_NAME, name_given, name_matches, name_have, name_want,
	  name_sample },
	{ "value", ARG_VALUE, value_given, value_matches, value_have,
	  value_want, value_sample },
};
