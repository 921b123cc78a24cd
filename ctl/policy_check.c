// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/reply.h"
#include "policy/policy.h"
#include "proto/diagnostics.h"
#include "proto/varlink.h"

static int print_json(const char *file, const struct diags *d)
{
	AUTO(json_put) struct json_object *o =
		varlink_parameter_str("file", file);
	struct json_object *list = diagnostics_json(d);

	if (!o || !list) {
		json_put(list);
		fprintf(stderr, "deputyctl: out of memory\n");
		return CTL_FAILED;
	}
	json_object_object_add(o, "errors",
			       json_object_new_int64((int64_t)d->n_errors));
	json_object_object_add(o, "diagnostics", list);
	return reply_print_json(o);
}

static int check(const char *file, struct diags *d, const struct ctl *ctl)
{
	struct policy_set *set = NULL;
	int r = policy_set_load(file, &set, d);
	bool good = r == 0 && d->n_errors == 0;

	diags_print(d, stderr);
	if (!good && d->n_errors == 0)
		fprintf(stderr, "deputyctl: %s: %s\n", file, strerror(-r));
	if (ctl->json) {
		if (print_json(file, d) != CTL_OK)
			good = false;
	} else if (good) {
		printf("%s: good, %zu %s\n", file, policy_set_count(set),
		       policy_set_count(set) == 1 ? "policy" : "policies");
	}
	policy_set_unref(set);
	return good ? CTL_OK : CTL_FAILED;
}

int verb_policy_check(const struct ctl *ctl, char **args)
{
	AUTO(free_ptr) struct diags *d = malloc(sizeof(*d));

	if (!d) {
		fprintf(stderr, "deputyctl: out of memory\n");
		return CTL_FAILED;
	}
	diags_init(d, args[0]);
	return check(args[0], d, ctl);
}
