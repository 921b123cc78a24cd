// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The command line of an engine: a word a line.  The true runtime gets all
 * words in their order, except deputy's own options and their values.  From the
 * command on, no word is missing.
 */
#include <errno.h>
#include <string.h>

#include "hook/args.h"
#include "hook/bundle.h"
#include "lib/own.h"
#include "tests/fuzz/fuzz.h"

#define WORDS_MAX 64

static bool is_own(const char *word)
{
	return strncmp(word, "--deputy-", strlen("--deputy-")) == 0;
}

static bool is_start(const char *word)
{
	return word && (strcmp(word, "create") == 0 || strcmp(word, "run") == 0);
}

/* Is it one of the words, or the end of one? */
static void check_borrowed(const char *s, char **words, int n)
{
	for (int i = 0; s && i < n; i++)
		if (s >= words[i] && s <= words[i] + strlen(words[i]))
			return;
	FUZZ_ASSERT(!s);
}

static void check_rest(const struct args *a, char **words, int n)
{
	char **rest = a->rest + 1;
	int i = 1, skipped = 0;

	FUZZ_ASSERT(!a->rest[0]);
	for (; i < n && words[i] != a->command; i++) {
		if (*rest == words[i]) {
			rest++;
			continue;
		}
		FUZZ_ASSERT(is_own(words[i]) ||
			    (skipped == i - 1 && is_own(words[i - 1]) &&
			     !strchr(words[i - 1], '=')));
		skipped = i;
	}
	FUZZ_ASSERT((i < n) == (a->command != NULL));
	for (; i < n; i++)
		FUZZ_ASSERT(*rest++ == words[i]);
	FUZZ_ASSERT(!*rest);
}

static void check(const struct args *a, char **words, int n)
{
	char path[64];

	FUZZ_ASSERT(a->starts == is_start(a->command));
	FUZZ_ASSERT(a->starts || (!a->bundle && !a->config));
	check_borrowed(a->runtime, words, n);
	check_borrowed(a->command, words, n);
	check_borrowed(a->bundle, words, n);
	check_borrowed(a->config, words, n);
	check_borrowed(a->log, words, n);
	check_borrowed(a->log_format, words, n);
	check_borrowed(a->o.inject.policy, words, n);
	check_rest(a, words, n);
	if (bundle_config(a->bundle, a->config, path, sizeof(path)) == 0)
		FUZZ_ASSERT(strlen(path) < sizeof(path));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(free_ptr) char *text = strndup((const char *)data, size);
	char *words[WORDS_MAX + 1], *rest = text, *word;
	struct args a;
	int n = 0, r;

	FUZZ_ASSERT(text);
	words[n++] = strdup("deputy-runtime");
	while (n < WORDS_MAX && (word = strsep(&rest, "\n")))
		words[n++] = strdup(word); /* a block each: ASan sees its end */
	words[n] = NULL;
	r = args_parse(n, words, &a);
	FUZZ_ASSERT(r == 0 || r == -EINVAL);
	FUZZ_ASSERT((r == 0) == !a.wrong);
	if (r == 0)
		check(&a, words, n);
	else
		check_borrowed(a.wrong, words, n);
	free(a.rest);
	while (n > 0)
		free(words[--n]);
	return 0;
}
