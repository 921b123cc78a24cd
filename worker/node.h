/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The device node that a mknod is to make (emulate_mknod.c): where it stands, is
 * what stands there that node, and does it open?
 *
 * A container may exchange what stands there at any time. So a look at it is at
 * one fd (node_find()), and what follows from the look is done to that fd.
 */

#include <errno.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "worker/emulate.h"
#include "worker/node_open.h"
#include "worker/self_link.h"

struct node {
	struct emulation *e;
	const char *parent;    /* ends in "/."; NULL: the caller's directory */
	struct self_link self; /* what parent begins with, where .fd >= 0 */
	const char *last;      /* a plain name */
	int parent_fd;	       /* -1, or owned by whoever opened it */
	bool placed;	       /* parent_fd was judged by: no other will do */
	bool seen;	       /* what was made: e->made is its identity */
	struct stat parent_st;
	mode_t mode;
	dev_t dev;
};

/* By name. Return: 0 with what stands there, or a negative errno */
int node_look(const struct node *n, struct statx *ret_st);

/* Return: an O_PATH fd of what stands there, and is seen, or a negative errno */
int node_find(const struct node *n, struct statx *ret_st);

struct made node_identity(const struct statx *st);

/* Is it a node such as this call makes: by type, number and owner? */
bool node_is_alike(const struct node *n, const struct statx *st);

/* A file system may refuse all ids but the caller's own: is it that? */
static inline bool node_is_shut_to_us(int r)
{
	return r == -EACCES || r == -EOVERFLOW;
}

/* This call made what was seen so. */
void node_remember(struct node *n, const struct statx *st);

/* May a node be bound over what stands there? */
bool node_may_bind(const struct node *n);

/**
 * node_make_usable() - bind a node that opens over one that does not
 * @fd: of what node_remember() was told of
 * Return: 0, or a negative errno for the caller: then that is removed
 */
int node_make_usable(struct node *n, int fd, const struct statx *st);

/**
 * node_finish() - once the node is made: see to it that it opens
 * Return: 0, or a negative errno for the caller: then the node is removed
 */
int node_finish(struct node *n);
