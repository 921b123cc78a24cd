// SPDX-License-Identifier: LGPL-2.1-or-later
#include "policy/sampling.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "policy/asker.h"
#include "policy/cap.h"

/* -- trials -------------------------------------------------------------------------- */

static const enum call_arg dim_args[DIMS] = {
	[DIM_MODE] = ARG_MODE,	 [DIM_DEVICE] = ARG_DEV,  [DIM_NAME] = ARG_NAME,
	[DIM_VALUE] = ARG_VALUE, [DIM_FLAGS] = ARG_FLAGS,
};

struct explain_call trial_call(const struct trial *t)
{
	struct explain_call c = explain_call_of_text(t->t);

	c.caller = t->unknown ? NULL : &t->caller;
	c.directory = t->directory;
	return c;
}

static void set_number(struct call_text *t, enum call_arg arg, uint64_t number)
{
	for (int i = 0; i < CALL_TEXT_ARGS; i++)
		if (call_arg_at(t->id, i) == arg)
			t->data.args[i] = number;
}

static void set_text(struct call_text *t, enum call_arg arg,
		     const struct sample *s)
{
	for (int i = 0; i < CALL_TEXT_ARGS; i++)
		if (call_arg_at(t->id, i) == arg)
			t->args[i] = (struct call_bytes){ s->text != NULL,
							  s->text, s->bytes };
}

#define ADDRESS 0x1000

static void set_value(struct call_text *t, const struct sample *s)
{
	uint64_t address = s->text ? ADDRESS : 0;

	set_number(t, ARG_SIZE, s->number);
	set_number(t, ARG_VALUE, address);
	set_text(t, ARG_VALUE, s);
	if (!call_has(t->id, ARG_ARGS))
		return;
	set_number(t, ARG_ARGS, ADDRESS);
	set_text(t, ARG_ARGS, s);
	t->packed = (struct call_args){ address, (uint32_t)s->number, 0 };
}

void sampling_set(struct trial *t, enum match_dim dim, const struct sample *s)
{
	switch (dim) {
	case DIM_NAME:
		set_number(t->t, ARG_NAME, s->text ? ADDRESS : 0);
		set_text(t->t, ARG_NAME, s);
		break;
	case DIM_VALUE:
		set_value(t->t, s);
		break;
	case DIM_UID:
		t->unknown = s->number == SAMPLE_UNKNOWN;
		t->caller.uid = (uint32_t)s->number;
		break;
	case DIM_GID:
		t->caller.gid = (uint32_t)s->number;
		break;
	case DIM_CAPS:
		t->caller.caps = s->number;
		break;
	case DIM_DIRECTORY:
		t->directory = s->text;
		break;
	default:
		set_number(t->t, dim_args[dim], s->number);
		break;
	}
}

static bool is_asked(enum match_dim dim, const struct doc_match *m)
{
	for (size_t i = 0; i < MATCH_KEYS; i++)
		if (match_keys[i]->dim == dim && match_keys[i]->given(m))
			return true;
	/* of which that nothing is known is one */
	return dim == DIM_UID && doc_has_caller(m);
}

bool sampling_has(enum call_id id, enum match_dim dim,
		  const struct doc_rule *const *rules, size_t n_rules)
{
	if (dim == DIM_VALUE)
		return call_has(id, ARG_SIZE) || call_has(id, ARG_ARGS);
	if (dim_args[dim])
		return call_has(id, dim_args[dim]);
	for (size_t i = 0; i < n_rules; i++)
		if (is_asked(dim, &rules[i]->match))
			return true;
	return false;
}

/* -- bits ---------------------------------------------------------------------------- */

/*
 * Bits that all masks have or lack together are one atom.  A mask of which all,
 * any or none must be set sees no more of an atom than whether all of it is
 * set, or some, or none: so each of these, of each atom, are all there is.
 */
struct atoms {
	uint64_t bits[64];
	size_t n;
};

