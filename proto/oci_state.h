/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The *container process state* that an OCI runtime sends with a listener
 * (runtime-spec, config-linux.md, seccomp).  Its framing is not specified and
 * runtimes keep the connection open, so a receiver stops at the closing brace:
 * oci_frame_feed() finds it, oci_state_parse() reads the text up to it.
 *
 * Nothing in the message can be trusted: a stranger wrote it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define OCI_STATE_MAX_BYTES  ((size_t)1024 * 1024)
#define OCI_STATE_MAX_DEPTH  32
#define OCI_STATE_MAX_FDS    16
#define OCI_STATE_ID_MAX     255
#define OCI_STATE_STATUS_MAX 63
#define OCI_STATE_BUNDLE_MAX 4095
#define OCI_STATE_FD_NAME    "seccompFd"

/*
 * A top-level key of deputy's own.  No runtime writes it, and no author of a
 * container can make a runtime write it.  With it, all user namespaces that are
 * children of deputyd's own and owned by the sender count as the container's
 * (daemon/identity.h).  "deputyctl run" sends it, because its command makes
 * user namespaces: bubblewrap, unshare, a build.
 */
#define OCI_STATE_USERNS      "io.deputy.userns"
#define OCI_STATE_USERNS_EACH "each"
#define OCI_STATE_USERNS_MAX  16

/*
 * Another key of deputy's own: its sender waits for an answer.  deputyd answers
 * { "parameters": { "accepted": …, "reason": … } } and a NUL, as in varlink,
 * once it has accepted or refused the listener.  Without the key deputyd
 * answers nothing, because runtimes read nothing.
 */
#define OCI_STATE_REPLY	       "io.deputy.reply"
#define OCI_STATE_REPLY_WANTED "wanted"
#define OCI_STATE_REPLY_MAX    16

struct json_object;

/* Why a message is refused, for a log line. */
struct oci_error {
	char reason[160];
};

enum oci_frame_status {
	OCI_FRAME_MORE = 0,
	OCI_FRAME_DONE = 1, /* the object's last brace was seen */
	OCI_FRAME_BAD = 2,  /* no object, or over a limit: @error says which */
};

/* All zero at the start of a message. */
struct oci_frame {
	size_t bytes;	  /* fed so far, up to and with the last brace */
	uint32_t objects; /* bit d: depth d is an object, else an array */
	uint8_t depth;
	uint8_t escape; /* in a string: bytes since the backslash, else 0 */
	uint8_t zeros;	/* of a possible \u0000 */
	bool in_string;
	bool done;
};

/**
 * oci_frame_feed() - look at the next bytes of a message
 * @ret_used: bytes of @data that belong to the message; what follows the last
 *            brace does not
 * @error:    written for OCI_FRAME_BAD
 * Return: enum oci_frame_status
 */
int oci_frame_feed(struct oci_frame *f, const char *data, size_t n,
		   size_t *ret_used, struct oci_error *error);

/* Only white space may follow a message: some runtimes write a newline. */
bool oci_frame_is_space(const char *data, size_t n);

struct oci_state {
	struct json_object *root; /* owns all strings below */
	const char *metadata;	  /* NULL: none */
	const char *userns;	  /* of OCI_STATE_USERNS; NULL: none */
	const char *reply;	  /* of OCI_STATE_REPLY; NULL: none */
	const char *id;		  /* printable, 1..OCI_STATE_ID_MAX bytes */
	const char *status;
	const char *bundle;
	struct json_object *annotations; /* NULL: none */
	pid_t pid;	/* of the process with the listener; 0: unknown */
	pid_t init_pid; /* of the container's init; 0: unknown */
	size_t n_fds;	/* names in "fds" */
	size_t fd_index; /* of the one OCI_STATE_FD_NAME */
};

/**
 * oci_state_parse() - read a whole message
 * @text: @n bytes, as oci_frame_feed() delimited them
 * Return: 0 (then oci_state_done() it), -EINVAL with @error, or -ENOMEM
 */
int oci_state_parse(const char *text, size_t n, struct oci_state *ret,
		    struct oci_error *error);
void oci_state_done(struct oci_state *s);

/**
 * oci_annotation() - look up an annotation
 * @annotations: struct oci_state's, may be NULL
 * Return: borrowed, or NULL. Fits struct binding_facts.
 */
const char *oci_annotation(void *annotations, const char *key);
