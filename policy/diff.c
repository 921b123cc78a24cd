// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * For each syscall that a rule names: a grid of all samples of its arguments on
 * all ABIs, each cell decided under both policies.  Cells that differ in the
 * same way make a group; a group is told in as few calls as stars allow.
 */
#include "policy/diff.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "policy/asker.h"
#include "policy/cap.h"
#include "policy/doc.h"
#include "policy/explain.h"
#include "policy/sampling.h"

#define GROUPS_MAX 1000
#define NO_CALL	   UINT16_MAX /* that an ABI could ask */


struct pair {
	struct decision before, after;
};

struct grid {
	const struct arena *arenas[2];
	const struct doc_policy *docs[2];
	struct trial trial;		     /* the cell's call */
	const struct arch *abis[ARCHES_MAX]; /* that have it */
	int numbers[ARCHES_MAX];
	size_t n_abis;
	struct samples dims[DIMS]; /* none: the call has no such argument */
	size_t n_cells;
	uint16_t *groups; /* by cell: 0 the same, NO_CALL, else groups - 1 */
	bool *told;	  /* by cell */
	struct pair pairs[GROUPS_MAX];
	size_t n_pairs;
	struct policy_diff *out;
};

/* A place in the grid. */
struct cell {
	size_t at[DIMS];
	size_t abi;
};

static size_t dim_length(const struct grid *g, size_t dim)
{
	return g->dims[dim].n ? g->dims[dim].n : 1;
}

static size_t cell_index(const struct grid *g, const struct cell *c)
{
	size_t i = 0;

	for (size_t dim = 0; dim < DIMS; dim++)
		i = i * dim_length(g, dim) + c->at[dim];
	return i * g->n_abis + c->abi;
}

/* The next place with only the dimensions of @wild moved. Return: false behind
 * the last, and all of them at their beginnings */
static bool cell_next(const struct grid *g, struct cell *c, unsigned wild)
{
	for (size_t dim = DIMS; dim-- > 0;) {
		if (!(wild & 1U << dim))
			continue;
		if (++c->at[dim] < dim_length(g, dim))
			return true;
		c->at[dim] = 0;
	}
	return false;
}

#define ALL_DIMS ((1U << DIMS) - 1) /* DIM_ARCH never has samples */

/* -- deciding ------------------------------------------------------------------------- */

bool decision_same(const struct decision *a, const struct decision *b)
{
	if (a->emulate != b->emulate || a->log != b->log || a->closed != b->closed)
		return false;
	if (a->emulate)
		return a->unopenable == b->unopenable;
	if (a->verdict.kind != b->verdict.kind)
		return false;
	return a->verdict.kind == VERDICT_CONTINUE ? true
	       : a->verdict.kind == VERDICT_RETURN
		       ? a->verdict.value == b->verdict.value
		       : a->verdict.error == b->verdict.error;
}

static void set_cell(struct grid *g, const struct cell *c)
{
	const struct arch *arch = g->abis[c->abi];

	g->trial.t->arch = arch;
	g->trial.t->data.arch = arch->audit_arch;
	g->trial.t->data.nr = g->numbers[c->abi];
	for (size_t dim = 0; dim < DIMS; dim++)
		if (g->dims[dim].n)
			sampling_set(&g->trial, (enum match_dim)dim,
				     &g->dims[dim].items[c->at[dim]]);
}

/* Fits the size in a register of the ABI? */
static bool is_possible(const struct grid *g, const struct cell *c)
{
	const struct samples *s = &g->dims[DIM_VALUE];

	return !s->n || s->items[c->at[DIM_VALUE]].number <= UINT32_MAX ||
	       (g->abis[c->abi]->audit_arch & ARCH_64BIT);
}

/* Return: 0, or -E2BIG */
static int group_of(struct grid *g, const struct pair *p, uint16_t *ret)
{
	if (decision_same(&p->before, &p->after)) {
		*ret = 0;
		return 0;
	}
	for (size_t i = 0; i < g->n_pairs; i++)
		if (g->pairs[i].before.rule == p->before.rule &&
		    g->pairs[i].after.rule == p->after.rule) {
			*ret = (uint16_t)(i + 1);
			return 0;
		}
	if (g->n_pairs == GROUPS_MAX)
		return -E2BIG;
	g->pairs[g->n_pairs++] = *p;
	*ret = (uint16_t)g->n_pairs;
	return 0;
}

static int decide_cell(struct grid *g, const struct cell *c)
{
	struct explain_call call;
	struct pair p;

	if (!is_possible(g, c)) {
		g->groups[cell_index(g, c)] = NO_CALL;
		return 0;
	}
	set_cell(g, c);
	call = trial_call(&g->trial);
	explain_decide(g->arenas[0], &call, &p.before);
	explain_decide(g->arenas[1], &call, &p.after);
	return group_of(g, &p, &g->groups[cell_index(g, c)]);
}

