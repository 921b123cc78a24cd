// SPDX-License-Identifier: LGPL-2.1-or-later
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ctl/client.h"
#include "ctl/reply.h"
#include "ctl/text.h"
#include "lib/slot.h"

#define COUNTERS_ALWAYS 5 /* received to failed; the rest only when not 0 */

static const struct {
	const char *name, *help;
} counters[] = {
#define X(name, help) { #name, help },
	SLOT_COUNTERS(X)
#undef X
};

static int print_counters(const struct ctl *ctl, struct json_object *values)
{
	static const struct table_column columns[] = {
		{ NULL }, { NULL, true }, { NULL }, { NULL }
	};
	struct table *t = table_new(columns, ARRAY_SIZE(columns));

	for (size_t i = 0; t && i < ARRAY_SIZE(counters); i++) {
		int64_t n = reply_int(values, counters[i].name);

		if (i >= COUNTERS_ALWAYS && n == 0)
			continue;
		table_cell(t, i == 0 ? "Calls     " : "");
		table_cell_number(t, n);
		table_cell(t, counters[i].name);
		table_cell(t, counters[i].help);
	}
	return reply_print_table(ctl, t);
}

static void print_features(const struct ctl *ctl, struct json_object *features)
{
	bool first = true;

	if (!features || json_object_object_length(features) == 0)
		return;
	printf("Kernel      ");
	json_object_object_foreach(features, key, value) {
		AUTO(free_ptr) char *name = text_escape(key);
		bool has = json_object_get_boolean(value);
		const char *on = !ctl->colour ? "" :
				 has	      ? "\033[32m" :
						"\033[33m";

		printf("%s%s%s%s%s", first ? "" : ", ", on, has ? "" : "no ",
		       name ? name : "?", *on ? "\033[0m" : "");
		first = false;
	}
	putchar('\n');
}

static void print_worker_problem(const char *problem)
{
	AUTO(free_ptr) char *text = text_escape(problem);

	if (*problem)
		printf("Worker      %s\n", text ? text : "?");
}

static const char *plural(int64_t n)
{
	return n == 1 ? "" : "s";
}

int verb_status(const struct ctl *ctl, char **args)
{
	AUTO(json_put) struct json_object *p = NULL;
	AUTO(free_ptr) char *version = NULL;
	char uptime[32];
	int r = client_get(ctl, "Status", NULL, &p);

	if (r != CTL_OK)
		return r;
	if (ctl->json)
		return reply_print_json(p);
	version = text_escape(reply_str(p, "version"));
	text_duration(reply_int(p, "uptime"), uptime, sizeof(uptime));
	printf("%sdeputyd %s%s, up %s, pid %" PRId64 "\n\n",
	       ctl->colour ? "\033[1m" : "", version ? version : "?",
	       ctl->colour ? "\033[0m" : "", uptime, reply_int(p, "pid"));
	printf("Policy      ");
	reply_print_policy(reply_object(p, "policy"));
	reply_print_policy_state(reply_object(p, "policy"), "            ");
	print_worker_problem(reply_str(reply_object(p, "worker"), "problem"));
	printf("Containers  %" PRId64 ", with %" PRId64 " listener%s, %" PRId64
	       " worker%s\n",
	       reply_int(p, "containers"), reply_int(p, "listeners"),
	       plural(reply_int(p, "listeners")), reply_int(p, "workers"),
	       plural(reply_int(p, "workers")));
	r = print_counters(ctl, reply_object(p, "counters"));
	print_features(ctl, reply_object(p, "features"));
	return r;
}
