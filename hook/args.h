/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The command line of deputy-runtime.  It holds deputy-runtime's own options, which
 * begin with "--deputy-" and come before the command, and the true runtime's
 * arguments.  Of those only the bundle of a "create" or "run" is understood.
 */

#include <stdbool.h>

#include "hook/prepare.h"

struct args {
	struct prepare_options o;
	const char *runtime; /* of --deputy-runtime; NULL: not given */
	bool no_gate;
	bool help, version; /* deputy-runtime's own: execute no runtime */
	/* Borrowed from argv; NULL: not given. */
	const char *command;
	const char *bundle, *config; /* of create and run */
	const char *log, *log_format;
	bool starts;	   /* the command makes a container */
	const char *wrong; /* error in one of deputy-runtime's options, else NULL */
	char **rest; /* argv without these options; the caller sets [0], and free()s */
};

/* Return: 0, -EINVAL with @ret->wrong, or -ENOMEM */
int args_parse(int argc, char **argv, struct args *ret);
