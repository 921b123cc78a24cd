/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The least program that answers a notified mknod as the worker's fast path
 * does (worker/emulate_mknod.c): the same steps one after the other, with no
 * policy, no journal, no sandbox and no choice.  It serves what the benchmark
 * asks (an absolute path, no groups) and dies of anything else.
 */

enum bare_steps {
	BARE_LEAST, /* what having the effect as the caller takes */
	BARE_SAME,  /* also the worker's checks: every system call that it makes */
};

/* Answers @calls notifications; in a process of its own, which becomes root of
 * the container time and again. */
void bare_mknod_serve(int listener, int calls, enum bare_steps steps);
