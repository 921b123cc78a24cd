/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Cgroups for workers: each container's workers have one of their own, so that what
 * a worker does for its container is bounded there, and a container that floods or
 * piles up costs its own workers alone.
 *
 * They lie below one that deputyd is given (--workers-cgroup): that of
 * deputyd-workers.service, a unit with Delegate=.  Not below deputyd.service: a
 * process that cannot die (it waits in the kernel for a file system of a
 * container's) would keep systemd from starting deputyd again, since no process
 * may be in a cgroup whose children have the memory controller.
 *
 * Their names are numbers of deputyd's: "c1", "c2".  A worker enters its cgroup by
 * itself, first of all (HANDOVER_GROUP): the kernel may need 10 ms and more for
 * that, in which deputyd goes on.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

/* Of one container.  Nodes on a tmpfs take 1 to 2 KiB each. */
#define GROUP_MEMORY_MAX_MIB 64
#define GROUP_PIDS_MAX	     1024
#define GROUP_CPU_WEIGHT     100

#define GROUPS_LEAF "main" /* for processes that were there before */

struct group_left;

struct groups {
	const char *path; /* borrowed; NULL: not asked for */
	int fd;	       /* of it; -1: workers stay in deputyd's cgroup */
	uint64_t last; /* the highest number that was ever used */
	char lacking[32]; /* controllers that are not there: "cpu memory pids" */
	char problem[64]; /* why there are no cgroups; "": there are */
	bool failing;	  /* that the last one could not be made was said */
	SLIST_HEAD(, group_left) left; /* to be removed once they are empty */
};

/**
 * groups_open() - take a cgroup over: give its children the controllers that there
 * are, and remove what earlier deputyds left
 * @path: NULL: no cgroups
 * Logs why there are none. Without any controller there are none, either.
 */
void groups_open(struct groups *g, const char *path);
void groups_close(struct groups *g);

/**
 * groups_enter() - what a new worker is to enter its cgroup by
 * @number: of the container; 0: it has none yet. Changed where it needs a new one
 * Return: an fd of its cgroup.procs, the caller's; -1: the worker stays where
 * deputyd is, which is logged
 */
int groups_enter(struct groups *g, uint64_t *number);

/* How many processes in there the kernel has killed for the limit of memory. */
uint64_t groups_oom_kills(const struct groups *g, uint64_t number);

/* The container is gone. @number: 0: it has none */
void groups_remove(struct groups *g, uint64_t number);

/* Tries again to remove what was not empty. Return: is there still any? */
bool groups_tick(struct groups *g);
