// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/unit/ctl_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/harness/test.h"

void files_open(struct files *f)
{
	*f = (struct files){ .dir = "/tmp/deputy-ctl-XXXXXX" };
	assert_non_null(mkdtemp(f->dir));
	assert_int_equal(chdir(f->dir), 0);
}

void files_add(struct files *f, const char *name, const char *text)
{
	FILE *out = fopen(name, "we");

	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
	f->names[f->n++] = name;
}

void files_close(struct files *f)
{
	for (int i = 0; i < f->n; i++)
		assert_int_equal(unlink(f->names[i]), 0);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(rmdir(f->dir), 0);
}

void ctl_expect_all(const struct ctl_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct ctl_result r;

		ctl_expect(NULL, &rows[i]);
		ctl_run(NULL, rows[i].args, &r);
		assert_string_equal(r.out, rows[i].out);
	}
}
