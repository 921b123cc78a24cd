/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * A record in the fd store: a memfd, sealed against every change, that no worker
 * is given.  A header, then a text.
 *
 * Another layout of the header is another SEALED_VERSION.
 */

#include <stddef.h>
#include <stdint.h>

#define SEALED_VERSION 1

struct sealed_header {
	uint32_t magic;
	uint32_t version;
	uint32_t bytes;	   /* of the text that follows */
	uint32_t checksum; /* of it */
};

/* Return: a memfd, the caller's, or a negative errno */
int sealed_new(uint32_t magic, const char *text, size_t bytes);

struct sealed {
	const char *text; /* in a mapping that nobody can change; no NUL behind it */
	size_t bytes;
	void *map;
	size_t map_bytes;
};

/**
 * sealed_read() - from an fd that may be anything
 * @fd:	     borrowed
 * @max:     bytes of a text at most
 * @ret:     the caller's to sealed_done()
 * @ret_why: on -EPROTO, a sentence
 * Return: 0, -EPROTO, or another negative errno
 */
int sealed_read(int fd, uint32_t magic, size_t max, struct sealed *ret,
		const char **ret_why);
void sealed_done(struct sealed *s);
