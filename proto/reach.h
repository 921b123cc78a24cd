/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * One call to deputyd, for deputyctl, the hooks and the runtime.  A failure gives one
 * sentence for the user.  A call names the kind of socket that it must reach.
 */

#include "proto/varlink.h"

/* For a whole call: until it is accepted, and until it is answered. */
#define REACH_TIMEOUT_MS   5000
#define REACH_REASON_BYTES 768

#define REACH_CONTROL_DEFAULT "/run/deputy/control.sock"

enum reach_socket {
	REACH_CONTROL = 0,
	REACH_OCI, /* where listeners go: it answers Check alone */
	REACH_ANY, /* either will do */
};

/**
 * reach_call() - connect, call, and wait for the reply
 * @path:      of the socket
 * @want:      which one it must be
 * @method:    with its interface; of REACH_OCI and REACH_ANY it must be Check
 * @parameters: taken; NULL: none
 * @ret:       to be varlink_reply_done(); may hold an error of deputyd's
 * @reason:    of REACH_REASON_BYTES; one line for people
 * Return: 0, or a negative errno and the reason is written (-EPROTOTYPE: it is
 * another socket)
 */
int reach_call(const char *path, enum reach_socket want, const char *method,
	       struct json_object *parameters, struct varlink_reply *ret,
	       char *reason);

/* Writes the reason of an errno at @path, as reach_call() does, for a caller
 * that connects by itself. */
void reach_explain(const char *path, enum reach_socket want, int error,
		   char *reason);
