// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hook/prepare.h"

#include <errno.h>
#include <string.h>

#include <json-c/json.h>

#include "hook/gate.h"
#include "lib/own.h"
#include "policy/profile.h"

/* The policy's and config.json's. Big, and each is used by one call at a time. */
static struct diags policies, config;

void prepare_defaults(struct prepare_options *o)
{
	*o = (struct prepare_options){
		.socket = GATE_SOCKET_DEFAULT,
		.inject = { .listener = PROFILE_LISTENER_DEFAULT },
	};
}

static int load(const char *file, struct policy_set **ret)
{
	struct policy_paths paths = { { file }, 1 };

	if (!file)
		paths = policy_paths_of(POLICY_FILE_DEFAULT,
					POLICY_DIRECTORY_DEFAULT);
	/* deputyd checks whose they are, and it decides.  In a rootless engine's
	 * user namespace root's files look like nobody's. */
	paths.roots = false;
	return policy_set_load_all(paths, ret, &policies);
}

/* Where something went wrong that no diagnostic tells. */
static void say_errno(int r, const struct diags *d, FILE *say)
{
	if (r < 0 && !d->n_errors)
		fprintf(say, "%s: %s\n", d->file, strerror(-r));
}

int prepare_load(const char *file, struct policy_set **ret, FILE *say)
{
	int r = load(file, ret);

	diags_print(&policies, say);
	say_errno(r, &policies, say);
	return r;
}

int prepare_config(const struct prepare_options *o, const struct inject_input *in,
		   FILE *say, char **ret_text, size_t *ret_bytes)
{
	AUTO(free_ptr) char *policy = NULL;
	struct policy_set *set = NULL;
	int r = inject_policy(in, &o->inject, &config, &policy);

	if (r != INJECT_DONE) {
		diags_print(&config, say);
		say_errno(r, &config, say);
		return r;
	}
	r = load(o->file, &set);
	if (r == 0) {
		diags_init(&policies, policies.file); /* its warnings are known */
		r = inject(set, in, &o->inject, &policies, &config, ret_text,
			   ret_bytes);
	}
	policy_set_unref(set);
	diags_print(&policies, say);
	diags_print(&config, say);
	if (!policies.n_errors)
		say_errno(r, &config, say);
	return r;
}

/* -- the gate ------------------------------------------------------------------------ */

static struct json_object *get(struct json_object *o, const char *key,
			       enum json_type type)
{
	struct json_object *v = NULL;

	if (o)
		(void)json_object_object_get_ex(o, key, &v);
	return json_object_is_type(v, type) ? v : NULL;
}

static const char *get_str(struct json_object *o, const char *key)
{
	struct json_object *v = get(o, key, json_type_string);

	return v ? json_object_get_string(v) : NULL;
}

/* Does a container of this policy need a listener? Unsure is yes. */
static bool needs_listener(const struct prepare_options *o, const char *policy)
{
	const struct profile_options p = { .policy = policy,
					   .listener = o->inject.listener,
					   .dialect = PROFILE_OCI };
	struct json_object *profile = NULL;
	struct policy_set *set = NULL;
	bool needs = true;

	if (load(o->file, &set) == 0 &&
	    profile_make(set, &p, &policies, &config, &profile) == 0)
		needs = json_object_object_get_ex(profile, "listenerPath", NULL);
	json_object_put(profile);
	policy_set_unref(set);
	return needs;
}

static bool ask(const struct prepare_options *o, const char *policy,
		struct json_object *tree, const struct prepare_container *its,
		FILE *say)
{
	struct json_object *linux_ = get(tree, "linux", json_type_object);
	struct json_object *seccomp = get(linux_, "seccomp", json_type_object);
	const char *path = get_str(seccomp, "listenerPath");
	const struct gate_question q = {
		.socket = o->socket,
		.is = REACH_ANY,
		.or_else = o->inject.listener,
		.policy = policy,
		.metadata = get_str(seccomp, "listenerMetadata"),
		.annotations = get(tree, "annotations", json_type_object),
		.id = its->id,
		.bundle = its->bundle,
		.pid = its->pid,
	};
	char reason[GATE_REASON_BYTES];

	if ((!path || !*path) && !needs_listener(o, policy))
		return true;
	if (!path || strcmp(path, o->inject.listener) != 0) {
		fprintf(say,
			"the container wants policy \"%.64s\", but its "
			"config.json sends no listener to %s: this engine runs "
			"no precreate hooks, or not deputy's\n",
			policy, o->inject.listener);
		return false;
	}
	if (gate_ask(&q, NULL, reason) == GATE_OPEN)
		return true;
	fprintf(say, "%s\n", reason);
	return false;
}

bool prepare_gate(const struct prepare_options *o,
		  const struct inject_input *in,
		  const struct prepare_container *its, FILE *say)
{
	AUTO(free_ptr) char *policy = NULL;
	struct json_object *tree;
	int r = inject_policy(in, &o->inject, &config, &policy);
	bool open;

	if (r == INJECT_NOT_ASKED)
		return true;
	if (r < 0) {
		diags_print(&config, say);
		say_errno(r, &config, say);
		return false;
	}
	tree = json_tokener_parse(in->text); /* what was read above */
	open = tree && ask(o, policy, tree, its, say);
	json_object_put(tree);
	return open;
}
