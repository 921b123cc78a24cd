/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * What the host does to a container's root that emptying it cannot take back:
 * mounts, inode flags, servers.  outside_undo() does, latest first.
 */

#include <sys/types.h>

/* All of these fail the test; names are below @root. */
void outside_mount(const char *root, const char *name, const char *fs,
		   unsigned long flags, const char *options);
void outside_remount(const char *root, const char *name, unsigned long flags);
void outside_bind(const char *root, const char *from, const char *to);
/* Gives a mount back early, while others still use what is in it. */
void outside_umount(const char *root, const char *name);
/* FS_*_FL; a file system without them is one that lacks(). */
void outside_set_flags(const char *root, const char *name, int flags);
/* Over @name comes the same directory, its ids @count from @fs_id on shown as
 * those from @shown_id on. */
void outside_idmap(const char *root, const char *name, unsigned fs_id,
		   unsigned shown_id, unsigned count);
/* Kills and reaps @pid at the end. */
void outside_process(pid_t pid);

void outside_undo(void);

/* The machine has no @what: the row is not run. */
void outside_lacks(const char *what);
/* Return: what was missing since the last outside_undo(), or NULL */
const char *outside_lacking(void);
