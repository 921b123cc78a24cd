// SPDX-License-Identifier: LGPL-2.1-or-later
/* Command lines of engines, and what deputy-runtime makes of them. */
#include "hook/args.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hook/bundle.h"
#include "lib/own.h"
#include "tests/harness/test.h"

#define WORDS_MAX 32

static const struct row {
	const char *line;   /* words, blanks between */
	const char *rest;   /* what the true runtime gets */
	const char *config; /* where it reads; NULL: it starts nothing */
	const char *policy, *log, *format;
} rows[] = {
	{ "", "", NULL },
	{ "--version", "--version", NULL },
	{ "create c1", "create c1", "config.json" },
	{ "run -b /b c1", "run -b /b c1", "/b/config.json" },
	{ "run --bundle=/b c1", "run --bundle=/b c1", "/b/config.json" },
	{ "run -bundle /b c1", "run -bundle /b c1", "/b/config.json" },
	{ "run -b/b c1", "run -b/b c1", "/b/config.json" },
	{ "run --bundle b c1", "run --bundle b c1", "b/config.json" },
	{ "create --pid-file -b --bundle /b c1",
	  "create --pid-file -b --bundle /b c1", "/b/config.json" },
	{ "create --pid-file --bundle -b /b c1",
	  "create --pid-file --bundle -b /b c1", "/b/config.json" },
	{ "run -d --no-pivot -b /b c1", "run -d --no-pivot -b /b c1",
	  "/b/config.json" },
	{ "run c1 -b /b", "run c1 -b /b", "/b/config.json" },
	{ "run -- -b /b", "run -- -b /b", "config.json" },
	{ "run -f other.json -b /b c", "run -f other.json -b /b c",
	  "/b/other.json" },
	{ "run --config /x.json -b /b c", "run --config /x.json -b /b c",
	  "/x.json" },
	{ "--root create list", "--root create list", NULL },
	{ "--root=/r create c", "--root=/r create c", "config.json" },
	{ "--root /run --log /l --log-format json create --bundle /b c",
	  "--root /run --log /l --log-format json create --bundle /b c",
	  "/b/config.json", NULL, "/l", "json" },
	{ "--systemd-cgroup --log=/l create -b /b c",
	  "--systemd-cgroup --log=/l create -b /b c", "/b/config.json", NULL,
	  "/l" },
	{ "--cgroup-manager run state c", "--cgroup-manager run state c", NULL },
	{ "exec c1 run -b /b", "exec c1 run -b /b", NULL },
	{ "exec --process p.json c1 --deputy-policy x",
	  "exec --process p.json c1 --deputy-policy x", NULL },
	{ "--deputy-policy p create c", "create c", "config.json", "p" },
	{ "--root /r --deputy-policy=p --debug create c",
	  "--root /r --debug create c", "config.json", "p" },
	{ "create --deputy-policy p", "create --deputy-policy p", "config.json" },
};

/* @line is cut up. Return: how many */
static int split(char *line, char **words)
{
	int n = 0;

	words[n++] = (char *)"deputy-runtime";
	for (char *w = strtok(line, " "); w; w = strtok(NULL, " ")) {
		assert_true(n < WORDS_MAX - 1);
		words[n++] = w;
	}
	words[n] = NULL;
	return n;
}

static void expect_str(const char *line, const char *want, const char *have)
{
	if (strcmp(want ?: "(none)", have ?: "(none)") != 0)
		fail_msg("%s: got %s, not %s", line, have ?: "(none)",
			 want ?: "(none)");
}

static void expect_rest(const struct row *row, char **rest)
{
	char text[512] = "";
	size_t n = 0;

	assert_null(rest[0]);
	for (char **w = rest + 1; *w; w++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s",
				      n ? " " : "", *w);
	expect_str(row->line, row->rest, text);
}

TEST(args, rows)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(free_ptr) char *line = strdup(rows[i].line);
		char *words[WORDS_MAX], path[256];
		struct args a;
		int n = split(line, words);

		assert_int_equal(args_parse(n, words, &a), 0);
		expect_rest(&rows[i], a.rest);
		assert_int_equal(
			bundle_config(a.bundle, a.config, path, sizeof(path)), 0);
		expect_str(rows[i].line, rows[i].config, a.starts ? path : NULL);
		expect_str(rows[i].line, rows[i].policy, a.o.inject.policy);
		expect_str(rows[i].line, rows[i].log, a.log);
		expect_str(rows[i].line, rows[i].format, a.log_format);
		free(a.rest);
	}
}

TEST(args, wrong)
{
	static const char *const wrong[] = {
		"--deputy-x list",
		"--deputy-policy",
		"--deputy-policy= list",
		"--deputy-no-gate=1 list",
		"--deputy- list",
		"--deputy-polic p list",
		"--deputy-policy p --deputy-runtime",
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		AUTO(free_ptr) char *line = strdup(wrong[i]);
		char *words[WORDS_MAX];
		struct args a;
		int n = split(line, words);

		if (args_parse(n, words, &a) != -EINVAL || !a.wrong)
			fail_msg("%s is taken", wrong[i]);
		free(a.rest);
	}
}

TEST(args, none_at_all)
{
	char *none[] = { NULL };
	struct args a;

	assert_int_equal(args_parse(0, none, &a), 0);
	assert_null(a.command);
	free(a.rest);
}

TEST(bundle, path_too_long)
{
	char path[8];

	assert_int_equal(bundle_config("/bundle", NULL, path, sizeof(path)),
			 -ENAMETOOLONG);
}
