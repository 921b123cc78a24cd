/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The control socket: a varlink server for the interface that
 * proto/io.deputy.Control.varlink defines.
 *
 * Whoever may connect may read: the socket's mode and group decide.  Only
 * uid 0 (SO_PEERCRED) may change anything.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include <json-c/json.h>
#include <uv.h>

/* Peers other than root; root's own connections come on top, so that nobody
 * can lock the administrator out. */
#define CONTROL_CONNECTIONS_MAX		64
#define CONTROL_CONNECTIONS_PER_UID_MAX 16
#define CONTROL_CALL_MAX_BYTES		(64 * 1024) /* one message of a client */
/* Bounds of what one connection gets before others do; one reply may be larger. */
#define CONTROL_TURN_CALLS_MAX 16
#define CONTROL_TURN_MAX_BYTES (64 * 1024)
/* Replies that were not read yet, all connections but root's together. */
#define CONTROL_BACKLOG_MAX_BYTES (8 * 1024 * 1024)
/* From one whole call to the next, and for a reply to be read. */
#define CONTROL_IDLE_MS (30 * 1000)

enum control_status {
	CONTROL_OK = 0,
	CONTROL_NOT_FOUND = 1,	   /* show: no such container */
	CONTROL_RELOAD_FAILED = 2, /* reload: the old policy serves on */
};

/* What Check asks about. Strings are borrowed, and valid UTF-8 without NUL. */
struct control_check {
	struct ucred asker;
	uid_t peer_uid;
	gid_t peer_gid;
	pid_t pid; /* 0: not known yet */
	bool each; /* user namespaces, as of OCI_STATE_USERNS_EACH */
	const char *policy, *metadata;	 /* NULL: none */
	const char *id, *bundle;	 /* NULL: not known yet */
	struct json_object *annotations; /* of strings; NULL: none */
};

/*
 * What deputyd does for each method.  @ret is the caller's: the parameters of
 * the reply on CONTROL_OK, those of the error on CONTROL_RELOAD_FAILED, else
 * not written.  Strings in it must be valid UTF-8 without NUL.
 * Return: enum control_status, or a negative errno (told as InternalError)
 */
struct control_ops {
	int (*status)(void *ctx, struct json_object **ret);
	int (*list)(void *ctx, struct json_object **ret);
	int (*show)(void *ctx, const char *id, struct json_object **ret);
	int (*reload)(void *ctx, struct json_object **ret);
	int (*check)(void *ctx, const struct control_check *c,
		     struct json_object **ret);
	bool oci; /* for the OCI socket: "check" alone, and of who asks */
};

struct control;

/**
 * control_new() - serve
 * @listening_fd_taken: a bound unix stream socket; closed also on failure
 * @ops, @ctx:		borrowed until control_free() is done
 * Ignores SIGPIPE in the whole process.
 * Return: 0 or a negative errno
 */
int control_new(uv_loop_t *loop, int listening_fd_taken,
		const struct control_ops *ops, void *ctx, struct control **ret);

/* The fd that it listens on, borrowed. */
int control_fd(const struct control *c);

/* A deadline other than CONTROL_IDLE_MS for connections yet to come. */
void control_set_idle_ms(struct control *c, uint64_t idle_ms);

/**
 * control_free() - end all connections, unanswered ones too
 * @on_freed: called with control_new()'s ctx, by the loop, when all is gone;
 *	      may be NULL
 * @c may be NULL: then nothing is called.  Not to be called out of an op.
 */
void control_free(struct control *c, void (*on_freed)(void *ctx));
