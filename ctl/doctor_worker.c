// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * doctor: the program that serves listeners. deputyd keeps it open, so there are
 * two to look at: the one that deputyd starts, by its own word, and the file that
 * the next deputyd will find.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl/doctor.h"
#include "ctl/reply.h"
#include "lib/own.h"
#include "policy/handover_note.h"
#include "policy/owned.h"

#define REINSTALL "install deputyd and deputy-worker from one release, then " \
		  "restart deputyd"

enum { SAYS_MAX = 256, FIELD_MAX = 64 };

/* What "deputy-worker --version" says. */
struct worker_file {
	char version[FIELD_MAX], layout[FIELD_MAX];
};

/* By the fd that was checked, whatever is at its path meanwhile.
 * @says: its first line. Return: its exit status, or -1 */
static int run_version(int fd, char says[SAYS_MAX])
{
	char command[128];
	int status;
	FILE *f;

	(void)snprintf(command, sizeof(command),
		       "exec timeout 5 /proc/%d/fd/%d --version 2>&1 </dev/null",
		       getpid(), fd);
	*says = '\0';
	f = popen(command, "re");
	if (!f)
		return -1;
	if (fgets(says, SAYS_MAX, f))
		says[strcspn(says, "\n")] = '\0';
	status = pclose(f);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Return: false: it does not start, and a finding says so */
static bool start(struct doctor *d, const char *path, int fd,
		  struct worker_file *ret)
{
	char says[SAYS_MAX];
	int status = run_version(fd, says);

	if (status == 0 && sscanf(says, "deputy-worker %63s (layout %63[^)])",
				  ret->version, ret->layout) == 2)
		return true;
	doctor_find(d, DOCTOR_BAD, "worker", REINSTALL,
		    "%s does not start (exit status %d): %s", path, status,
		    *says ? says : "it says nothing");
	return false;
}

/* deputyd is the root of the host, so doctor starts what root alone can change. */
static int open_file(struct doctor *d, const char *path)
{
	char why[512] = "";
	int fd = owned_open(path, why, sizeof(why));

	if (fd >= 0)
		return fd;
	if (*why)
		doctor_find(d, DOCTOR_NOTE, "worker", NULL,
			    "%s was not tried, since others than root can change "
			    "it: %s", path, why);
	else if (fd == -EACCES && geteuid() != 0)
		doctor_find(d, DOCTOR_NOTE, "worker", "ask as root",
			    "this user may not read %s", path);
	else
		doctor_find(d, DOCTOR_BAD, "worker", REINSTALL, "%s: %s", path,
			    strerror(-fd));
	return -1;
}

/* @version, @layout: of the one that deputyd starts, or this program's own. */
static void compare(struct doctor *d, const char *path,
		    const struct worker_file *file, const char *version,
		    const char *layout)
{
	if (strcmp(file->layout, layout) == 0 && strcmp(file->version, version) == 0)
		doctor_find(d, DOCTOR_GOOD, "worker", NULL,
			    "%s starts: %s (layout %s)", path, file->version,
			    file->layout);
	else if (d->status)
		doctor_find(d, DOCTOR_NOTE, "worker",
			    "restart deputyd, if that is the new version",
			    "%s is %s (layout %s), but deputyd still starts the "
			    "one that it found at its start, %s (layout %s)",
			    path, file->version, file->layout, version, layout);
	else
		doctor_find(d, DOCTOR_BAD, "worker", REINSTALL,
			    "%s is %s (layout %s), but this is deputyctl %s "
			    "(layout %s)", path, file->version, file->layout,
			    version, layout);
}

void doctor_worker(struct doctor *d)
{
	struct json_object *worker = reply_object(d->status, "worker");
	const char *problem = reply_str(worker, "problem");
	const char *path = worker ? reply_str(worker, "path") : DEPUTY_WORKER;
	struct worker_file file;
	AUTO(fd_close) int fd = -1;

	if (d->status && !worker) /* an older deputyd */
		return;
	if (*problem) {
		doctor_find(d, DOCTOR_BAD, "worker", REINSTALL, "%s", problem);
		return;
	}
	fd = open_file(d, path);
	if (fd < 0 || !start(d, path, fd, &file))
		return;
	compare(d, path, &file, worker ? reply_str(worker, "version") : DEPUTY_VERSION,
		worker ? reply_str(worker, "layout") : HANDOVER_LAYOUT);
}

void doctor_bounds(struct doctor *d)
{
	struct json_object *bounds = reply_object(d->status, "bounds");
	const char *cgroup = reply_str(bounds, "cgroup");
	const char *problem = reply_str(bounds, "problem");
	const char *lacking = reply_str(bounds, "lacking");

	if (!bounds) /* an older deputyd */
		return;
	if (!*cgroup)
		doctor_find(d, DOCTOR_NOTE, "workers' cgroups",
			    "deputyd --workers-cgroup, as deputyd.service has it",
			    "none: nothing bounds the memory, processes and CPU "
			    "time that the workers of one container take");
	else if (*problem)
		doctor_find(d, DOCTOR_NOTE, "workers' cgroups",
			    "systemctl restart deputyd-workers.service "
			    "deputyd.service, where cgroups are of version 2",
			    "%s: %s: nothing bounds the memory, processes and CPU "
			    "time that the workers of one container take", cgroup,
			    problem);
	else if (*lacking)
		doctor_find(d, DOCTOR_NOTE, "workers' cgroups", NULL,
			    "%s has no controllers for %s: nothing bounds what the "
			    "workers of one container take of that", cgroup,
			    lacking);
	else
		doctor_find(d, DOCTOR_GOOD, "workers' cgroups", NULL,
			    "each container's below %s: %d MiB, %d processes, CPU "
			    "time by weight", cgroup,
			    (int)reply_int(bounds, "memory_mib"),
			    (int)reply_int(bounds, "pids"));
}