static int decide_all(struct grid *g)
{
	struct cell c = { 0 };
	int r = 0;

	do {
		for (c.abi = 0; c.abi < g->n_abis && r == 0; c.abi++)
			r = decide_cell(g, &c);
		c.abi = 0;
	} while (r == 0 && cell_next(g, &c, ALL_DIMS));
	g->out->trials += g->n_cells;
	return r;
}

/* -- telling -------------------------------------------------------------------------- */

/* Is all of it, where the dimensions of @wild may be anything, of @group? What
 * is no call does not count. */
static bool box_is(const struct grid *g, struct cell c, unsigned wild,
		   uint16_t group)
{
	bool some = false;

	for (size_t dim = 0; dim < DIMS; dim++)
		if (wild & 1U << dim)
			c.at[dim] = 0;
	do {
		uint16_t one = g->groups[cell_index(g, &c)];

		if (one != group && one != NO_CALL)
			return false;
		some |= one == group;
	} while (cell_next(g, &c, wild));
	return some;
}

static void box_tell(struct grid *g, struct cell c, unsigned wild)
{
	for (size_t dim = 0; dim < DIMS; dim++)
		if (wild & 1U << dim)
			c.at[dim] = 0;
	do
		g->told[cell_index(g, &c)] = true;
	while (cell_next(g, &c, wild));
}

static const enum call_arg dim_args[DIMS] = {
	[DIM_MODE] = ARG_MODE,
	[DIM_DEVICE] = ARG_DEV,
	[DIM_NAME] = ARG_NAME,
	[DIM_VALUE] = ARG_VALUE,
};

/* The arguments that are stars: those that no rule asks for, too. Flags that no
 * rule asks for are shown, as none. */
static unsigned stars(const struct grid *g, unsigned wild)
{
	unsigned any = 0;

	for (size_t dim = 0; dim < DIMS; dim++) {
		const struct samples *s = &g->dims[dim];

		if (dim == DIM_FLAGS && s->n > 1 && (wild & 1U << dim))
			any |= 1U << ARG_FLAGS;
		else if (dim_args[dim] && ((s->n > 1 && (wild & 1U << dim)) ||
					   (s->n == 1 && !s->items[0].named)))
			any |= 1U << dim_args[dim];
	}
	return any & 1U << ARG_VALUE ? any | 1U << ARG_SIZE : any;
}

