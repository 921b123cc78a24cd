// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A connection does one call at a time: while its answer is not written, it is
 * not read from.  So a client that pipelines calls waits in its own socket's
 * buffer, and a client that does not read keeps at most one answer here.  In one
 * turn a connection gets a few small answers, or a big one; then libuv turns to the
 * others before its next call is taken.  One turn of libuv's loop is up to nine such.
 *
 * One timer a connection bounds it all: a whole call must come, and its answer
 * be gone, before the deadline that the call before it started.
 */
#include "daemon/control.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "daemon/control_answer.h"
#include "lib/own.h"
#include "proto/varlink.h"

#define LISTEN_BACKLOG 64
#define READ_BYTES     4096

struct connection {
	uv_pipe_t pipe;
	uv_timer_t deadline;
	uv_write_t write;
	char *out; /* the answer being written; NULL: none */
	size_t out_bytes;
	unsigned turn_calls; /* answered in this turn */
	size_t turn_bytes;
	struct varlink_reader reader;
	struct control *control;
	struct ucred peer; /* uid -1: not known */
	bool closing;
	LIST_ENTRY(connection) link;
};

struct control {
	uv_pipe_t listener;
	LIST_HEAD(, connection) connections;
	size_t backlog_bytes; /* of answers being written to others than root */
	uint64_t idle_ms;
	const struct control_ops *ops;
	void *ctx;
	bool freeing, listener_closed;
	void (*on_freed)(void *ctx);
	char chunk[READ_BYTES]; /* libuv fills and hands it over at once */
};

static void control_free_when_empty(struct control *c)
{
	if (!c->listener_closed || !LIST_EMPTY(&c->connections))
		return;
	if (c->on_freed)
		c->on_freed(c->ctx);
	free(c);
}

static void on_deadline_closed(uv_handle_t *handle)
{
	struct connection *conn = handle->data;
	struct control *c = conn->control;

	LIST_REMOVE(conn, link);
	varlink_reader_done(&conn->reader);
	free(conn);
	if (c->freeing)
		control_free_when_empty(c);
}

static void on_pipe_closed(uv_handle_t *handle)
{
	struct connection *conn = handle->data;

	uv_close((uv_handle_t *)&conn->deadline, on_deadline_closed);
}

static void connection_close(struct connection *conn)
{
	if (conn->closing)
		return;
	conn->closing = true;
	uv_close((uv_handle_t *)&conn->pipe, on_pipe_closed);
}

static void on_deadline(uv_timer_t *timer)
{
	connection_close(timer->data);
}

/* @message, taken, as far as it fits the socket's buffer, and the end. */
static void connection_last_words(struct connection *conn,
				  struct json_object *message)
{
	size_t bytes;
	char *text;

	if (message && varlink_encode(message, &text, &bytes) == 0) {
		uv_buf_t buf = uv_buf_init(text, (unsigned)bytes);

		(void)uv_try_write((uv_stream_t *)&conn->pipe, &buf, 1);
		free(text);
	}
	(void)json_put(message);
	connection_close(conn);
}

static void connection_serve(struct connection *conn);

/* libuv tells of an answer that it kept once others had their turn. (It reads
 * several times in one, so reading begins none.) */
static void begin_turn(struct connection *conn)
{
	conn->turn_calls = 0;
	conn->turn_bytes = 0;
}

static void on_written(uv_write_t *write, int status)
{
	struct connection *conn = write->data;

	if (conn->peer.uid != 0)
		conn->control->backlog_bytes -= conn->out_bytes;
	free(conn->out);
	conn->out = NULL;
	if (status < 0)
		connection_close(conn);
	begin_turn(conn);
	if (!conn->closing)
		connection_serve(conn);
}

/* As far as the socket takes it and the turn allows.
 * Return: how many bytes went, or a negative errno */
