/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * A container without a runtime: one process in a user, mount and pid namespace
 * of its own, rooted in a directory of ours, and a deputy-worker that serves
 * its listener.  Outcomes are looked at from outside, through
 * /proc/PID/root.
 *
 *   host uid 100000 + n is the container's n, for 0 <= n < 65536; nothing else
 *   is mapped.
 */

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#define WORLD_BASE  100000
#define WORLD_COUNT 65536

enum world_fs { WORLD_EXT, WORLD_TMPFS, WORLD_OVERLAY, WORLD_FS_KINDS };

struct world {
	char dir[64];  /* ours, removed by world_done() */
	char root[80]; /* the container's root directory, seen from outside */
	enum world_fs fs;
	int nodes_fd; /* a tmpfs for the worker's bound nodes */
};

/* One process in the container. */
struct inmate {
	pid_t pid;  /* the container's init, as we see it */
	int sock;   /* to talk with it */
	int listener; /* -1 without a filter */
};

/* Makes the directory on a file system of that kind: the temporary directory's
 * own, a tmpfs, an overlay of two directories. The test gets a mount namespace
 * of its own. */
void world_init(struct world *w, enum world_fs fs);
void world_done(struct world *w);

/* Empties the root and lays it as every case finds it:
 * box 0755 0:0, proc, tmp 1777 (ids as the container sees them). */
void world_reset(const struct world *w);

/* What stands below @root ("LINK/." where it is a link): a line each of path, type, mode, owner, group, rdev
 * and extended attributes, sorted; node types that @alike names (as 'p' or
 * "c1:3") are all written as NODE. Freed by the caller. */
char *world_snapshot(const char *root, const char *alike);

struct inmate_plan {
	bool notified;	 /* load the filter: mknod and setxattr families */
	int (*run)(void *ctx); /* in the container, as its root; its return
				  value (0 or an errno) is the result */
	void *ctx;
	bool killable; /* the filter waits killable once a call is received */
	bool rootless; /* the host's WORLD_BASE owns the user namespace, not 0 */
	bool host_pids; /* no pid namespace of its own: its init's end ends only
			   those who asked for a signal at that */
};

/* Starts @plan->run in a new container; with a filter, @i->listener is set and
 * run begins only after inmate_go(). */
void inmate_start(const struct world *w, const struct inmate_plan *plan,
		  struct inmate *i);
void inmate_go(struct inmate *i);
/* Waits for run's result; the container lives on until inmate_end(). */
int inmate_result(struct inmate *i);
void inmate_end(struct inmate *i);
/* What @run says in a container without a filter, in a world of its own. */
int inmate_alone(int (*run)(void *));

/* Skips the test where no overlay may be mounted in a user namespace (before Linux
 * 5.11). */
void inmate_needs_overlay(void);

/* Emulates mknod of the character device 1:3 (with "bind" on every file system), and trusted.deputy.* and
 * trusted.overlay.opaque = "y" for all of setxattr; the rest continues, or is EPERM
 * where the kernel cannot let it. */
extern const char world_policy[];
/* For who asks what the kernel says to the rest. */
extern const char world_policy_exact[];
/* What a policy of a test's own has for such a kernel. */
#define WORLD_CONTINUE                                                         \
	"\"default\":\"continue\",\"without_continue\":{\"errno\":\"EPERM\"}"

/* A deputy-worker for the inmate's listener under this policy text. */
struct attendant {
	pid_t pid;
	int policy_fd, slot_fd;
	int nodes_fd; /* borrowed */
	struct slot *slot;
};
/* Skips where the kernel cannot let a call continue, and the policy does not
 * say what it gets without that. */
void attendant_start(struct attendant *a, const struct world *w,
		     const struct inmate *i, const char *policy_json);
/* A fresh process on the same slot, as after a crash. */
void attendant_respawn(struct attendant *a, const struct inmate *i);
void attendant_kill(struct attendant *a, int sig);
/* What attendant_expect_exit() frees, of one that was killed. */
void attendant_free(struct attendant *a);
/* After the inmate ended: it must leave by itself. */
void attendant_expect_exit(struct attendant *a);
