// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/policy_file.h"
#include "ctl/reply.h"
#include "policy/diff.h"
#include "proto/varlink.h"

/* As diff(1): CTL_OK, then these. */
#define DIFFERENT 1
#define TROUBLE	  2

struct work {
	const struct policy_set *sets[2]; /* old, new */
	size_t trials, differences, policies;
	bool by_name; /* one policy, whoever gets it */
	struct json_object *json; /* policies; NULL: text is printed */
	struct json_object *bindings;
};

/* -- one call ------------------------------------------------------------------------- */

static void print_decisions(const struct diff_side *old,
			    const struct diff_side *new,
			    const struct diff_call *c)
{
	printf("  %s: ", c->syscall ? c->syscall
			 : c->fail  ? "failing"
				    : "other calls");
	policy_file_print(old->set, old->policy, &c->before, c->family, true);
	printf(" -> ");
	policy_file_print(new->set, new->policy, &c->after, c->family, true);
	putchar('\n');
}

static void print_call(const struct diff_call *c)
{
	printf("    %s%s%s", c->text, *c->asker ? "  by " : "", c->asker);
	for (size_t i = 0; i < c->n_abis && !c->every_abi; i++)
		printf("%s%s", i ? ", " : "  on ", c->abis[i]);
	putchar('\n');
}

static bool same_group(const struct diff_call *a, const struct diff_call *b)
{
	return a->syscall == b->syscall && a->fail == b->fail &&
	       a->before.rule == b->before.rule &&
	       a->after.rule == b->after.rule;
}

static struct json_object *call_json(const struct diff_side *old,
				     const struct diff_side *new,
				     const struct diff_call *c)
{
	struct json_object *o = json_object_new_object();
	struct json_object *abis = json_object_new_array();

	for (size_t i = 0; i < c->n_abis; i++)
		json_object_array_add(abis, json_object_new_string(c->abis[i]));
	json_object_object_add(o, "syscall",
			       c->syscall ? json_object_new_string(c->syscall)
					  : NULL);
	json_object_object_add(o, "call", json_object_new_string(c->text));
	json_object_object_add(o, "asker", json_object_new_string(c->asker));
	json_object_object_add(o, "arches", abis);
	json_object_object_add(
		o, "old",
		policy_file_json(old->set, old->policy, &c->before, c->family));
	json_object_object_add(
		o, "new",
		policy_file_json(new->set, new->policy, &c->after, c->family));
	return o;
}

/* -- one policy ----------------------------------------------------------------------- */

/* @renamed: the new one's name; @only: "old", "new"; or NULL: in both */
static void add_policy_json(const struct work *w, const char *name,
			    const char *renamed, const char *only,
			    struct json_object *calls)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "policy", json_object_new_string(name));
	if (strcmp(name, renamed) != 0)
		json_object_object_add(o, "new_policy",
				       json_object_new_string(renamed));
	if (only)
		json_object_object_add(o, "only", json_object_new_string(only));
	else
		json_object_object_add(o, "calls", calls);
	json_object_array_add(w->json, o);
}

static void tell_calls(const struct work *w, const struct diff_side *old,
		       const struct diff_side *new, const struct policy_diff *d)
{
	const char *name = policy_name(old->policy);
	const char *renamed = policy_name(new->policy);
	struct json_object *calls = NULL;

	if (w->json)
		calls = json_object_new_array();
	else if (strcmp(name, renamed) == 0)
		printf("policy %s\n", name);
	else
		printf("policy %s -> %s\n", name, renamed);
	for (size_t i = 0; i < d->n_calls; i++) {
		const struct diff_call *c = &d->calls[i];

		if (w->json) {
			json_object_array_add(calls, call_json(old, new, c));
			continue;
		}
		if (i == 0 || !same_group(c - 1, c))
			print_decisions(old, new, c);
		print_call(c);
	}
	if (w->json)
		add_policy_json(w, name, renamed, NULL, calls);
}

static int compare(struct work *w, const struct policy *a, const struct policy *b)
{
	const struct diff_side old = { w->sets[0], a }, new = { w->sets[1], b };
	AUTO(policy_diff_free) struct policy_diff *d = NULL;
	int r = policy_diff(&old, &new, &d);

	if (r < 0) {
		fprintf(stderr, "deputyctl: policy %s: cannot compare: %s\n",
			policy_name(a),
			r == -E2BIG ? "more cases than can be tried" : strerror(-r));
		return -1;
	}
	w->policies++;
	w->trials += d->trials;
	w->differences += d->n_calls;
	if (d->n_calls)
		tell_calls(w, &old, &new, d);
	return 0;
}

static int compare_name(struct work *w, const char *name)
{
	const struct policy *a = policy_set_find(w->sets[0], name);
	const struct policy *b = policy_set_find(w->sets[1], name);
	const char *only = a ? "old" : "new";

	if (a && b)
		return compare(w, a, b);
	w->differences++;
	if (w->json)
		add_policy_json(w, name, name, only, NULL);
	else
		printf("policy %s: only in the %s file\n", name, only);
	return 0;
}

