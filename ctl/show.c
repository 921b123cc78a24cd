// SPDX-License-Identifier: LGPL-2.1-or-later
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "ctl/client.h"
#include "ctl/reply.h"
#include "ctl/text.h"

static const struct table_column columns[] = {
	{ "WORKER", true },    { "PHASE" },	     { "RESTARTS", true },
	{ "RECEIVED", true },  { "CONTINUED", true }, { "EMULATED", true },
	{ "DENIED", true },    { "FAILED", true },
};

static void add_row(struct table *t, struct json_object *listener)
{
	static const char *const numbers[] = { "received", "continued",
					       "emulated", "denied", "failed" };
	struct json_object *counters = reply_object(listener, "counters");
	int64_t pid = reply_int(listener, "worker_pid");

	if (pid)
		table_cell_number(t, pid);
	else
		table_cell(t, "none");
	table_cell(t, reply_str(listener, "phase"));
	table_cell_number(t, reply_int(listener, "restarts"));
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		table_cell_number(t, reply_int(counters, numbers[i]));
}

static void print_container(struct json_object *c)
{
	AUTO(free_ptr) char *id = text_escape(reply_str(c, "id"));
	AUTO(free_ptr) char *policy = text_escape(reply_str(c, "policy"));
	char age[32];

	text_duration(time(NULL) - reply_int(c, "since"), age, sizeof(age));
	printf("Container  %s\nPolicy     %s\n", id ? id : "?",
	       policy ? policy : "?");
	printf("Attached   %s ago, by uid %" PRId64 "\n", age,
	       reply_int(c, "peer_uid"));
	if (json_object_object_get_ex(c, "userns", NULL) &&
	    reply_int(c, "userns") == 0)
		puts("Note       it has no user namespace of its own, or an "
		     "unknown one:\n           nothing is emulated for it");
	putchar('\n');
}

int verb_show(const struct ctl *ctl, char **args)
{
	AUTO(json_put) struct json_object *p = NULL;
	struct json_object *rows;
	struct table *t;
	size_t n;
	int r = client_get(ctl, "Show", varlink_parameter_str("id", args[0]),
			   &p);

	if (r != CTL_OK)
		return r;
	if (ctl->json)
		return reply_print_json(p);
	print_container(reply_object(p, "container"));
	rows = reply_array(p, "listeners");
	n = rows ? json_object_array_length(rows) : 0;
	t = table_new(columns, ARRAY_SIZE(columns));
	for (size_t i = 0; t && i < n; i++)
		add_row(t, json_object_array_get_idx(rows, i));
	return reply_print_table(ctl, t);
}
