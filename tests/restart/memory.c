// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The group is nearly filled by a file of ours, as other work of a full machine
 * would do.  A memory limit also scales oom_score_adj: at 4 MiB nothing but the
 * size of a process would count.
 */
#include "tests/restart/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/own.h"
#include "tests/restart/group.h"
#include "tests/restart/jail.h"
#include "tests/restart/service.h"

#define EVERYTHING    "/deputy/memory" /* boot_root.sh's */
#define GROUP	      EVERYTHING "/deputyd"
#define BALLAST_BYTES (64L * 1024 * 1024)
#define UNLIMITED     (-1L)
#define WORKERS_MAX   64
#define SQUEEZED_MS   60 /* at most, after the first kill */
#define WAIT_S	      60

/* In oom_score_adj, as the unit has it: a systemd without CAP_SYS_RESOURCE
 * cannot lower deputyd's. */
#define WORKERS_ABOVE_DEPUTYD 100

static int ballast = -1;

/* The number after @word, or the first one. */
static long read_number(const char *path, const char *word)
{
	char line[128];
	FILE *f = fopen(path, "re");
	long n = -1;

	while (f && n < 0 && fgets(line, sizeof(line), f))
		if (strncmp(line, word, strlen(word)) == 0)
			n = strtol(line + strlen(word), NULL, 10);
	if (f)
		(void)fclose(f);
	return n;
}

/* Return: 0 or a negative errno */
static int write_number(const char *path, long n)
{
	AUTO(fd_close) int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || dprintf(fd, "%ld", n) < 0)
		return -errno;
	return 0;
}

static unsigned long kills_so_far(void)
{
	return (unsigned long)read_number(GROUP "/memory.oom_control",
					  "oom_kill ");
}

bool memory_start(void)
{
	if (access(EVERYTHING "/memory.limit_in_bytes", W_OK) < 0) {
		(void)printf("skipped: OOM kills: no memory controller of "
			     "cgroup v1\n");
		return false;
	}
	ballast = memfd_create("ballast", MFD_CLOEXEC);
	/* What is charged stays where it is when we leave. */
	if (ballast < 0 || !group_make(GROUP) || !group_enter(GROUP, getpid()) ||
	    fallocate(ballast, 0, 0, BALLAST_BYTES) < 0 ||
	    !group_enter(EVERYTHING, getpid()))
		die("no ballast: %s", strerror(errno));
	return true;
}

static void enter_all(void)
{
	pid_t daemon = service_pid(), pids[WORKERS_MAX];
	size_t n = service_workers(pids, WORKERS_MAX);
	char path[64];
	long adj;

	if (daemon == 0 || !group_enter(GROUP, daemon))
		return;
	(void)snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", daemon);
	adj = read_number(path, "");
	for (size_t i = 0; i < n && i < WORKERS_MAX; i++) {
		(void)group_enter(GROUP, pids[i]);
		(void)snprintf(path, sizeof(path), "/proc/%d/oom_score_adj",
			       pids[i]);
		(void)write_number(path, adj + WORKERS_ABOVE_DEPUTYD);
	}
}

/* As often as needed: a deputyd that has just started is not in the group, and
 * those that ended leave room in it. */
static bool has_killed(unsigned long before)
{
	long usage;

	if (kills_so_far() > before)
		return true;
	enter_all();
	usage = read_number(GROUP "/memory.usage_in_bytes", "");
	/* Refused where they have got more meanwhile. */
	(void)write_number(GROUP "/memory.limit_in_bytes", usage);
	return false;
}

void memory_squeeze(unsigned kills)
{
	unsigned long before = kills_so_far();
	long until;

	WAIT_FOR(has_killed(before), WAIT_S, "nobody was killed");
	until = now_ms() + SQUEEZED_MS;
	while (kills_so_far() < before + kills && now_ms() < until)
		pause_ms(1);
	if (write_number(GROUP "/memory.limit_in_bytes", UNLIMITED) < 0)
		die("the limit stays: %s", strerror(errno));
}

/* Return: is nobody left in the group? */
static bool leave_all(void)
{
	FILE *f = fopen(GROUP "/cgroup.procs", "re");
	bool none = true;
	pid_t pid;

	while (f && fscanf(f, "%d", &pid) == 1) {
		none = false;
		(void)group_enter(EVERYTHING, pid);
	}
	if (f)
		(void)fclose(f);
	return none;
}

unsigned long memory_end(void)
{
	unsigned long kills = kills_so_far();

	ballast = fd_close(ballast);
	WAIT_FOR(leave_all(), WAIT_S, "somebody stays in " GROUP);
	group_remove(GROUP);
	return kills;
}
