// SPDX-License-Identifier: LGPL-2.1-or-later
/* The paths of /proc/PID/cgroup, of kernels with one, two or many hierarchies. */
#include "daemon/cgroup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/harness/test.h"

static const struct {
	const char *text;
	int result;
	const char *paths[4];
} rows[] = {
	{ "", 0, { NULL } },
	{ "0::/\n", 0, { "/" } },
	{ "0::/a/b\n", 0, { "/a/b" } },
	{ "12:cpu,cpuacct:/x\n1:name=systemd:/y\n0::/z\n", 0, { "/x", "/y", "/z" } },
	{ "3:pids:/\n2:cpu:/a\n1:name=n:/\n0::/a\n", 0, { "/", "/a" } },
	{ "0::/../out\n", 0, { "/../out" } },
	{ "0::/a:b:c\n", 0, { "/a:b:c" } },
	{ "0::/a (deleted)\n", 0, { "/a (deleted)" } },
	{ "0::/\x01\t\xff \"\\\n", 0, { "/\x01\t\xff \"\\" } },
	{ "0::/a", -EPROTO, { NULL } },
	{ "0::a\n", -EPROTO, { NULL } },
	{ "0:/a\n", -EPROTO, { NULL } },
	{ "\n", -EPROTO, { NULL } },
	{ "0::/a\n\n", -EPROTO, { NULL } },
};

TEST(cgroup, paths_of_each_hierarchy_once)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cgroups c = { .n = 0 };
		size_t n = 0;
		int r = cgroups_parse(strdup(rows[i].text), &c);

		if (r != rows[i].result)
			fail_msg("row %zu: %d", i, r);
		for (; n < 4 && rows[i].paths[n]; n++)
			assert_string_equal(c.paths[n], rows[i].paths[n]);
		assert_int_equal(c.n, n);
		cgroups_done(&c);
		assert_null(c.text);
	}
}

TEST(cgroup, as_many_as_the_limit)
{
	for (int n = CGROUPS_MAX; n <= CGROUPS_MAX + 1; n++) {
		struct cgroups c = { .n = 0 };
		char *text = calloc(1, 4096);
		size_t len = 0;

		assert_non_null(text);
		for (int i = 0; i < n; i++)
			len += (size_t)sprintf(text + len, "%d:name=n%d:/%d\n",
					       i, i, i);
		assert_int_equal(cgroups_parse(text, &c),
				 n == CGROUPS_MAX ? 0 : -EFBIG);
		assert_int_equal(c.n, n == CGROUPS_MAX ? CGROUPS_MAX : 0);
		cgroups_done(&c);
	}
}
