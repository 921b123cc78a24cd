// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * replay FILE-OR-DIRECTORY...: a fuzz target with inputs that are kept, each in
 * a block of exactly its length.  Says which one it is at: the last named is
 * the one that failed.
 */
#include <ftw.h>
#include <sys/stat.h>

#include "tests/fuzz/fuzz.h"

static size_t count;

static void run(const char *path, size_t bytes)
{
	FILE *f = fopen(path, "re");
	uint8_t *data = malloc(bytes ? bytes : 1);

	FUZZ_ASSERT(f && data && fread(data, 1, bytes, f) == bytes);
	(void)fclose(f);
	(void)puts(path);
	(void)fflush(stdout);
	(void)LLVMFuzzerTestOneInput(data, bytes);
	free(data);
	count++;
}

static int visit(const char *path, const struct stat *st, int flag,
		 struct FTW *ftw)
{
	if (flag == FTW_F)
		run(path, (size_t)st->st_size);
	return flag == FTW_DNR || flag == FTW_NS;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (nftw(argv[i], visit, 16, FTW_PHYS) != 0) {
			perror(argv[i]);
			return 1;
		}
	(void)printf("%zu inputs\n", count);
	return count == 0;
}
