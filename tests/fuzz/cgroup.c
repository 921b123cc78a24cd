// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * /proc/PID/cgroup, whose paths a container may have named.  What is accepted
 * has the path of each line, in the order of the lines, each path once.
 */
#include <errno.h>
#include <string.h>

#include "daemon/cgroup.h"
#include "lib/own.h"
#include "tests/fuzz/fuzz.h"

/* Return: the index of this path, or the count: it is not there */
static size_t find(const struct cgroups *c, const char *path, size_t bytes)
{
	size_t i = 0;

	while (i < c->n && (strlen(c->paths[i]) != bytes ||
			    memcmp(c->paths[i], path, bytes) != 0))
		i++;
	return i;
}

static void check(const struct cgroups *c, const char *text)
{
	size_t seen = 0;

	while (*text) {
		const char *end = strchr(text, '\n');
		const char *path = strchr(text, ':');
		size_t i;

		FUZZ_ASSERT(end && path && path < end);
		path = strchr(path + 1, ':') + 1;
		FUZZ_ASSERT(path < end && *path == '/');
		i = find(c, path, (size_t)(end - path));
		FUZZ_ASSERT(i <= seen && i < c->n);
		seen += i == seen;
		text = end + 1;
	}
	FUZZ_ASSERT(seen == c->n && c->n <= CGROUPS_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	AUTO(free_ptr) char *copy = strndup((const char *)data, size);
	struct cgroups c = { .n = 0 };
	int r;

	FUZZ_ASSERT(text && copy);
	r = cgroups_parse(text, &c);
	FUZZ_ASSERT(r == 0 || r == -EPROTO || r == -EFBIG);
	if (r == 0)
		check(&c, copy);
	else
		FUZZ_ASSERT(!c.paths && !c.text && c.n == 0);
	cgroups_done(&c);
	return 0;
}
