/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * One connection on the OCI socket, until its message is taken or refused.
 */

#include <stdbool.h>
#include <sys/types.h>
#include <uv.h>

#include "daemon/identity.h"
#include "daemon/pending.h"
#include "lib/fdmsg.h"
#include "proto/oci_state.h"

struct inherit;
struct registry;

/* Of one socket. */
struct conn_pool {
	struct registry *registry;
	struct pending_pool pending;
};

/* Sets up an empty pool. */
void conn_pool_init(struct conn_pool *pool, struct registry *registry);

/**
 * conn_new() - take a connection
 * @sock_taken: closed also on failure
 * Return: 0 or a negative errno, with why
 */
int conn_new(struct conn_pool *pool, int sock_taken, const char **why);
/* Takes from @in what waits in the fd store. */
void conn_adopt_all(struct conn_pool *pool, struct inherit *in);
/* Ends those that have said nothing; the next deputyd has them from the store. */
void conn_leave_silent(struct conn_pool *pool);
/* Adds those that are stored to another store, as keep_list() does. */
int conn_list(struct conn_pool *pool,
	      int (*add)(void *ctx, const char *name, int fd_taken), void *ctx);
size_t conn_count(const struct conn_pool *pool);
void conn_end_all(struct conn_pool *pool);