/* Return: the caller's to free, NULL for lack of memory */
static char *asker_string(const struct grid *g, unsigned wild)
{
	static const enum asker_word words[DIMS] = {
		[DIM_UID] = ASKER_UID,
		[DIM_GID] = ASKER_GID,
		[DIM_CAPS] = ASKER_CAPS,
		[DIM_DIRECTORY] = ASKER_DIR,
	};
	unsigned said = 0;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	for (size_t dim = 0; dim < DIMS; dim++)
		if (g->dims[dim].n > 1 && !(wild & 1U << dim))
			said |= words[dim];
	if (!out)
		return NULL;
	asker_print(said, g->trial.unknown ? NULL : &g->trial.caller,
		    g->trial.directory, out);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

/* Return: a new one at the end, NULL for lack of memory */
static struct diff_call *add_call(struct policy_diff *d)
{
	if (d->n_calls == d->room) {
		size_t room = d->room ? 2 * d->room : 32;
		struct diff_call *more =
			reallocarray(d->calls, room, sizeof(*more));

		if (!more)
			return NULL;
		d->calls = more;
		d->room = room;
	}
	d->calls[d->n_calls] = (struct diff_call){ 0 };
	return &d->calls[d->n_calls++];
}

static const char *syscall_of(const struct grid *g);

static int tell(struct grid *g, struct cell c, uint16_t group)
{
	struct diff_call *one = add_call(g->out);
	unsigned wild = 0;

	if (!one)
		return -ENOMEM;
	for (size_t dim = 0; dim < DIMS; dim++)
		if (box_is(g, c, wild | 1U << dim, group))
			wild |= 1U << dim;
	set_cell(g, &c);
	one->text = call_text_string(g->trial.t, stars(g, wild));
	one->asker = asker_string(g, wild);
	one->syscall = syscall_of(g);
	one->family = call_family_of(g->trial.t->id);
	one->before = g->pairs[group - 1].before;
	one->after = g->pairs[group - 1].after;
	for (c.abi = 0; c.abi < g->n_abis; c.abi++)
		if (box_is(g, c, wild, group)) {
			one->abis[one->n_abis++] = g->abis[c.abi]->name;
			box_tell(g, c, wild);
		}
	one->every_abi = one->n_abis == g->n_abis;
	return one->text && one->asker ? 0 : -ENOMEM;
}

static int tell_group(struct grid *g, uint16_t group)
{
	struct cell c = { 0 };
	int r = 0;

	do {
		for (c.abi = 0; c.abi < g->n_abis && r == 0; c.abi++) {
			size_t i = cell_index(g, &c);

			if (g->groups[i] == group && !g->told[i])
				r = tell(g, c, group);
		}
		c.abi = 0;
	} while (r == 0 && cell_next(g, &c, ALL_DIMS));
	return r;
}

/* -- one syscall ---------------------------------------------------------------------- */

/* Does the rule name it? Return: the name as the document has it, or NULL */
static const char *named_by(const struct doc_rule *r, const char *syscall)
{
	for (size_t i = 0; i < r->n_syscalls; i++)
		if (strcmp(r->syscalls[i].name, syscall) == 0)
			return r->syscalls[i].name;
	return NULL;
}

static const char *syscall_of(const struct grid *g)
{
	for (int side = 0; side < 2; side++)
		for (size_t i = 0; i < g->docs[side]->n_rules; i++) {
			const char *name = named_by(&g->docs[side]->rules[i],
						    g->trial.t->name);

			if (name)
				return name;
		}
	return NULL;
}

static size_t collect_rules(const struct grid *g, const struct doc_rule **ret)
{
	size_t n = 0;

	for (int side = 0; side < 2; side++)
		for (size_t i = 0; i < g->docs[side]->n_rules; i++)
			if (named_by(&g->docs[side]->rules[i], g->trial.t->name))
				ret[n++] = &g->docs[side]->rules[i];
	return n;
}

/* Sets an argument that no rule looks at. */
static void set_arg(struct call_text *t, int i)
{
	switch (call_arg_at(t->id, i)) {
	case ARG_PATH:
		t->data.args[i] = 0x1000;
		t->args[i] = (struct call_bytes){ true, "/path", 5 };
		break;
	case ARG_DIRFD:
		t->data.args[i] = (uint64_t)AT_FDCWD;
		break;
	case ARG_FD:
		t->data.args[i] = 3;
		break;
	case ARG_ARGS:
	case ARG_ARGS_OUT:
		t->data.args[i] = 0x1000;
		t->has_packed = true;
		break;
	case ARG_ARGS_SIZE:
		t->data.args[i] = sizeof(t->packed);
		break;
	default:
		break;
	}
}

/* Root of the container, who may anything, in its root. */
static void set_rest(struct trial *trial)
{
	struct call_text *t = trial->t;

	t->data.arch = ARCH_64BIT; /* the widest registers; set_cell() says which */
	trial->unknown = false;
	trial->caller = (struct facts_caller){ .caps = CAPS_ALL };
	trial->directory = "/";
	for (t->n_args = 0; t->n_args < CALL_TEXT_ARGS; t->n_args++) {
		if (call_arg_at(t->id, t->n_args) == ARG_NONE)
			return;
		set_arg(t, t->n_args);
	}
}

static int make_dims(struct grid *g)
{
	AUTO(free_ptr) const struct doc_rule **rules = NULL;
	size_t n = g->docs[0]->n_rules + g->docs[1]->n_rules;

	rules = calloc(n + 1, sizeof(*rules));
	if (!rules)
		return -ENOMEM;
	n = collect_rules(g, rules);
	g->n_cells = g->n_abis;
	for (size_t dim = 0; dim < DIMS; dim++) {
		enum match_dim which = (enum match_dim)dim;
		int r;

		if (which == DIM_ARCH ||
		    !sampling_has(g->trial.t->id, which, rules, n))
			continue;
		r = sampling_make(&g->trial, which, rules, n, &g->dims[dim]);
		if (r < 0)
			return r;
		sampling_set(&g->trial, which, &g->dims[dim].items[0]);
		if (__builtin_mul_overflow(g->n_cells, dim_length(g, dim),
					   &g->n_cells) ||
		    g->n_cells > DIFF_TRIALS_MAX)
			return -E2BIG;
	}
	return 0;
}

static void find_abis(struct grid *g)
{
	for (size_t i = 0; i < n_arches; i++) {
		int nr = arch_number(&arches[i], g->trial.t->name);

		if (nr < 0)
			continue;
		g->numbers[g->n_abis] = nr;
		g->abis[g->n_abis++] = &arches[i];
	}
}

static int run_grid(struct grid *g)
{
	int r = make_dims(g);

	if (r < 0)
		return r;
	g->groups = calloc(g->n_cells + 1, sizeof(*g->groups));
	g->told = calloc(g->n_cells + 1, sizeof(*g->told));
	if (!g->groups || !g->told)
		return -ENOMEM;
	r = g->n_abis ? decide_all(g) : 0;
	for (size_t i = 0; i < g->n_pairs && r == 0; i++)
		r = tell_group(g, (uint16_t)(i + 1));
	return r;
}

static int compare_syscall(struct grid *g, const char *name)
{
	struct call_text *t = g->trial.t;
	int r;

	*t = (struct call_text){ .id = call_from_name(name) };
	(void)snprintf(t->name, sizeof(t->name), "%s", name);
	g->n_abis = g->n_pairs = 0;
	find_abis(g);
	set_rest(&g->trial);
	r = run_grid(g);
	for (size_t dim = 0; dim < DIMS; dim++)
		samples_done(&g->dims[dim]);
	free(TAKE_PTR(g->groups));
	free(TAKE_PTR(g->told));
	return r;
}

/* -- the whole ------------------------------------------------------------------------ */

/* Did an earlier rule, or the other policy, name it? */
static bool is_first(const struct grid *g, int side, size_t rule, size_t at)
{
	const struct doc_rule *r = &g->docs[side]->rules[rule];
	const char *name = r->syscalls[at].name;

	for (int s = 0; s <= side; s++)
		for (size_t i = 0; i < g->docs[s]->n_rules; i++) {
			if (s == side && i == rule)
				return true;
			if (named_by(&g->docs[s]->rules[i], name))
				return false;
		}
	return true;
}

static int compare_named(struct grid *g)
{
	int r = 0;

	for (int side = 0; side < 2; side++)
		for (size_t i = 0; i < g->docs[side]->n_rules; i++) {
			const struct doc_rule *rule = &g->docs[side]->rules[i];

			for (size_t k = 0; k < rule->n_syscalls && r == 0; k++)
				if (is_first(g, side, i, k))
					r = compare_syscall(
						g, rule->syscalls[k].name);
		}
	return r;
}

/* Compares verdicts that apply to all calls, which @text describes. */
static int compare_all(struct grid *g, const struct verdict *before,
		       const struct verdict *after, bool fail, const char *text)
{
	const struct pair p = {
		{ .rule = -1, .verdict = *before },
		{ .rule = -1, .verdict = *after },
	};
	struct diff_call *one;

	if (decision_same(&p.before, &p.after))
		return 0;
	one = add_call(g->out);
	if (!one)
		return -ENOMEM;
	one->before = p.before;
	one->after = p.after;
	one->every_abi = true;
	one->fail = fail;
	one->text = strdup(text);
	one->asker = strdup("");
	return one->text && one->asker ? 0 : -ENOMEM;
}

static int compare(struct grid *g, const struct diff_side *const sides[2])
{
	int r = 0;

	for (int i = 0; i < 2 && r == 0; i++) {
		g->docs[i] = policy_doc(sides[i]->set, sides[i]->policy);
		r = arena_map(policy_memfd(sides[i]->policy), &g->arenas[i]);
	}
	if (r == 0)
		r = compare_named(g);
	if (r == 0)
		r = compare_all(g, &g->docs[0]->def, &g->docs[1]->def, false,
				"any call that no rule names");
	if (r == 0)
		r = compare_all(g, &g->docs[0]->fail, &g->docs[1]->fail, true,
				"any call if deputy itself fails");
	if (r == 0)
		r = compare_all(g, &g->docs[0]->without_continue,
				&g->docs[1]->without_continue, false,
				"any call that continues, where the kernel "
				"cannot");
	for (int i = 0; i < 2; i++)
		arena_unmap(g->arenas[i]);
	return r;
}

int policy_diff(const struct diff_side *before, const struct diff_side *after,
		struct policy_diff **ret)
{
	const struct diff_side *const sides[2] = { before, after };
	AUTO(policy_diff_free) struct policy_diff *d = calloc(1, sizeof(*d));
	AUTO(free_ptr) struct call_text *t = calloc(1, sizeof(*t));
	AUTO(free_ptr) struct grid *g = calloc(1, sizeof(*g));
	int r;

	if (!d || !t || !g)
		return -ENOMEM;
	g->trial.t = t;
	g->out = d;
	r = compare(g, sides);
	if (r == 0)
		*ret = TAKE_PTR(d);
	return r;
}

struct policy_diff *policy_diff_free(struct policy_diff *d)
{
	if (!d)
		return NULL;
	for (size_t i = 0; i < d->n_calls; i++) {
		free(d->calls[i].text);
		free(d->calls[i].asker);
	}
	free(d->calls);
	free(d);
	return NULL;
}
