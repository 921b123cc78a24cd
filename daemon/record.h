/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * What deputyd must know of a container to serve it after a restart: a record
 * (daemon/sealed.h) in JSON.  A key more is not another version.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/identity.h"
#include "lib/slot.h"

#define RECORD_MAGIC	 UINT32_C(0x63726a64) /* "djrc", little endian */
#define RECORD_MAX_BYTES (8 * 1024 * 1024) /* of the JSON */

struct json_object;

struct record {
	struct json_object *root; /* owns the strings below */
	const char *id;
	const char *policy;		 /* its name */
	const char *bundle, *metadata;	 /* NULL: none */
	struct json_object *annotations; /* NULL: none */
	uid_t peer_uid;
	gid_t peer_gid;
	enum userns_fact userns_fact;
	uid_t userns_owner;
	struct json_object *cgroups; /* strings; NULL: none */
	struct ns_id userns;
	bool each; /* user namespaces, see identity_settle_each() */
	int64_t since;
};

/* @r: but for .root. Return: a sealed memfd, or a negative errno */
int record_new(const struct record *r);

/**
 * record_read() - from an fd that may be anything
 * @fd: borrowed
 * @ret: the caller's to record_done()
 * @ret_why: on -EPROTO, a sentence
 * Return: 0, -EPROTO, or another negative errno
 */
int record_read(int fd, struct record *ret, const char **ret_why);
void record_done(struct record *r);

static inline void record_done_cleanup(struct record *r)
{
	record_done(r);
}
