// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A connection of LXC's (proto/lxc_frame.h).
 *
 * The packet that is served stays in the socket's queue until its answer is
 * sent; it is only looked at.  So whenever this worker dies the next one finds
 * the packet and its fds there, and deputyd sees how long it has waited.  In
 *
 *   phase = ANSWERING, send, drop the packet, phase = ANSWERED
 *
 * only a death before the drop leaves open whether the monitor has its answer;
 * a second one it would take for that of its next call.  If it has it, either
 * its next call will come or the notification ends.  If neither does, the
 * connection is closed, and the monitor tells its caller ENOSYS.
 *
 * A notification is the monitor's word here, not the kernel's.  Who is said to
 * wait must be who the monitor has proven that it may write to (an fd of its
 * memory, which the kernel gives to tracers only; lxc_caller.h): whatever it has
 * us do in that process's name it could have that process do.
 */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/fdmsg.h"
#include "lib/log.h"
#include "lib/own.h"
#include "worker/source.h"

/* How long a notification may outlive its answer's way through the monitor. */
#define UNSURE_POLL_MS 10
#define UNSURE_POLLS   500

/* deputyd closes the connection after 10 s; where it does not get to run, this
 * worker must not answer late either. */
#define ANSWER_MS 15000

static int64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Return: NULL, or why the fds are not the caller's */
static const char *check_caller(struct source *s, const int *fds,
				const struct seccomp_notif *n)
{
	const char *why;

	s->caller.proc_fd = fd_close(s->caller.proc_fd);
	why = lxc_caller_prove(&s->caller, s->home, (pid_t)n->pid,
			       fds[LXC_FD_PROC], fds[LXC_FD_MEM]);
	/* It died meanwhile: nothing will be done for it. */
	return why && listener_id_valid(s->listener, n->id) == LISTENER_GONE ?
		       NULL : why;
}

static void close_fds(const int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++)
		(void)fd_close(fds[i]);
}

/* Return: NULL, or why the packet is refused */
static const char *check(struct source *s, size_t n, struct fdmsg *m,
			 struct lxc_frame *f)
{
	const char *why = lxc_frame_parse(s->packet, n, f);

	if (why)
		return why;
	if (m->n_fds != LXC_FDS || m->truncated)
		return "it does not have three fds";
	if (listener_check(m->fds[LXC_FD_LISTENER]) < 0)
		return "the third fd is not a seccomp listener";
	s->listener = TAKE_FD(m->fds[LXC_FD_LISTENER]);
	s->can_continue = listener_can_continue(s->listener);
	return check_caller(s, m->fds, &f->notif);
}

/* Return: LISTENER_AGAIN; nothing more comes */
static int refuse(const struct source *s, const char *why, size_t bytes,
		  size_t fds)
{
	log_event(LOG_WARNING, "packet-refused", LOG_S("why", why),
		  LOG_U("bytes", bytes), LOG_U("fds", fds));
	(void)shutdown(s->fd, SHUT_RDWR);
	return LISTENER_AGAIN;
}

/* Looks at the packet that is next. Return: LISTENER_OK with its listener open,
 * or LISTENER_AGAIN: there is none, or it was refused */
static int look(struct source *s, struct lxc_frame *f)
{
	struct fdmsg m;
	ssize_t n = fdmsg_peek(s->fd, s->packet, sizeof(s->packet), &m);
	const char *why;

	if (n < 0 || (n == 0 && source_hung_up(s)))
		return LISTENER_AGAIN;
	s->listener = fd_close(s->listener);
	s->since_ms = now_ms();
	why = check(s, (size_t)n, &m, f);
	if (why)
		(void)refuse(s, why, (size_t)n, m.n_fds);
	close_fds(m.fds, m.n_fds);
	return why ? LISTENER_AGAIN : LISTENER_OK;
}

int lxc_recv(struct source *s, struct slot_call *call)
{
	struct pollfd p = { .fd = s->fd, .events = POLLIN };
	struct lxc_frame f;
	int r;

	if (poll(&p, 1, -1) < 0)
		return errno == EINTR ? LISTENER_AGAIN : -errno;
	r = look(s, &f);
	if (r == LISTENER_OK)
		call->notif.notif = f.notif;
	return r;
}

/* Was the call that is looked at answered before this worker's time? */
static void find_out(struct source *s, uint64_t id)
{
	struct pollfd p = { .fd = s->fd, .events = POLLIN };
	bool answered = false;

	fdmsg_drop(s->fd);
	for (int i = 0; i < UNSURE_POLLS && !answered; i++)
		answered = poll(&p, 1, i ? UNSURE_POLL_MS : 0) > 0 ||
			   source_id_valid(s, id) != LISTENER_OK;
	s->listener = fd_close(s->listener);
	if (!answered)
		(void)shutdown(s->fd, SHUT_RDWR);
}

int lxc_resume(struct source *s, struct slot_call *call)
{
	uint32_t phase = atomic_load_explicit(&call->phase, memory_order_acquire);
	struct lxc_frame f;

	bool is_there;

	if (phase == SLOT_RECEIVING) /* the packet is there still */
		return LISTENER_GONE;
	is_there = look(s, &f) == LISTENER_OK &&
		   f.notif.id == call->notif.notif.id;
	if (phase != SLOT_ANSWERING && is_there)
		return LISTENER_OK;
	if (phase != SLOT_ANSWERING)
		(void)shutdown(s->fd, SHUT_RDWR); /* none is ever lost */
	else if (is_there)
		find_out(s, f.notif.id);
	return LISTENER_GONE;
}

int lxc_send(struct source *s, struct slot_call *call, uint64_t id,
	     const struct verdict *v)
{
	bool waits = source_id_valid(s, id) == LISTENER_OK;
	uint8_t answer[LXC_ANSWER_BYTES];
	ssize_t n;

	if (now_ms() - s->since_ms > ANSWER_MS) {
		(void)shutdown(s->fd, SHUT_RDWR);
		return LISTENER_GONE;
	}
	lxc_frame_answer(s->packet, v, answer);
	atomic_store_explicit(&call->phase, SLOT_ANSWERING, memory_order_release);
	n = fdmsg_send(s->fd, answer, sizeof(answer), NULL, 0);
	fdmsg_drop(s->fd);
	s->listener = fd_close(s->listener);
	if (n == sizeof(answer))
		return waits ? LISTENER_OK : LISTENER_GONE;
	(void)shutdown(s->fd, SHUT_RDWR); /* where it isn't yet */
	return LISTENER_GONE;
}

int lxc_id_valid(const struct source *s, uint64_t id)
{
	int r = listener_id_valid(s->listener, id);

	return r == LISTENER_OK && !lxc_caller_lives(&s->caller) ?
		       LISTENER_GONE : r;
}

bool lxc_is_caller(const struct source *s, int proc_fd)
{
	return lxc_caller_is(&s->caller, proc_fd);
}
