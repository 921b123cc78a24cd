/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * A file system in user space with one empty directory, in which one node can be
 * made. It lets everybody do everything; what the kernel refuses, it refuses by
 * itself.
 */

#include <sys/types.h>

/**
 * fuse_serve() - answers until the file system is unmounted
 * @fd:    of /dev/fuse, mounted
 * @owner: of the directory, uid and gid, in the mount's user namespace
 * @mode:  of the directory
 */
void fuse_serve(int fd, uid_t owner, mode_t mode);
