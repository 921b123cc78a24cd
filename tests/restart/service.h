/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * deputyd as a unit of the systemd that runs here as pid 1, seen from outside.
 * What cannot be done ends the program by die().
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define SERVICE_UNIT	    "deputyd.service"
#define SERVICE_OCI	    "/run/deputy/oci.sock"
#define SERVICE_LXC	    "/run/deputy/lxc.sock"
#define SERVICE_CONTROL	    "/run/deputy/control.sock"
#define SERVICE_WORKERS_MAX 4096

/* Runs a program and waits; it must succeed. Ends with NULL. */
void run_program(const char *path, ...) __attribute__((sentinel));
#define systemctl(...) run_program("/bin/systemctl", "-q", __VA_ARGS__, NULL)

/* Return: deputyd's pid, or 0 while there is none */
pid_t service_pid(void);
/* Its workers. Return: how many; @ret gets up to @max */
size_t service_workers(pid_t *ret, size_t max);
/* A number of "systemctl show". */
long service_number(const char *property);
/* Waits until deputyd runs with this many workers. */
void service_settle(size_t workers, int seconds);

/* What deputyd holds; taken when it has come to rest. */
struct census {
	long fds, stored, processes, mounts, nodes, rss_kib;
};
void census_take(struct census *c);
void census_print(const char *when, const struct census *c);

/* Polls until @cond holds, else dies. */
#define WAIT_FOR(cond, seconds, ...)                                           \
	do {                                                                   \
		long until_ms = now_ms() + (long)(seconds) * 1000;             \
		while (!(cond)) {                                              \
			if (now_ms() > until_ms)                               \
				die(__VA_ARGS__);                              \
			pause_ms(2);                                           \
		}                                                              \
	} while (0)
long now_ms(void);
void pause_ms(long ms);
