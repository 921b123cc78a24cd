/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Opens a file that nobody but root can change or exchange.  A policy is worth
 * root, so deputyd takes it from such a file only.
 */

#include <stddef.h>

/**
 * owned_open() - open a file or directory, and check the way to it
 * @path: each symbolic link in it is followed, and checked as well
 * @why:  "", or what is wrong: a path, its owner or mode, and the command that
 *        mends it
 *
 * The file, each directory on the way from "/" and each symbolic link must belong
 * to uid 0.  Group and others must have no write permission; a directory with the
 * sticky bit may have it, since there nobody can rename what is root's.  Each step
 * is opened and looked at by its fd, so nothing can be exchanged in between.
 *
 * Return: a readable fd, -EPERM with @why filled, or another negative errno
 */
int owned_open(const char *path, char *why, size_t size);
