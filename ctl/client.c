// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "ctl/reply.h"
#include "ctl/text.h"
#include "lib/own.h"

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

/* Return: a connected fd, or a negative errno */
static int socket_connect(const char *path)
{
	AUTO(fd_close) int fd = -1;
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct timeval timeout = { .tv_sec = CLIENT_TIMEOUT_MS / 1000 };

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout,
				 sizeof(timeout)) < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return -errno;
	return TAKE_FD(fd);
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* A call is far smaller than a socket's buffer: either all fits or none.
 * deputyd may refuse before it reads; then its reply says why. */
static int call_send(int fd, const char *method, struct json_object *parameters)
{
	AUTO(json_put) struct json_object *call = NULL;
	AUTO(free_ptr) char *text = NULL, *name = NULL;
	size_t bytes;
	int r;

	if (asprintf(&name, "%s.%s", CONTROL_INTERFACE, method) < 0)
		name = NULL;
	call = varlink_call_new(name ? name : "", parameters);
	if (!name || !call)
		return -ENOMEM;
	r = varlink_encode(call, &text, &bytes);
	if (r < 0)
		return r;
	for (size_t sent = 0; sent < bytes;) {
		ssize_t n = send(fd, text + sent, bytes - sent, MSG_NOSIGNAL);

		if (n < 0 && errno == EPIPE)
			return 0;
		if (n < 0 && errno != EINTR)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		sent += n < 0 ? 0 : (size_t)n;
	}
	return 0;
}

/* Waits for one whole message. Return: 0 or a negative errno */
static int message_read(int fd, struct varlink_reader *reader,
			const char **ret_text, size_t *ret_bytes)
{
	int64_t until_ms = now_ms() + CLIENT_TIMEOUT_MS;
	char chunk[16 * 1024];

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int64_t left_ms = until_ms - now_ms();
		int r = varlink_reader_next(reader, ret_text, ret_bytes);
		ssize_t n;

		if (r == VARLINK_FRAME_OK)
			return 0;
		if (r == VARLINK_FRAME_TOO_BIG)
			return -EMSGSIZE;
		if (left_ms <= 0)
			return -ETIMEDOUT;
		r = poll(&p, 1, (int)left_ms);
		if (r < 0 && errno != EINTR)
			return -errno;
		if (r <= 0)
			continue;
		n = recv(fd, chunk, sizeof(chunk), MSG_DONTWAIT);
		if (n == 0)
			return -ECONNRESET;
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return -errno;
		r = n < 0 ? 0 : varlink_reader_push(reader, chunk, (size_t)n);
		if (r < 0)
			return r;
	}
}

static int reply_read(int fd, struct varlink_reply *ret, const char **ret_reason)
{
	struct varlink_reader reader;
	const char *text;
	size_t bytes;
	int r;

	varlink_reader_init(&reader, VARLINK_MESSAGE_MAX_BYTES);
	r = message_read(fd, &reader, &text, &bytes);
	if (r == 0)
		r = varlink_reply_parse(text, bytes, ret, ret_reason);
	varlink_reader_done(&reader);
	return r;
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
	AUTO(fd_close) int fd = socket_connect(ctl->socket);
	const char *reason = "";
	int r;

	if (fd < 0) {
		say_connect_failed(ctl->socket, -fd);
		return CTL_FAILED;
	}
	r = call_send(fd, method, TAKE_PTR(taken));
	if (r == 0)
		r = reply_read(fd, ret, &reason);
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
