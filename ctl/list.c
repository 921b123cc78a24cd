// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdio.h>
#include <time.h>

#include "ctl/client.h"
#include "ctl/reply.h"
#include "ctl/text.h"

static const struct table_column columns[] = {
	{ "ID" },
	{ "POLICY" },
	{ "UID", true },
	{ "GID", true },
	{ "OWNER", true },
	{ "LISTENERS", true },
	{ "RECEIVED", true },
	{ "CONTINUED", true },
	{ "EMULATED", true },
	{ "DENIED", true },
	{ "FAILED", true },
	{ "SINCE", true },
};

static void add_row(struct table *t, struct json_object *row)
{
	static const char *const numbers[] = { "listeners", "received",
					       "continued", "emulated",
					       "denied",    "failed" };
	char age[32];

	table_cell(t, reply_str(row, "id"));
	table_cell(t, reply_str(row, "policy"));
	table_cell_number(t, reply_int(row, "peer_uid"));
	table_cell_number(t, reply_int(row, "peer_gid"));
	table_cell(t, reply_str(row, "userns_owner"));
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		table_cell_number(t, reply_int(row, numbers[i]));
	text_duration(time(NULL) - reply_int(row, "since"), age, sizeof(age));
	table_cell(t, age);
}

int verb_list(const struct ctl *ctl, char **args)
{
	AUTO(json_put) struct json_object *p = NULL;
	struct json_object *rows;
	struct table *t;
	size_t n;
	int r = client_get(ctl, "List", NULL, &p);

	if (r != CTL_OK)
		return r;
	if (ctl->json)
		return reply_print_json(p);
	rows = reply_array(p, "containers");
	n = rows ? json_object_array_length(rows) : 0;
	if (n == 0) {
		puts("No container is attached.");
		return CTL_OK;
	}
	t = table_new(columns, ARRAY_SIZE(columns));
	for (size_t i = 0; t && i < n; i++)
		add_row(t, json_object_array_get_idx(rows, i));
	return reply_print_table(ctl, t);
}
