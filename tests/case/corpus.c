// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/case/corpus.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/own.h"
#include "tests/harness/test.h"

size_t corpus_each(const char *dir, void (*each)(const char *path))
{
	char pattern[256];
	glob_t g;
	size_t n;

	assert_int_equal(chdir(DEPUTY_CASES "/policy"), 0);
	(void)snprintf(pattern, sizeof(pattern), "%s/*.json", dir);
	assert_int_equal(glob(pattern, 0, NULL, &g), 0);
	for (size_t i = 0; i < g.gl_pathc; i++)
		each(g.gl_pathv[i]);
	n = g.gl_pathc;
	globfree(&g);
	return n;
}

char *corpus_read(const char *path, size_t *ret_bytes)
{
	FILE *f = fopen(path, "re");
	char *text;
	long bytes;

	if (!f)
		fail_msg("%s: cannot open", path);
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	bytes = ftell(f);
	assert_true(bytes >= 0);
	rewind(f);
	text = calloc(1, (size_t)bytes + 1);
	assert_non_null(text);
	assert_int_equal(fread(text, 1, (size_t)bytes, f), (size_t)bytes);
	(void)fclose(f);
	*ret_bytes = (size_t)bytes;
	return text;
}

void corpus_expect(const char *name, const char *suffix, const char *have)
{
	AUTO(free_ptr) char *want = NULL;
	char path[256];
	size_t bytes;

	(void)snprintf(path, sizeof(path), "%s%s", name, suffix);
	if (getenv("DEPUTY_WRITE") && *have) {
		FILE *f = fopen(path, "we");

		assert_non_null(f);
		assert_true(fputs(have, f) >= 0);
		assert_int_equal(fclose(f), 0);
		return;
	}
	want = access(path, F_OK) == 0 ? corpus_read(path, &bytes) : NULL;
	if (strcmp(want ? want : "", have) != 0)
		fail_msg("%s: got\n%s-- not\n%s", path, have,
			 want ? want : "nothing\n");
}
