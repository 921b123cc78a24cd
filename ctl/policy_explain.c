// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/policy_file.h"
#include "ctl/reply.h"
#include "ctl/text.h"
#include "policy/explain.h"
#include "proto/varlink.h"

static const char *const outcomes[] = {
	[EXPLAIN_DIFFERS] = "differs",
	[EXPLAIN_DECIDES] = "decides",
	[EXPLAIN_NOT_REACHED] = "not-reached",
};

struct work {
	const struct policy_set *set;
	struct policy_choice choice;
	const struct subject *subject;
	struct call_text *call;
	struct policy_asker asker;
	struct explain_call asked;
	struct explain *e;
};

/* -- for people ---------------------------------------------------------------------- */

static void print_rule(const struct explain_rule *r)
{
	char where[320];

	policy_file_place(&r->place, where, sizeof(where));
	printf("rule %zu (%s):", r->index, where);
	if (r->outcome == EXPLAIN_NOT_REACHED)
		printf(" not reached");
	else if (r->outcome == EXPLAIN_DECIDES)
		printf(r->n_keys ? " decides:" : " decides: it matches every one");
	for (size_t i = 0; i < r->n_keys; i++)
		printf("%s %s", i ? ";" : "", r->keys[i].text);
	putchar('\n');
}

/* Only where it matters, or was said. */
static void print_asker(const struct work *w)
{
	const struct asker *said = &w->subject->asker;

	if (w->e->asks_caller || said->said_uid || said->said_gid ||
	    said->said_caps) {
		printf("caller   ");
		asker_print(ASKER_UID | ASKER_GID | ASKER_CAPS, w->asked.caller,
			    NULL, stdout);
		puts(said->said_uid || said->said_gid || said->said_caps
			     ? ""
			     : " (else say --uid, --gid, --cap)");
	}
	if (w->e->asks_directory || said->directory) {
		printf("where    ");
		asker_print(ASKER_DIR, NULL, w->asked.directory, stdout);
		puts(said->directory ? "" : " (else say --directory)");
	}
}

static void print_text(const struct work *w)
{
	const struct explain *e = w->e;

	printf("call     ");
	call_text_print(w->call, 0, stdout);
	printf("\nABI      %s, number %d\n", w->call->arch->name,
	       w->call->data.nr);
	printf("policy   %s, %s\n", policy_name(w->choice.policy), w->choice.why);
	print_asker(w);
	for (size_t i = 0; i < e->n_rules; i++)
		print_rule(&e->rules[i]);
	if (e->n_rules == 0)
		puts("no rule is for this call");
	printf("verdict  ");
	policy_file_print(w->set, w->choice.policy, &e->decision, e->family,
			  true);
	printf("\neffect   %s\n", e->effect);
	printf("failing  %s, if deputy itself fails\n",
	       strerrorname_np(e->fail.error) ?: "?");
}

/* -- for programs --------------------------------------------------------------------- */

static struct json_object *rule_json(const struct explain_rule *r)
{
	struct json_object *o = json_object_new_object();
	struct json_object *keys = json_object_new_array();

	json_object_object_add(o, "rule",
			       json_object_new_int64((int64_t)r->index));
	policy_file_place_json(&r->place, o);
	json_object_object_add(o, "outcome",
			       json_object_new_string(outcomes[r->outcome]));
	for (size_t i = 0; i < r->n_keys; i++) {
		struct json_object *k = json_object_new_object();

		json_object_object_add(k, "key",
				       json_object_new_string(r->keys[i].name));
		json_object_object_add(k, "text",
				       json_object_new_string(r->keys[i].text));
		json_object_array_add(keys, k);
	}
	json_object_object_add(o, "keys", keys);
	return o;
}

static void add_str(struct json_object *o, const char *key, const char *s)
{
	json_object_object_add(o, key, json_object_new_string(s));
}

/* As a line of "policy test" says it. */
static struct json_object *asker_json(const struct work *w)
{
	AUTO(free_ptr) char *text = NULL;
	struct json_object *o = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	asker_print(ASKER_UID | ASKER_GID | ASKER_CAPS | ASKER_DIR,
		    w->asked.caller, w->asked.directory, out);
	if (fclose(out) == 0)
		o = json_object_new_string(text);
	return o;
}

