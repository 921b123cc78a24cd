// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A stranger's fds.  Nothing is known about them but that they are open, and
 * even closing one may hang: close() of a FUSE file waits for its server,
 * which may be the stranger.  So deputyd's loop looks at one fd only, the one
 * named as listener, by its link in /proc, and all others are closed by
 * libuv's thread pool.  Each uid has a bound on what hangs there; beyond it
 * its connections are refused.
 */
#include "daemon/conn.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/admit.h"
#include "daemon/attach_oci.h"
#include "daemon/conn_answer.h"
#include "daemon/discard.h"
#include "daemon/fd_room.h"
#include "daemon/fdstore.h"
#include "daemon/inherit.h"
#include "daemon/log_budget.h"
#include "daemon/registry.h"
#include "lib/listener.h"
#include "lib/log.h"
#include "lib/own.h"

#define CHUNK_BYTES    16384
#define CHUNKS_AT_ONCE 4 /* then others have their turn */

struct conn {
	struct pending pending;
	struct conn_pool *pool;
	struct peer *peer;
	gid_t peer_gid;
	pid_t peer_pid;
	struct ns_id peer_userns;
	int sock;
	uv_poll_t poll;
	uv_timer_t deadline;
	struct discard discard;
	unsigned open_handles;
	struct fdstore_waiting name; /* in the fd store; .number 0: not there */
	bool ended;
	bool timed; /* its message has begun, and a deadline */
	bool waited; /* for fds to be free, which the log says once */
	struct oci_frame frame;
	char *buf;
	size_t len, size;
	/* Of the first message, and of the one that is refused for bringing
	 * more: all are foreign but for a listener, which leaves this list. */
	int fds[2 * FDMSG_MAX_FDS];
	size_t n_fds;
};

static void conn_free(struct conn *c)
{
	peer_put(c->peer);
	free(c);
}

static void on_discarded(struct discard *d)
{
	conn_free((struct conn *)((char *)d - offsetof(struct conn, discard)));
}

static void on_closed(uv_handle_t *h)
{
	struct conn *c = h->data;

	if (--c->open_handles)
		return;
	c->sock = fd_close(c->sock);
	if (c->n_fds == 0) {
		conn_free(c);
		return;
	}
	c->discard.peer = c->peer;
	c->discard.fds = c->fds;
	c->discard.n_fds = c->n_fds;
	c->discard.done = on_discarded;
	discard_start(&c->discard, h->loop);
}

/* -- in the fd store ---------------------------------------------------------------- */

static void put_into_store(struct conn *c)
{
	struct fdstore *store = c->pool->registry->store;
	char name[FDSTORE_NAME_MAX];

	if (!store || !store->on || c->name.number)
		return;
	c->name = (struct fdstore_waiting){ ++store->last, c->peer_userns.ino };
	fdstore_waiting_format(&c->name, name);
	if (!fdstore_put(store, name, &c->sock, 1, &c->peer->stored))
		c->name.number = 0;
	else
		log_event(LOG_DEBUG, "connection-stored", LOG_S("name", name),
			  LOG_U("peer_uid", c->peer->uid),
			  LOG_I("peer_pid", c->peer_pid));
}

/* Counts a connection that an earlier deputyd stored towards its peer's share. */
static void charge(struct conn *c)
{
	char name[FDSTORE_NAME_MAX];

	fdstore_waiting_format(&c->name, name);
	fdstore_charge(c->pool->registry->store, name, 1, &c->peer->stored);
}

static void drop_from_store(struct conn *c)
{
	char name[FDSTORE_NAME_MAX];

	if (!c->name.number)
		return;
	fdstore_waiting_format(&c->name, name);
	fdstore_drop(c->pool->registry->store, name, 1,
		     &c->peer->stored);
	c->name.number = 0;
}

/* -- its end ------------------------------------------------------------------------ */

static void conn_end(struct conn *c)
{
	if (c->ended)
		return;
	c->ended = true;
	drop_from_store(c);
	pending_remove(&c->pool->pending, &c->pending);
	c->peer->buffered -= c->size;
	free(c->buf);
	c->buf = NULL;
	c->size = 0;
	uv_close((uv_handle_t *)&c->poll, on_closed);
	uv_close((uv_handle_t *)&c->deadline, on_closed);
}

