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

/* The first line has the title. */
static void print_line(const char **title, const char *key, const char *text)
{
	AUTO(free_ptr) char *k = key ? text_escape(key) : NULL;
	AUTO(free_ptr) char *t = text_escape(text);

	printf("%-11s%s%s%s\n", *title, k ? k : "", key ? "=" : "", t ? t : "?");
	*title = "";
}

static void print_str(const char *title, struct json_object *o, const char *key)
{
	struct json_object *v;

	if (json_object_object_get_ex(o, key, &v) &&
	    json_object_is_type(v, json_type_string))
		print_line(&title, NULL, json_object_get_string(v));
}

static void print_cgroups(struct json_object *facts)
{
	struct json_object *paths = reply_array(facts, "cgroups");
	size_t n = paths ? json_object_array_length(paths) : 0;
	const char *title = "Cgroup";

	for (size_t i = 0; i < n; i++) {
		const char *path = json_object_get_string(
			json_object_array_get_idx(paths, i));

		print_line(&title, NULL, path ? path : "?");
	}
	if (paths && n == 0)
		print_line(&title, NULL, "unknown");
}

static void print_annotations(struct json_object *facts)
{
	struct json_object *all = reply_object(facts, "annotations");
	const char *title = "Annotated";

	if (!all)
		return;
	json_object_object_foreach(all, key, value)
	{
		const char *text = json_object_get_string(value);

		print_line(&title, key, text ? text : "?");
	}
}

static void print_container(struct json_object *c, struct json_object *facts)
{
	char age[32];

	print_str("Container", c, "id");
	print_str("Policy", c, "policy");
	text_duration(time(NULL) - reply_int(c, "since"), age, sizeof(age));
	printf("Attached   %s ago, by uid %" PRId64 ", gid %" PRId64 "\n", age,
	       reply_int(c, "peer_uid"), reply_int(c, "peer_gid"));
	print_str("Owner", c, "userns_owner");
	print_cgroups(facts);
	print_str("Bundle", facts, "bundle");
	print_str("Metadata", facts, "metadata");
	print_annotations(facts);
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
	print_container(reply_object(p, "container"), reply_object(p, "facts"));
	rows = reply_array(p, "listeners");
	n = rows ? json_object_array_length(rows) : 0;
	t = table_new(columns, ARRAY_SIZE(columns));
	for (size_t i = 0; t && i < n; i++)
		add_row(t, json_object_array_get_idx(rows, i));
	return reply_print_table(ctl, t);
}
