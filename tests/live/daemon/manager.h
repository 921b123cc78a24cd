/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The test as deputyd's service manager: what it is started with, and all that
 * it says.  What it stores lands in .store, from which it can be started again.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "keeper/store.h"
#include "keeper/wire.h"
#include "tests/live/daemon/fixture.h"

struct manager {
	struct fixture f; /* its .pid is deputyd's */
	struct wire wire;
	struct store store;
	unsigned readies, watchdogs;
};

/* fixture_init() with @worker, and a socket to hear with. */
void manager_init(struct manager *m, const char *worker);
void manager_done(struct manager *m);
/* Starts deputyd with the store and waits for READY=1. */
void manager_start(struct manager *m);
/* Takes all that it has said. */
void manager_hear(struct manager *m);
/* Ends it as a restart does: with @signal, and its last words are heard. */
void manager_end(struct manager *m, int signal);
/* How many fds of that name, or of all names (NULL), are stored? */
size_t manager_count(const struct manager *m, const char *name);
/* Puts a fd of the test's in. */
void manager_put(struct manager *m, const char *name, int fd_taken);
/* Return: the only fd of that name that is a memfd with these first four bytes,
 * borrowed, or -1 */
int manager_find(const struct manager *m, const char *name, uint32_t magic);

/* Both above, with a container "c" that was served once. */
void manager_begin(struct manager *m, struct tracee *t);
/* Serves it once more and ends all; @t may be NULL. Its SOCKETS stay stored, and
 * nothing else. */
void manager_finish(struct manager *m, struct tracee *t);
bool manager_has_workers(const struct manager *m, size_t n);
#define SOCKETS 4 /* oci, lxc and control, bound by deputyd; and the policy */
/* Are @n fds stored, by what it has said until now? */
bool manager_has(struct manager *m, size_t n);
