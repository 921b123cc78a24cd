// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A call's registers are cut up rule by rule, as first match wins.  "Open" is
 * what no rule has decided yet:
 *
 *   a rule on registers alone    takes what it matches out of open, to notify
 *                                or, where it continues, to leave
 *   one that also looks at       what it matches may be its: to notify, unless
 * it pointed-to bytes             continues; then later rules decide, and the
 *                                call stays open
 *   the default                  takes the rest
 *
 * So a call is left to the kernel only where no bytes could make a rule do
 * anything else.
 */
#include "policy/profile_calls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* -- conditions: one row a key of "match" that looks at a register ----------------- */

enum detail { DETAIL_EXACT, DETAIL_COARSE, DETAIL_NONE };

struct reg {
	uint64_t mask, value;
};

#define REGS_MAX CUBES_MAX

/* The condition of one key on its register: any of these; none: no condition. */
struct regs {
	struct reg r[REGS_MAX];
	size_t n;
	bool overflow; /* there were more */
};

static void regs_add(struct regs *s, uint64_t mask, uint64_t value)
{
	if (s->n < REGS_MAX)
		s->r[s->n++] = (struct reg){ mask, value };
	else
		s->overflow = true;
}

static void regs_of_types(const struct doc_match *m, struct regs *ret)
{
	for (uint32_t i = 0; i < 16; i++)
		if (m->types >> i & 1)
			regs_add(ret, S_IFMT, i << 12);
}

static void regs_of_must(const struct bits *b, struct regs *ret)
{
	if (b->all | b->none)
		regs_add(ret, b->all | b->none, b->all);
}

static void regs_of_any(const struct bits *b, struct regs *ret)
{
	for (uint32_t bit = 1; bit; bit <<= 1)
		if (b->any & bit)
			regs_add(ret, bit, bit);
}

static void regs_of_mode(const struct doc_match *m, struct regs *ret)
{
	regs_of_must(&m->mode, ret);
}

static void regs_of_any_mode(const struct doc_match *m, struct regs *ret)
{
	regs_of_any(&m->mode, ret);
}

static void regs_of_flags(const struct doc_match *m, struct regs *ret)
{
	regs_of_must(&m->flags, ret);
}

static void regs_of_any_flags(const struct doc_match *m, struct regs *ret)
{
	regs_of_any(&m->flags, ret);
}

/* From @first to @last as aligned blocks of a power of two. */
static void regs_of_size(const struct doc_match *m, struct regs *ret)
{
	uint64_t at = m->min_size, last = m->max_size, end;

	if (!doc_has_size(m))
		return;
	do {
		uint64_t low = 0; /* bits that are free */

		while (low != UINT64_MAX && !(at & (low << 1 | 1)) &&
		       (at | (low << 1 | 1)) <= last)
			low = low << 1 | 1;
		regs_add(ret, ~low, at);
		end = at | low;
		at = end + 1;
	} while (end < last);
}

#define MINOR_BITS UINT32_C(0xfffff)
#define MAJOR_MASK UINT32_C(0xfff00)

/* The kernel's 32-bit encoding, see dev_minor(). */
static uint32_t minor_encode(uint32_t minor)
{
	return (minor & 0xff) | (minor & 0xfff00) << 12;
}

/* A run of minors as aligned blocks of a power of two. */
static void regs_of_minors(const struct doc_device *d, struct regs *ret)
{
	uint32_t at = d->first_minor;

	while (at <= d->last_minor) {
		uint32_t block = 1;

		while (block <= MINOR_BITS && !(at & (2 * block - 1)) &&
		       at + 2 * block - 1 <= d->last_minor)
			block *= 2;
		regs_add(ret,
			 MAJOR_MASK | minor_encode(~(block - 1) & MINOR_BITS),
			 d->major << 8 | minor_encode(at));
		at += block;
	}
}

static void regs_of_devices(const struct doc_match *m, struct regs *ret)
{
	for (size_t i = 0; i < m->n_devices; i++)
		regs_of_minors(&m->devices[i], ret);
}

/* The length of a value that a rule wants is a register. */
static void regs_of_values(const struct doc_match *m, struct regs *ret)
{
	for (size_t i = 0; i < m->n_values; i++)
		regs_add(ret, UINT64_MAX, m->values[i].bytes);
}

