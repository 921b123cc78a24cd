/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * For each container that needs it, a tmpfs on which its workers make the device
 * nodes that they bind into it (worker/node_open.h). A container that makes as many
 * as there is room for keeps no other from its own.
 *
 * They are mounted in a mount namespace of deputyd's own, which the workers share,
 * so nobody else sees them and they go with the last of them; the kernel clones
 * mounts only of one's own namespace. Bound nodes outlive their tmpfs's mount.
 */

#include <stdint.h>

#define NODES_DIR	   "/run/deputy/nodes"
#define NODES_DIR_OPTIONS  "mode=0700,size=1m,nr_inodes=16k" /* a directory each */
#define NODES_OPTIONS	   "mode=0700,size=64k,nr_inodes=1k"
#define NODES_MAX	   1023 /* of a container: one inode is the root's */

/**
 * nodes_init() - enter the mount namespace
 * To be called before any thread is started.
 * Return: 0 or a negative errno; then no tmpfs may be mounted
 */
int nodes_init(void);

/**
 * nodes_mount() - mount a tmpfs
 * @number: of no other that is mounted
 * Return: an O_PATH fd of its root, the caller's; or a negative errno
 */
int nodes_mount(uint64_t number);
void nodes_umount(uint64_t number);