static struct json_object *fail_json(const struct verdict *fail)
{
	struct json_object *o = json_object_new_object();

	add_str(o, "errno", strerrorname_np(fail->error) ?: "?");
	return o;
}

static int print_json(const struct work *w, const char *text)
{
	AUTO(json_put) struct json_object *o = json_object_new_object();
	struct json_object *rules = json_object_new_array();

	add_str(o, "call", text);
	add_str(o, "arch", w->call->arch->name);
	json_object_object_add(o, "nr", json_object_new_int(w->call->data.nr));
	add_str(o, "policy", policy_name(w->choice.policy));
	json_object_object_add(o, "asker", asker_json(w));
	for (size_t i = 0; i < w->e->n_rules; i++)
		json_object_array_add(rules, rule_json(&w->e->rules[i]));
	json_object_object_add(o, "rules", rules);
	json_object_object_add(o, "decision",
			       policy_file_json(w->set, w->choice.policy,
						&w->e->decision, w->e->family));
	add_str(o, "effect", w->e->effect);
	json_object_object_add(o, "fail", fail_json(&w->e->fail));
	return reply_print_json(o);
}

/* -- the verb ------------------------------------------------------------------------- */

static int print(const struct work *w, bool json)
{
	AUTO(free_ptr) char *text = NULL;

	if (!json) {
		print_text(w);
		return CTL_OK;
	}
	text = call_text_string(w->call, 0);
	if (text)
		return print_json(w, text);
	fprintf(stderr, "deputyctl: out of memory\n");
	return CTL_FAILED;
}

static int explain_it(const struct ctl *ctl, struct work *w)
{
	int r;

	w->asked = explain_call_of_text(w->call);
	policy_file_ask(&ctl->subject, w->call, &w->asker, &w->asked);
	r = explain(w->set, w->choice.policy, &w->asked, &w->e);
	if (r < 0) {
		fprintf(stderr, "deputyctl: cannot explain the call: %s\n",
			r == -EBADE ? "a defect of deputyctl, its reasons "
				      "contradict the policy: please report it"
				    : strerror(-r));
		return CTL_FAILED;
	}
	r = print(w, ctl->json);
	w->e = explain_free(w->e);
	return r;
}

/* A bad call is shown with the place, as compilers do. */
static void complain(const char *text, const struct call_text_error *error)
{
	AUTO(free_ptr) char *before = NULL, *escaped = text_escape(text);
	AUTO(free_ptr) char *head = strndup(text, error->column - 1);

	if (head)
		before = text_escape(head);
	fprintf(stderr, "deputyctl: column %u of the call: %s\n", error->column,
		error->reason);
	if (escaped && before)
		fprintf(stderr, "  %s\n  %*s^\n", escaped,
			(int)text_width(before), "");
}

int verb_policy_explain(const struct ctl *ctl, char **args)
{
	AUTO(free_ptr) struct call_text *call = malloc(sizeof(*call));
	struct work w = { .call = call, .subject = &ctl->subject };
	struct policy_set *set;
	struct call_text_error error;
	const struct arch *arch;
	char reason[256];
	int r = CTL_USAGE;

	if (!call) {
		fprintf(stderr, "deputyctl: out of memory\n");
		return CTL_FAILED;
	}
	if (policy_file_arch(&ctl->subject, &arch, reason, sizeof(reason)) < 0) {
		fprintf(stderr, "deputyctl: %s\n", reason);
		return CTL_USAGE;
	}
	if (call_text_parse(args[1], arch, call, &error) < 0) {
		complain(args[1], &error);
		return CTL_USAGE;
	}
	w.set = set = policy_file_load(args[0]);
	if (!set)
		return CTL_FAILED;
	if (policy_file_choose(set, &ctl->subject, &w.choice, reason,
			       sizeof(reason)) < 0)
		fprintf(stderr, "deputyctl: %s: %s\n", args[0], reason);
	else
		r = explain_it(ctl, &w);
	policy_set_unref(set);
	return r;
}
