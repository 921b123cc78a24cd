// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Maps are written from outside, by a child that stays there:
 *
 *   this process                       child
 *   fork ────────────────────────────▶ waits
 *   unshare(NEWUSER | NEWNS), "go" ──▶ newuidmap PID …, newgidmap PID …
 *   waits ◀──────────────── "done", or its end
 *   becomes root of the namespace
 */
#include "ctl/userns.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/own.h"

#define TEXT_BYTES 1024 /* of a map as text, or as arguments */

static int failed(const char *what, int error)
{
	fprintf(stderr, "deputyctl: run: --userns: %s: %s\n", what,
		strerror(error));
	return -1;
}

/* -- the plan ----------------------------------------------------------------------- */

static void add_range(struct userns_map *m, unsigned outside, unsigned count)
{
	const struct userns_range *last = m->n ? &m->ranges[m->n - 1] : NULL;

	m->ranges[m->n++] = (struct userns_range){
		.inside = last ? last->inside + last->count : 0,
		.outside = outside,
		.count = count,
	};
}

/* A line of subuid(5): NAME-or-UID:FIRST:COUNT. Return: is it this user's? */
static bool read_line(char *line, const char *name, uid_t uid, unsigned *ret_first,
		      unsigned *ret_count)
{
	char *colon = strchr(line, ':'), number[16];

	if (!colon || sscanf(colon, ":%u:%u", ret_first, ret_count) != 2 ||
	    *ret_count == 0)
		return false;
	*colon = '\0';
	(void)snprintf(number, sizeof(number), "%u", uid);
	return (name && strcmp(line, name) == 0) || strcmp(line, number) == 0;
}

/* The user's own id as root, then what the file gives. */
static int plan_ranges(const char *path, const char *option, unsigned own,
		       struct userns_map *ret)
{
	const struct passwd *pw = getpwuid(getuid());
	const char *name = pw ? pw->pw_name : NULL;
	FILE *f = fopen(path, "re");
	char line[512];
	unsigned first, count;

	*ret = (struct userns_map){ .n = 0 };
	add_range(ret, own, 1);
	while (f && ret->n <= USERNS_RANGES_MAX && fgets(line, sizeof(line), f))
		if (read_line(line, name, getuid(), &first, &count))
			add_range(ret, first, count);
	if (f)
		(void)fclose(f);
	if (ret->n > 1)
		return 0;
	fprintf(stderr,
		"deputyctl: run: --userns: %s has no ids for this user: as root, "
		"usermod %s 100000-165535 %s\n",
		path, option, name ? name : "USER");
	return -1;
}

/* All that the present namespace has, each as itself. */
static int plan_all(const char *path, struct userns_map *ret)
{
	FILE *f = fopen(path, "re");
	unsigned inside, outside, count;

	*ret = (struct userns_map){ .n = 0 };
	if (!f)
		return failed(path, errno);
	while (ret->n <= USERNS_RANGES_MAX &&
	       fscanf(f, "%u %u %u", &inside, &outside, &count) == 3)
		ret->ranges[ret->n++] =
			(struct userns_range){ inside, inside, count };
	(void)fclose(f);
	return 0;
}

int userns_plan(struct userns *u)
{
	u->by_tools = geteuid() != 0;
	if (!u->by_tools)
		return plan_all("/proc/self/uid_map", &u->uids) < 0 ||
				       plan_all("/proc/self/gid_map", &u->gids) < 0
			       ? -1
			       : 0;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1) {
		fprintf(stderr,
			"deputyctl: run: --userns: this process has "
			"no_new_privs, below which newuidmap has no effect: "
			"start it outside of the other filter or service\n");
		return -1;
	}
	if (plan_ranges("/etc/subuid", "--add-subuids", getuid(), &u->uids) < 0)
		return -1;
	return plan_ranges("/etc/subgid", "--add-subgids", getgid(), &u->gids);
}

/* -- the child, outside ------------------------------------------------------------- */

static int write_map(pid_t pid, const char *file, const struct userns_map *m)
{
	char path[64], text[TEXT_BYTES] = "";
	AUTO(fd_close) int fd = -1;
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%u %u %u\n",
				      m->ranges[i].inside, m->ranges[i].outside,
				      m->ranges[i].count);
	(void)snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	return fd < 0 || write(fd, text, n) != (ssize_t)n ? failed(path, errno) :
							    0;
}

static int run_tool(const char *tool, pid_t pid, const struct userns_map *m)
{
	char numbers[2 + 3 * (1 + USERNS_RANGES_MAX)][16];
	char *argv[3 + 3 * (1 + USERNS_RANGES_MAX)];
	size_t n = 0;
	int status;
	pid_t child;

	(void)snprintf(numbers[n++], sizeof(numbers[0]), "%s", tool);
	(void)snprintf(numbers[n++], sizeof(numbers[0]), "%d", pid);
	for (size_t i = 0; i < m->n; i++) {
		const struct userns_range *r = &m->ranges[i];
		const unsigned values[] = { r->inside, r->outside, r->count };

		for (size_t k = 0; k < ARRAY_SIZE(values); k++)
			(void)snprintf(numbers[n++], sizeof(numbers[0]), "%u",
				       values[k]);
	}
	for (size_t i = 0; i < n; i++)
		argv[i] = numbers[i];
	argv[n] = NULL;
	child = fork();
	if (child == 0) {
		(void)execvp(tool, argv);
		(void)failed(tool, errno);
		_exit(1);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return failed(tool, errno);
	if (status == 0)
		return 0;
	fprintf(stderr,
		"deputyctl: run: --userns: %s failed: it comes with the package "
		"uidmap and needs its set-user-ID bit or capability\n", tool);
	return -1;
}

static int map(const struct userns *u, pid_t pid)
{
	if (!u->by_tools)
		return write_map(pid, "uid_map", &u->uids) < 0 ?
			       -1 :
			       write_map(pid, "gid_map", &u->gids);
	return run_tool("newuidmap", pid, &u->uids) < 0 ?
		       -1 :
		       run_tool("newgidmap", pid, &u->gids);
}

_Noreturn static void be_mapper(const struct userns *u, pid_t pid, int sock)
{
	char go;

	(void)signal(SIGCHLD, SIG_DFL); /* or there would be nobody to wait for */
	if (TEMP_FAILURE_RETRY(read(sock, &go, 1)) != 1 || map(u, pid) < 0)
		_exit(1);
	_exit(write(sock, "d", 1) == 1 ? 0 : 1);
}

/* -- this process -------------------------------------------------------------------- */

/* Supplementary groups are none of the namespace's. */
static int become_root(void)
{
	if (setgroups(0, NULL) < 0 && errno != EPERM)
		return failed("setgroups", errno);
	if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return failed("becoming its root", errno);
	return 0;
}

int userns_enter(const struct userns *u)
{
	pid_t self = getpid(), child;
	int socks[2], error = 0;
	char byte = 'g';

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, socks) < 0)
		return failed("socketpair", errno);
	child = fork();
	if (child == 0) {
		close(socks[0]);
		be_mapper(u, self, socks[1]);
	}
	close(socks[1]);
	if (child < 0 || unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		error = failed("no user namespace can be made", errno);
	/* The child says what went wrong with the maps. */
	else if (send(socks[0], &byte, 1, MSG_NOSIGNAL) != 1 ||
		 TEMP_FAILURE_RETRY(read(socks[0], &byte, 1)) != 1)
		error = -1;
	close(socks[0]);
	if (child > 0)
		(void)waitpid(child, NULL, 0);
	return error < 0 ? error : become_root();
}
