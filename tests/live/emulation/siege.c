// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/live/emulation/siege.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/slot.h"
#include "tests/harness/test.h"

int siege_fds(pid_t pid)
{
	char path[64];
	DIR *d;
	int n = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	d = opendir(path);
	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

/* All of our own directory but the container's root: names and attributes. */
char *siege_surroundings(const struct world *w)
{
	char *all = world_snapshot(w->dir, ""), *out = strdup(""), *save;

	for (char *l = strtok_r(all, "\n", &save); l;
	     l = strtok_r(NULL, "\n", &save)) {
		char *more;

		if (strncmp(l, "/root", 5) == 0)
			continue;
		assert_true(asprintf(&more, "%s%s\n", out, l) > 0);
		free(out);
		out = more;
	}
	free(all);
	return out;
}

void siege(const char *policy_json, int (*run)(void *), const char *want_in_box)
{
	struct inmate_plan plan = { .notified = true, .run = run };
	struct world w;
	struct inmate i;
	struct attendant a;
	char *before, *after, *inside, path[PATH_MAX];
	int fds;

	world_init(&w, WORLD_TMPFS);
	world_reset(&w);
	before = siege_surroundings(&w);
	inmate_start(&w, &plan, &i);
	attendant_start(&a, &w, &i, policy_json);
	TEST_WAIT(a.slot->call.phase == SLOT_RECEIVING, 5);
	fds = siege_fds(a.pid);
	inmate_go(&i);
	assert_int_equal(inmate_result(&i), 0);
	TEST_WAIT(a.slot->call.phase == SLOT_RECEIVING, 5);
	assert_int_equal(siege_fds(a.pid), fds);
	inmate_end(&i);
	attendant_expect_exit(&a);

	after = siege_surroundings(&w);
	assert_string_equal(before, after);
	(void)snprintf(path, sizeof(path), "%s/box", w.root);
	inside = world_snapshot(path, "");
	if (want_in_box)
		assert_string_equal(inside, want_in_box);
	assert_int_equal(access("/escape", F_OK), -1);
	assert_int_equal(access("/tmp/escape", F_OK), -1);
	free(before);
	free(after);
	free(inside);
	world_done(&w);
}
