/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * From one varlink call to the message that answers it.  No socket, no loop; what
 * changes something is logged.
 */

#include <sys/socket.h>

#include "daemon/control.h"
#include "proto/varlink.h"

#define CONTROL_ERROR(name) CONTROL_INTERFACE "." name
#define SERVICE_ERROR(name) SERVICE_INTERFACE "." name

/**
 * control_answer() - do one call
 * @peer: who calls, by SO_PEERCRED
 * A call with "oneway" gets no answer, so one that changes nothing is not even
 * done.
 * Return: the message, the caller's to json_put(); NULL when there is nothing
 * to send or, without "oneway", for lack of memory
 */
struct json_object *control_answer(const struct control_ops *ops, void *ctx,
				   const struct ucred *peer,
				   const struct varlink_call *call);

/* The answers to what is no call. Return: as above */
struct json_object *control_protocol_error(const char *reason);
struct json_object *control_limit_error(const char *limit, int64_t max);
