/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * What deputyd knows: containers, and the listeners that came from them.
 *
 * A session is one attached listener, or one connection of LXC's, with its journal
 * slot and its worker; a helper (helper.h) is one more on the same listener.
 * Sessions are keyed by nothing that a stranger chose; containers group them
 * by peer uid and gid, id and user namespace, since "exec" brings more listeners.
 *
 *   registry ── container ── session ── worker process
 *
 * A container goes with its last session.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>
#include <uv.h>

#include "daemon/counters.h"
#include "daemon/features.h"
#include "daemon/groups.h"
#include "daemon/identity.h"
#include "daemon/peer.h"
#include "daemon/program.h"
#include "lib/slot.h"
#include "policy/policy.h"

#define LISTENERS_MAX	      8192
#define LISTENERS_MAX_PER_UID 4096
/* Of bundles, metadata and annotations that are kept. */
#define FACTS_MAX_MIB_PER_UID 16
#define LISTENERS_OF_ROOT     1024 /* of LISTENERS_MAX, kept for uid 0 */

struct fdstore;
struct json_object;

struct container {
	TAILQ_ENTRY(container) entry;
	char id[SLOT_CONTAINER_MAX];
	struct peer *peer;
	gid_t peer_gid;
	struct identity identity;
	int64_t since; /* seconds since 1970 */
	TAILQ_HEAD(, session) sessions;
	size_t n_sessions;
	struct counters ended; /* of its sessions that are gone */
	unsigned lingering; /* lingering.h: of all of its sessions */
	int nodes_fd;	    /* nodes.h; -1: none yet */
	uint64_t nodes;	    /* its number there */

	/* What its policy was chosen by besides, for the next reload. */
	char *bundle, *metadata;	 /* NULL: none */
	char *annotations; /* as JSON text, a tree takes 20 times as much; NULL: none */
	size_t facts_bytes; /* of these three */
	struct policy_set *set;		 /* a reference */
	const struct policy *policy;	 /* of set */

	/* keep.c: its names in the store */
	struct fdstore *store; /* borrowed; NULL: it is not there */
	uint64_t store_id, store_change;
	uint64_t last_listener; /* the highest number of a session */
	uint64_t group; /* groups.h; 0: none yet */
};

enum worker_state {
	WORKER_NONE = 0, /* none; the back-off timer may run */
	WORKER_RUNNING,
	WORKER_GONE, /* exited, its handle is closing */
};

/* Workers of one session that were killed and cannot die: the kernel has them
 * wait for something of the container's, for as long as that lives. */
#define WORKERS_LOST_MAX 3

struct worker {
	uv_poll_t exit; /* .data: its session; of pidfd */
	int pidfd;
	pid_t pid;
	bool used;
	bool lost; /* killed, given up, and not the session's any more */
};

struct session {
	TAILQ_ENTRY(session) entry;
	struct registry *registry;
	struct container *container;
	int listener_fd; /* -1: a monitor of LXC's keeps it, behind */
	int proxy_fd;	 /* this connection; else -1 */
	int slot_fd;
	struct slot *slot;
	uint64_t number; /* of its listener, in its container */
	bool helper;	 /* helper.h: that listener has a session before it */
	bool retiring;	 /* a helper whose worker is to go, and have no next */
	unsigned idle_ticks;
	uint64_t idle_received; /* the counter at the last tick */
	size_t kept; /* keep.c: fds in the store, those of its helpers, too */
	unsigned open_handles; /* of those below */
	bool ended;	       /* out of the registry, waits for its handles */

	uv_poll_t hangup; /* watch.c */
	uint64_t seen_id; /* the call in flight at the last tick, and */
	unsigned seen_ticks; /* for how many ticks it has been, */
	uint64_t seen_since_ms; /* and since when */
	uint64_t expired_id; /* the call that its worker was killed for, */
	unsigned expired_ticks; /* so many ticks ago */

	struct worker workers[1 + WORKERS_LOST_MAX]; /* appoint.c */
	struct worker *worker; /* of these; NULL before the first */
	unsigned n_lost;
	unsigned lingering; /* children of workers that are dead */
	uv_timer_t backoff;
	enum worker_state worker_state;
	bool inherited; /* an earlier deputyd's worker may still serve */
	bool leaving; /* the worker was asked to leave */
	bool outdated; /* because there is a newer policy */
	bool hung_up; /* nobody is left to serve */
	uint64_t worker_since_ms, asked_ms, backoff_ms;
	uint64_t received_before; /* the counter when its worker started */
	int exit_status, exit_signal;
	int start_error;  /* of the last spawn(): a negative errno, or 0 */
	bool proven;	  /* a worker of it got as far as to receive */
	unsigned failures; /* workers that did not, until then */
	unsigned unserved_ticks; /* calls waited so long, and there was no worker */
	unsigned restarts;
	uint64_t flight_id; /* the call that survived a worker, and */
	unsigned attempts;  /* how many failed it, and */
	unsigned kills;	    /* how many were killed meanwhile */
	uint64_t oom_kills; /* in its container's cgroup, as its worker started */
	bool starved;	    /* the kernel killed the last one for that limit */
};