static const struct condition {
	enum call_arg arg;
	enum detail needs; /* given up where less detail is wanted */
	void (*regs)(const struct doc_match *m, struct regs *ret);
} conditions[] = {
	{ ARG_MODE, DETAIL_COARSE, regs_of_types },
	{ ARG_MODE, DETAIL_EXACT, regs_of_mode },
	{ ARG_MODE, DETAIL_EXACT, regs_of_any_mode },
	{ ARG_FLAGS, DETAIL_EXACT, regs_of_flags },
	{ ARG_FLAGS, DETAIL_EXACT, regs_of_any_flags },
	{ ARG_DEV, DETAIL_EXACT, regs_of_devices },
	{ ARG_SIZE, DETAIL_EXACT, regs_of_size },
	{ ARG_SIZE, DETAIL_EXACT, regs_of_values },
};

/* Does the rule look at more than registers, so that no filter can tell whether
 * it matches? */
static bool filter_cannot_tell(const struct doc_match *m)
{
	return doc_is_pointed_to(m) || doc_has_caller(m) || m->arches;
}

/* -- a rule's cubes ------------------------------------------------------------------ */

struct shape {
	struct cubes cubes; /* what it matches at most */
	bool may_not;	    /* it may match less than that */
};

/* Each cube so far once for each of the register's values. */
static int narrow(struct cubes *s, int arg, const struct regs *regs)
{
	struct cubes more = { 0 };
	int r = 0;

	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; k < regs->n && r == 0; k++) {
			struct cube one = { 0 }, both;

			one.mask[arg] = regs->r[k].mask;
			one.value[arg] = regs->r[k].value;
			if (cube_meet(&s->c[i], &one, &both))
				r = cubes_add(&more, &both);
		}
	cubes_done(s);
	*s = more;
	return r;
}

static int shape_make(const struct doc_match *m, enum call_id id,
		      enum detail detail, struct regs *regs, struct shape *ret)
{
	const struct cube all = { 0 };
	int r = cubes_add(&ret->cubes, &all);

	ret->may_not = filter_cannot_tell(m);
	for (size_t i = 0; i < ARRAY_SIZE(conditions) && r == 0; i++) {
		const struct condition *c = &conditions[i];
		int arg = call_index_of(id, c->arg);

		regs->n = 0;
		regs->overflow = false;
		c->regs(m, regs);
		if (regs->n == 0)
			continue;
		if (arg < 0 || detail > c->needs)
			ret->may_not = true; /* no register, or given up */
		else if (regs->overflow)
			r = -E2BIG;
		else
			r = narrow(&ret->cubes, arg, regs);
	}
	return r;
}

int profile_match_meets(const struct doc_match *m, enum call_id id,
			const struct cubes *some)
{
	AUTO(free_ptr) struct regs *regs = malloc(sizeof(*regs));
	struct shape s = { .may_not = false };
	int r = regs ? shape_make(m, id, DETAIL_EXACT, regs, &s) : -ENOMEM;

	for (size_t i = 0; i < s.cubes.n && r == 0; i++)
		r = cubes_touch(some, &s.cubes.c[i]);
	cubes_done(&s.cubes);
	return r;
}

/* -- a call's rules -------------------------------------------------------------------- */

/* The decisions on the calls seen so far: all the same errno? */
struct outcome {
	bool any, mixed;
	int error;
};

static void outcome_add(struct outcome *o, bool emulate, bool log,
			const struct verdict *v)
{
	int error = !emulate && !log && v->kind == VERDICT_ERRNO ? v->error : 0;

	if (o->any && o->error != error)
		o->mixed = true;
	o->any = true;
	o->error = error;
}

struct cutting {
	struct cubes open, notify, leave;
	struct cubes wanted; /* rules' own cubes, which read better than pieces */
	struct outcome outcome;
	bool opens;	/* some of what is notified may be continued */
	bool passes;	/* some of it may be left to later rules */
	bool continues; /* some rule or the default continues */
};

static void cutting_done(struct cutting *c)
{
	cubes_done(&c->open);
	cubes_done(&c->notify);
	cubes_done(&c->leave);
	cubes_done(&c->wanted);
}

