/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Opens a file that nobody but root can change or replace.  Anyone who can change a
 * policy can get root's rights, so deputyd reads policies only from such files.
 */

#include <stddef.h>

/**
 * owned_open() - open a file or directory, and check the way to it
 * @path: each symbolic link in it is followed, and checked as well
 * @why:  "", or the reason: a path, its owner or mode, and the command that
 *        corrects it
 *
 * The file, each directory on the way from "/" and each symbolic link must belong
 * to uid 0.  Group and others must have no write permission; a directory with the
 * sticky bit may have it, since others cannot rename root's files there.  Each step
 * is opened and checked by its fd, so nothing can be replaced in between.
 *
 * Return: a readable fd, -EPERM with @why filled, or another negative errno
 */
int owned_open(const char *path, char *why, size_t size);