static void refuse(struct conn *c, const char *why)
{
	const char *suppressed;

	if (log_budget_take(c->peer->uid, uv_now(c->poll.loop), &suppressed))
		log_event(LOG_WARNING, "attach-refused", LOG_S("why", why),
			  LOG_U("peer_uid", c->peer->uid),
			  LOG_U("peer_gid", c->peer_gid),
			  LOG_I("peer_pid", c->peer_pid),
			  LOG_U("bytes", c->len), LOG_U("fds", c->n_fds),
			  LOG_S("suppressed", suppressed));
	conn_end(c);
}

_Static_assert(OCI_BUFFERED_MAX_PER_UID == 8 << 20, "as the message says");
/* Return: NULL, or why not */
static const char *keep(struct conn *c, const char *data, size_t n)
{
	size_t size = c->size;
	char *buf;

	if (c->len + n > size) {
		size = 2 * size > c->len + n ? 2 * size : c->len + n;
		if (c->peer->buffered - c->size + size > OCI_BUFFERED_MAX_PER_UID)
			return "the uid's limit of 8 MiB of unfinished "
			       "messages is reached";
		buf = realloc(c->buf, size + 1);
		if (!buf)
			return "no memory";
		c->peer->buffered += size - c->size;
		c->buf = buf;
		c->size = size;
	}
	memcpy(c->buf + c->len, data, n);
	c->len += n;
	c->buf[c->len] = '\0'; /* for varlink_call_parse() */
	return NULL;
}

static void take_state(struct conn *c, const struct oci_state *state)
{
	const char *why = NULL;
	struct sender sender;
	int fd, r;

	if (state->n_fds != c->n_fds) {
		refuse(c, "the number of fds is not that of their names");
		return;
	}
	fd = c->fds[state->fd_index];
	r = listener_check(fd);
	if (r < 0) {
		refuse(c, r == -ENOTTY ? "the fd is not a seccomp listener" :
					 "the fd cannot be checked");
		return;
	}
	c->fds[state->fd_index] = c->fds[--c->n_fds];
	sender = (struct sender){ c->peer, c->peer_gid, c->peer_pid,
				  c->peer_userns };
	r = admit(c->pool->registry, &sender, state, &fd, &why);
	(void)fd_close(fd); /* a listener: its close never waits */
	if (state->reply)
		conn_answer_listener(c->sock, r == ADMIT_UNBOUND ?
			"no binding of deputyd's policy matches it" : why);
	if (r < 0)
		refuse(c, why);
	else /* taken, or refused and logged */
		conn_end(c);
}

static void take_message(struct conn *c)
{
	struct oci_error error;
	struct oci_state state;
	int r;

	if (c->n_fds == 0 &&
	    conn_answer_call(c->pool->registry, c->sock,
			     &(struct ucred){ .pid = c->peer_pid,
					      .uid = c->peer->uid,
					      .gid = c->peer_gid },
			     c->buf, c->len)) {
		conn_end(c);
		return;
	}
	r = oci_state_parse(c->buf, c->len, &state, &error);
	if (r < 0) {
		refuse(c, r == -ENOMEM ? "no memory" : error.reason);
		return;
	}
	take_state(c, &state);
	oci_state_done(&state);
}

static void take_bytes(struct conn *c, const char *data, size_t n)
{
	struct oci_error error;
	size_t used;
	const char *why;
	int r = oci_frame_feed(&c->frame, data, n, &used, &error);

	if (r == OCI_FRAME_BAD) {
		refuse(c, error.reason);
		return;
	}
	why = keep(c, data, used);
	if (used < n && !data[used] && c->n_fds == 0)
		used++; /* the end of a varlink call */
	if (!why && !oci_frame_is_space(data + used, n - used))
		why = "bytes after the message";
	if (why)
		refuse(c, why);
	else if (r == OCI_FRAME_DONE)
		take_message(c);
}

/* Return: NULL, or why not; the fds are the connection's in any case */
static const char *take_fds(struct conn *c, const struct fdmsg *m)
{
	bool late = c->frame.bytes > 0 && m->n_fds > 0;

	memcpy(c->fds + c->n_fds, m->fds, m->n_fds * sizeof(int));
	c->n_fds += m->n_fds;
	if (m->truncated)
		return "more than " TEXT_OF(FDMSG_MAX_FDS) " fds";
	return late ? "fds after the first message" : NULL;
}