static void split(struct atoms *a, uint64_t mask)
{
	size_t n = a->n;
	uint64_t rest = mask;

	for (size_t i = 0; i < n; i++) {
		uint64_t both = a->bits[i] & mask;

		rest &= ~both;
		if (!both || both == a->bits[i])
			continue;
		a->bits[a->n++] = a->bits[i] & ~mask;
		a->bits[i] = both;
	}
	if (rest)
		a->bits[a->n++] = rest;
}

static uint64_t atoms_all(const struct atoms *a)
{
	uint64_t all = 0;

	for (size_t i = 0; i < a->n; i++)
		all |= a->bits[i];
	return all;
}

static uint64_t atom_state(uint64_t atom, unsigned state)
{
	return state == 0 ? 0 : state == 1 ? atom : atom & -atom;
}

/* The next one of all states. Return: false behind the last */
static bool atoms_next(const struct atoms *a, unsigned char *states)
{
	for (size_t i = 0; i < a->n; i++) {
		unsigned most = __builtin_popcountll(a->bits[i]) > 1 ? 2 : 1;

		if (++states[i] <= most)
			return true;
		states[i] = 0;
	}
	return false;
}

/* @add: gets each state, with @base's bits that no mask has */
static void atoms_each(const struct atoms *a, uint64_t base, struct samples *s,
		       void (*add)(struct samples *s, uint64_t bits))
{
	unsigned char states[64] = { 0 };
	uint64_t rest = base & ~atoms_all(a);

	do {
		uint64_t bits = rest;

		for (size_t i = 0; i < a->n; i++)
			bits |= atom_state(a->bits[i], states[i]);
		add(s, bits);
	} while (s->error == 0 && atoms_next(a, states));
}

static void split_bits(struct atoms *a, const struct bits *b)
{
	split(a, b->all);
	split(a, b->any);
	split(a, b->none);
}

static void add_mode(struct samples *s, uint64_t bits)
{
	for (uint32_t type = 0; type <= S_IFMT; type += 010000)
		samples_add(s, type | bits, NULL, 0, false);
}

static void add_number(struct samples *s, uint64_t bits)
{
	samples_add(s, bits, NULL, 0, false);
}

static void sample_bits(enum match_dim dim, const struct doc_rule *const *rules,
			size_t n_rules, struct samples *s)
{
	struct atoms a = { .n = 0 };

	for (size_t i = 0; i < n_rules; i++) {
		const struct doc_match *m = &rules[i]->match;

		if (dim == DIM_CAPS)
			split(&a, m->caps);
		else
			split_bits(&a, dim == DIM_MODE ? &m->mode : &m->flags);
	}
	atoms_each(&a, dim == DIM_MODE ? 0666 : 0, s,
		   dim == DIM_MODE ? add_mode : add_number);
}

/* -- what no rule names -------------------------------------------------------------- */

static void other_modes(struct samples *s)
{
	static const uint32_t types[] = { S_IFREG, S_IFIFO, S_IFSOCK, S_IFCHR,
					  S_IFBLK, S_IFDIR, S_IFLNK };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		samples_add(s, types[i] | 0666, NULL, 0, false);
}

/* A device of a major number that none has yet. */
static void other_device(struct samples *s)
{
	static const uint32_t majors = 4096; /* linux/kdev_t.h: 12 bits */

	for (uint32_t major = 0; major < majors; major++) {
		bool taken = false;

		for (size_t i = 0; i < s->n && !taken; i++)
			taken = dev_major((uint32_t)s->items[i].number) == major;
		if (taken)
			continue;
		samples_add(s, dev_make(major, 1), NULL, 0, false);
		return;
	}
}

static const char *const other_names[] = { "user.other",     "trusted.other",
					   "security.other", "system.other",
					   "other",	     "" };

char sampling_free_byte(const bool used[256])
{
	static const char wanted[] = "xyzabcdefghijklmnopqrstuvw._-0123456789";

	for (const char *c = wanted; *c; c++)
		if (!used[(unsigned char)*c])
			return *c;
	return '\xff';
}

