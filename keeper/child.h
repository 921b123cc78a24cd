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

/* In a process of its own already: deputyd, with all that it is told by the
 * environment. */
_Noreturn void child_run(const struct child_plan *p, struct store *s,
			 struct wire *w);
/* The same in a new one. Return: as fork() */
pid_t child_start(const struct child_plan *p, struct store *s, struct wire *w);
/* Without any fd. Return: as fork() */
pid_t child_probe(const struct child_plan *p);

/**
 * child_become() - exec in this very process, with the store as LISTEN_FDS
 * @s, @w: their fds are at other numbers afterwards; @w may be NULL
 * Return: a negative errno; then all goes on as before
 */
int child_become(const struct child_plan *p, struct store *s, struct wire *w);