/* -- bindings ------------------------------------------------------------------------ */

static struct json_object *line_json(const struct binding_line *l)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(
		o, "only",
		json_object_new_string(l->sign == '-' ? "old" : "new"));
	json_object_object_add(o, "binding", json_object_new_string(l->text));
	return o;
}

static int compare_bindings(struct work *w)
{
	AUTO(bindings_diff_free) struct bindings_diff *d = NULL;
	int r = bindings_diff(w->sets[0], w->sets[1], &d);

	if (r < 0) {
		fprintf(stderr, "deputyctl: out of memory\n");
		return -1;
	}
	w->differences += d->n;
	if (d->n && !w->json)
		puts("bindings");
	for (size_t i = 0; i < d->n; i++)
		if (w->json)
			json_object_array_add(w->bindings,
					      line_json(&d->lines[i]));
		else
			printf("  %c %s\n", d->lines[i].sign, d->lines[i].text);
	return 0;
}

/* -- all ------------------------------------------------------------------------------- */

/* Does some container get that policy of its side? */
static bool is_given(const struct binding_pairs *pairs, int side,
		     const struct policy *p)
{
	for (size_t i = 0; i < pairs->n; i++)
		if ((side == 0 ? pairs->items[i].before :
				 pairs->items[i].after) == p)
			return true;
	return false;
}

/* A policy that no container gets makes no difference, but the user is told. */
static void tell_unbound(const struct work *w, const struct binding_pairs *pairs)
{
	for (int side = 0; side < 2 && !w->json; side++)
		for (size_t i = 0; i < policy_set_count(w->sets[side]); i++) {
			const struct policy *p = policy_set_at(w->sets[side], i);

			if (!is_given(pairs, side, p))
				printf("policy %s of the %s file: no binding "
				       "gives it to a container, not compared\n",
				       policy_name(p), side ? "new" : "old");
		}
}

/* By what a container gets under both: a policy's name makes no difference. */
static int compare_all(struct work *w)
{
	AUTO(binding_pairs_free) struct binding_pairs *pairs = NULL;
	bool refused = false;

	if (binding_pairs(w->sets[0], w->sets[1], &pairs) < 0) {
		fprintf(stderr, "deputyctl: out of memory\n");
		return -1;
	}
	for (size_t i = 0; i < pairs->n; i++) {
		const struct binding_pair *p = &pairs->items[i];

		if (!p->before || !p->after)
			refused = true;
		else if (compare(w, p->before, p->after) < 0)
			return -1;
	}
	tell_unbound(w, pairs);
	if (!refused && !w->differences)
		return 0;
	w->differences += refused;
	return compare_bindings(w);
}

static int compare_one(struct work *w, const char *name)
{
	if (policy_set_find(w->sets[0], name) ||
	    policy_set_find(w->sets[1], name))
		return compare_name(w, name);
	fprintf(stderr, "deputyctl: no policy \"%.64s\" in either file\n", name);
	return -1;
}

static int report(const struct work *w)
{
	AUTO(json_put) struct json_object *o = NULL;

	if (w->json) {
		o = json_object_new_object();
		json_object_object_add(o, "policies", json_object_get(w->json));
		json_object_object_add(o, "bindings",
				       json_object_get(w->bindings));
		json_object_object_add(
			o, "trials", json_object_new_int64((int64_t)w->trials));
		if (reply_print_json(o) != CTL_OK)
			return TROUBLE;
	} else if (!w->differences) {
		printf("no difference%s: %zu %s, %zu calls tried\n",
		       w->by_name ? "" : " for any container", w->policies,
		       w->policies == 1 ? "policy" : "policies", w->trials);
	}
	return w->differences ? DIFFERENT : CTL_OK;
}

int verb_policy_diff(const struct ctl *ctl, char **args)
{
	AUTO(json_put)
	struct json_object *json = ctl->json ? json_object_new_array() : NULL;
	struct policy_set *sets[2] = { NULL, NULL };
	AUTO(json_put)
	struct json_object *bindings = ctl->json ? json_object_new_array() : NULL;
	struct work w = { .json = json,
			  .bindings = bindings,
			  .by_name = ctl->subject.policy };
	int r = -1;

	for (int i = 0; i < 2; i++)
		w.sets[i] = sets[i] = policy_file_load(args[i]);
	if (sets[0] && sets[1])
		r = ctl->subject.policy ? compare_one(&w, ctl->subject.policy)
					: compare_all(&w);
	if (r == 0)
		r = report(&w);
	else
		r = TROUBLE;
	for (int i = 0; i < 2; i++)
		policy_set_unref(sets[i]);
	return r;
}
