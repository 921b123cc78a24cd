// SPDX-License-Identifier: LGPL-2.1-or-later
#include "policy/sampling.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "policy/explain.h"
#include "policy/match_key.h"

/* -- arguments ---------------------------------------------------------------------- */

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

void sampling_set(struct call_text *t, enum call_arg arg, const struct sample *s)
{
	if (arg == ARG_NAME || arg == ARG_VALUE || arg == ARG_PATH) {
		set_number(t, arg, s->text ? 0x1000 : 0);
		set_text(t, arg, s);
	} else {
		set_number(t, arg, s->number);
	}
	if (arg == ARG_VALUE)
		set_number(t, ARG_SIZE, s->number);
}

/* -- what no rule names -------------------------------------------------------------- */

static void other_modes(struct samples *s)
{
	static const uint32_t types[] = { S_IFREG, S_IFIFO, S_IFSOCK, S_IFCHR,
					  S_IFBLK, S_IFDIR, S_IFLNK };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		samples_add(s, types[i] | 0666, NULL, 0, false);
	for (uint32_t type = 0; type <= S_IFMT; type += 010000)
		samples_add(s, type | 0666, NULL, 0, false);
}

/* Keys of the type and of the permissions share an argument: each with each. */
static void cross_modes(struct samples *s)
{
	size_t n = s->n;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n; k++) {
			uint64_t type = s->items[i].number & S_IFMT;
			uint64_t rest = s->items[k].number & ~(uint64_t)S_IFMT;

			samples_add(s, type | rest, NULL, 0,
				    s->items[i].named && s->items[k].named);
		}
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

/* Of names that begin with @s: a byte that comes next in none. That of no UTF-8
 * is one in any case, for policies are UTF-8. */
static char free_byte(const struct samples *all, const char *s, size_t n)
{
	static const char wanted[] = "xyzabcdefghijklmnopqrstuvw._-0123456789";
	bool used[256] = { false };

	for (size_t i = 0; i < all->n; i++) {
		const struct sample *one = &all->items[i];

		if (one->text && one->bytes > n && memcmp(one->text, s, n) == 0)
			used[(unsigned char)one->text[n]] = true;
	}
	for (const char *c = wanted; *c; c++)
		if (!used[(unsigned char)*c])
			return *c;
	return '\xff';
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

static void others(enum call_arg arg, struct samples *s)
{
	switch (arg) {
	case ARG_MODE:
		other_modes(s);
		break;
	case ARG_NAME:
		for (size_t i = 0; i < ARRAY_SIZE(other_names); i++)
			samples_add(s, 0, other_names[i],
				    strlen(other_names[i]), false);
		samples_add(s, 0, NULL, 0, false);
		break;
	case ARG_VALUE:
		samples_add(s, 5, "other", 5, false);
		samples_add(s, 1, NULL, 0, false);
		break;
	case ARG_FLAGS:
		for (uint64_t flags = 0; flags < 4; flags++)
			samples_add(s, flags, NULL, 0, false);
		break;
	default:
		break;
	}
}

/* -- which of them are alike --------------------------------------------------------- */

struct signer {
	struct call_text *t;
	enum call_arg arg;
	const struct doc_match *const *rules;
	size_t n_rules;
};

static bool holds(enum call_arg arg, const struct doc_match *m,
		  const struct match_facts *f)
{
	for (size_t i = 0; i < MATCH_KEYS; i++)
		if (match_keys[i].arg == arg &&
		    !match_key_holds(&match_keys[i], m, f))
			return false;
	return true;
}

/* A byte a rule: can it match a call with this argument? */
static void sign(const struct signer *g, const struct sample *one, bool *ret)
{
	struct explain_call c;
	struct match_facts f;
	struct call call;

	sampling_set(g->t, g->arg, one);
	c = explain_call_of_text(g->t);
	call_decode(&g->t->data, g->t->id, &call);
	f = (struct match_facts){ .data = &g->t->data,
				  .call = &call,
				  .name = c.name };
	if (c.value && call.size <= c.value_bytes)
		f.value = c.value;
	for (size_t i = 0; i < g->n_rules; i++)
		ret[i] = holds(g->arg, g->rules[i], &f);
}

static bool is_known(const bool *signs, size_t n, size_t n_rules, const bool *sign)
{
	for (size_t i = 0; i < n; i++)
		if (memcmp(signs + i * n_rules, sign, n_rules) == 0)
			return true;
	return false;
}

static bool by_named(const struct samples *s, size_t i, bool named)
{
	return s->items[i].named == named;
}

/* Keeps the named ones, then of the others those that add something. */
static int drop_alike(const struct signer *g, struct samples *s)
{
	AUTO(free_ptr) bool *signs = NULL;
	struct samples kept = { .error = s->error };
	size_t n = g->n_rules;

	signs = calloc(s->n + 1, n + 1);
	if (!signs || s->error < 0)
		return s->error < 0 ? s->error : -ENOMEM;
	for (int named = 1; named >= 0; named--)
		for (size_t i = 0; i < s->n && kept.error == 0; i++) {
			const struct sample *one = &s->items[i];

			if (!by_named(s, i, named))
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

int sampling_make(struct call_text *t, enum call_arg arg,
		  const struct doc_match *const *rules, size_t n_rules,
		  struct samples *ret)
{
	const struct signer g = { t, arg, rules, n_rules };

	if (arg != ARG_DEV)
		others(arg, ret); /* first: rather these than odd ones */
	for (size_t i = 0; i < n_rules; i++)
		for (size_t k = 0; k < MATCH_KEYS; k++)
			if (match_keys[k].arg == arg &&
			    match_keys[k].given(rules[i]))
				match_keys[k].sample(rules[i], ret);
	if (arg == ARG_MODE)
		cross_modes(ret);
	if (arg == ARG_DEV)
		other_device(ret);
	if (arg == ARG_NAME)
		other_endings(ret);
	return drop_alike(&g, ret);
}
