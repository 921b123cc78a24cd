// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A container's name is that of its monitor's cgroup, which LXC makes.  Not of
 * the monitor's command line: to read that is to read its memory, which may be
 * a page of a FUSE file that never comes.
 */
#include "daemon/attach_lxc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "daemon/acceptor.h"
#include "daemon/admit.h"
#include "daemon/discard.h"
#include "daemon/fd_room.h"
#include "daemon/log_budget.h"
#include "daemon/pending.h"
#include "daemon/registry.h"
#include "lib/fdmsg.h"
#include "lib/listener.h"
#include "lib/log.h"
#include "lib/own.h"
#include "proto/lxc_frame.h"

#define CGROUP_PREFIX	 "/lxc.monitor" /* .NAME; /NAME on Proxmox VE */
#define CGROUP_MAX_BYTES 8192

struct monitor {
	struct pending pending;
	struct attach_lxc *attach;
	struct peer *peer;
	pid_t pid;
	gid_t gid;
	struct ns_id userns;
	int sock;
	uv_poll_t poll;
	uv_timer_t retry;
	unsigned open_handles;
	struct discard discard;
	int fds[FDMSG_MAX_FDS]; /* of the packet that was looked at */
	size_t n_fds;
};

struct attach_lxc {
	struct registry *registry;
	struct acceptor *acceptor;
	struct pending_pool monitors; /* the silent ones */
};

static void monitor_free(struct monitor *m)
{
	peer_put(m->peer);
	free(m);
}

static void on_discarded(struct discard *d)
{
	monitor_free((struct monitor *)((char *)d -
					offsetof(struct monitor, discard)));
}

/* Does it lie in the procfs at @path?  Asks no server of it. */
static bool is_below(int fd, const char *path)
{
	struct statx st, proc;
	struct statfs fs;

	return statfs(path, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC &&
	       statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, 0, &st) == 0 &&
	       statx(AT_FDCWD, path, AT_STATX_DONT_SYNC, 0, &proc) == 0 &&
	       st.stx_dev_major == proc.stx_dev_major &&
	       st.stx_dev_minor == proc.stx_dev_minor;
}

/* As an honest monitor's fds do: in the machine's /proc, where the unit has
 * another of its own. */
static bool is_of_proc(int fd)
{
	return is_below(fd, "/proc") || is_below(fd, "/proc/1/root/proc");
}

/* Closes at once what does not wait in close(); the rest stays. */
static void close_known(struct monitor *m)
{
	size_t left = 0;

	for (size_t i = 0; i < m->n_fds; i++)
		if (is_of_proc(m->fds[i]) || listener_check(m->fds[i]) == 0)
			(void)fd_close(m->fds[i]);
		else
			m->fds[left++] = m->fds[i];
	m->n_fds = left;
}

static void on_closed(uv_handle_t *h)
{
	struct monitor *m = h->data;

	if (--m->open_handles)
		return;
	m->sock = fd_close(m->sock);
	close_known(m);
	if (m->n_fds == 0) {
		monitor_free(m);
		return;
	}
	m->discard.peer = m->peer;
	m->discard.fds = m->fds;
	m->discard.n_fds = m->n_fds;
	m->discard.done = on_discarded;
	discard_start(&m->discard, h->loop);
}

static void monitor_end(struct monitor *m)
{
	pending_remove(&m->attach->monitors, &m->pending);
	uv_close((uv_handle_t *)&m->poll, on_closed);
	uv_close((uv_handle_t *)&m->retry, on_closed);
}

static void end_pending(struct pending *p, const char *why)
{
	struct monitor *m = (struct monitor *)((char *)p -
					       offsetof(struct monitor, pending));

	log_event(LOG_DEBUG, "attach-silent", LOG_U("peer_uid", m->peer->uid),
		  LOG_I("peer_pid", m->pid), LOG_S("why", why));
	monitor_end(m);
}

