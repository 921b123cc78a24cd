/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * What a worker gives up before it looks at its first notification.
 */

#include <stdint.h>

/**
 * sandbox_enter() - drop everything that is not needed
 * @caps: bits of CAP_* to keep, permitted and effective
 *
 * Should: keep @caps and the fds it was born with, have no supplementary
 * groups, die with deputyd (home_rearm()), be neither traced nor dumped, never
 * gain anything by exec, call only the system calls of syscalls.def.
 * Mustn't: open sockets, exec, map executable memory, or change what deputyd
 * or another worker sees.
 * Return: 0 or a negative errno
 */
int sandbox_enter(uint64_t caps);
