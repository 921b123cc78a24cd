// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/client.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ctl/reply.h"
#include "ctl/text.h"
#include "lib/own.h"
#include "proto/client.h"

static void say_connect_failed(const char *path, int error)
{
	switch (error) {
	case ENOENT:
	case ECONNREFUSED:
	case ENOTDIR:
		fprintf(stderr,
			"deputyctl: deputyd does not seem to run (%s: %s): "
			"start it, or name its socket with --socket\n",
			path, strerror(error));
		break;
	case EACCES:
	case EPERM:
		fprintf(stderr,
			"deputyctl: %s: %s: this needs root or the group "
			"\"deputy\"\n",
			path, strerror(error));
		break;
	case EAGAIN:
		fprintf(stderr,
			"deputyctl: %s: deputyd took no connection within "
			"%d s\n",
			path, CLIENT_TIMEOUT_MS / 1000);
		break;
	default:
		fprintf(stderr, "deputyctl: %s: %s\n", path, strerror(error));
	}
}

static void say_no_reply(const char *path, int r, const char *reason)
{
	if (r == -ETIMEDOUT)
		fprintf(stderr,
			"deputyctl: deputyd did not answer within %d s: its "
			"log may say why\n",
			CLIENT_TIMEOUT_MS / 1000);
	else if (r == -ECONNRESET)
		fprintf(stderr,
			"deputyctl: deputyd ended the connection without an "
			"answer: its log may say why\n");
	else if (r == -EBADMSG)
		fprintf(stderr,
			"deputyctl: %s: what answers there is no deputyd: %s\n",
			path, reason);
	else
		fprintf(stderr, "deputyctl: %s: %s\n", path, strerror(-r));
}

int client_call(const struct ctl *ctl, const char *method,
		struct json_object *parameters, struct varlink_reply *ret)
{
	AUTO(json_put) struct json_object *taken = parameters;
	AUTO(fd_close) int fd = varlink_connect(ctl->socket, CLIENT_TIMEOUT_MS);
	AUTO(free_ptr) char *name = NULL;
	const char *reason = "";
	int r;

	if (fd < 0) {
		say_connect_failed(ctl->socket, -fd);
		return CTL_FAILED;
	}
	if (asprintf(&name, "%s.%s", CONTROL_INTERFACE, method) < 0)
		name = NULL;
	r = name ? varlink_exchange(fd, name, TAKE_PTR(taken),
				    CLIENT_TIMEOUT_MS, ret, &reason) :
		   -ENOMEM;
	if (r == 0)
		return CTL_OK;
	say_no_reply(ctl->socket, r, reason);
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
			"deputyctl: the new policy was not taken; the old one "
			"serves on\n");
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