static int take(struct cutting *c, const struct cube *what, bool leaves,
		bool stays_open)
{
	size_t n = c->open.n;
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++) {
		struct cube both;

		if (cube_meet(&c->open.c[i], what, &both) && !stays_open)
			r = cubes_add(leaves ? &c->leave : &c->notify, &both);
	}
	if (r == 0 && !leaves)
		r = cubes_add(&c->wanted, what);
	return r == 0 && !stays_open ? cubes_subtract(&c->open, what) : r;
}

static int cut_rule(struct cutting *c, const struct doc_rule *rule,
		    const struct shape *s)
{
	bool leaves = doc_is_plain_continue(rule);
	bool reached = false;
	int r = 0;

	for (size_t i = 0; i < s->cubes.n && r == 0; i++) {
		if (!cubes_touch(&c->open, &s->cubes.c[i]))
			continue;
		reached = true;
		r = take(c, &s->cubes.c[i], leaves, leaves && s->may_not);
	}
	if (!reached)
		return r;
	outcome_add(&c->outcome, rule->emulate, rule->log, &rule->verdict);
	c->opens |= !leaves && (rule->emulate || !doc_denies(rule));
	c->passes |= !leaves && s->may_not;
	return r;
}

static int cut_default(struct cutting *c, const struct verdict *def)
{
	int r = 0;

	if (c->open.n == 0)
		return 0;
	outcome_add(&c->outcome, false, false, def);
	for (size_t i = 0; i < c->open.n && r == 0; i++)
		r = cubes_add(def->kind == VERDICT_CONTINUE ? &c->leave :
							      &c->notify,
			      &c->open.c[i]);
	return r;
}

/* If a filter cannot tell whether a rule matches, the rule's calls are
 * notified, also those that a later rule decides. So later rules count for the
 * errno of the whole call, too. */
static void outcome_behind(struct cutting *c, const struct doc_policy *p,
			   const char *name)
{
	for (size_t i = 0; i < p->n_rules; i++) {
		const struct doc_rule *r = &p->rules[i];

		if (!doc_rule_names(r, name))
			continue;
		outcome_add(&c->outcome, r->emulate, r->log, &r->verdict);
		if (doc_matches_all(&r->match))
			return;
	}
	outcome_add(&c->outcome, false, false, &p->def);
}

static int cut(struct cutting *c, const struct doc_policy *p,
	       const struct profile_call *call, enum detail detail,
	       struct regs *regs)
{
	const struct cube all = { 0 };
	bool unsure = false;
	int r = cubes_add(&c->open, &all);

	for (size_t i = 0; i < p->n_rules && r == 0; i++) {
		struct shape s = { 0 };

		if (!doc_rule_names(&p->rules[i], call->name))
			continue;
		r = shape_make(&p->rules[i].match, call->id, detail, regs, &s);
		unsure |= s.may_not;
		c->continues |= doc_is_plain_continue(&p->rules[i]);
		if (r == 0)
			r = cut_rule(c, &p->rules[i], &s);
		cubes_done(&s.cubes);
	}
	if (r == 0)
		r = cut_default(c, &p->def);
	c->continues |= p->def.kind == VERDICT_CONTINUE;
	c->opens |= c->passes && c->continues;
	if (r == 0 && unsure)
		outcome_behind(c, p, call->name);
	return r;
}

/* -- what to notify, so that people can read it ------------------------------------------ */

/* The rules' own cubes where nothing in them is left, pieces elsewhere. */
static int tidy(struct cutting *c)
{
	struct cubes out = { 0 };
	int r = 0;

	cubes_merge(&c->leave);
	for (size_t i = 0; i < c->wanted.n && r == 0; i++)
		if (!cubes_touch(&c->leave, &c->wanted.c[i])) {
			r = cubes_add(&out, &c->wanted.c[i]);
			if (r == 0)
				r = cubes_subtract(&c->notify, &c->wanted.c[i]);
		}
	cubes_merge(&c->notify);
	for (size_t i = 0; i < c->notify.n && r == 0; i++)
		r = cubes_add(&out, &c->notify.c[i]);
	if (r == 0 && c->leave.n == 0 && out.n) {
		out.n = 1; /* all of it */
		out.c[0] = (struct cube){ 0 };
	}
	cubes_drop_held(&out);
	cubes_done(&c->notify);
	c->notify = out;
	return r;
}

