/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * What deputyd knows, as io.deputy.Control has it (proto/).
 * Each returns a tree, the caller's; NULL for lack of memory.
 */

#include <stdint.h>

struct json_object;
struct registry;

struct json_object *report_status(struct registry *r, uint64_t uptime_s);
struct json_object *report_list(const struct registry *r);
/* *ret_found: 0 when no container has this id, then NULL */
struct json_object *report_show(const struct registry *r, const char *id,
				int *ret_found);
struct json_object *report_policy(const struct registry *r);
/* As the hash of a PolicySet is written. */
struct json_object *report_hash(uint64_t hash);
