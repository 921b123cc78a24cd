// SPDX-License-Identifier: LGPL-2.1-or-later
#include "policy/explain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/doc.h"
#include "policy/effect.h"
#include "policy/match_key.h"

#define EXPLAIN_ARGS_MAX_BYTES                                                 \
	4096 /* the kernel takes a struct of at most a page */

_Static_assert(MATCH_KEYS <= EXPLAIN_KEYS_MAX, "room for all keys");

/* The call that is being explained, in all of its forms. */
struct work {
	const struct doc *d;
	const struct doc_policy *p;
	struct decide_plan plan;
	struct call call;
	struct match_facts facts;
	struct explain *e;
};

/* -- what decides -------------------------------------------------------------------- */

/* Like work.c, reads no struct that the kernel will refuse. */
static bool can_unpack(const struct explain_call *c, const struct call *call)
{
	return c->args && call_is_packed(call->id) &&
	       call->args_size >= sizeof(*c->args) &&
	       call->args_size <= EXPLAIN_ARGS_MAX_BYTES;
}

void explain_look(const struct explain_call *c, enum call_id id, bool unpack,
		  struct call *call, struct match_facts *f)
{
	call_decode(c->data, id, call);
	if (unpack && can_unpack(c, call))
		call_unpack(call, c->args);
	*f = (struct match_facts){
		.arch = arch_of(c->data->arch, (uint32_t)c->data->nr),
		.call = call,
		.caller = c->caller,
		.directory = c->directory,
	};
	/* a longer name is none to the kernel: a worker does not read it */
	if (c->name && strlen(c->name) <= XATTR_NAME_MAX_BYTES)
		f->name = c->name;
	if (call->size == 0) /* anywhere */
		f->value = "";
	else if (c->value && call->size <= c->value_bytes)
		f->value = c->value;
}

/* Tells all that is asked for, each once. */
static void decide_as_worker(const struct arena *a,
			     const struct decide_plan *plan,
			     const struct match_facts *m, struct decision *ret)
{
	struct facts f = { .call = m->call };

	if (plan->needs_name)
		f.name = m->name;
	for (;;)
		switch (decide(a, plan, &f, ret)) {
		case DECIDE_DONE:
			return;
		case DECIDE_WANTS_VALUE:
			f.value_read = true;
			f.value = m->value;
			break;
		case DECIDE_WANTS_CALLER:
			f.caller_read = true;
			f.caller = m->caller;
			break;
		case DECIDE_WANTS_DIRECTORY:
			f.directory_read = true;
			f.directory = m->directory;
			break;
		}
}

void explain_decide(const struct arena *a, const struct explain_call *c,
		    struct decision *ret)
{
	struct decide_plan plan;
	struct match_facts f;
	struct call call;

	decide_plan(a, c->data->arch, (uint32_t)c->data->nr, &plan);
	explain_look(c, plan.id, plan.needs_args, &call, &f);
	decide_as_worker(a, &plan, &f, ret);
}

static int decide_on(const struct policy *p, const struct explain_call *c,
		     struct work *w)
{
	const struct arena *a;
	int r = arena_map(policy_memfd(p), &a);

	if (r < 0)
		return r;
	decide_plan(a, c->data->arch, (uint32_t)c->data->nr, &w->plan);
	explain_look(c, w->plan.id, w->plan.needs_args, &w->call, &w->facts);
	decide_as_worker(a, &w->plan, &w->facts, &w->e->decision);
	arena_unmap(a);
	return 0;
}

/* -- reasons ------------------------------------------------------------------------ */

/* The name by which the policy knows the call. Return: NULL: it does not */
static const char *find_name(const struct doc_policy *p,
			     const struct seccomp_data *data)
{
	const struct arch *arch = arch_of(data->arch, (uint32_t)data->nr);

	if (!arch)
		return NULL;
	for (size_t i = 0; i < p->n_rules; i++)
		for (size_t k = 0; k < p->rules[i].n_syscalls; k++) {
			const char *name = p->rules[i].syscalls[k].name;
			int nr = arch_number(arch, name);

			if (nr >= 0 && nr == data->nr)
				return name;
		}
	return NULL;
}

static bool is_for(const struct doc_rule *r, const char *syscall)
{
	for (size_t i = 0; i < r->n_syscalls; i++)
		if (strcmp(r->syscalls[i].name, syscall) == 0)
			return true;
	return false;
}

static bool rule_matches(const struct doc_rule *r, const struct match_facts *f)
{
	for (size_t i = 0; i < MATCH_KEYS; i++)
		if (!match_key_holds(match_keys[i], r, f))
			return false;
	return true;
}

