/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Control groups of the unified hierarchy, which can be frozen.  systemd may
 * remove a unit's, and what is below it, at any time.
 *
 * All other failures end the program by die().
 */

#include <stdbool.h>
#include <sys/types.h>

#define GROUPS "/sys/fs/cgroup"

/* Return: false if a group above it is gone */
bool group_make(const char *dir);
/* All threads of @pid. Return: false if it, or the group, is gone */
bool group_enter(const char *dir, pid_t pid);
/* Waits until its processes are gone. */
void group_remove(const char *dir);
/* Waits until all in it are frozen. Return: false if it is gone */
bool group_freeze(const char *dir);
/* A group that is gone needs no thawing. */
void group_thaw(const char *dir);
