/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The tmpfs on which workers make the device nodes that they bind into
 * containers (worker/node_open.h).  It is mounted in a mount namespace of
 * deputyd's own, which the workers share, so nobody else sees it and it goes
 * with the last of them; the kernel clones mounts only of one's own namespace.
 */

#define NODES_DIR     "/run/deputy/nodes"
#define NODES_OPTIONS "mode=0700,size=1m,nr_inodes=8k"

/**
 * nodes_open() - enter the mount namespace, mount the tmpfs
 * To be called before any thread is started.
 * Return: an O_PATH fd of its root, the caller's; or a negative errno
 */
int nodes_open(void);
