// SPDX-License-Identifier: LGPL-2.1-or-later
/* A rule: its syscalls and its action (its match: parse_match.c). The keys
 * stand in parse.c. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <seccomp.h>

#include "policy/arch.h"
#include "policy/nearest.h"
#include "policy/parse.h"

/* -- actions -------------------------------------------------------------------- */

/* Linux's highest is 133; the kernel's answers end at 4095. */
#define ERRNO_MAX 4095

/* Errnos for which strerrorname_np() gives another name. */
static const struct {
	const char *name;
	int error;
} second_names[] = {
	{ "EWOULDBLOCK", EWOULDBLOCK },
	{ "ENOTSUP", ENOTSUP },
	{ "EDEADLOCK", EDEADLOCK },
};

int errno_from_name(const char *name)
{
	for (int e = 1; e <= ERRNO_MAX; e++) {
		const char *known = strerrorname_np(e);

		if (known && strcmp(known, name) == 0)
			return e;
	}
	for (size_t i = 0; i < ARRAY_SIZE(second_names); i++)
		if (strcmp(second_names[i].name, name) == 0)
			return second_names[i].error;
	return 0;
}

static void unknown_errno(struct doc *d, uint32_t node, const char *name)
{
	struct nearest near;
	char hint[96];

	nearest_init(&near, name);
	for (int e = 1; e <= ERRNO_MAX && !diags_full(d->diags); e++)
		if (strerrorname_np(e))
			nearest_offer(&near, strerrorname_np(e));
	ERROR(d, node, "unknown errno \"%.64s\"%s", name,
	      nearest_hint(&near, hint, sizeof(hint)));
}

void parse_errno(struct doc *d, struct value v, void *out)
{
	struct verdict *verdict = out;
	const char *name = json_object_get_string(v.json);
	int e = errno_from_name(name);

	if (e == 0)
		unknown_errno(d, v.node, name);
	*verdict = verdict_errno(e ? e : EPERM);
}

static void parse_return(struct doc *d, struct value v, void *out)
{
	struct verdict *verdict = out;
	int64_t n = json_object_get_int64(v.json);

	/* The caller would take these for an errno. */
	if (n < 0 && n >= -ERRNO_MAX)
		ERROR(d, v.node,
		      "%lld is an errno to the caller: use "
		      "{\"errno\": NAME}",
		      (long long)n);
	*verdict = verdict_return(n);
}

static const struct field action_fields[] = {
	{ "errno", json_type_string, false, parse_errno },
	{ "return", json_type_int, false, parse_return },
	{ 0 },
};

static void parse_action_word(struct doc *d, struct value v,
			      struct verdict *verdict, bool *emulate)
{
	const char *word = json_object_get_string(v.json);
	struct nearest near;
	char hint[96];

	*emulate = strcmp(word, "emulate") == 0;
	*verdict = verdict_continue();
	if (*emulate || strcmp(word, "continue") == 0)
		return;
	nearest_init(&near, word);
	nearest_offer(&near, "continue");
	nearest_offer(&near, "emulate");
	ERROR(d, v.node,
	      "unknown action \"%.64s\"%s: \"continue\", "
	      "\"emulate\", {\"errno\": NAME} or {\"return\": N}",
	      word, nearest_hint(&near, hint, sizeof(hint)));
}

void parse_action(struct doc *d, struct value v, struct verdict *verdict,
		  bool *emulate)
{
	*emulate = false;
	*verdict = verdict_errno(EPERM);
	if (json_object_is_type(v.json, json_type_string)) {
		parse_action_word(d, v, verdict, emulate);
		return;
	}
	if (!json_object_is_type(v.json, json_type_object)) {
		ERROR(d, v.node,
		      "expected an action: \"continue\", \"emulate\", "
		      "{\"errno\": NAME} or {\"return\": N}");
		return;
	}
	parse_object(d, v, action_fields, verdict);
	if (json_object_object_length(v.json) != 1)
		ERROR(d, v.node,
		      "expected exactly one of \"errno\" and "
		      "\"return\"");
}

/* -- rules ------------------------------------------------------------------------ */

/* The native table has some 360 names; 1,023 leaves room. */
#define NATIVE_NR_MAX 1023

static void unknown_syscall(struct doc *d, const struct doc_syscall *s,
			    uint32_t node)
{
	struct nearest near;
	char hint[96];

	nearest_init(&near, s->name);
	for (int nr = 0; nr <= NATIVE_NR_MAX && !diags_full(d->diags); nr++) {
		char *name =
			seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, nr);

		if (name)
			nearest_offer(&near, name);
		free(name);
	}
	ERROR(d, node, "unknown syscall \"%.64s\"%s", s->name,
	      nearest_hint(&near, hint, sizeof(hint)));
}

static void parse_syscall(struct doc *d, struct value v, void *out)
{
	struct doc_syscall *s = out;

	s->name = "";
	s->node = parse_place(d, v);
	s->of_set = d->via_set;
	if (!parse_has_type(d, v, json_type_string))
		return;
	s->name = json_object_get_string(v.json);
	s->id = call_from_name(s->name);
	if (arch_knows(s->name))
		return;
	unknown_syscall(d, s, v.node);
	s->name = "";
}

static void rule_syscalls(struct doc *d, struct value v, void *out)
{
	struct doc_rule *r = out;

	r->syscalls = parse_with_sets(d, v, sizeof(*r->syscalls), parse_syscall,
				      &r->n_syscalls);
}

static void rule_match(struct doc *d, struct value v, void *out)
{
	struct doc_rule *r = out;

	r->match.node = v.node;
	parse_match(d, v, &r->match);
}

static void rule_action(struct doc *d, struct value v, void *out)
{
	struct doc_rule *r = out;

	r->action_node = v.node;
	parse_action(d, v, &r->verdict, &r->emulate);
}

static void rule_unopenable(struct doc *d, struct value v, void *out)
{
	static const char *const words[UNOPENABLES] = {
		[UNOPENABLE_CREATE] = "create",
		[UNOPENABLE_ERRNO] = "errno",
		[UNOPENABLE_BIND] = "bind",
	};
	struct doc_rule *r = out;
	const char *s = json_object_get_string(v.json);

	r->unopenable_node = v.node;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i] && strcmp(words[i], s) == 0) {
			r->unopenable = (enum unopenable)i;
			return;
		}
	ERROR(d, v.node, "\"%.64s\" is not \"bind\", \"create\" or \"errno\"", s);
}

static void parse_bool(struct doc *d, struct value v, bool *out)
{
	*out = json_object_get_boolean(v.json);
}

static void rule_log(struct doc *d, struct value v, void *out)
{
	parse_bool(d, v, &((struct doc_rule *)out)->log);
}

static void rule_advisory(struct doc *d, struct value v, void *out)
{
	parse_bool(d, v, &((struct doc_rule *)out)->advisory);
}

static const struct field rule_fields[] = {
	{ "syscalls", json_type_array, true, rule_syscalls },
	{ "match", json_type_object, false, rule_match },
	{ "action", json_type_null, true, rule_action },
	{ "unopenable", json_type_string, false, rule_unopenable },
	{ "advisory", json_type_boolean, false, rule_advisory },
	{ "log", json_type_boolean, false, rule_log },
	{ "comment", json_type_string, false, parse_comment },
	{ 0 },
};

void parse_rule(struct doc *d, struct value v, void *out)
{
	struct doc_rule *r = out;

	r->node = v.node;
	r->unopenable_node = LEX_NONE;
	match_init(&r->match);
	r->verdict = verdict_errno(EPERM);
	parse_object(d, v, rule_fields, r);
}
