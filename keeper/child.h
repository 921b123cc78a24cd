/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Programs that the keeper becomes or starts, with the store's fds or without.
 */

#include <signal.h>
#include <sys/types.h>

#include "keeper/store.h"
#include "keeper/wire.h"

struct child_plan {
	const char *path;
	char **argv;
	const sigset_t *signals; /* the keeper's, blocked: not for a child */
};

/* Executes deputyd in this process, which is a new one already. Environment
 * variables tell deputyd about its fds. */
_Noreturn void child_run(const struct child_plan *p, struct store *s,
			 struct wire *w);
/* Executes deputyd in a new process. Return: as fork() */
pid_t child_start(const struct child_plan *p, struct store *s, struct wire *w);
/* Executes deputyd in a new process that gets no fds. Return: as fork() */
pid_t child_probe(const struct child_plan *p);

/**
 * child_become() - execute the program in this process, with the store as LISTEN_FDS
 * @s, @w: their fds have other numbers afterwards; @w may be NULL
 * Return: a negative errno; the keeper can then continue
 */
int child_become(const struct child_plan *p, struct store *s, struct wire *w);
