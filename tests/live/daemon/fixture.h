/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * A real deputyd on sockets of its own, and a tracee under a real filter.
 * Everything here fails the test by itself when it cannot do its part.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "tests/harness/test.h"

struct json_object;

struct fixture {
	pid_t pid;
	char dir[64];
	char oci[96], lxc[96], control[96], policy[96], log[96];
	bool watch_policy; /* start it with that option */
	const char *worker; /* NULL: tests/live/daemon/standin.c */
	bool keeper; /* .pid is a keeper's, fixture_deputyd() its child */
};

/* Makes the directory and a good policy file; starts nothing. */
void fixture_init(struct fixture *f);
/* Removes all of it. */
void fixture_done(struct fixture *f);

/* Starts deputyd and waits until it answers. */
void fixture_start(struct fixture *f);
/* Starts it and waits for its end. Return: its exit status */
int fixture_fails(struct fixture *f);
/* Ends it with SIGTERM; it must exit 0. */
void fixture_stop(struct fixture *f);
/* Waits for its end. Return: its exit status, or 128 and the signal */
int fixture_reap(struct fixture *f);
/* Ends it with SIGKILL. */
void fixture_kill(struct fixture *f);

void fixture_write_policy(struct fixture *f, const char *text);
/* A default that each kernel can follow: where calls cannot continue they end in
 * what mknod(2) of a tracee ends in. */
#define FIXTURE_CONTINUE                                                       \
	"\"default\":\"continue\",\"without_continue\":{\"errno\":\"ENOENT\"}"
/* A good policy; another @comment makes other bytes, but see policy_set. */
extern const char fixture_good_policy[], fixture_other_policy[],
	fixture_bad_policy[];

/* Open fds of deputyd. */
int fixture_fds(const struct fixture *f);
bool fixture_log_has(const struct fixture *f, const char *text);
/* How many lines of the log hold @text. */
size_t fixture_log_count(const struct fixture *f, const char *text);
/* The keeper's only child, 0: it has none or more of them. */
pid_t fixture_deputyd(const struct fixture *f);
/* Its child processes. Return: how many; @ret gets up to @max of them */
size_t fixture_workers(const struct fixture *f, pid_t *ret, size_t max);

/* One varlink call. Return: the parameters, the caller's; fails on an error */
struct json_object *fixture_call(const struct fixture *f, const char *method,
				 struct json_object *parameters);
/* The same where an error is wanted. Return: its name, the caller's to free() */
char *fixture_call_error(const struct fixture *f, const char *method,
			 struct json_object *parameters);

/* Return: how many workers of container @id are in that phase of their slot */
int fixture_in_phase(const struct fixture *f, const char *id, const char *phase);

/* Connects to the OCI socket. Return: an fd, or -1 when nobody listens */
int client_connect(const struct fixture *f);
/* Lets each user connect to the OCI and LXC sockets. */
void fixture_open_to_all(const struct fixture *f);
/* Connects to @path as @uid. Return: an fd, or -1 when nobody listens */
int client_connect_as(const char *path, int type, uid_t uid);
/* Sends @n bytes with @n_fds fds, up to SCM_MAX_FD of them. */
void client_send(int sock, const char *data, size_t n, const int *fds,
		 size_t n_fds);
/* Has deputyd closed this connection? */
bool client_is_closed(int sock);

/* A child that waits for orders under a filter that notifies of mknodat. */
struct tracee {
	pid_t pid;
	int sock;     /* its orders */
	int listener; /* ours until tracee_attach(), -1 afterwards */
	size_t twins; /* behind it in its array */
};

enum { TRACEE_USERNS = 1 };
#define TRACEE_TWINS_MAX 8

void tracee_start(struct tracee *t, int flags);

/* Who a tracee is to be, before its filter; all zero: as tracee_start(). */
struct tracee_role {
	const char *cgroup_procs; /* the file of a cgroup to be in */
	uid_t id; /* its uid and gid; with TRACEE_USERNS the one that is mapped */
	const char *path; /* what tracee_call() makes; with umask 0 */
	size_t twins; /* more tracees under the same filter */
};
/* @t: an array of 1 + twins; only the first is attached and ended. */
void tracee_start_as(struct tracee *t, int flags, const struct tracee_role *role);
/* A message as runtimes send it. Return: the caller's to free() */
char *tracee_state(const struct tracee *t, const char *id);
/* Sends it with the listener, closes the listener and the connection. */
void tracee_attach(struct tracee *t, const struct fixture *f, const char *id);
/* mknodat() with this dev; what a stand-in does is up to that number. */
void tracee_call(struct tracee *t, unsigned dev);
/* Return: 0 or a negative errno of the last tracee_call() */
int tracee_result(struct tracee *t);
bool tracee_has_result(const struct tracee *t);
/* Kills it, and its twins; no zombie is left. */
void tracee_end(struct tracee *t);

/* What the stand-in worker does with a call, by its device number. */
#define STANDIN_SLOW_STARTS 6
enum standin_order {
	STANDIN_CONTINUE = 0,
	STANDIN_ERRNO = 1,	/* answers EXDEV */
	STANDIN_CRASH = 2,	/* dies with the call in flight, each time */
	STANDIN_CRASH_ONCE = 3, /* the next one answers EXDEV */
	STANDIN_HANG = 4,	/* holds the call for good, each time */
	STANDIN_HANG_ONCE = 5,	/* the next one answers EXDEV */
	STANDIN_DIE_IDLE = 6,	/* answers EXDEV, then dies */
	STANDIN_SLOW_START = 8, /* dies with the call in flight; then as many
				   successors as STANDIN_SLOW_STARTS wait before
				   they listen to SIGTERM; the next one answers */
	STANDIN_BAD_PHASE = 7,	/* answers EXDEV, writes nonsense, dies */
};