bool profile_call_is_single(const struct profile_call *c, int *ret_arg)
{
	int arg = -1;

	for (int i = 0; i < CUBE_ARGS && c->notify.n == 1; i++) {
		if (!c->notify.c[0].mask[i])
			continue;
		if (arg >= 0 || c->notify.c[0].mask[i] != UINT64_MAX)
			return false;
		arg = i;
	}
	*ret_arg = arg;
	return arg >= 0;
}

struct making {
	const struct doc_policy *p;
	size_t rules_max;
	bool with_leave;
	struct regs regs; /* big, so made once */
};

static size_t rules_of(const struct profile_call *c, const struct making *m)
{
	int arg;

	if (!m->with_leave)
		return c->notify.n;
	return c->notify.n + (profile_call_is_single(c, &arg) ? 1 : c->leave.n);
}

static int call_try(struct profile_call *call, enum detail detail,
		    struct making *m)
{
	struct cutting c = { 0 };
	int r = cut(&c, m->p, call, detail, &m->regs);

	if (r == 0)
		r = tidy(&c);
	if (r == 0) {
		cubes_done(&call->notify);
		cubes_done(&call->leave);
		call->notify = TAKE(c.notify, (struct cubes){ 0 });
		call->leave = TAKE(c.leave, (struct cubes){ 0 });
		if (detail != DETAIL_NONE && rules_of(call, m) > m->rules_max)
			r = -E2BIG;
		call->error = c.outcome.mixed ? 0 : c.outcome.error;
		call->opens = c.opens;
		call->coarse = detail != DETAIL_EXACT;
	}
	cutting_done(&c);
	return r;
}

static int call_make(struct profile_call *call, struct making *m)
{
	int r = -E2BIG;

	for (int detail = DETAIL_EXACT; r == -E2BIG && detail <= DETAIL_NONE;
	     detail++)
		r = call_try(call, (enum detail)detail, m);
	return r;
}

struct profile_call *profile_calls_find(const struct profile_calls *s,
					const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->calls[i].name, name) == 0)
			return &s->calls[i];
	return NULL;
}

static void collect(const struct doc_policy *p, struct profile_calls *s)
{
	for (size_t i = 0; i < p->n_rules; i++) {
		const struct doc_rule *r = &p->rules[i];

		for (size_t k = 0; k < r->n_syscalls; k++) {
			const struct doc_syscall *one = &r->syscalls[k];
			struct profile_call *c = profile_calls_find(s, one->name);

			if (!c) {
				c = &s->calls[s->n++];
				c->name = one->name;
				c->id = one->id;
				c->node = LEX_NONE;
			}
			if (c->node == LEX_NONE &&
			    (!doc_is_plain_continue(r) ||
			     p->def.kind != VERDICT_CONTINUE))
				c->node = one->node;
		}
	}
}

int profile_calls_deny_rings(const struct doc_policy *p,
			     struct profile_calls *s)
{
	const struct cube all = { 0 };
	struct profile_call *c = profile_calls_find(s, DOC_URING_SETUP);

	if (!doc_uring_passes(p) || c)
		return 0;
	c = &s->calls[s->n++];
	c->name = DOC_URING_SETUP;
	c->node = LEX_NONE;
	c->error = ENOSYS;
	return cubes_add(&c->notify, &all);
}

int profile_calls_make(const struct doc_policy *p, size_t rules_max,
		       bool with_leave, struct profile_calls *ret)
{
	AUTO(free_ptr) struct making *m = calloc(1, sizeof(*m));
	size_t most = 1 + 1; /* and profile_calls_deny_rings() */
	int r = 0;

	*ret = (struct profile_calls){ 0 };
	for (size_t i = 0; i < p->n_rules; i++)
		most += p->rules[i].n_syscalls;
	ret->calls = calloc(most, sizeof(*ret->calls));
	if (!ret->calls || !m)
		return -ENOMEM;
	m->p = p;
	m->rules_max = rules_max;
	m->with_leave = with_leave;
	collect(p, ret);
	for (size_t i = 0; i < ret->n && r == 0; i++)
		r = call_make(&ret->calls[i], m);
	return r;
}

void profile_calls_done(struct profile_calls *s)
{
	for (size_t i = 0; i < s->n; i++) {
		cubes_done(&s->calls[i].notify);
		cubes_done(&s->calls[i].leave);
	}
	free(s->calls);
	*s = (struct profile_calls){ 0 };
}
