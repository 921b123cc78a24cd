/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * What a worker gives up before it looks at its first notification.
 */

#include <stdint.h>

/* What a worker does for its policy: it calls nothing that it does not need. */
enum sandbox_need {
	NEED_CALLER = 1,  /* looks at callers or their memory */
	NEED_EMULATE = 2, /* becomes the caller; with NEED_CALLER */
	NEED_MKNOD = 4,	  /* with NEED_EMULATE, as the next one */
	NEED_XATTR = 8,
	NEED_LXC = 16,	  /* serves a connection of LXC's */
};

/**
 * sandbox_enter() - drop everything that is not needed
 * @caps:  bits of CAP_* to keep, permitted and effective
 * @needs: bits of enum sandbox_need
 *
 * Should: keep @caps and the fds it was born with, live as nobody without
 * supplementary groups, die with deputyd (home_rearm()), be neither traced nor
 * dumped, never gain anything by exec, call only the system calls of syscalls.def
 * that it needs. Without NEED_EMULATE it can lengthen no file.
 * Mustn't: open sockets, exec, map executable memory, create files, or change
 * what deputyd or another worker sees.
 * Return: 0 or a negative errno
 */
int sandbox_enter(uint64_t caps, unsigned needs);
