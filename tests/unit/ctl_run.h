/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Runs deputyctl and looks at what it says.
 */

#define CTL_ARGS_MAX 12
#define CTL_OUT_MAX  8192

struct ctl_result {
	int status;
	char out[CTL_OUT_MAX], err[CTL_OUT_MAX];
};

/* @socket: NULL: no --socket */
void ctl_run(const char *socket, const char *const *args, struct ctl_result *ret);

void ctl_expect_in(const char *what, const char *text, const char *part);

/* Parts of stdout and stderr; an empty one wants nothing there, of stderr nothing but
 * warnings of the checker. */
struct ctl_row {
	const char *args[CTL_ARGS_MAX];
	int status;
	const char *out, *err;
};

void ctl_expect(const char *socket, const struct ctl_row *row);
