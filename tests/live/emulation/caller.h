/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * What a row's caller does before its call, and what the host lays before it.
 * In a caller a failure ends the container; outside it fails the test.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <sys/types.h>
#include <unistd.h>

#include "worker/caps.h"

#define TRY(x)                                                                 \
	do {                                                                   \
		if ((x) < 0) {                                                 \
			printf("caller: %s: %s\n", #x, strerror(errno));       \
			fflush(stdout);                                        \
			_exit(98);                                             \
		}                                                              \
	} while (0)

/* -- by the caller ----------------------------------------------------------- */

void caller_drop_to(uid_t uid, gid_t gid, size_t n, const gid_t *groups);
/* An ordinary id that holds @caps all the same. */
void caller_drop_with(uint64_t caps, uid_t uid, gid_t gid);

/* @bytes of memory whose last byte is a page's last; the next page is a hole. */
char *caller_before_hole(size_t bytes);

/* -- by the host, below the container's root ---------------------------------- */

void host_put_file(const char *root, const char *name);
void host_put_fifo(const char *root, const char *name);
void host_put_dir(const char *root, const char *name);
void host_put_link(const char *root, const char *name, const char *to);
/* Ids as the container sees them; negative ones are not mapped. */
void host_own(const char *root, const char *name, int uid, int gid, mode_t mode);
