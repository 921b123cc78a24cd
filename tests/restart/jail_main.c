// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * jail DIR ID [own|stuck]: a container that does what it is told; with "own", on a
 * tmpfs that it mounted itself; with "stuck", calls below DIR/ID/0 hang in a file
 * system of its own.  Hands its listener to
 * deputyd, says "up", then for each line "NAME" makes the null device
 * DIR/ID/NAME from within, and prints 0 or the errno's name.  Ends with its
 * standard input.
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "tests/restart/jail.h"

#define NAME_BYTES 64

void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	_exit(1);
}

/* In the container: its load is what comes over the socket of its birth. */
void load_run(const struct jail *j)
{
	char name[NAME_BYTES], path[256];
	ssize_t n;

	while ((n = recv(j->sock, name, sizeof(name) - 1, 0)) > 0) {
		int error;

		name[n] = '\0';
		(void)snprintf(path, sizeof(path), "%s/%s", j->dir, name);
		error = mknod(path, S_IFCHR | 0644, makedev(1, 3)) < 0 ? errno
								       : 0;
		if (send(j->sock, &error, sizeof(error), MSG_NOSIGNAL) < 0)
			break;
	}
}

int main(int argc, char **argv)
{
	struct jail_plan plan = { .calls_max = 1 };
	const char *kind = argc == 4 ? argv[3] : "";
	char line[NAME_BYTES];
	struct jail j;

	plan.own_tmpfs = strcmp(kind, "own") == 0;
	if (strcmp(kind, "stuck") == 0) {
		plan.load = LOAD_STUCK;
		plan.threads = 1;
	}
	if (argc != 3 && !plan.own_tmpfs && plan.load != LOAD_STUCK)
		die("usage: jail DIR ID [own|stuck]");
	plan.parent_dir = argv[1];
	plan.id = argv[2];
	(void)umask(0);
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	jail_start(&j, &plan);
	jail_attach(&j, "/run/deputy/oci.sock");
	jail_go(&j);
	(void)puts("up");
	while (fgets(line, sizeof(line), stdin)) {
		size_t n = strcspn(line, "\n");
		int error = 0;

		if (send(j.sock, line, n, MSG_NOSIGNAL) != (ssize_t)n ||
		    recv(j.sock, &error, sizeof(error), 0) != sizeof(error))
			die("%s is gone", j.id);
		(void)puts(error ? strerrorname_np(error) : "0");
	}
	jail_end(&j);
	return 0;
}
