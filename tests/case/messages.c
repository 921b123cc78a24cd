// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What runtimes really sent, by name and version: oci_state/NAME.json, as
 * captured, is taken in one piece and in pieces of every small size, and says
 * what NAME.expect says.  With DEPUTY_WRITE set that is written instead, and
 * the test fails.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/oci_state.h"
#include "tests/case/corpus.h"
#include "tests/harness/test.h"

#define PIECES_MAX 17

/* Return: how many bytes the message has */
static size_t frame(const char *path, const char *text, size_t n, size_t piece)
{
	struct oci_frame f = { 0 };
	struct oci_error e = { "" };
	size_t at = 0, used = 0;
	int r = OCI_FRAME_MORE;

	for (; at < n && r == OCI_FRAME_MORE; at += used) {
		size_t left = n - at;

		r = oci_frame_feed(&f, text + at, piece < left ? piece : left,
				   &used, &e);
	}
	if (r != OCI_FRAME_DONE)
		fail_msg("%s in pieces of %zu: %d %s", path, piece, r, e.reason);
	return at;
}

static char *said(const char *path, const char *text, size_t n)
{
	struct oci_error e = { "" };
	struct oci_state s;
	char *buf = NULL;
	const char *policy;

	if (oci_state_parse(text, n, &s, &e) < 0)
		fail_msg("%s: %s", path, e.reason);
	policy = oci_annotation(s.annotations, "io.deputy.policy");
	if (asprintf(&buf,
		     "id %s\nstatus %s\npid %d %d\nbundle %s\nmetadata %s\n"
		     "policy %s\nuserns %s\nfds %zu %zu\n",
		     s.id, s.status, s.pid, s.init_pid, s.bundle,
		     s.metadata ? s.metadata : "-", policy ? policy : "-",
		     s.userns ? s.userns : "-", (size_t)s.n_fds,
		     (size_t)s.fd_index) < 0)
		fail_msg("no memory");
	oci_state_done(&s);
	return buf;
}

static void write_expect(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0 && fclose(f) == 0);
}

static void replay(const char *path)
{
	char expect[512], *text, *got, *want;
	size_t n, used, unused;

	text = corpus_read(path, &n);
	used = frame(path, text, n, n);
	for (size_t piece = 1; piece <= PIECES_MAX; piece++)
		assert_int_equal(frame(path, text, n, piece), used);
	assert_true(oci_frame_is_space(text + used, n - used));
	got = said(path, text, used);
	(void)snprintf(expect, sizeof(expect), "%.*s.expect",
		       (int)(strlen(path) - strlen(".json")), path);
	if (getenv("DEPUTY_WRITE"))
		write_expect(expect, got);
	want = corpus_read(expect, &unused);
	if (strcmp(got, want) != 0)
		fail_msg("%s:\n%s\nbut %s:\n%s", path, got, expect, want);
	free(got);
	free(want);
	free(text);
}

TEST(messages, of_each_runtime_and_version)
{
	assert_true(corpus_each("../oci_state", replay) > 0);
	if (getenv("DEPUTY_WRITE"))
		fail_msg("all is written anew: look at it, run again without "
			 "DEPUTY_WRITE");
}
