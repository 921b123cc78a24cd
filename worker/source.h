/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Where notifications come from, and answers go: a listener itself, or a
 * connection of LXC's, whose monitor keeps the listener (source_lxc.c).  To the
 * rest of the worker both are the same three verbs: receive, is it still valid,
 * respond.
 */

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/listener.h"
#include "lib/slot.h"
#include "proto/lxc_frame.h"
#include "worker/home.h"
#include "worker/lxc_caller.h"

struct source {
	int fd; /* HANDOVER_LISTENER */
	/* That knows the ids: the same, or of the packet that is served, else -1 */
	int listener;
	bool is_lxc;
	bool can_continue; /* its kernel; else the policy's without_continue */
	const struct home *home;
	/* Of the packet that is served: whose it is, and what the answer is made
	 * of */
	struct lxc_caller caller;
	int64_t since_ms; /* looked at first, by this worker */
	uint8_t packet[LXC_PACKET_MAX];
};

/* lxc_*: of source_lxc.c, what source_*() is where .is_lxc. */
int lxc_recv(struct source *s, struct slot_call *call);
int lxc_send(struct source *s, struct slot_call *call, uint64_t id,
	     const struct verdict *v);
int lxc_resume(struct source *s, struct slot_call *call);
int lxc_id_valid(const struct source *s, uint64_t id);
bool lxc_is_caller(const struct source *s, int proc_fd);

/**
 * source_open() - see what HANDOVER_LISTENER is
 * Return: 0 or a negative errno
 */
int source_open(struct source *s, const struct home *home);

/**
 * source_recv() - wait for the next notification
 * @call: its notif zeroed; written on LISTENER_OK
 * Return: as listener_recv(); after LISTENER_AGAIN ask source_hung_up()
 */
static inline int source_recv(struct source *s, struct slot_call *call)
{
	return s->is_lxc ? lxc_recv(s, call) : listener_recv(s->fd, &call->notif);
}

/* Will nothing come any more? */
static inline bool source_hung_up(const struct source *s)
{
	return listener_hung_up(s->fd);
}

/* A monitor may name another thread than the one that waits: both must be there.
 * Return: as listener_id_valid() */
static inline int source_id_valid(const struct source *s, uint64_t id)
{
	return s->is_lxc ? lxc_id_valid(s, id) :
			   listener_id_valid(s->listener, id);
}

/* Does @proc_fd, of the /proc/TID that a notification names, belong to whom it
 * is from?  The kernel's word for a listener; a monitor's is proven by its fds. */
static inline bool source_is_caller(const struct source *s, int proc_fd)
{
	return !s->is_lxc || lxc_is_caller(s, proc_fd);
}

/**
 * source_send() - answer the call that is served
 * Return: as listener_send()
 */
static inline int source_send(struct source *s, struct slot_call *call,
			      uint64_t id, const struct verdict *v)
{
	return s->is_lxc ? lxc_send(s, call, id, v) : listener_send(s->fd, id, v);
}

/* The caller is gone, so any answer will do; but a monitor waits for one. */
static inline void source_forget(struct source *s, struct slot_call *call,
				 uint64_t id)
{
	const struct verdict v = verdict_errno(EPERM);

	if (s->is_lxc)
		(void)lxc_send(s, call, id, &v);
}

/**
 * source_resume() - take up what a dead worker left in the slot
 * @call: its phase is neither IDLE nor ANSWERED
 * Return: LISTENER_OK when it is to be served on, LISTENER_GONE when there is
 * nothing to be done for it
 */
int source_resume(struct source *s, struct slot_call *call);
