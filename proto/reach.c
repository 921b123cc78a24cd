// SPDX-License-Identifier: LGPL-2.1-or-later
#include "proto/reach.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "proto/client.h"

static const struct {
	const char *name, *file;
} sockets[] = {
	[REACH_CONTROL] = { "control socket", "control.sock" },
	[REACH_OCI] = { "oci socket", "oci.sock" },
	[REACH_ANY] = { "socket", "control.sock" },
};

/* They lie beside each other. */
static void say_other(const char *path, enum reach_socket want, const char *is,
		      char *reason)
{
	const char *slash = strrchr(path, '/');

	(void)snprintf(reason, REACH_REASON_BYTES,
		       "%.256s is %s, not its %s: use %.*s%s", path, is,
		       sockets[want].name, slash ? (int)(slash - path) + 1 : 0,
		       path, sockets[want].file);
}

void reach_explain(const char *path, enum reach_socket want, int error,
		   char *reason)
{
	switch (error) {
	case ENOENT:
	case ECONNREFUSED:
	case ENOTDIR:
		(void)snprintf(reason, REACH_REASON_BYTES,
			       "deputyd does not run (%.256s: %s): start it, or "
			       "name its socket", path, strerror(error));
		return;
	case EACCES:
	case EPERM:
		(void)snprintf(reason, REACH_REASON_BYTES,
			       "this user cannot connect to deputyd (%.256s: "
			       "%s): %s", path, strerror(error),
			       want == REACH_OCI ?
				       "this needs root or the group "
				       "\"deputy-users\", or what "
				       "--oci-socket-mode allows" :
				       "this needs root or the group \"deputy\"");
		return;
	case EPROTOTYPE:
		say_other(path, want, "deputyd's lxc socket, or no stream socket",
			  reason);
		return;
	case EAGAIN:
	case ETIMEDOUT:
		(void)snprintf(reason, REACH_REASON_BYTES,
			       "deputyd did not answer within %d s (%.256s): it "
			       "is stopped, busy, or cannot start; its log may "
			       "say why", REACH_TIMEOUT_MS / 1000, path);
		return;
	case ECONNRESET:
		(void)snprintf(reason, REACH_REASON_BYTES,
			       "deputyd ended the connection without an answer "
			       "(%.256s): its log may say why", path);
		return;
	default:
		(void)snprintf(reason, REACH_REASON_BYTES, "%.256s: %s", path,
			       strerror(error));
	}
}

static int64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Return: is it the socket that was wanted? */
static bool is_wanted(const char *path, enum reach_socket want,
		      const struct varlink_reply *reply, char *reason)
{
	struct json_object *name =
		json_object_object_get(reply->parameters, "socket");
	bool oci = name && strcmp(json_object_get_string(name), "oci") == 0;

	if (reply->error &&
	    strcmp(reply->error, CONTROL_INTERFACE ".WrongSocket") == 0)
		say_other(path, want, "deputyd's oci socket", reason);
	else if (want == REACH_OCI && !reply->error && !oci)
		say_other(path, want, "deputyd's control socket", reason);
	else
		return true;
	return false;
}

int reach_call(const char *path, enum reach_socket want, const char *method,
	       struct json_object *parameters, struct varlink_reply *ret,
	       char *reason)
{
	AUTO(json_put) struct json_object *taken = parameters;
	int64_t until_ms = now_ms() + REACH_TIMEOUT_MS;
	AUTO(fd_close) int fd = varlink_connect(path, REACH_TIMEOUT_MS);
	const char *wrong = "";
	int64_t left_ms;
	int r = fd;

	if (r >= 0) {
		left_ms = until_ms - now_ms();
		r = varlink_exchange(fd, method, TAKE_PTR(taken),
				     left_ms > 0 ? (int)left_ms : 1, ret, &wrong);
	}
	if (r == -EBADMSG)
		(void)snprintf(reason, REACH_REASON_BYTES,
			       "the program that answers at %.256s is not "
			       "deputyd: %s", path,
			       wrong);
	else if (r < 0)
		reach_explain(path, want, -r, reason);
	if (r < 0)
		return r;
	if (is_wanted(path, want, ret, reason))
		return 0;
	varlink_reply_done(ret);
	return -EPROTOTYPE;
}
