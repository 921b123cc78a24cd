// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/client.h"

#include <stdio.h>
#include <string.h>

#include "ctl/reply.h"
#include "ctl/text.h"
#include "lib/own.h"
#include "proto/reach.h"

int client_call(const struct ctl *ctl, const char *method,
		struct json_object *parameters, struct varlink_reply *ret)
{
	AUTO(json_put) struct json_object *taken = parameters;
	char reason[REACH_REASON_BYTES], name[128];

	(void)snprintf(name, sizeof(name), CONTROL_INTERFACE ".%s", method);
	if (reach_call(ctl->socket, REACH_CONTROL, name, TAKE_PTR(taken), ret,
		       reason) == 0)
		return CTL_OK;
	fprintf(stderr, "deputyctl: %s\n", reason);
	return CTL_FAILED;
}

static void say_error(const char *method, const struct varlink_reply *reply)
{
	AUTO(free_ptr) char *error = text_escape(reply->error);
	AUTO(free_ptr) char *detail = NULL;

	if (strcmp(reply->error, SERVICE_INTERFACE ".PermissionDenied") == 0) {
		fprintf(stderr, "deputyctl: %s is for root only\n", method);
		return;
	}
	if (strcmp(reply->error, CONTROL_INTERFACE ".NotFound") == 0) {
		detail = text_escape(reply_str(reply->parameters, "id"));
		fprintf(stderr,
			"deputyctl: no container has the id \"%s\": see "
			"\"deputyctl list\"\n",
			detail ? detail : "");
		return;
	}
	if (strcmp(reply->error, CONTROL_INTERFACE ".ReloadFailed") == 0) {
		reply_print_diagnostics(
			reply_array(reply->parameters, "diagnostics"));
		fprintf(stderr,
			"deputyctl: the new policy was refused; the old one "
			"stays\n");
		return;
	}
	detail = text_escape(json_object_to_json_string_ext(
		reply->parameters, JSON_C_TO_STRING_NOSLASHESCAPE));
	fprintf(stderr, "deputyctl: deputyd answered %s %s\n",
		error ? error : "", detail ? detail : "");
}

int client_get(const struct ctl *ctl, const char *method,
	       struct json_object *parameters,
	       struct json_object **ret_parameters)
{
	struct varlink_reply reply;
	int r = client_call(ctl, method, parameters, &reply);

	if (r != CTL_OK)
		return r;
	if (reply.error) {
		if (ctl->json)
			(void)reply_print_json(reply.root);
		say_error(method, &reply);
		r = CTL_FAILED;
	} else {
		*ret_parameters = reply.parameters ?
					  json_object_get(reply.parameters) :
					  json_object_new_object();
	}
	varlink_reply_done(&reply);
	return r;
}
