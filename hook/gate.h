/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The question before a container starts: does deputyd run, does it know the policy,
 * and will it accept this container's listener from this user?  Without the question,
 * a refused listener would show only later, as ENOSYS of calls in the container.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "proto/reach.h"

#define GATE_SOCKET_DEFAULT REACH_CONTROL_DEFAULT
#define GATE_REASON_BYTES   REACH_REASON_BYTES

enum gate_status {
	GATE_OPEN = 0,
	GATE_SHUT = 1, /* and the reason is written */
};

struct gate_question {
	const char *socket;   /* of deputyd, to ask at */
	enum reach_socket is; /* the kind of socket that it must be */
	const char *or_else; /* asked if this user may not use @socket; NULL: none */
	const char *policy;   /* the wanted one; NULL: any */
	const char *metadata; /* that the runtime will send; NULL: none */
	struct json_object *annotations; /* borrowed; NULL: none */
	const char *id, *bundle; /* NULL: not known yet */
	pid_t pid;		 /* its init; 0: not known yet */
	bool each; /* the container makes its user namespaces itself */
};

/**
 * gate_ask() - ask deputyd
 * @ret_policy: gets the policy that the container will have, the caller's to
 *              free(); NULL: the caller does not need it
 * @reason:     of GATE_REASON_BYTES; one line for people, without control bytes
 * Return: enum gate_status
 */
int gate_ask(const struct gate_question *q, char **ret_policy, char *reason);