/* Return: 0 or -ENOMEM */
static int add_key(const struct match_key *k, const struct doc_rule *rule,
		   const struct match_facts *f, struct explain_rule *r)
{
	struct explain_key *one = &r->keys[r->n_keys];
	size_t size;
	FILE *out;
	bool failed;

	if (!k->given(&rule->match) ||
	    match_key_holds(k, rule, f) != (r->outcome == EXPLAIN_DECIDES))
		return 0;
	out = open_memstream(&one->text, &size);
	if (!out)
		return -ENOMEM;
	one->name = k->name;
	r->n_keys++;
	(void)fprintf(out, "%s ", k->name);
	k->print_have(f, out);
	if (r->outcome == EXPLAIN_DIFFERS) {
		(void)fputc(' ', out);
		k->print_why(&rule->match, f, out);
	}
	failed = ferror(out);
	return fclose(out) != 0 || failed ? -ENOMEM : 0;
}

static struct explain_place place_of(const struct doc *d, uint32_t node)
{
	struct explain_place p = { .line = doc_place(d, node).line };

	if (d->n_files > 1)
		p.file = doc_file_of(d, node)->name;
	return p;
}

static int add_rule(struct work *w, size_t index, enum explain_outcome outcome)
{
	const struct doc_rule *rule = &w->p->rules[index];
	struct explain_rule *r = &w->e->rules[w->e->n_rules++];

	r->index = index;
	r->outcome = outcome;
	r->place = place_of(w->d, rule->node);
	w->e->asks_caller |= doc_has_caller(&rule->match);
	w->e->asks_directory |= rule->match.n_directories != 0;
	for (size_t i = 0; i < MATCH_KEYS && outcome != EXPLAIN_NOT_REACHED; i++) {
		int error = add_key(match_keys[i], rule, &w->facts, r);

		if (error < 0)
			return error;
	}
	return 0;
}

static int add_rules(struct work *w, const char *syscall)
{
	int32_t decides = -1;

	w->e->rules =
		calloc(w->p->n_rules ? w->p->n_rules : 1, sizeof(*w->e->rules));
	if (!w->e->rules)
		return -ENOMEM;
	for (size_t i = 0; syscall && i < w->p->n_rules; i++) {
		enum explain_outcome outcome = EXPLAIN_NOT_REACHED;
		int r;

		if (!is_for(&w->p->rules[i], syscall))
			continue;
		if (decides < 0)
			outcome = rule_matches(&w->p->rules[i], &w->facts)
					  ? EXPLAIN_DECIDES
					  : EXPLAIN_DIFFERS;
		if (outcome == EXPLAIN_DECIDES)
			decides = (int32_t)i;
		r = add_rule(w, i, outcome);
		if (r < 0)
			return r;
	}
	return decides == w->e->decision.rule ? 0 : -EBADE;
}

/* -- the whole ----------------------------------------------------------------------- */

/* The kernel's effect depends on the call, whether or not a rule names it. */
static int add_effect(struct work *w, const struct explain_call *c)
{
	struct explain *e = w->e;
	size_t size;
	FILE *out = open_memstream(&e->effect, &size);

	if (!out)
		return -ENOMEM;
	explain_look(c, c->id, true, &w->call, &w->facts);
	e->family = w->call.family;
	effect_print(&e->decision, &e->fail, &w->facts, out);
	return fclose(out) != 0 ? -ENOMEM : 0;
}

int explain(const struct policy_set *s, const struct policy *p,
	    const struct explain_call *c, struct explain **ret)
{
	AUTO(explain_free) struct explain *e = calloc(1, sizeof(*e));
	struct work w = { .d = policy_set_doc(s), .p = policy_doc(s, p), .e = e };
	int r;

	if (!e)
		return -ENOMEM;
	e->fail = policy_fail(p);
	r = decide_on(p, c, &w);
	if (r == 0)
		r = add_rules(&w, w.plan.call_index == UINT32_MAX
					  ? NULL
					  : find_name(w.p, c->data));
	if (r == 0)
		r = add_effect(&w, c);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(e);
	return 0;
}

struct explain *explain_free(struct explain *e)
{
	if (!e)
		return NULL;
	for (size_t i = 0; i < e->n_rules; i++)
		for (size_t k = 0; k < e->rules[i].n_keys; k++)
			free(e->rules[i].keys[k].text);
	free(e->rules);
	free(e->effect);
	free(e);
	return NULL;
}

struct explain_call explain_call_of_text(const struct call_text *t)
{
	struct call_bytes name = call_text_bytes(t, ARG_NAME);
	struct call_bytes value = call_text_bytes(t, ARG_VALUE);

	return (struct explain_call){
		.data = &t->data,
		.id = t->id,
		.name = name.there ? name.text : NULL,
		.value = value.there ? value.text : NULL,
		.value_bytes = value.n + 1, /* its NUL */
		.args = t->has_packed ? &t->packed : NULL,
	};
}

struct explain_place explain_place(const struct policy_set *s,
				   const struct policy *p, int32_t rule)
{
	const struct doc_policy *d = policy_doc(s, p);

	return place_of(policy_set_doc(s),
			rule < 0 ? d->default_node : d->rules[rule].node);
}
