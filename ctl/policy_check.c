// SPDX-License-Identifier: LGPL-2.1-or-later
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/judge.h"
#include "ctl/reply.h"
#include "lib/kfeat.h"
#include "lib/own.h"
#include "policy/owned.h"
#include "policy/profile.h"
#include "proto/diagnostics.h"
#include "proto/varlink.h"

enum { CHECK_SAID = 1 }; /* why is on stderr */

struct checked {
	const char *file, *profile; /* the latter NULL: none */
	struct diags policy, found;
};

/* Return: of both files */
static struct json_object *diagnostics(const struct checked *c)
{
	struct json_object *list = diagnostics_json(&c->policy);
	AUTO(json_put)
	struct json_object *more =
		c->profile ? diagnostics_json(&c->found) : NULL;

	if (!list || (c->profile && !more)) {
		json_put(list);
		return NULL;
	}
	for (size_t i = 0; more && i < json_object_array_length(more); i++)
		json_object_array_add(
			list,
			json_object_get(json_object_array_get_idx(more, i)));
	return list;
}

static void add_hash(struct json_object *o, const struct policy_set *set)
{
	char text[17];

	if (!set)
		return;
	(void)snprintf(text, sizeof(text), "%016" PRIx64, policy_set_hash(set));
	json_object_object_add(o, "hash", json_object_new_string(text));
}

static int print_json(const struct checked *c, const struct policy_set *set)
{
	AUTO(json_put)
	struct json_object *o = varlink_parameter_str("file", c->file);
	struct json_object *list = diagnostics(c);

	if (!o || !list) {
		json_put(list);
		fprintf(stderr, "deputyctl: out of memory\n");
		return CTL_FAILED;
	}
	if (c->profile)
		json_object_object_add(o, "profile",
				       json_object_new_string(c->profile));
	add_hash(o, set);
	json_object_object_add(
		o, "errors",
		json_object_new_int64(
			(int64_t)(c->policy.n_errors + c->found.n_errors)));
	json_object_object_add(o, "diagnostics", list);
	return reply_print_json(o);
}

static void print_good(const struct checked *c, const struct policy_set *set)
{
	if (c->profile)
		printf("%s: good for %s\n", c->profile, c->file);
	else
		printf("%s: good, %zu %s\n", c->file, policy_set_count(set),
		       policy_set_count(set) == 1 ? "policy" : "policies");
}

static int check_config(const struct ctl *ctl, const struct policy_set *set,
			struct diags *diags)
{
	struct config_judge *c = config_judge_new(ctl->option[CTL_OCI_CONFIG]);
	struct device_judge j;
	int r;

	if (!c)
		return CHECK_SAID;
	j = config_judge_of(c);
	r = policy_check_devices(set, ctl->option[CTL_POLICY], &j, diags);
	config_judge_free(c);
	return r;
}

static int check_cgroup(const struct ctl *ctl, const struct policy_set *set,
			struct diags *diags)
{
	struct cgroup_judge *c = cgroup_judge_new(ctl->option[CTL_CGROUP]);
	struct device_judge j;
	int r;

	if (!c)
		return CHECK_SAID;
	j = cgroup_judge_of(c);
	r = policy_check_devices(set, ctl->option[CTL_POLICY], &j, diags);
	cgroup_judge_free(c);
	return r;
}

/* Return: 0, CHECK_SAID or a negative errno */
static int check_machine(const struct ctl *ctl, const struct policy_set *set,
			 struct checked *c)
{
	struct diags *diags = &c->policy;
	int r = 0;

	policy_check_machine(set, kfeat_not_lacking(), diags);
	if (ctl->option[CTL_POLICY] && !c->profile &&
	    !policy_set_find(set, ctl->option[CTL_POLICY])) {
		fprintf(stderr, "deputyctl: no policy \"%s\" in it\n",
			ctl->option[CTL_POLICY]);
		return CHECK_SAID;
	}
	if (ctl->option[CTL_OCI_CONFIG])
		r = check_config(ctl, set, diags);
	if (r == 0 && ctl->option[CTL_CGROUP])
		r = check_cgroup(ctl, set, diags);
	return r;
}

/* deputyd takes root's files only.  A draft, a user's own file, is let alone. */
static void check_owner(const char *file, struct diags *diags)
{
	char why[sizeof(diags->items[0].reason)];
	AUTO(fd_close) int fd = -1;
	struct stat st;

	if (geteuid() != 0 && stat(file, &st) == 0 && st.st_uid == geteuid())
		return;
	fd = owned_open(file, why, sizeof(why));
	if (!*why)
		return;
	diags_in_file(diags, 0, file);
	diags_add(diags, DIAG_WARNING, 0, 0, "", "deputyd refuses it: %s", why);
}

static int check(struct checked *c, const struct ctl *ctl)
{
	struct policy_set *set = NULL;
	int r = policy_set_load(c->file, &set, &c->policy);
	bool good;

	if (r == 0)
		check_owner(c->file, &c->policy);
	if (r == 0)
		r = check_machine(ctl, set, c);
	if (r == 0 && c->profile)
		r = profile_check(set, ctl->option[CTL_POLICY], c->profile,
				  &c->policy, &c->found);
	good = r == 0 && c->policy.n_errors + c->found.n_errors == 0;
	diags_print(&c->policy, stderr);
	diags_print(&c->found, stderr);
	if (r < 0 && c->policy.n_errors + c->found.n_errors == 0)
		fprintf(stderr, "deputyctl: %s: %s\n", c->file, strerror(-r));
	if (ctl->json) {
		if (print_json(c, set) != CTL_OK)
			good = false;
	} else if (good) {
		print_good(c, set);
	}
	policy_set_unref(set);
	return good ? CTL_OK : CTL_FAILED;
}

int verb_policy_check(const struct ctl *ctl, char **args)
{
	AUTO(free_ptr) struct checked *c = malloc(sizeof(*c));

	if (ctl->option[CTL_POLICY] && !ctl->option[CTL_PROFILE] &&
	    !ctl->option[CTL_CGROUP] && !ctl->option[CTL_OCI_CONFIG]) {
		fprintf(stderr, "deputyctl: --policy: only with --profile, "
				"--cgroup or --oci-config\n");
		return CTL_USAGE;
	}
	if (!c) {
		fprintf(stderr, "deputyctl: out of memory\n");
		return CTL_FAILED;
	}
	c->file = args[0];
	c->profile = ctl->option[CTL_PROFILE];
	diags_init(&c->policy, c->file);
	diags_init(&c->found, c->profile ? c->profile : "");
	return check(c, ctl);
}
