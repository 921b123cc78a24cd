/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The stage in containers of an unmodified runc, under a real deputyd.
 *
 * Two of them share the world's root directory: one whose config.json has a
 * seccomp section, one without.  In each runs this very program in another
 * role (cell_serve()): it waits at a socket for acts and forks a caller for
 * each, in mount and pid namespaces of its own.  Both live as long as the
 * stage; what the host lays and mounts between the acts reaches them, because
 * the root is a shared mount and runc makes its copy a slave.
 *
 * Not played are rows of calls that runc's libseccomp has no name for
 * (setxattrat and its like), each with a line that says so.
 */

#include <stdbool.h>

#include "tests/live/emulation/stage.h"

/* By root with a user namespace; by an ordinary user whose ids newuidmap maps.
 * Either way the container's ids are those of world.h. */
extern const struct stage_kind stage_runc_userns, stage_runc_rootless;

/* Ends the test as skipped where the machine has no such containers. */
void cell_require(const struct stage_kind *kind);

/* -- in the container ---------------------------------------------------------- */

#define CELL_SERVE "--cell" /* argv: PROG CELL_SERVE NAME-OF-PLAY */

/* The plays that cell_serve() knows, NULL at the end: the program says. */
extern const struct play *const cell_plays[];

int cell_serve(int argc, char **argv);

/* -- between both -------------------------------------------------------------- */

#define CELL_SOCKET 3 /* SEQPACKET; what goes over it, one message each: */

enum cell_word {
	CELL_READY = 'r', /* in: before the first act */
	CELL_KILL = 'k',  /* out: the outcome was looked at */
	CELL_DEAD = 'd',  /* in: the caller is reaped */
}; /* besides: struct act out, struct act_outcome in, from the caller itself */

/* -- what runc needs (cell_bundle.c) --------------------------------------------- */

#define CELL_HOME "/cell" /* in the container, until it serves */
/* Who starts rootless ones is their root, as usual: else runc could not give it
 * its output. */
#define CELL_USER WORLD_BASE

/* Copies this program and all that it is linked with. */
void cell_copy_program(const char *to);
struct cell_config {
	const char *root;     /* the container's, seen from outside */
	const char *program;  /* where cell_copy_program() put it */
	const char *play;     /* its name */
	const char *listener; /* deputyd's socket; NULL: no seccomp section */
	bool rootless;
};

/* Writes @dir/config.json. */
void cell_write_config(const char *dir, const struct cell_config *c);
/* CELL_USER may map the world's ids: in /etc as this mount namespace sees it. */
void cell_grant_ids(const char *scratch);
void cell_withdraw_ids(void);