struct registry {
	uv_loop_t *loop;
	struct program program; /* of its workers */
	bool has_nodes;		 /* may nodes_mount() be called? */
	uint64_t last_nodes;	 /* the highest number of a container there */
	struct groups groups;	 /* of its workers */
	struct policy_set *set;	 /* a reference: the one new containers get */
	struct policy_set *closed_set; /* adopt.c: a reference, or NULL */
	struct fdstore *store;	       /* borrowed; NULL: none */
	struct json_object *refused; /* diagnostics of files that were refused
					since; NULL: none */
	uint64_t generation;
	int64_t loaded; /* seconds since 1970 */
	TAILQ_HEAD(, container) containers;
	size_t n_containers, n_sessions;
	size_t n_workers; /* the lost ones, too */
	struct peers peers;
	struct counters ended; /* of all containers that are gone */
	uv_timer_t tick;       /* watch.c; runs while there are sessions */
	bool closing;
	struct features features; /* of the kernel */
};

/* @set: a reference, taken */
void registry_init(struct registry *r, uv_loop_t *loop, const char *worker_path,
		   struct policy_set *set);
/* Once the loop is done. */
void registry_done(struct registry *r);
/* Sends all workers away; the loop ends when they are gone. */
void registry_close(struct registry *r);
/* For those that have not gone. */
void registry_kill(struct registry *r);
/* A better set for the containers to come. @set: a reference, taken */
void registry_set_policy(struct registry *r, struct policy_set *set);

/* @userns: NULL: the only one with this peer and id, whatever it is */
struct container *registry_find(struct registry *r, uid_t peer_uid,
				gid_t peer_gid, const char *id,
				const struct ns_id *userns);
/* Is this the listener of a session (kcmp(2))? */
bool registry_has_listener(const struct registry *r, int fd);

/**
 * container_new() - a container without sessions
 * @id_taken: emptied on success
 * @annotations: borrowed, may be NULL
 * Return: NULL for lack of memory
 */
struct container *container_new(struct registry *r, struct peer *peer,
				const char *id, struct identity *id_taken);
/* Remembers what its author wrote. Return: 0 or -ENOMEM */
int container_set_facts(struct container *c, const char *bundle,
			const char *metadata, struct json_object *annotations);
/* Return: a tree of its annotations, the caller's to json_put(); NULL: none, or no
 * memory */
struct json_object *container_annotations(const struct container *c);
/* @p is of @set, of which it takes a reference of its own. */
void container_set_policy(struct container *c, struct policy_set *set,
			  const struct policy *p);
/* The policy that @set's bindings give it; NULL: none. */
const struct policy *container_bind(const struct container *c,
				    const struct policy_set *set);
/* Return: for HANDOVER_NODES, the container's; -1: it needs, or can have, none */
int container_nodes(struct registry *r, struct container *c);
/* Removes it if no session is left. */
void container_reap(struct registry *r, struct container *c);
void container_counters(const struct container *c, struct counters *ret);

/**
 * session_new() - attach a listener to a container and appoint its worker
 * @listener_fd_taken: verified; -1 afterwards on success
 * Return: 0 or a negative errno; then @c may have to be reaped
 */
int session_new(struct registry *r, struct container *c,
		int *listener_fd_taken);
/* The same with a connection of LXC's, whose first packet is still unread. */
int session_new_proxied(struct registry *r, struct container *c,
			int *proxy_fd_taken);
/* What its worker serves. */
static inline int session_fd(const struct session *s)
{
	return s->proxy_fd >= 0 ? s->proxy_fd : s->listener_fd;
}

/* What came back from the store, verified. */
struct session_found {
	uint64_t number; /* L of daemon/fdstore.h */
	int listener_fd, slot_fd;
	struct slot *slot; /* slot_fd's mapping */
	size_t kept;	   /* fds of that name */
};
/* The same with these, but for appoint_inherited(); @f: taken on success. */
int session_adopt(struct registry *r, struct container *c,
		  struct session_found *f, struct session **ret);
/* One more worker on the listener of @main; at first with a slot of its own. */
int session_help(struct session *main);
/* The same with a slot that came back. Taken on success: @slot_fd_taken, @slot. */
int session_adopt_helper(struct session *main, int *slot_fd_taken,
			 struct slot *slot);
/* What its slot is to say. */
void session_identify(const struct session *s, struct slot_identity *ret);
/* Nobody is left to serve. Its worker is gone; it frees itself. */
void session_end(struct session *s, const char *why);
/* A handle of the session's is closed. */
void session_handle_closed(struct session *s);