/* Return: whether @text has @name, ended as cgroup names end, to @buf */
static bool find_name(const char *text, char *buf, size_t size)
{
	const char *at = strstr(text, CGROUP_PREFIX);
	size_t n;

	if (!at)
		return false;
	at += strlen(CGROUP_PREFIX);
	if (*at != '.' && *at != '/')
		return false;
	at++;
	n = strcspn(at, "/\n");
	if (n == 0 || n >= size)
		return false;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)at[i] < 0x20 || at[i] == 0x7f)
			return false;
	memcpy(buf, at, n);
	buf[n] = '\0';
	return true;
}

static void name_container(pid_t monitor_pid, pid_t init_pid, char *buf,
			   size_t size)
{
	char path[32], text[CGROUP_MAX_BYTES];
	AUTO(fd_close) int fd = -1;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/cgroup", monitor_pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	text[n < 0 ? 0 : n] = '\0';
	if (!find_name(text, buf, size))
		(void)snprintf(buf, size, "lxc-%d", init_pid);
}

/* Return: enum admit_status, or a negative errno with why */
static int admit_monitor(struct monitor *m, const struct lxc_frame *f,
			 const char **why)
{
	char name[SLOT_CONTAINER_MAX], cookie[LXC_COOKIE_MAX + 1];
	const struct oci_state state = {
		.id = name,
		.status = "running",
		.metadata = f->cookie_bytes ? cookie : NULL,
		.init_pid = f->init_pid,
	};
	struct sender sender;
	/* The loop polls an fd once. */
	AUTO(fd_close) int sock = fcntl(m->sock, F_DUPFD_CLOEXEC, 0);

	*why = "no fd is left";
	if (sock < 0)
		return -errno;
	memcpy(cookie, f->cookie, f->cookie_bytes);
	cookie[f->cookie_bytes] = '\0';
	name_container(m->pid, f->init_pid, name, sizeof(name));
	sender = (struct sender){ m->peer, m->gid, m->pid, m->userns };
	return admit_proxied(m->attach->registry, &sender, &state,
			     m->fds[LXC_FD_LISTENER], &sock, why);
}

/* Return: NULL when nothing is to be said (the connection is a worker's now, or
 * no binding matches), or why it is refused */
static const char *take_packet(struct monitor *m, const void *packet, size_t n,
			       bool truncated)
{
	struct lxc_frame f;
	const char *why = lxc_frame_parse(packet, n, &f);

	if (why)
		return why;
	if (truncated || m->n_fds != LXC_FDS)
		return "it does not have three fds";
	if (listener_check(m->fds[LXC_FD_LISTENER]) < 0)
		return "the third fd is not a seccomp listener";
	/* A stranger's are the worker's to check, which may hang. */
	/* Of ADMIT_UNBOUND all is logged. */
	return admit_monitor(m, &f, &why) < 0 ? why : NULL;
}

static void on_readable(uv_poll_t *p, int status, int events);

static void on_retry(uv_timer_t *t)
{
	struct monitor *m = t->data;

	(void)uv_poll_start(&m->poll, UV_READABLE | UV_DISCONNECT, on_readable);
}

static void on_readable(uv_poll_t *p, int status, int events)
{
	struct monitor *m = p->data;
	static uint8_t packet[LXC_PACKET_MAX]; /* not for two at once */
	struct fdmsg msg;
	const char *why, *suppressed;
	ssize_t n;

	if (!fd_room(m->sock, FD_ROOM_MESSAGE)) {
		(void)uv_poll_stop(p);
		(void)uv_timer_start(&m->retry, on_retry, FD_ROOM_RETRY_MS, 0);
		return;
	}
	n = fdmsg_peek(m->sock, packet, sizeof(packet), &msg);
	if (n == -EAGAIN)
		return;
	memcpy(m->fds, msg.fds, msg.n_fds * sizeof(int));
	m->n_fds = msg.n_fds;
	if (n < 0 || (n == 0 && listener_hung_up(m->sock))) {
		log_event(LOG_DEBUG, "attach-silent",
			  LOG_U("peer_uid", m->peer->uid),
			  LOG_I("peer_pid", m->pid));
		monitor_end(m);
		return;
	}
	why = take_packet(m, packet, (size_t)n, msg.truncated);
	if (why && log_budget_take(m->peer->uid, uv_now(p->loop), &suppressed))
		log_event(LOG_WARNING, "attach-refused", LOG_S("why", why),
			  LOG_U("peer_uid", m->peer->uid),
			  LOG_U("peer_gid", m->gid),
			  LOG_I("peer_pid", m->pid), LOG_U("bytes", (size_t)n),
			  LOG_U("fds", m->n_fds),
			  LOG_S("suppressed", suppressed));
	monitor_end(m);
}

