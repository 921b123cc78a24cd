/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * A container under load: a process in a user and mount namespace of its own,
 * whose threads make notified calls and write the ledger.
 *
 * Everything here ends the program by die() when it cannot do its part.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "tests/restart/ledger.h"

#define JAIL_UID 100000 /* of its root, on the host */

enum jail_load {
	LOAD_MIXED,  /* all kinds */
	LOAD_NODES,  /* mknod and unlink only, for latencies */
	LOAD_STUCK,  /* one call after another into a file system that hangs */
};

struct jail_plan {
	const char *id;
	const char *parent_dir; /* its directory is made in there */
	uint32_t threads, calls_max, pause_us;
	uint32_t seed;
	enum jail_load load;
	bool own_tmpfs; /* mounted by itself, so that nodes have to be bound */
	bool signals;
};

struct jail {
	struct jail_plan plan;
	char id[32];
	char dir[128];
	pid_t pid;
	int sock, listener;
	struct ledger *ledger;
};

/* Starts it, up to its filter; @j->listener is the caller's then. */
void jail_start(struct jail *j, const struct jail_plan *plan);
/* Sends the listener to the OCI socket, and closes it. */
void jail_attach(struct jail *j, const char *oci_socket);
void jail_go(struct jail *j);
/* Has its threads end, and waits for that. */
void jail_finish(struct jail *j, int seconds);
/* Kills it and removes what it left. */
void jail_end(struct jail *j);

/* What the threads do (load.c); in the container. */
void load_run(const struct jail *j);

/* Compares all entries with what stands in its directory, seen from outside.
 * Return: how many are wrong; each is said, up to a limit */
unsigned long look_at(const struct jail *j);

_Noreturn __attribute__((format(printf, 1, 2))) void die(const char *fmt, ...);