_Static_assert(OCI_MESSAGE_DEADLINE_MS == 10 * 1000, "as the message says");
static void on_deadline(uv_timer_t *t)
{
	refuse(t->data, "incomplete after 10 s");
}

static void on_silent_end(struct conn *c)
{
	log_event(LOG_DEBUG, "attach-silent", LOG_U("peer_uid", c->peer->uid),
		  LOG_I("peer_pid", c->peer_pid));
	conn_end(c);
}

static void on_silence(uv_timer_t *t)
{
	put_into_store(t->data);
}

/* Return: false when nothing more is to be read now */
static bool read_once(struct conn *c)
{
	char chunk[CHUNK_BYTES];
	struct fdmsg m;
	const char *why;
	ssize_t n = fdmsg_recv(c->sock, chunk, sizeof(chunk), &m);

	if (n == -EAGAIN)
		return false;
	why = n < 0 ? "cannot be read" : take_fds(c, &m);
	if (why)
		refuse(c, why);
	else if (n == 0 && c->frame.bytes == 0)
		on_silent_end(c); /* how crun ends when its set-up failed */
	else if (n == 0)
		refuse(c, "the connection ended within its message");
	else
		take_bytes(c, chunk, (size_t)n);
	return !c->ended;
}

static void on_readable(uv_poll_t *p, int status, int events);

static void on_retry(uv_timer_t *t)
{
	struct conn *c = t->data;

	(void)uv_poll_start(&c->poll, UV_READABLE, on_readable);
}

/* The first bytes bring the fds. Until there is room for them they wait. */
static void wait_for_fds(struct conn *c)
{
	if (!c->waited)
		log_event(LOG_ERR, "attach-waits",
			  LOG_S("why", "too few fds are free: raise "
				       "LimitNOFILE"),
			  LOG_U("peer_uid", c->peer->uid),
			  LOG_I("peer_pid", c->peer_pid));
	c->waited = true;
	(void)uv_poll_stop(&c->poll);
	(void)uv_timer_start(&c->deadline, on_retry, FD_ROOM_RETRY_MS, 0);
}

static void on_readable(uv_poll_t *p, int status, int events)
{
	struct conn *c = p->data;

	if (c->frame.bytes == 0 && !fd_room(c->sock, FD_ROOM_MESSAGE)) {
		wait_for_fds(c);
		return;
	}
	for (int i = 0; i < CHUNKS_AT_ONCE; i++)
		if (!read_once(c))
			break;
	if (c->ended || c->frame.bytes == 0 || c->timed)
		return;
	c->timed = true;
	(void)uv_timer_start(&c->deadline, on_deadline, OCI_MESSAGE_DEADLINE_MS,
			     0);
}

static const char *over_limit(struct conn_pool *pool, const struct peer *p)
{
	if (p->discarding >= DISCARD_MAX_PER_UID)
		return DISCARD_LIMIT;
	return pending_check(&pool->pending, p, uv_now(pool->registry->loop));
}

static int start(struct conn *c)
{
	uv_loop_t *loop = c->pool->registry->loop;
	int r = uv_poll_init(loop, &c->poll, c->sock);

	if (r < 0)
		return r;
	(void)uv_timer_init(loop, &c->deadline);
	c->poll.data = c->deadline.data = c;
	c->open_handles = 2;
	(void)uv_poll_start(&c->poll, UV_READABLE, on_readable);
	(void)uv_timer_start(&c->deadline, on_silence, OCI_STORE_MS, 0);
	c->pending.peer = c->peer;
	pending_add(&c->pool->pending, &c->pending, uv_now(loop));
	return 0;
}

/* @left: its name where an earlier deputyd left it, or NULL */
static int take(struct conn_pool *pool, int sock_taken,
		const struct fdstore_waiting *left, const char **why)
{
	AUTO(fd_close) int sock = sock_taken;
	struct ucred cred;
	socklen_t size = sizeof(cred);
	struct conn *c;
	int r;

	*why = "no memory";
	if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &cred, &size) < 0)
		return -errno;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->pool = pool;
	c->sock = sock;
	c->peer_pid = cred.pid;
	c->peer_gid = cred.gid;
	c->peer = peer_get(&pool->registry->peers, cred.uid);
	if (!c->peer) {
		free(c);
		return -ENOMEM;
	}
	*why = over_limit(pool, c->peer);
	r = *why ? -EMFILE : start(c);
	if (r < 0) {
		*why = *why ?: "cannot be polled";
		conn_free(c);
		return r;
	}
	/* The pid of a stored connection's peer may be another process's by now. */
	c->peer_userns = identity_peer(left ? 0 : cred.pid);
	if (left) {
		c->peer_userns.ino = left->userns_ino;
		c->name = *left;
		charge(c);
	}
	(void)TAKE_FD(sock);
	return 0;
}