static int send_at_once(struct connection *conn, char *text, size_t bytes)
{
	uv_buf_t buf = uv_buf_init(text, (unsigned)bytes);
	int n;

	conn->turn_calls++;
	conn->turn_bytes += bytes;
	if (conn->turn_calls > CONTROL_TURN_CALLS_MAX ||
	    conn->turn_bytes > CONTROL_TURN_MAX_BYTES)
		return 0;
	n = uv_try_write((uv_stream_t *)&conn->pipe, &buf, 1);
	return n == UV_EAGAIN ? 0 : n;
}

/* @message: borrowed. Return: 0, or a negative errno and nothing is sent */
static int connection_send(struct connection *conn, struct json_object *message)
{
	struct control *c = conn->control;
	AUTO(free_ptr) char *text = NULL;
	uv_buf_t buf;
	size_t bytes;
	int r;

	r = varlink_encode(message, &text, &bytes);
	if (r < 0)
		return r;
	if (conn->peer.uid != 0 &&
	    c->backlog_bytes + bytes > CONTROL_BACKLOG_MAX_BYTES)
		return -ENOBUFS;
	r = send_at_once(conn, text, bytes);
	if (r < 0 || (size_t)r == bytes)
		return r < 0 ? r : 0;
	buf = uv_buf_init(text + r, (unsigned)(bytes - (size_t)r));
	r = uv_write(&conn->write, (uv_stream_t *)&conn->pipe, &buf, 1,
		     on_written);
	if (r < 0)
		return r;
	if (conn->peer.uid != 0)
		c->backlog_bytes += bytes;
	conn->out = TAKE_PTR(text);
	conn->out_bytes = bytes;
	return 0;
}

static void connection_call(struct connection *conn, const char *text,
			    size_t bytes)
{
	struct control *c = conn->control;
	AUTO(json_put) struct json_object *answer = NULL;
	struct varlink_call call;
	const char *reason;
	bool oneway;
	int r;

	r = varlink_call_parse(text, bytes, &call, &reason);
	if (r < 0) {
		connection_last_words(conn, r == -EBADMSG ?
						    control_protocol_error(
							    reason) :
						    NULL);
		return;
	}
	uv_timer_again(&conn->deadline);
	answer = control_answer(c->ops, c->ctx, &conn->peer, &call);
	oneway = call.oneway;
	varlink_call_done(&call);
	if (oneway)
		return;
	if (!answer || connection_send(conn, answer) < 0)
		connection_last_words(
			conn, control_limit_error("backlog bytes",
						  CONTROL_BACKLOG_MAX_BYTES));
}

static void on_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *ret)
{
	struct connection *conn = handle->data;

	*ret = uv_buf_init(conn->control->chunk,
			   sizeof(conn->control->chunk));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct connection *conn = stream->data;

	if (n < 0 ||
	    varlink_reader_push(&conn->reader, buf->base, (size_t)n) < 0) {
		connection_close(conn);
		return;
	}
	connection_serve(conn);
}

/* Does the calls that are there, until an answer is on its way. */
static void connection_serve(struct connection *conn)
{
	uv_stream_t *stream = (uv_stream_t *)&conn->pipe;
	const char *text;
	size_t bytes;
	int r;

	while (!conn->out && !conn->closing) {
		r = varlink_reader_next(&conn->reader, &text, &bytes);
		if (r == VARLINK_FRAME_TOO_BIG) {
			connection_last_words(
				conn,
				control_limit_error("call bytes",
						    CONTROL_CALL_MAX_BYTES));
			return;
		}
		if (r == VARLINK_FRAME_NONE) {
			r = uv_read_start(stream, on_buffer, on_read);
			if (r < 0 && r != UV_EALREADY)
				connection_close(conn);
			return;
		}
		connection_call(conn, text, bytes);
	}
	if (!conn->closing)
		uv_read_stop(stream);
}

