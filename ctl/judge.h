/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Who says which devices a container may open: its runtime's configuration, or
 * its cgroup itself.
 */

#include "policy/machine_check.h"

struct config_judge;
struct cgroup_judge;

/**
 * config_judge_new() - what a runtime would make of a bundle's config.json
 * Prints why it cannot. Return: NULL on failure
 *
 * linux.resources.devices in its order, and then what runc and crun let every
 * container open.
 */
struct config_judge *config_judge_new(const char *path);
struct config_judge *config_judge_free(struct config_judge *c); /* NULL */
struct device_judge config_judge_of(struct config_judge *c);

/**
 * cgroup_judge_new() - a process in this cgroup, that looks at nodes there
 * @directory: of cgroup v2, or of the v1 hierarchy "devices"
 * Prints why it cannot. Return: NULL on failure
 *
 * It opens nothing: access(2) asks the device cgroup, too.
 */
struct cgroup_judge *cgroup_judge_new(const char *directory);
struct cgroup_judge *cgroup_judge_free(struct cgroup_judge *c); /* NULL */
struct device_judge cgroup_judge_of(struct cgroup_judge *c);