int conn_new(struct conn_pool *pool, int sock_taken, const char **why)
{
	return take(pool, sock_taken, NULL, why);
}

static void adopt(struct conn_pool *pool, struct inherit_fd *f,
		  const struct fdstore_waiting *name)
{
	struct fdstore *store = pool->registry->store;
	const char *why = "it is no connection of a unix socket";
	bool is_one = inherit_is_connection(f->fd);

	fdstore_had(store, f->name);
	if (name->number > store->last)
		store->last = name->number;
	if (is_one && take(pool, TAKE_FD(f->fd), name, &why) == 0)
		return;
	if (is_one)
		log_event(LOG_WARNING, "connection-refused", LOG_S("why", why),
			  LOG_S("name", f->name));
	else
		inherit_refuse(f, pool->registry->loop, why);
	fdstore_drop(store, f->name, 1, NULL);
}

void conn_adopt_all(struct conn_pool *pool, struct inherit *in)
{
	struct fdstore_waiting name;

	for (size_t i = 0; i < in->n; i++)
		if (in->fds[i].fd >= 0 &&
		    fdstore_waiting_parse(in->fds[i].name, &name))
			adopt(pool, &in->fds[i], &name);
}

static struct conn *conn_of(struct pending *p)
{
	return (struct conn *)((char *)p - offsetof(struct conn, pending));
}

static void end_pending(struct pending *p, const char *why)
{
	struct conn *c = conn_of(p);

	if (why)
		refuse(c, why);
	else
		conn_end(c);
}

void conn_pool_init(struct conn_pool *pool, struct registry *registry)
{
	*pool = (struct conn_pool){
		.registry = registry,
		.pending = {
			.kind = PEER_OCI,
			.max = OCI_PENDING_MAX,
			.max_per_uid = OCI_PENDING_MAX_PER_UID,
			.silent_ms = OCI_SILENT_MS,
			.all_full = "the limit of " TEXT_OF(
				OCI_PENDING_MAX) " unfinished connections is reached",
			.uid_full = "the uid's limit of " TEXT_OF(
				OCI_PENDING_MAX_PER_UID) " unfinished connections is reached",
			.end = end_pending,
		},
	};
	TAILQ_INIT(&pool->pending.oldest_first);
}

void conn_leave_silent(struct conn_pool *pool)
{
	struct pending *next;

	for (struct pending *p = TAILQ_FIRST(&pool->pending.oldest_first); p;
	     p = next) {
		struct conn *c = conn_of(p);

		next = TAILQ_NEXT(p, entry);
		if (c->frame.bytes > 0)
			continue;
		put_into_store(c);
		c->name.number = 0; /* it stays there */
		conn_end(c);
	}
}

int conn_list(struct conn_pool *pool,
	      int (*add)(void *ctx, const char *name, int fd_taken), void *ctx)
{
	struct pending *p;
	int r = 0;

	TAILQ_FOREACH(p, &pool->pending.oldest_first, entry)
	{
		const struct conn *c = conn_of(p);
		char name[FDSTORE_NAME_MAX];
		int fd;

		if (c->name.number == 0)
			continue;
		fdstore_waiting_format(&c->name, name);
		fd = fcntl(c->sock, F_DUPFD_CLOEXEC, 0);
		r = fd < 0 ? -errno : add(ctx, name, fd);
		if (r < 0)
			break;
	}
	return r;
}

size_t conn_count(const struct conn_pool *pool)
{
	const struct pending *p;
	size_t n = 0;

	TAILQ_FOREACH(p, &pool->pending.oldest_first, entry)
	{
		n++;
	}
	return n;
}

void conn_end_all(struct conn_pool *pool)
{
	pending_end_all(&pool->pending);
}
