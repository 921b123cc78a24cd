/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * What deputyctl can do: a row a verb (the table is in main.c), a file a verb.
 */

#include <stdbool.h>

enum ctl_exit {
	CTL_OK = 0,
	CTL_FAILED = 1, /* and stderr says why */
	CTL_USAGE = 2,
};

/* What only some verbs take; a row in main.c says which. */
enum ctl_option {
	CTL_BASE = 0,
	CTL_DIALECT,
	CTL_FILE,
	CTL_LISTENER,
	CTL_POLICY,
	CTL_PROFILE,
	CTL_WAIT_KILLABLE, /* "" where it is given */
	CTL_OPTIONS
};

struct ctl {
	const char *socket;
	const char *option[CTL_OPTIONS]; /* NULL: not given */
	bool json;   /* the reply's parameters in place of text for people */
	bool colour; /* stdout is a terminal that wants it */
};

/* @args: the verb's own, as many as its row wants, and a NULL. Return: enum
 * ctl_exit, but for "run" */
typedef int verb_fn(const struct ctl *ctl, char **args);

verb_fn verb_status, verb_list, verb_show, verb_reload,
	verb_policy_check, verb_policy_profile, verb_run;
