// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * CASES: a line each,
 *   [OPTION=VALUE ...] VERDICT <a tab, or two blanks or more> CALL
 * blank lines and those that begin with # aside.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/policy_file.h"
#include "ctl/reply.h"
#include "ctl/text.h"
#include "policy/effect.h"
#include "policy/explain.h"
#include "proto/varlink.h"

#define CASE_LINE_MAX (CALL_TEXT_MAX_BYTES + 1024)

/* Words that a line may begin with. Each replaces an option for that line. */
static const struct {
	const char *name;
	enum ctl_option option;
} line_options[] = {
	{ "policy=", CTL_POLICY },     { "arch=", CTL_ARCH },
	{ "peer_uid=", CTL_PEER_UID }, { "annotation=", CTL_ANNOTATION },
	{ "metadata=", CTL_METADATA }, { "uid=", CTL_UID },
	{ "gid=", CTL_GID },	       { "caps=", CTL_CAP },
	{ "dir=", CTL_DIRECTORY },
};

struct test {
	const struct ctl *ctl;
	const char *file;
	const struct policy_set *set;
	struct call_text *call; /* of the current case */
	unsigned line, cases, failed;
	struct json_object *failures; /* NULL: text is printed */
};

/* What is wrong with the current case. */
struct failure {
	unsigned column; /* 0: the line is good, the verdict is not */
	const char *reason;
	const char *call, *expected; /* where the column is 0 */
	struct policy_choice choice;
	const struct explain *e;
};

/* -- failures ------------------------------------------------------------------------- */

static void print_why(const struct explain *e)
{
	for (size_t i = 0; i < e->n_rules; i++) {
		const struct explain_rule *r = &e->rules[i];
		char where[320];

		if (r->outcome == EXPLAIN_NOT_REACHED)
			break;
		policy_file_place(&r->place, where, sizeof(where));
		printf("  rule %zu (%s)%s", r->index, where,
		       r->outcome == EXPLAIN_DECIDES ? " decides" : "");
		for (size_t k = 0; k < r->n_keys; k++)
			printf("%s %s", k ? ";" : ":", r->keys[k].text);
		putchar('\n');
	}
}

static void print_failure(const struct test *t, const struct failure *f)
{
	AUTO(free_ptr) char *file = text_escape(t->file);
	AUTO(free_ptr) char *reason = text_escape(f->reason ? f->reason : "");

	printf("%s:%u:", file ? file : "?", t->line);
	if (f->column) {
		printf("%u: %s\n", f->column, reason ? reason : "?");
		return;
	}
	printf(" %s\n  expected %s, got ", f->call, f->expected);
	policy_file_print(t->set, f->choice.policy, &f->e->decision,
			  f->e->family, false);
	printf(" of policy %s\n", policy_name(f->choice.policy));
	print_why(f->e);
}

static void add_str(struct json_object *o, const char *key, const char *s)
{
	json_object_object_add(o, key, json_object_new_string(s));
}

static void add_failure(const struct test *t, const struct failure *f)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "line", json_object_new_int64(t->line));
	if (f->column) {
		json_object_object_add(o, "column",
				       json_object_new_int64(f->column));
		add_str(o, "reason", f->reason);
	} else {
		add_str(o, "call", f->call);
		add_str(o, "policy", policy_name(f->choice.policy));
		add_str(o, "expected", f->expected);
		json_object_object_add(o, "decision",
				       policy_file_json(t->set, f->choice.policy,
							&f->e->decision,
							f->e->family));
	}
	json_object_array_add(t->failures, o);
}

static void fail(struct test *t, const struct failure *f)
{
	t->failed++;
	if (t->failures)
		add_failure(t, f);
	else
		print_failure(t, f);
}

static void bad_line(struct test *t, size_t at, const char *reason)
{
	fail(t,
	     &(struct failure){ .column = (unsigned)at + 1, .reason = reason });
}

/* -- cases ---------------------------------------------------------------------------- */

static char *skip_blanks(char *p)
{
	return p + strspn(p, " \t");
}

/* Takes the words before the verdict. Return: the verdict, or NULL and where
 * and why not */
static char *read_options(char *p, struct subject *s, char **ret_at)
{
	for (p = skip_blanks(p);; p = skip_blanks(p)) {
		size_t n = strcspn(p, " \t("), i = 0;
		char *value;

		if (!memchr(p, '=', n))
			return p;
		*ret_at = p;
		while (i < ARRAY_SIZE(line_options) &&
		       strncmp(p, line_options[i].name,
			       strlen(line_options[i].name)) != 0)
			i++;
		if (i == ARRAY_SIZE(line_options) || !p[n])
			return NULL;
		value = p + strlen(line_options[i].name);
		p[n] = '\0';
		if (line_options[i].option == CTL_CAP)
			s->asker.caller.caps = 0; /* in place of --cap */
		if (!subject_set(s, line_options[i].option, value))
			return NULL;
		p += n + 1;
	}
}

/* Cuts the verdict off. Return: the call behind it, or NULL */
static char *cut_verdict(char *p)
{
	for (; *p; p++)
		if (*p == '\t' || (p[0] == ' ' && (p[1] == ' ' || p[1] == '\t'))) {
			*p = '\0';
			return skip_blanks(p + 1);
		}
	return NULL;
}

