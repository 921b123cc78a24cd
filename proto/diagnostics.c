// SPDX-License-Identifier: LGPL-2.1-or-later
#include "proto/diagnostics.h"

#include "proto/varlink.h"

static struct json_object *diagnostic_json(const struct diag *one)
{
	const char *level = one->level == DIAG_ERROR ? "error" : "warning";
	struct json_object *o = varlink_parameter_str("level", level);

	if (!o)
		return NULL;
	json_object_object_add(o, "file", json_object_new_string(one->file));
	json_object_object_add(o, "line", json_object_new_int64(one->line));
	json_object_object_add(o, "column", json_object_new_int64(one->column));
	json_object_object_add(o, "pointer",
			       json_object_new_string(one->pointer));
	json_object_object_add(o, "reason",
			       json_object_new_string(one->reason));
	return o;
}

struct json_object *diagnostics_json(const struct diags *d)
{
	size_t n = d->n < DIAGS_MAX ? d->n : DIAGS_MAX;
	AUTO(json_put) struct json_object *array = json_object_new_array();

	if (!array)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		struct json_object *o = diagnostic_json(&d->items[i]);

		if (!o || json_object_array_add(array, o) < 0) {
			json_object_put(o);
			return NULL;
		}
	}
	return TAKE_PTR(array);
}
