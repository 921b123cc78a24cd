// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hook/gate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"
#include "proto/oci_state.h"

static int shut(char *reason, const char *text)
{
	(void)snprintf(reason, GATE_REASON_BYTES, "%s", text);
	for (char *c = reason; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	return GATE_SHUT;
}

static int put(struct json_object *o, const char *key, struct json_object *v)
{
	if (v && json_object_object_add(o, key, v) == 0)
		return 0;
	json_object_put(v);
	return -1;
}

/* Return: the call's parameters, NULL for lack of memory */
static struct json_object *question(const struct gate_question *q)
{
	const struct {
		const char *key, *value;
	} strings[] = {
		{ "policy", q->policy },
		{ "metadata", q->metadata },
		{ "id", q->id },
		{ "bundle", q->bundle },
		{ "userns", q->each ? OCI_STATE_USERNS_EACH : NULL },
	};
	struct json_object *o = json_object_new_object();
	int r = o ? 0 : -1;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(strings); i++)
		if (strings[i].value)
			r = put(o, strings[i].key,
				json_object_new_string(strings[i].value));
	if (r == 0 && q->pid > 0)
		r = put(o, "pid", json_object_new_int(q->pid));
	if (r == 0 && q->annotations)
		r = put(o, "annotations", json_object_get(q->annotations));
	return r == 0 ? o : json_put(o);
}

static int judge(const struct varlink_reply *reply, char **ret_policy,
		 char *reason)
{
	struct json_object *p = reply->parameters, *accepted, *policy, *why;
	char text[GATE_REASON_BYTES];

	if (reply->error) {
		(void)snprintf(text, sizeof(text),
			       "deputyd answered %.128s: is it older than "
			       "this program?",
			       reply->error);
		return shut(reason, text);
	}
	accepted = json_object_object_get(p, "accepted");
	policy = json_object_object_get(p, "policy");
	why = json_object_object_get(p, "reason");
	if (!json_object_get_boolean(accepted))
		return shut(reason, why ? json_object_get_string(why)
					: "deputyd would refuse the listener");
	if (!ret_policy)
		return GATE_OPEN;
	*ret_policy = strdup(policy ? json_object_get_string(policy) : "");
	return *ret_policy ? GATE_OPEN : shut(reason, strerror(ENOMEM));
}

int gate_ask(const struct gate_question *q, char **ret_policy, char *reason)
{
	AUTO(json_put) struct json_object *parameters = question(q);
	const char *method = CONTROL_INTERFACE ".Check";
	struct varlink_reply reply;
	char why[REACH_REASON_BYTES];
	int r;

	if (!parameters)
		return shut(reason, strerror(ENOMEM));
	r = reach_call(q->socket, q->is, method, json_object_get(parameters),
		       &reply, why);
	if (r == -EACCES && q->or_else)
		r = reach_call(q->or_else, REACH_OCI, method,
			       json_object_get(parameters), &reply, why);
	if (r < 0)
		return shut(reason, why);
	r = judge(&reply, ret_policy, reason);
	varlink_reply_done(&reply);
	return r;
}
