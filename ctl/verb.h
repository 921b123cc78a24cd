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

struct ctl {
	const char *socket;
	bool json;   /* the reply's parameters in place of text for people */
	bool colour; /* stdout is a terminal that wants it */
};

/* @args: the verb's own, as many as its row wants. Return: enum ctl_exit */
typedef int verb_fn(const struct ctl *ctl, char **args);

verb_fn verb_status, verb_list, verb_show, verb_reload,
	verb_policy_check;
