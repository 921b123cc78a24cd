// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/restart/group.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/own.h"
#include "tests/restart/jail.h"
#include "tests/restart/service.h"
#include "tests/restart/torture.h"

#define PATH_BYTES 256
#define WAIT_S	   (30 * SLOWNESS)

/* Return: 0, or a negative errno */
static int write_file(const char *dir, const char *name, const char *text)
{
	char path[PATH_BYTES];
	AUTO(fd_close) int fd = -1;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		return -errno;
	return 0;
}

static bool file_says(const char *dir, const char *name, const char *line)
{
	char path[PATH_BYTES], text[PATH_BYTES] = "\n";
	AUTO(fd_close) int fd = -1;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 &&
	       strstr(text, line);
}

static bool is_gone(int error)
{
	return error == -ENOENT || error == -ENODEV || error == -ESRCH;
}

/* Return: whether it was done; else the group, or the process, is gone */
static bool write_or_gone(const char *dir, const char *name, const char *text)
{
	int r = write_file(dir, name, text);

	if (r < 0 && !is_gone(r))
		die("%s/%s: %s: %s", dir, name, text, strerror(-r));
	return r == 0;
}

bool group_make(const char *dir)
{
	if (mkdir(dir, 0755) == 0 || errno == EEXIST)
		return true;
	if (errno != ENOENT)
		die("%s: %s", dir, strerror(errno));
	return false;
}

bool group_enter(const char *dir, pid_t pid)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%d", pid);
	return write_or_gone(dir, "cgroup.procs", text);
}

void group_remove(const char *dir)
{
	WAIT_FOR(rmdir(dir) == 0 || errno == ENOENT, WAIT_S, "%s: %s", dir,
		 strerror(errno));
}

bool group_freeze(const char *dir)
{
	if (!write_or_gone(dir, "cgroup.freeze", "1"))
		return false;
	/* systemd may have removed it, and made another of that name, meanwhile. */
	WAIT_FOR(file_says(dir, "cgroup.events", "frozen 1") ||
			 !file_says(dir, "cgroup.freeze", "1"),
		 WAIT_S, "%s does not freeze", dir);
	return file_says(dir, "cgroup.freeze", "1");
}

void group_thaw(const char *dir)
{
	(void)write_or_gone(dir, "cgroup.freeze", "0");
}
