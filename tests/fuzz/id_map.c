// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * /proc/TID/uid_map.  What is read is written again as the kernel does, and
 * reads alike.  At the edges of each range the number inside is the first
 * range's that holds the id.
 */
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "worker/id_map.h"

static uint64_t look_up(const struct id_map *m, uint32_t id)
{
	for (unsigned i = 0; i < m->n; i++) {
		uint64_t first = m->ranges[i].first;

		if (id >= first && id < first + m->ranges[i].count)
			return m->ranges[i].inside + (id - first);
	}
	return UINT32_MAX;
}

/* The kernel writes no range that ends above 2^32. */
static void check_id(const struct id_map *m, uint32_t id)
{
	FUZZ_ASSERT(id_map_inside(m, id) == (uint32_t)look_up(m, id));
}

static void check_again(const struct id_map *m)
{
	static struct id_map again;
	char *text = NULL;
	size_t bytes;
	FILE *out = open_memstream(&text, &bytes);

	FUZZ_ASSERT(out);
	for (unsigned i = 0; i < m->n; i++)
		(void)fprintf(out, "%10u %10u %10u\n", m->ranges[i].inside,
			      m->ranges[i].first, m->ranges[i].count);
	FUZZ_ASSERT(fclose(out) == 0);
	FUZZ_ASSERT(bytes <= ID_MAP_FILE_MAX_BYTES);
	id_map_parse(&again, text);
	FUZZ_ASSERT(again.n == m->n);
	FUZZ_ASSERT(memcmp(again.ranges, m->ranges, m->n * sizeof(*m->ranges)) ==
		    0);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct id_map m;
	char *text = strndup((const char *)data, size);

	FUZZ_ASSERT(text);
	id_map_parse(&m, text);
	FUZZ_ASSERT(m.n <= ID_MAP_RANGES_MAX);
	for (unsigned i = 0; i < m.n; i++) {
		uint32_t first = m.ranges[i].first;
		uint32_t end = first + m.ranges[i].count;

		check_id(&m, first - 1);
		check_id(&m, first);
		check_id(&m, end - 1);
		check_id(&m, end);
	}
	check_again(&m);
	free(text);
	return 0;
}
