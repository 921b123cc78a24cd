/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * What deputyd says on the OCI socket.  Runtimes read nothing there; "deputyctl
 * run" asks first whether its listener would be taken, and then whether it was.
 *
 * Answers are smaller than a new socket's buffer, and whoever does not read them
 * loses them: nothing waits.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

struct registry;

/**
 * conn_answer_call() - answer a message if it is a varlink call
 * @text: @n bytes of who has sent no fd
 * Return: false: it is no call, and nothing was said
 */
bool conn_answer_call(struct registry *r, int sock, const struct ucred *peer,
		      const char *text, size_t n);

/* The reply to OCI_STATE_REPLY. @why: it was not taken; NULL: it was */
void conn_answer_listener(int sock, const char *why);
