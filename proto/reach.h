/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * One call to deputyd, and one sentence where it fails: for deputyctl, the hooks
 * and the runtime alike.  Which socket it reached is part of the call.
 */

#include "proto/varlink.h"

/* For all of a call: to be taken, to be answered. */
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

/* The reason of an errno at @path, as above, for who connects by itself. */
void reach_explain(const char *path, enum reach_socket want, int error,
		   char *reason);
