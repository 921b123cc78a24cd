// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/policy_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"
#include "policy/effect.h"
#include "policy/explain.h"
#include "policy/nearest.h"

struct policy_set *policy_file_load(const char *path)
{
	AUTO(free_ptr) struct diags *d = malloc(sizeof(*d));
	struct policy_set *set = NULL;
	int r;

	if (!d) {
		fprintf(stderr, "deputyctl: out of memory\n");
		return NULL;
	}
	diags_init(d, path);
	r = policy_set_load(path, &set, d);
	diags_print(d, stderr);
	if (r < 0 && d->n_errors == 0)
		fprintf(stderr, "deputyctl: %s: %s\n", path, strerror(-r));
	return r < 0 ? policy_set_unref(set) : set;
}

/* -- which policy, which ABI ---------------------------------------------------------- */

static const char *annotation(void *ctx, const char *key)
{
	const struct subject *s = ctx;
	size_t n = strlen(key);

	for (size_t i = 0; i < s->n_annotations; i++)
		if (strncmp(s->annotations[i], key, n) == 0 &&
		    s->annotations[i][n] == '=')
			return s->annotations[i] + n + 1;
	return NULL;
}

static int choose_by_name(const struct policy_set *set, const char *name,
			  struct policy_choice *ret, char *reason, size_t size)
{
	struct nearest near;
	char hint[96];

	ret->policy = policy_set_find(set, name);
	if (ret->policy) {
		strcpy(ret->why, "by its name");
		return 0;
	}
	nearest_init(&near, name);
	for (size_t i = 0; i < policy_set_count(set); i++)
		nearest_offer(&near, policy_name(policy_set_at(set, i)));
	snprintf(reason, size, "no policy \"%.64s\"%s", name,
		 nearest_hint(&near, hint, sizeof(hint)));
	return -1;
}

static int choose_by_bindings(const struct policy_set *set,
			      const struct subject *s, struct policy_choice *ret,
			      char *reason, size_t size)
{
	const struct binding_facts f = {
		.peer_uid = s->peer,
		.metadata = s->metadata,
		.annotation = annotation,
		.annotation_ctx = (void *)s,
	};

	ret->policy = policy_set_bind(set, &f);
	if (ret->policy) {
		strcpy(ret->why, "by the bindings");
		return 0;
	}
	snprintf(reason, size,
		 "no binding matches such a container: its listener is refused");
	return -1;
}

int policy_file_choose(const struct policy_set *set, const struct subject *s,
		       struct policy_choice *ret, char *reason, size_t size)
{
	if (s->policy)
		return choose_by_name(set, s->policy, ret, reason, size);
	if (s->has_peer)
		return choose_by_bindings(set, s, ret, reason, size);
	ret->policy = policy_set_unconditional(set);
	strcpy(ret->why, "by the binding without a condition");
	if (ret->policy)
		return 0;
	ret->policy = policy_set_at(set, 0);
	strcpy(ret->why, "the only one");
	if (policy_set_count(set) == 1)
		return 0;
	snprintf(reason, size,
		 "several policies: choose one with --policy NAME or --peer-uid "
		 "UID");
	return -1;
}

int policy_file_arch(const struct subject *s, const struct arch **ret,
		     char *reason, size_t size)
{
	if (!s->arch) {
		*ret = arch_native();
		return 0;
	}
	*ret = arch_find(s->arch);
	if (*ret)
		return 0;
	snprintf(reason, size,
		 "unknown ABI \"%.64s\": x86, x86_64, x32, aarch64 and others "
		 "that libseccomp knows",
		 s->arch);
	return -1;
}

void policy_file_ask(const struct subject *s, const struct call_text *t,
		     struct policy_asker *buf, struct explain_call *c)
{
	c->caller = asker_caller(&s->asker, &buf->caller);
	c->directory = asker_directory(&s->asker, t, buf->directory);
}

/* -- decisions ------------------------------------------------------------------------ */

void policy_file_place(const struct explain_place *p, char *buf, size_t size)
{
	if (p->file)
		(void)snprintf(buf, size, "%s:%u", p->file, p->line);
	else
		(void)snprintf(buf, size, "line %u", p->line);
}

void policy_file_place_json(const struct explain_place *p, struct json_object *o)
{
	json_object_object_add(o, "line", json_object_new_int64(p->line));
	if (p->file)
		json_object_object_add(o, "file",
				       json_object_new_string(p->file));
}

void policy_file_print(const struct policy_set *set, const struct policy *p,
		       const struct decision *d, enum call_family family,
		       bool extras)
{
	struct explain_place place = explain_place(set, p, d->rule);
	char where[320];

	policy_file_place(&place, where, sizeof(where));
	decision_print(d, stdout);
	if (extras)
		decision_print_extras(d, family, stdout);
	if (d->rule < 0)
		printf(" by default (%s)", where);
	else
		printf(" by rule %d (%s)", d->rule, where);
}

/* As a policy file says it. */
static struct json_object *action_json(const struct decision *d)
{
	const char *error = strerrorname_np(d->verdict.error);
	struct json_object *o;

	if (d->emulate)
		return json_object_new_string("emulate");
	if (d->verdict.kind == VERDICT_CONTINUE)
		return json_object_new_string("continue");
	o = json_object_new_object();
	if (d->verdict.kind == VERDICT_RETURN)
		json_object_object_add(o, "return",
				       json_object_new_int64(d->verdict.value));
	else
		json_object_object_add(
			o, "errno", json_object_new_string(error ? error : "?"));
	return o;
}

struct json_object *policy_file_json(const struct policy_set *set,
				     const struct policy *p,
				     const struct decision *d,
				     enum call_family family)
{
	struct json_object *o = json_object_new_object();
	struct explain_place place = explain_place(set, p, d->rule);

	json_object_object_add(o, "action", action_json(d));
	json_object_object_add(
		o, "rule", d->rule < 0 ? NULL : json_object_new_int(d->rule));
	policy_file_place_json(&place, o);
	json_object_object_add(o, "log", json_object_new_boolean(d->log));
	if (!d->emulate)
		return o;
	json_object_object_add(o, "closed", json_object_new_boolean(d->closed));
	if (family == FAMILY_MKNOD)
		json_object_object_add(o, "unopenable",
				       json_object_new_string(decision_unopenable(
					       d->unopenable)));
	return o;
}
