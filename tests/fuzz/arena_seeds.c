// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * arena_seeds DIR POLICY...: an input of the target "arena" for each policy of
 * the files that are taken.  Made by the build: arenas of another version than
 * this tree's are worth nothing.
 */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/policy.h"
#include "tests/fuzz/arena.h"
#include "tests/fuzz/fuzz.h"

static struct diags diags;
static unsigned count;

static void write_seed(const char *dir, int memfd)
{
	struct fuzz_question q = { .name = "trusted.overlay.opaque",
				   .value = "y" };
	char path[4096], buf[4096];
	ssize_t n;
	off_t at = 0;
	FILE *f;

	for (int i = 0; i < 6; i++) /* type, device and size of most rules */
		q.data.args[i] = i == 1 ? 020666 : i == 2 ? 0x103 : 1;
	(void)snprintf(path, sizeof(path), "%s/%03u", dir, count++);
	f = fopen(path, "we");
	FUZZ_ASSERT(f && fwrite(&q, sizeof(q), 1, f) == 1);
	while ((n = pread(memfd, buf, sizeof(buf), at)) > 0) {
		FUZZ_ASSERT(fwrite(buf, 1, (size_t)n, f) == (size_t)n);
		at += n;
	}
	FUZZ_ASSERT(n == 0 && fclose(f) == 0);
}

int main(int argc, char **argv)
{
	FUZZ_ASSERT(argc > 2);
	(void)mkdir(argv[1], 0777);
	for (int i = 2; i < argc; i++) {
		struct policy_set *s = NULL;

		if (policy_set_load(argv[i], &s, &diags) < 0) {
			diags_print(&diags, stderr);
			return 1;
		}
		for (size_t k = 0; k < policy_set_count(s); k++)
			write_seed(argv[1], policy_memfd(policy_set_at(s, k)));
		policy_set_unref(s);
	}
	return 0;
}
