/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Who dies first where the machine has no memory left: a worker, whose call its
 * successor takes over; then deputyd, whose end is a pause for all containers; then
 * the keeper.  The steps are small: a worker holds a few hundred KiB, and killing
 * workers one after the other in place of the process that eats the memory would
 * free none.
 */

#define OOM_STEP 10 /* of oom_score_adj: 1 % of the machine's memory */
#define OOM_WORKER_MIN 0 /* no worker is protected at others' cost */

/**
 * oom_shift() - change this process's oom_score_adj
 * @by:       added to what it is now
 * @at_least: no lower than that
 * Any process may raise its own. Lower than it was when somebody with
 * CAP_SYS_RESOURCE last set it, only who has that.
 * Return: 0 or a negative errno
 */
int oom_shift(int by, int at_least);
