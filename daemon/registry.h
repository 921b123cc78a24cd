/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Every listener that deputyd serves, and the containers they belong to.
 *
 * A container has one listener from its start and one more for each process
 * that a runtime brings in later (exec); it ends with the last of them.  All
 * its listeners have its policy.  A listener is served by one worker at a time
 * (daemon/appoint.h).
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>
#include <time.h>

#include <uv.h>

#include "daemon/identity.h"
#include "lib/slot.h"
#include "policy/policy.h"

#define LISTENERS_MAX	      4096
#define LISTENERS_MAX_PER_UID 1024 /* of a peer uid other than 0 */

/* The slot's counters, as plain sums. */
struct totals {
#define X(name, help) uint64_t name;
	SLOT_COUNTERS(X)
#undef X
};

struct registry;

struct container {
	LIST_ENTRY(container) link;
	LIST_HEAD(, listener) listeners;
	struct registry *registry;
	char id[SLOT_CONTAINER_MAX];
	uid_t peer_uid;
	struct identity identity;
	char policy[SLOT_POLICY_MAX];
	int policy_fd;	     /* sealed memfd; a duplicate of our own */
	struct totals ended; /* of listeners that are gone */
	time_t since;	     /* CLOCK_REALTIME */
};

/* What the listener's worker is up to. */
enum worker_state {
	WORKER_NONE = 0, /* not started, or crashed and waiting for its turn */
	WORKER_SERVING,
	WORKER_LEAVING, /* asked to; a successor follows */
	WORKER_KILLED,	/* the listener is over, or its call took too long */
};

struct listener {
	LIST_ENTRY(listener) link;
	struct container *container;
	uint64_t number; /* unique, in order of arrival */
	int fd;
	int slot_fd;
	struct slot *slot;
	bool over; /* hung up, or deputyd ends: no successor */

	/* daemon/appoint.c */
	enum worker_state state;
	uv_process_t process;
	uv_timer_t backoff;
	uint64_t received_before; /* the counter at the last appointment */
	uint64_t in_flight_id;	  /* of the call that the last worker left */
	unsigned in_flight_deaths;
	unsigned idle_deaths; /* in a row, without a call being received */
	unsigned restarts;
	bool expired; /* killed for the deadline */

	/* daemon/watch.c */
	uv_poll_t hangup;
	bool watched;

	unsigned handles; /* of libuv, not closed yet */
};

struct registry {
	uv_loop_t *loop;
	const char *worker_path; /* borrowed */
	int nodes_fd;		 /* borrowed; handed to workers; -1: none */
	LIST_HEAD(, container) containers;
	struct totals ended; /* of containers that are gone */
	size_t n_containers, n_listeners;
	uint64_t next_number, attached, worker_restarts;
	void (*on_empty)(void *ctx); /* after registry_end(), once */
	void *on_empty_ctx;
};

void registry_init(struct registry *r, uv_loop_t *loop, const char *worker_path,
		   int nodes_fd);

enum registry_status {
	REGISTRY_OK = 0,
	REGISTRY_DUPLICATE = 1, /* this very listener is being served already */
	REGISTRY_FULL = 2,	/* LISTENERS_MAX or LISTENERS_MAX_PER_UID */
	REGISTRY_NO_POLICY = 3, /* a new container that no binding matches */
};

/* What a runtime said of a new listener. Strings are borrowed, may be hostile. */
struct attachment {
	const char *id; /* 1..SLOT_CONTAINER_MAX - 1 bytes */
	uid_t peer_uid;
	pid_t peer_pid;
	pid_t init_pid; /* <= 0: not said */
	int fd;		/* a verified listener (listener_check()) */
	const struct policy *policy; /* by its binding; NULL: none */
};

/**
 * registry_attach() - serve a listener from now on
 * @a: a->fd is the registry's on REGISTRY_OK, else still the caller's
 *
 * It joins a container of the same peer uid, id and user namespace, if there is
 * one (the same peer uid and id, where the runtime names no process).
 * Return: REGISTRY_OK, another enum registry_status, or a negative errno
 */
int registry_attach(struct registry *r, const struct attachment *a,
		    struct listener **ret_listener);

/**
 * registry_repolicy() - let running containers have the rules of a new set
 * Each keeps the policy that its binding chose, by name; where that is gone,
 * the old rules stay in force.
 * Return: how many containers got other rules
 */
size_t registry_repolicy(struct registry *r, const struct policy_set *set);

/* Ends all listeners, their workers by @sig: SIGTERM lets them finish the calls
 * they hold.  @on_empty is called when nothing is left, at once or by the loop.
 * May be called again, with SIGKILL. */
void registry_end(struct registry *r, int sig, void (*on_empty)(void *ctx),
		  void *ctx);

/* Adds what the listeners counted so far, gone ones included. */
void container_totals(const struct container *c, struct totals *sum);
void registry_totals(const struct registry *r, struct totals *sum);

/* For appoint.c and watch.c: a closed handle, the last of which frees @l and,
 * where it was the last listener, its container. */
void listener_handle_closed(struct listener *l);
/* The listener is over: its worker ends by @sig, its handles are closed. */
void listener_end(struct listener *l, int sig);
