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

static const struct {
	const char *word;
	enum profile_dialect dialect;
} dialects[] = {
	{ "oci", PROFILE_OCI },
	{ "docker", PROFILE_DOCKER },
	{ "lxc", PROFILE_LXC },
};

static int read_dialect(const char *word, struct profile_options *o)
{
	for (size_t i = 0; word && i < ARRAY_SIZE(dialects); i++)
		if (strcmp(word, dialects[i].word) == 0)
			o->dialect = dialects[i].dialect;
	if (word && o->dialect == PROFILE_AS_BASE)
		return wrong_option("dialect",
				    "expected \"oci\", \"docker\" or \"lxc\"");
	if (o->dialect != PROFILE_LXC)
		return CTL_OK;
	if (o->base)
		return wrong_option("base", "not with the dialect \"lxc\": append "
					    "the profile's lines to the other's");
	if (o->wait_killable)
		return wrong_option("wait-killable", "LXC cannot set this flag");
	return CTL_OK;
}

static int read_options(const struct ctl *ctl, struct profile_options *o)
{
	const char *listener = ctl->option[CTL_LISTENER];
	const char *why;
	int r;

	*o = (struct profile_options){
		.policy = ctl->option[CTL_POLICY],
		.base = ctl->option[CTL_BASE],
		.wait_killable = ctl->option[CTL_WAIT_KILLABLE],
	};
	r = read_dialect(ctl->option[CTL_DIALECT], o);
	if (r != CTL_OK)
		return r;
	o->listener = listener ?: o->dialect == PROFILE_LXC ?
				  PROFILE_LXC_DEFAULT :
				  PROFILE_LISTENER_DEFAULT;
	why = profile_listener_complaint(o->listener);
	return why ? wrong_option("listener", why) : CTL_OK;
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
	if (r < 0)
		return CTL_FAILED;
	if (o->dialect != PROFILE_LXC)
		return reply_print_json(profile);
	profile_print_lxc(profile, &d->policy, stdout);
	return CTL_OK;
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
