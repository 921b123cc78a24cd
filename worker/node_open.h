/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * A device node that opens.
 *
 * On a file system mounted inside a user namespace (a container's tmpfs on its
 * /dev) device nodes can be made and never be opened (SB_I_NODEV), and nothing
 * but an open shows it.  (Or they cannot be made: then a FIFO stands in.)  Such a
 * node becomes a mount point: an inode with its
 * type, number, owner and mode on a tmpfs of ours is bound over it.
 *
 *   - Never the host's own node: the container may chmod and chown what it gets.
 *   - A nodev *mount* says what its owner wants and is left alone.
 */

#include <stdbool.h>
#include <sys/stat.h>

#include "worker/caller.h"
#include "worker/home.h"

enum node_open {
	NODE_OPENS = 0,
	NODE_UNOPENABLE = 1,
};

/**
 * node_opens() - could this device node be opened?
 * @node_fd: O_PATH
 *
 * To be called at home, where this process is nobody, and has CAP_DAC_OVERRIDE
 * but not CAP_FOWNER. The kernel refuses an open with O_NOATIME to who is not the
 * owner (EPERM) after it looked at nodev (EACCES). So the open fails either way, and
 * neither a driver nor the writer of a FIFO ever sees it.
 * Return: NODE_OPENS (or the mount says nodev), NODE_UNOPENABLE, or a negative
 * errno of ours
 */
int node_opens(const struct home *h, int node_fd);

/* What is to be known of a node, by statx(2). */
#define NODE_STATX (STATX_BASIC_STATS | STATX_BTIME)

/* The node that is bound over another: type and mode, number, owner. */
struct node_twin {
	mode_t mode;
	dev_t dev;
	uid_t uid;
	gid_t gid;
};

/**
 * node_bind() - make an unopenable node one that opens, in the caller's mounts
 * @node_fd: O_PATH of the node, the future mount point; its ACL is the twin's, too
 * @ret_st:  NODE_STATX of the twin, written on success
 * Return: 0, or a negative errno: -EINVAL where the node lies in another mount
 * namespace than the caller's, -EXDEV where that is not of its user namespace
 */
int node_bind(const struct home *h, const struct caller *c, int node_fd,
	      const struct node_twin *twin, struct statx *ret_st);