static int connection_peer(struct connection *conn)
{
	socklen_t len = sizeof(conn->peer);
	uv_os_fd_t fd;
	int r = uv_fileno((uv_handle_t *)&conn->pipe, &fd);

	if (r < 0)
		return r;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &conn->peer, &len) < 0)
		return -errno;
	return 0;
}

/* Return: the limit that one more connection breaks, or NULL */
static struct json_object *limits_check(const struct control *c, uid_t uid)
{
	const struct connection *conn;
	size_t all = 0, same = 0;

	LIST_FOREACH(conn, &c->connections, link) {
		if (conn->closing)
			continue;
		all += conn->peer.uid != 0;
		same += conn->peer.uid == uid;
	}
	if (same >= CONTROL_CONNECTIONS_PER_UID_MAX)
		return control_limit_error("connections of one uid",
					   CONTROL_CONNECTIONS_PER_UID_MAX);
	if (uid != 0 && all >= CONTROL_CONNECTIONS_MAX)
		return control_limit_error("connections",
					   CONTROL_CONNECTIONS_MAX);
	return NULL;
}

static void on_connection(uv_stream_t *listener, int status)
{
	struct control *c = listener->data;
	struct connection *conn;
	struct json_object *limit;

	if (status < 0)
		return;
	conn = calloc(1, sizeof(*conn));
	if (!conn)
		return;
	conn->control = c;
	varlink_reader_init(&conn->reader, CONTROL_CALL_MAX_BYTES);
	uv_timer_init(listener->loop, &conn->deadline);
	uv_pipe_init(listener->loop, &conn->pipe, 0);
	conn->pipe.data = conn->deadline.data = conn->write.data = conn;
	if (uv_accept(listener, (uv_stream_t *)&conn->pipe) < 0 ||
	    connection_peer(conn) < 0) {
		conn->peer.uid = (uid_t)-1;
		LIST_INSERT_HEAD(&c->connections, conn, link);
		connection_close(conn);
		return;
	}
	limit = limits_check(c, conn->peer.uid);
	LIST_INSERT_HEAD(&c->connections, conn, link);
	if (limit) {
		connection_last_words(conn, limit);
		return;
	}
	uv_timer_start(&conn->deadline, on_deadline, c->idle_ms, c->idle_ms);
	connection_serve(conn);
}

static void on_listener_closed(uv_handle_t *handle)
{
	struct control *c = handle->data;

	c->listener_closed = true;
	control_free_when_empty(c);
}

void control_free(struct control *c, void (*on_freed)(void *ctx))
{
	struct connection *conn;

	if (!c)
		return;
	c->freeing = true;
	c->on_freed = on_freed;
	LIST_FOREACH(conn, &c->connections, link)
		connection_close(conn);
	uv_close((uv_handle_t *)&c->listener, on_listener_closed);
}

int control_fd(const struct control *c)
{
	uv_os_fd_t fd = -1;

	(void)uv_fileno((const uv_handle_t *)&c->listener, &fd);
	return fd;
}

void control_set_idle_ms(struct control *c, uint64_t idle_ms)
{
	c->idle_ms = idle_ms;
}

int control_new(uv_loop_t *loop, int listening_fd_taken,
		const struct control_ops *ops, void *ctx, struct control **ret)
{
	AUTO(fd_close) int fd = listening_fd_taken;
	struct control *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return -ENOMEM;
	(void)signal(SIGPIPE, SIG_IGN); /* libuv writes with write() */
	LIST_INIT(&c->connections);
	c->idle_ms = CONTROL_IDLE_MS;
	c->ops = ops;
	c->ctx = ctx;
	uv_pipe_init(loop, &c->listener, 0);
	c->listener.data = c;
	r = uv_pipe_open(&c->listener, fd);
	if (r == 0) {
		(void)TAKE_FD(fd);
		r = uv_listen((uv_stream_t *)&c->listener, LISTEN_BACKLOG,
			      on_connection);
	}
	if (r < 0) {
		control_free(c, NULL);
		return r;
	}
	*ret = c;
	return 0;
}
