// SPDX-License-Identifier: LGPL-2.1-or-later
/* The keys that look at registers: arch, type, device, mode, flags, size. */
#include <inttypes.h>
#include <sys/stat.h>

#include "policy/call_text.h"
#include "policy/match_key.h"

/* -- arch --------------------------------------------------------------------------- */

static bool arch_given(const struct doc_match *m)
{
	return m->arches != 0;
}

static bool arch_matches(const struct doc_rule *r, const struct match_facts *f)
{
	return f->arch && (r->match.arches & arch_bit(f->arch));
}

static void arch_have(const struct match_facts *f, FILE *out)
{
	(void)fputs(f->arch ? f->arch->name : "(unknown)", out);
}

static void print_arch(const void *list, size_t i, FILE *out)
{
	(void)fputs(((const struct arch *const *)list)[i]->name, out);
}

static void arch_why(const struct doc_match *m, const struct match_facts *f,
		     FILE *out)
{
	const struct arch *list[ARCHES_MAX];
	size_t n = 0;

	for (size_t i = 0; i < n_arches; i++)
		if (m->arches & arch_bit(&arches[i]))
			list[n++] = &arches[i];
	match_key_print_list(out, n, list, print_arch);
}

static void arch_sample(const struct doc_match *m, struct samples *s)
{
}

const struct match_key match_key_arch = {
	"arch",	   DIM_ARCH, arch_given,  arch_matches,
	arch_have, arch_why, arch_sample,
};

/* -- type --------------------------------------------------------------------------- */

#define PERMISSIONS UINT32_C(07777)
#define USUAL	    UINT32_C(0666)

static const struct {
	uint32_t mode;
	const char *name;
} type_names[] = {
	{ S_IFCHR, "char" },
	{ S_IFBLK, "block" },
	{ S_IFIFO, "fifo" },
	{ S_IFSOCK, "socket" },
	{ S_IFREG, "file" },
	/* mknod(2): none is a file, too, and in a rule that is one word for both */
	{ 0, "file" },
	{ S_IFDIR, "directory" },
	{ S_IFLNK, "link" },
};

static bool type_given(const struct doc_match *m)
{
	return m->types != 0;
}

static bool type_matches(const struct doc_rule *r, const struct match_facts *f)
{
	return r->match.types & DOC_TYPE_BIT(f->call->mode);
}

static void type_have(const struct match_facts *f, FILE *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(type_names); i++)
		if (type_names[i].mode == (f->call->mode & S_IFMT)) {
			(void)fputs(type_names[i].name, out);
			return;
		}
	(void)fprintf(out, "%#o", f->call->mode & S_IFMT);
}

static void print_type(const void *list, size_t i, FILE *out)
{
	(void)fputs(((const char *const *)list)[i], out);
}

static void type_why(const struct doc_match *m, const struct match_facts *f,
		     FILE *out)
{
	const char *list[ARRAY_SIZE(type_names)];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(type_names); i++)
		if (type_names[i].mode &&
		    (m->types & DOC_TYPE_BIT(type_names[i].mode)))
			list[n++] = type_names[i].name;
	match_key_print_list(out, n, list, print_type);
}

/* With permissions that the same rule takes. */
static void type_sample(const struct doc_match *m, struct samples *s)
{
	uint32_t rest = (USUAL & ~m->mode.none) | m->mode.all;

	if (m->mode.any && !(rest & m->mode.any)) {
		uint32_t can = m->mode.any & ~m->mode.none;

		rest |= can & -can; /* one bit */
	}
	for (uint32_t type = 0; type <= S_IFMT; type += 010000)
		if (m->types & DOC_TYPE_BIT(type))
			samples_add(s, type | rest, NULL, 0, type != 0);
}

const struct match_key match_key_type = {
	"type",	   DIM_MODE, type_given,  type_matches,
	type_have, type_why, type_sample,
};

/* -- device ------------------------------------------------------------------------- */

