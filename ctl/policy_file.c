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
		.peer_uid = s->uid,
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
		 "no binding takes such a container: its "
		 "listener is refused");
	return -1;
}

int policy_file_choose(const struct policy_set *set, const struct subject *s,
		       struct policy_choice *ret, char *reason, size_t size)
{
	if (s->policy)
		return choose_by_name(set, s->policy, ret, reason, size);
	if (s->has_uid)
		return choose_by_bindings(set, s, ret, reason, size);
	ret->policy = policy_set_unconditional(set);
	strcpy(ret->why, "by the binding without a condition");
	if (ret->policy)
		return 0;
	ret->policy = policy_set_at(set, 0);
	strcpy(ret->why, "the only one");
	if (policy_set_count(set) == 1)
		return 0;
	snprintf(reason, size, "which policy? Say --policy NAME or --uid UID");
	return -1;
}

int policy_file_arch(const struct subject *s, const struct arch **ret, char *reason,
		    size_t size)
{
	if (!s->arch) {
		*ret = arch_native();
		return 0;
	}
	*ret = arch_find(s->arch);
	if (*ret)
		return 0;
	snprintf(reason, size,
		 "unknown ABI \"%.64s\": x86, x86_64, x32, "
		 "aarch64 and what else libseccomp knows",
		 s->arch);
	return -1;
}

/* -- decisions ------------------------------------------------------------------------ */

void policy_file_print(const struct policy_set *set, const struct policy *p,
		       const struct decision *d, enum call_family family,
		       bool extras)
{
	unsigned line = explain_line(set, p, d->rule);

	decision_print(d, stdout);
	if (extras)
		decision_print_extras(d, family, stdout);
	if (d->rule < 0)
		printf(" by default (line %u)", line);
	else
		printf(" by rule %d (line %u)", d->rule, line);
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

	json_object_object_add(o, "action", action_json(d));
	json_object_object_add(
		o, "rule", d->rule < 0 ? NULL : json_object_new_int(d->rule));
	json_object_object_add(
		o, "line", json_object_new_int64(explain_line(set, p, d->rule)));
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