static const char *over_limit(struct attach_lxc *a, const struct peer *p)
{
	if (p->discarding >= DISCARD_MAX_PER_UID)
		return DISCARD_LIMIT;
	return pending_check(&a->monitors, p, uv_now(a->registry->loop));
}

/* @m: with sock and peer set. Return: 0 or a negative errno */
static int start(struct attach_lxc *a, struct monitor *m)
{
	int r = uv_poll_init(a->registry->loop, &m->poll, m->sock);

	if (r < 0)
		return r;
	(void)uv_timer_init(a->registry->loop, &m->retry);
	m->attach = a;
	m->poll.data = m->retry.data = m;
	m->open_handles = 2;
	(void)uv_poll_start(&m->poll, UV_READABLE | UV_DISCONNECT, on_readable);
	m->pending.peer = m->peer;
	pending_add(&a->monitors, &m->pending, uv_now(a->registry->loop));
	return 0;
}

static int monitor_new(struct attach_lxc *a, int sock_taken, const char **why)
{
	AUTO(fd_close) int sock = sock_taken;
	struct ucred cred;
	socklen_t size = sizeof(cred);
	struct monitor *m;
	int r;

	*why = "no memory";
	if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &cred, &size) < 0)
		return -errno;
	m = calloc(1, sizeof(*m));
	if (!m)
		return -ENOMEM;
	m->peer = peer_get(&a->registry->peers, cred.uid);
	if (!m->peer) {
		free(m);
		return -ENOMEM;
	}
	m->sock = sock;
	m->pid = cred.pid;
	m->gid = cred.gid;
	m->userns = identity_peer(cred.pid);
	*why = over_limit(a, m->peer);
	r = *why ? -EMFILE : start(a, m);
	if (r < 0) {
		*why = *why ?: "cannot be polled";
		monitor_free(m);
		return r;
	}
	(void)TAKE_FD(sock);
	return 0;
}

static void take(void *ctx, int sock_taken)
{
	struct attach_lxc *a = ctx;
	const char *why, *suppressed;
	uid_t uid = peer_uid_of(sock_taken);
	int r = monitor_new(a, sock_taken, &why);

	if (r < 0 && log_budget_take(uid, uv_now(a->registry->loop), &suppressed))
		log_event(LOG_WARNING, "connection-refused", LOG_S("why", why),
			  LOG_U("peer_uid", uid), LOG_E(r),
			  LOG_S("suppressed", suppressed));
}

int attach_lxc_new(struct registry *r, int listening_fd, struct attach_lxc **ret)
{
	struct attach_lxc *a = calloc(1, sizeof(*a));
	int error;

	if (!a)
		return -ENOMEM;
	a->registry = r;
	a->monitors = (struct pending_pool){
		.kind = PEER_LXC,
		.max = LXC_SILENT_MAX,
		.max_per_uid = LXC_SILENT_MAX_PER_UID,
		.silent_ms = LXC_SILENT_MS,
		.all_full = "the limit of " TEXT_OF(
			LXC_SILENT_MAX) " silent connections is reached",
		.uid_full = "the uid's limit of " TEXT_OF(
			LXC_SILENT_MAX_PER_UID) " silent connections is reached",
		.end = end_pending,
	};
	TAILQ_INIT(&a->monitors.oldest_first);
	error = acceptor_new(r->loop, listening_fd, take, a, &a->acceptor);
	if (error < 0) {
		free(a);
		return error;
	}
	*ret = a;
	return 0;
}

void attach_lxc_close(struct attach_lxc *a)
{
	pending_end_all(&a->monitors);
	acceptor_close(a->acceptor);
}
