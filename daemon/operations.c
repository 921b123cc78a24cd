// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/operations.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include <json-c/json.h>
#include <systemd/sd-daemon.h>

#include "daemon/config.h"
#include "daemon/foretell.h"
#include "daemon/registry.h"
#include "daemon/reload.h"
#include "daemon/report.h"
#include "proto/diagnostics.h"

static int reload_now(struct operations *o, struct diags *diags)
{
	struct timespec ts;
	int r;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld",
			 (long long)ts.tv_sec * 1000000 + ts.tv_nsec / 1000);
	r = reload(o->registry, config_policy_paths(o->config), diags);
	(void)sd_notify(0, "READY=1");
	return r;
}

void operations_reload(struct operations *o)
{
	struct diags *diags = malloc(sizeof(*diags));

	if (diags)
		(void)reload_now(o, diags);
	free(diags);
}

static int answer(struct json_object *tree, struct json_object **ret)
{
	if (!tree)
		return -ENOMEM;
	*ret = tree;
	return CONTROL_OK;
}

static int op_status(void *ctx, struct json_object **ret)
{
	const struct operations *o = ctx;
	uint64_t up_ms = uv_now(o->registry->loop) - o->started_ms;

	return answer(report_status(o->registry, up_ms / 1000), ret);
}

static int op_list(void *ctx, struct json_object **ret)
{
	const struct operations *o = ctx;

	return answer(report_list(o->registry), ret);
}

static int op_show(void *ctx, const char *id, struct json_object **ret)
{
	const struct operations *o = ctx;
	int found;
	struct json_object *tree = report_show(o->registry, id, &found);

	return found ? answer(tree, ret) : CONTROL_NOT_FOUND;
}

/* The reply's or the error's parameters. */
static struct json_object *reload_tree(const struct operations *o,
				       const struct diags *diags, bool failed)
{
	struct json_object *tree = json_object_new_object();
	struct json_object *list = diagnostics_json(diags);
	struct json_object *head = failed ? json_object_new_string(diags->file) :
					    report_policy(o->registry);

	if (tree && list && head) {
		json_object_object_add(tree, failed ? "source" : "policy", head);
		json_object_object_add(
			tree, failed ? "diagnostics" : "warnings", list);
		return tree;
	}
	json_object_put(head);
	json_object_put(list);
	json_object_put(tree);
	return NULL;
}

static int op_reload(void *ctx, struct json_object **ret)
{
	struct operations *o = ctx;
	struct diags *diags = malloc(sizeof(*diags));
	uint64_t before;
	bool failed;
	int r;

	if (!diags)
		return -ENOMEM;
	before = policy_set_hash(o->registry->set);
	failed = reload_now(o, diags) < 0;
	r = answer(reload_tree(o, diags, failed), ret);
	if (r == CONTROL_OK && !failed)
		json_object_object_add(*ret, "previous", report_hash(before));
	free(diags);
	return r < 0 || !failed ? r : CONTROL_RELOAD_FAILED;
}

static int op_check(void *ctx, const struct control_check *c,
		    struct json_object **ret)
{
	const struct operations *o = ctx;

	return answer(foretell(o->registry, c), ret);
}

const struct control_ops operations_control = {
	.status = op_status,
	.list = op_list,
	.show = op_show,
	.reload = op_reload,
	.check = op_check,
};
