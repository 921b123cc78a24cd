// SPDX-License-Identifier: LGPL-2.1-or-later
#include "worker/id_map.h"

#include <stdlib.h>

void id_map_parse(struct id_map *m, const char *text)
{
	const char *s = text;

	for (m->n = 0; m->n < ID_MAP_RANGES_MAX; m->n++) {
		unsigned long v[3];

		for (int i = 0; i < 3; i++) {
			char *end;

			v[i] = strtoul(s, &end, 10);
			if (end == s)
				return;
			s = end;
		}
		m->ranges[m->n].inside = (uint32_t)v[0];
		m->ranges[m->n].first = (uint32_t)v[1];
		m->ranges[m->n].count = (uint32_t)v[2];
	}
}

uint32_t id_map_inside(const struct id_map *m, uint32_t id)
{
	for (unsigned i = 0; i < m->n; i++)
		if (id >= m->ranges[i].first &&
		    id - m->ranges[i].first < m->ranges[i].count)
			return m->ranges[i].inside + (id - m->ranges[i].first);
	return UINT32_MAX;
}
