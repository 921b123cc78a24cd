/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * What deputyd hands a deputy-worker at its birth: these fds and stderr, and
 * nothing else.  No arguments, no environment.
 */
enum handover_fd {
	HANDOVER_STDERR = 2,
	HANDOVER_LISTENER = 3, /* or a connection of LXC's (proto/lxc_frame.h) */
	HANDOVER_POLICY = 4, /* sealed memfd: the compiled policy (policy/arena.h) */
	HANDOVER_SLOT = 5,   /* sealed memfd: the journal slot (lib/slot.h) */
	HANDOVER_NODES = 6,  /* a tmpfs in deputyd's mount namespace, for device
				nodes that are bound into containers; may be none */
	HANDOVER_GROUP = 7,  /* cgroup.procs of the worker's own cgroup, where it is to
				go first; may be none */
	HANDOVER_FDS
};

/*
 * Raise it when deputyd and a worker from before the change cannot work together,
 * and neither SLOT_VERSION nor ARENA_VERSION says so.
 */
#define HANDOVER_VERSION 1

/* Exit statuses of a worker; anything else, and any signal, is a crash. */
enum handover_exit {
	HANDOVER_EXIT_HANGUP = 0, /* its last task is gone, or it was asked to leave */
	HANDOVER_EXIT_SETUP = 3,  /* could not start; it said why on stderr */
	HANDOVER_EXIT_FAILED = 4, /* could not go on; it said why on stderr */
	HANDOVER_EXIT_USAGE = 2,  /* was started by somebody else than deputyd */
};