static bool as_expected(const struct decision *want, const struct decision *have)
{
	if (want->emulate || have->emulate)
		return want->emulate == have->emulate;
	return want->verdict.kind == have->verdict.kind &&
	       want->verdict.error == have->verdict.error &&
	       want->verdict.value == have->verdict.value;
}

static void run_call(struct test *t, const struct subject *s, struct failure *f,
		     const struct decision *want)
{
	static struct policy_asker asker;
	AUTO(free_ptr) char *text = call_text_string(t->call, 0);
	struct explain_call c = explain_call_of_text(t->call);
	AUTO(explain_free) struct explain *e = NULL;
	int r;

	policy_file_ask(s, t->call, &asker, &c);
	r = explain(t->set, f->choice.policy, &c, &e);
	if (r < 0 || !text) {
		bad_line(t, 0,
			 r == -EBADE ? "a defect of deputyctl, its reasons "
				       "contradict the policy: please report it"
			 : r < 0     ? strerror(-r)
				     : "out of memory");
		return;
	}
	f->e = e;
	f->call = text;
	if (!as_expected(want, &e->decision))
		fail(t, f);
}

static void run_case(struct test *t, char *line)
{
	struct subject s = t->ctl->subject;
	struct call_text_error error;
	struct failure f = { 0 };
	struct decision want;
	const struct arch *arch;
	char *at = line, *verdict = read_options(line, &s, &at), *call, why[256];

	t->cases++;
	if (!verdict) {
		bad_line(t, (size_t)(at - line),
			 "unknown option or value: policy=NAME arch=ABI "
			 "peer_uid=UID annotation=KEY=VALUE metadata=TEXT "
			 "uid=UID gid=GID caps=CAP,... dir=PATH");
		return;
	}
	call = cut_verdict(verdict);
	if (!call || decision_parse(verdict, &want) < 0) {
		bad_line(
			t, (size_t)(verdict - line),
			"expected emulate, continue, an errno or \"return N\", "
			"then a tab or two blanks and a call");
		return;
	}
	f.expected = verdict;
	if (policy_file_choose(t->set, &s, &f.choice, why, sizeof(why)) < 0 ||
	    policy_file_arch(&s, &arch, why, sizeof(why)) < 0)
		bad_line(t, 0, why);
	else if (call_text_parse(call, arch, t->call, &error) < 0)
		bad_line(t, (size_t)(call - line) + error.column - 1,
			 error.reason);
	else
		run_call(t, &s, &f, &want);
}

static void run_line(struct test *t, char *line, size_t n)
{
	t->line++;
	if (strlen(line) != n || n > CASE_LINE_MAX) {
		t->cases++;
		bad_line(t, 0,
			 n > CASE_LINE_MAX ? "the line is too long"
					   : "a NUL in the line");
		return;
	}
	line[strcspn(line, "\r\n")] = '\0';
	if (*skip_blanks(line) && *skip_blanks(line) != '#')
		run_case(t, line);
}

/* -- the verb ------------------------------------------------------------------------- */

static int report(const struct test *t)
{
	AUTO(json_put) struct json_object *o = NULL;

	if (!t->failures) {
		printf("%u %s, %u failed\n", t->cases,
		       t->cases == 1 ? "case" : "cases", t->failed);
	} else {
		o = json_object_new_object();
		json_object_object_add(o, "cases",
				       json_object_new_int64(t->cases));
		json_object_object_add(o, "failed",
				       json_object_new_int64(t->failed));
		json_object_object_add(o, "failures",
				       json_object_get(t->failures));
		if (reply_print_json(o) != CTL_OK)
			return CTL_FAILED;
	}
	if (t->cases == 0)
		fprintf(stderr, "deputyctl: %s: the file has no cases\n", t->file);
	return t->cases && !t->failed ? CTL_OK : CTL_FAILED;
}

static int run_file(struct test *t)
{
	FILE *f = fopen(t->file, "re");
	AUTO(free_ptr) char *line = NULL;
	size_t room = 0;
	ssize_t n;
	int error;

	errno = f ? 0 : errno;
	while (f && (n = getline(&line, &room, f)) >= 0)
		run_line(t, line, (size_t)n);
	error = !f || ferror(f) ? errno : 0;
	if (f)
		(void)fclose(f);
	if (error == 0)
		return report(t);
	fprintf(stderr, "deputyctl: %s: %s\n", t->file, strerror(error));
	return CTL_FAILED;
}

int verb_policy_test(const struct ctl *ctl, char **args)
{
	AUTO(free_ptr) struct call_text *call = malloc(sizeof(*call));
	AUTO(json_put)
	struct json_object *failures = ctl->json ? json_object_new_array() : NULL;
	struct test t = {
		.ctl = ctl, .file = args[1], .call = call, .failures = failures
	};
	struct policy_set *set;
	int r = CTL_FAILED;

	if (!call || (ctl->json && !failures)) {
		fprintf(stderr, "deputyctl: out of memory\n");
		return CTL_FAILED;
	}
	t.set = set = policy_file_load(args[0]);
	if (set)
		r = run_file(&t);
	policy_set_unref(set);
	return r;
}