/* Return: a byte that follows @s in no name that begins with it. There is one
 * in any case, since policies are UTF-8: bytes that UTF-8 never has. */
static char free_byte(const struct samples *all, const char *s, size_t n)
{
	bool used[256] = { false };

	for (size_t i = 0; i < all->n; i++) {
		const struct sample *one = &all->items[i];

		if (one->text && one->bytes > n && memcmp(one->text, s, n) == 0)
			used[(unsigned char)one->text[n]] = true;
	}
	return sampling_free_byte(used);
}

/*
 * Exact names and beginnings are a tree.  Which of them a name matches hangs on
 * the longest beginning that it has, and on whether it is an exact one: so all
 * of them, and behind each something that leads to no other, are all there is.
 */
static void other_endings(struct samples *s)
{
	size_t n = s->n;

	for (size_t i = 0; i < n; i++) {
		char longer[XATTR_NAME_MAX_BYTES + 1];
		size_t bytes = s->items[i].bytes;

		if (!s->items[i].text || bytes >= XATTR_NAME_MAX_BYTES)
			continue;
		memcpy(longer, s->items[i].text, bytes);
		longer[bytes] = free_byte(s, longer, bytes);
		samples_add(s, 0, longer, bytes + 1, false);
	}
}

static bool have_globs(const struct doc_rule *const *rules, size_t n_rules)
{
	for (size_t i = 0; i < n_rules; i++)
		for (size_t k = 0; k < rules[i]->match.n_names; k++)
			if (rules[i]->match.names[k].glob)
				return true;
	return false;
}

/* Is there one that begins with @path and a component @name? */
static bool is_listed(const struct samples *s, const char *path, const char *name)
{
	size_t n = strlen(path), m = strlen(name);

	for (size_t i = 0; i < s->n; i++) {
		const char *one = s->items[i].text;

		if (one && strncmp(one, path, n) == 0 && one[n] == '/' &&
		    strncmp(one + n + 1, name, m) == 0 &&
		    (one[n + 1 + m] == '/' || !one[n + 1 + m]))
			return true;
	}
	return false;
}

static void add_below(struct samples *s, const char *path)
{
	char name[16] = "x", longer[PATH_MAX];

	for (unsigned i = 1; is_listed(s, path, name); i++)
		(void)snprintf(name, sizeof(name), "x%u", i);
	if ((size_t)snprintf(longer, sizeof(longer), "%s/%s", path, name) <
	    sizeof(longer))
		samples_add(s, 0, longer, strlen(longer), false);
}

/* Directories are a tree: which of them a path is in or below hangs on the
 * deepest that it has. So each, and a new one in each, are all there is. */
static void other_directories(struct samples *s)
{
	size_t n = s->n;

	for (size_t i = 0; i < n; i++)
		if (s->items[i].text && s->items[i].bytes > 1)
			add_below(s, s->items[i].text);
	add_below(s, "");
	samples_add(s, 0, "/", 1, false);
	samples_add(s, 0, NULL, 0, false);
}

static void other_values(enum call_id id, struct samples *s)
{
	if (call_has(id, ARG_VALUE) || call_has(id, ARG_ARGS))
		samples_add(s, 5, "other", 5, false);
	samples_add(s, 1, NULL, 0, false);
	samples_add(s, 0, NULL, 0, false);
}

/* Those that come first are taken rather than others that are alike. */
static void others_before(enum call_id id, enum match_dim dim, struct samples *s)
{
	if (dim == DIM_MODE)
		other_modes(s);
	for (size_t i = 0; dim == DIM_NAME && i < ARRAY_SIZE(other_names); i++)
		samples_add(s, 0, other_names[i], strlen(other_names[i]), false);
	if (dim == DIM_NAME)
		samples_add(s, 0, NULL, 0, false);
	if (dim == DIM_VALUE)
		other_values(id, s);
	if (dim == DIM_CAPS)
		samples_add(s, CAPS_ALL, NULL, 0, false);
	if (dim == DIM_UID || dim == DIM_GID)
		samples_add(s, 0, NULL, 0, false);
}

