/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * deputyd's part in a connection of LXC's that a worker serves
 * (worker/source_lxc.c).  What waits in its queue is the monitor's word, seen
 * without the worker's help.
 */

#include <stdint.h>

#include "lib/verdict.h"

/* The notification that waits for an answer; 0: none. */
uint64_t proxied_now(int sock);

/**
 * proxied_answer() - answer in the worker's place
 * Between two workers only: a monitor that gets two answers takes the second
 * for its next call's.
 * @id: what is to be answered; where another call waits, the connection is
 * closed Return: 0, or a negative errno: then the connection is closed
 */
int proxied_answer(int sock, uint64_t id, const struct verdict *v);

/* Closes the connection for good. The monitor tells its caller ENOSYS, or takes
 * the answer that it was sent, and connects anew with its next call. */
void proxied_close(int sock);
