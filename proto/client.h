/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The client's side of one varlink call, with a deadline.  Errors are returned;
 * the caller prints them.
 */

#include "proto/varlink.h"

/* Return: a connected fd, or a negative errno (-EAGAIN: not accepted in time) */
int varlink_connect(const char *path, int timeout_ms);

/**
 * varlink_exchange() - one call, one reply
 * @fd:          of varlink_connect()
 * @method:      with its interface
 * @parameters:  taken; NULL: none
 * @ret:         to be varlink_reply_done(); may hold an error of the server's
 * @ret_reason:  on -EBADMSG, a static sentence what is wrong with the reply
 * Return: 0, -ETIMEDOUT, -ECONNRESET (no answer before the end), -EBADMSG, or
 * another negative errno
 */
int varlink_exchange(int fd, const char *method, struct json_object *parameters,
		     int timeout_ms, struct varlink_reply *ret,
		     const char **ret_reason);

/* Reads a reply on a connection where the caller has sent its message itself.
 * Return: as varlink_exchange() */
int varlink_reply_read(int fd, int timeout_ms, struct varlink_reply *ret,
		       const char **ret_reason);