static void others_behind(enum match_dim dim, const struct doc_rule *const *rules,
			  size_t n_rules, struct samples *s)
{
	if (dim == DIM_MODE || dim == DIM_FLAGS || dim == DIM_CAPS)
		sample_bits(dim, rules, n_rules, s);
	if (dim == DIM_DEVICE)
		other_device(s);
	if (dim == DIM_NAME && have_globs(rules, n_rules))
		sampling_names(rules, n_rules, s);
	else if (dim == DIM_NAME)
		other_endings(s);
	if (dim == DIM_DIRECTORY)
		other_directories(s);
	if (dim == DIM_UID || dim == DIM_GID)
		samples_add(s, UINT32_MAX, NULL, 0, false);
	if (dim == DIM_UID)
		samples_add(s, SAMPLE_UNKNOWN, NULL, 0, false);
}

/* -- which of them are alike --------------------------------------------------------- */

struct signer {
	struct trial *t;
	enum match_dim dim;
	const struct doc_rule *const *rules;
	size_t n_rules;
};

static bool holds(enum match_dim dim, const struct doc_rule *r,
		  const struct match_facts *f)
{
	for (size_t i = 0; i < MATCH_KEYS; i++)
		if (match_keys[i]->dim == dim &&
		    !match_key_holds(match_keys[i], r, f))
			return false;
	return true;
}

/* A byte a rule: can it match a call with this? And one for a caller of whom
 * nothing is known: that is not about its uid alone. */
static void sign(const struct signer *g, const struct sample *one, bool *ret)
{
	struct explain_call c;
	struct match_facts f;
	struct call call;

	sampling_set(g->t, g->dim, one);
	c = trial_call(g->t);
	explain_look(&c, c.id, true, &call, &f);
	for (size_t i = 0; i < g->n_rules; i++)
		ret[i] = holds(g->dim, g->rules[i], &f);
	ret[g->n_rules] = g->dim == DIM_UID && g->t->unknown;
}

static bool is_known(const bool *signs, size_t n, size_t bytes, const bool *sign)
{
	for (size_t i = 0; i < n; i++)
		if (memcmp(signs + i * bytes, sign, bytes) == 0)
			return true;
	return false;
}

/* Keeps the named ones, then of the others those that add something. */
static int drop_alike(const struct signer *g, struct samples *s)
{
	AUTO(free_ptr) bool *signs = NULL;
	struct samples kept = { .error = s->error };
	size_t n = g->n_rules + 1;

	signs = calloc(s->n + 1, n);
	if (!signs || s->error < 0)
		return s->error < 0 ? s->error : -ENOMEM;
	for (int named = 1; named >= 0; named--)
		for (size_t i = 0; i < s->n && kept.error == 0; i++) {
			const struct sample *one = &s->items[i];

			if (one->named != named)
				continue;
			sign(g, one, signs + kept.n * n);
			if (named ||
			    !is_known(signs, kept.n, n, signs + kept.n * n))
				samples_add(&kept, one->number, one->text,
					    one->bytes, named);
		}
	samples_done(s);
	*s = kept;
	return kept.error;
}

int sampling_make(struct trial *t, enum match_dim dim,
		  const struct doc_rule *const *rules, size_t n_rules,
		  struct samples *ret)
{
	const struct signer g = { t, dim, rules, n_rules };

	others_before(t->t->id, dim, ret);
	for (size_t i = 0; i < n_rules; i++)
		for (size_t k = 0; k < MATCH_KEYS; k++)
			if (match_keys[k]->dim == dim &&
			    match_keys[k]->given(&rules[i]->match))
				match_keys[k]->sample(&rules[i]->match, ret);
	others_behind(dim, rules, n_rules, ret);
	return drop_alike(&g, ret);
}
