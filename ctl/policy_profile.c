// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/reply.h"
#include "policy/profile.h"
#include "proto/varlink.h"

static int wrong_option(const char *option, const char *why)
{
	fprintf(stderr, "deputyctl: --%s: %s\nTry \"deputyctl --help\".\n",
		option, why);
	return CTL_USAGE;
}

static int read_options(const struct ctl *ctl, struct profile_options *o)
{
	const char *dialect = ctl->option[CTL_DIALECT];
	const char *listener = ctl->option[CTL_LISTENER];
	const char *why;

	*o = (struct profile_options){
		.policy = ctl->option[CTL_POLICY],
		.base = ctl->option[CTL_BASE],
		.listener = listener ? listener : PROFILE_LISTENER_DEFAULT,
		.wait_killable = ctl->option[CTL_WAIT_KILLABLE],
	};
	why = profile_listener_complaint(o->listener);
	if (why)
		return wrong_option("listener", why);
	if (!dialect)
		return CTL_OK;
	if (strcmp(dialect, "oci") == 0)
		o->dialect = PROFILE_OCI;
	else if (strcmp(dialect, "docker") == 0)
		o->dialect = PROFILE_DOCKER;
	else
		return wrong_option("dialect", "\"oci\" or \"docker\"");
	return CTL_OK;
}

struct both {
	struct diags policy, base;
};

static int print_profile(const char *file, const struct profile_options *o,
			 struct both *d)
{
	AUTO(json_put) struct json_object *profile = NULL;
	struct policy_set *set = NULL;
	int r = policy_set_load(file, &set, &d->policy);

	if (r == 0)
		r = profile_make(set, o, &d->policy, &d->base, &profile);
	policy_set_unref(set);
	diags_print(&d->policy, stderr);
	diags_print(&d->base, stderr);
	if (r < 0 && !d->policy.n_errors && !d->base.n_errors)
		fprintf(stderr, "deputyctl: %s: %s\n", file, strerror(-r));
	return r < 0 ? CTL_FAILED : reply_print_json(profile);
}

int verb_policy_profile(const struct ctl *ctl, char **args)
{
	AUTO(free_ptr) struct both *d = malloc(sizeof(*d));
	struct profile_options o;
	int r = read_options(ctl, &o);

	if (r != CTL_OK)
		return r;
	if (!d) {
		fprintf(stderr, "deputyctl: out of memory\n");
		return CTL_FAILED;
	}
	diags_init(&d->policy, args[0]);
	diags_init(&d->base, o.base ? o.base : "");
	return print_profile(args[0], &o, d);
}
