/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * /proc/TID/uid_map and gid_map, see user_namespaces(7).
 */

#include <stdint.h>

#define ID_MAP_RANGES_MAX     340
#define ID_MAP_FILE_MAX_BYTES (ID_MAP_RANGES_MAX * 33) /* 33 bytes a line */

struct id_map {
	unsigned n;
	struct {
		uint32_t inside;
		uint32_t first, count; /* outside, as our namespace sees it */
	} ranges[ID_MAP_RANGES_MAX];
};

/* Reads lines of "inside outside count", up to the first that is none. */
void id_map_parse(struct id_map *m, const char *text);

/* The number inside for our number @id. Return: UINT32_MAX: it is not mapped */
uint32_t id_map_inside(const struct id_map *m, uint32_t id);
