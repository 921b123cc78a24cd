/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Is deputyd there, does it know the policy, and will it take this container's
 * listener from us?  Asked before the container starts, because a listener that
 * nobody takes shows only later, as ENOSYS of calls within.
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
	const char *socket;   /* deputyd's, which is asked */
	enum reach_socket is; /* what that must be */
	const char *or_else;  /* asked where this user may not ask there; NULL */
	const char *policy;   /* that is wanted; NULL: any */
	const char *metadata; /* what will come with the listener; NULL: none */
	struct json_object *annotations; /* borrowed; NULL: none */
	const char *id, *bundle; /* NULL: not known yet */
	pid_t pid;		 /* its init; 0: not known yet */
	bool each; /* it will make its user namespaces itself */
};

/**
 * gate_ask() - ask deputyd
 * @ret_policy: the policy that it will have, the caller's to free(); NULL
 *              where it does not matter
 * @reason:     of GATE_REASON_BYTES; one line for people, without control bytes
 * Return: enum gate_status
 */
int gate_ask(const struct gate_question *q, char **ret_policy, char *reason);
