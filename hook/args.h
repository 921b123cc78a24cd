/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * A runtime's command line, as far as deputy-runtime must understand it: its
 * own options, all of which begin with "--deputy-" and stand before the
 * command, and where the bundle of a "create" or "run" is.
 */

#include <stdbool.h>

#include "hook/prepare.h"

struct args {
	struct prepare_options o;
	const char *runtime; /* of --deputy-runtime; NULL: not said */
	bool no_gate;
	bool help, version; /* ours: nothing is to be run */
	/* Borrowed from argv; NULL: not said. */
	const char *command;
	const char *bundle, *config; /* of create and run */
	const char *log, *log_format;
	bool starts;	   /* the command makes a container */
	const char *wrong; /* what is wrong with an option of ours, else NULL */
	char **rest; /* argv without ours; [0] is to be set; the caller's free() */
};

/* Return: 0, -EINVAL with @ret->wrong, or -ENOMEM */
int args_parse(int argc, char **argv, struct args *ret);