static bool device_given(const struct doc_match *m)
{
	return m->n_devices != 0;
}

static bool device_matches(const struct doc_rule *r, const struct match_facts *f)
{
	uint32_t major = dev_major(f->call->dev), minor = dev_minor(f->call->dev);
	const struct doc_match *m = &r->match;

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

static void device_why(const struct doc_match *m, const struct match_facts *f,
		       FILE *out)
{
	match_key_print_list(out, m->n_devices, m->devices, print_device);
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

const struct match_key match_key_device = {
	"device",    DIM_DEVICE, device_given,	device_matches,
	device_have, device_why, device_sample,
};

/* -- mode --------------------------------------------------------------------------- */

static bool mode_given(const struct doc_match *m)
{
	return !bits_hold_always(&m->mode);
}

static bool mode_matches(const struct doc_rule *r, const struct match_facts *f)
{
	return bits_hold(&r->match.mode, f->call->mode);
}

static void print_octal(uint32_t bits, FILE *out)
{
	(void)fprintf(out, "%#04o", bits);
}

static void mode_have(const struct match_facts *f, FILE *out)
{
	print_octal(f->call->mode & PERMISSIONS, out);
}

static void mode_why(const struct doc_match *m, const struct match_facts *f,
		     FILE *out)
{
	match_key_print_bits(out, &m->mode, f->call->mode, print_octal);
}

/* Its bits: sampling.c, for all rules together. */
static void mode_sample(const struct doc_match *m, struct samples *s)
{
}

const struct match_key match_key_mode = {
	"mode",	   DIM_MODE, mode_given,  mode_matches,
	mode_have, mode_why, mode_sample,
};

/* -- flags -------------------------------------------------------------------------- */

static bool flags_given(const struct doc_match *m)
{
	return !bits_hold_always(&m->flags);
}

static bool flags_matches(const struct doc_rule *r, const struct match_facts *f)
{
	return bits_hold(&r->match.flags, f->call->flags);
}

static void flags_have(const struct match_facts *f, FILE *out)
{
	call_text_flags(f->call->flags, out);
}

static void flags_why(const struct doc_match *m, const struct match_facts *f,
		      FILE *out)
{
	match_key_print_bits(out, &m->flags, f->call->flags, call_text_flags);
}

static void flags_sample(const struct doc_match *m, struct samples *s)
{
}

const struct match_key match_key_flags = {
	"flags",    DIM_FLAGS, flags_given,  flags_matches,
	flags_have, flags_why, flags_sample,
};

/* -- size --------------------------------------------------------------------------- */

static bool size_given(const struct doc_match *m)
{
	return doc_has_size(m);
}

static bool size_matches(const struct doc_rule *r, const struct match_facts *f)
{
	return f->call->size >= r->match.min_size &&
	       f->call->size <= r->match.max_size;
}

static void size_have(const struct match_facts *f, FILE *out)
{
	(void)fprintf(out, "%" PRIu64, f->call->size);
}

static void size_why(const struct doc_match *m, const struct match_facts *f,
		     FILE *out)
{
	if (m->min_size == m->max_size)
		(void)fprintf(out, "is not %" PRIu64, m->min_size);
	else if (f->call->size < m->min_size)
		(void)fprintf(out, "is below %" PRIu64, m->min_size);
	else
		(void)fprintf(out, "is above %" PRIu64, m->max_size);
}

static void size_sample(const struct doc_match *m, struct samples *s)
{
	samples_add(s, m->min_size, NULL, 0, m->min_size != 0);
	if (m->min_size)
		samples_add(s, m->min_size - 1, NULL, 0, false);
	if (m->max_size == UINT64_MAX)
		return;
	samples_add(s, m->max_size, NULL, 0, true);
	samples_add(s, m->max_size + 1, NULL, 0, false);
}

const struct match_key match_key_size = {
	"size",	   DIM_VALUE, size_given,  size_matches,
	size_have, size_why,  size_sample,
};
