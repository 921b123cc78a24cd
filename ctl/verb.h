/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * What deputyctl can do: a row a verb (the table is in verbs.c), a file a verb.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "policy/asker.h"

enum ctl_exit {
	CTL_OK = 0,
	CTL_FAILED = 1, /* and stderr says why */
	CTL_USAGE = 2,
};

/* The options, in the order of the help; verbs.c says what each is. */
enum ctl_option {
	CTL_SOCKET = 0,
	CTL_JSON,
	CTL_HELP,
	CTL_VERSION,
	/* of only some verbs */
	CTL_POLICY,
	CTL_ARCH, /* the subject's, from here */
	CTL_PEER_UID,
	CTL_ANNOTATION,
	CTL_METADATA,
	CTL_UID,
	CTL_GID,
	CTL_CAP,
	CTL_DIRECTORY, /* up to here */
	CTL_PROFILE,
	CTL_CGROUP,
	CTL_OCI_CONFIG,
	CTL_BASE,
	CTL_DIALECT,
	CTL_FILE,
	CTL_USERNS,
	CTL_LISTENER,
	CTL_WAIT_KILLABLE, /* "" where it is given, as of each without a value */
	CTL_OPTIONS
};

/* What the verbs that try calls are to assume. */
#define SUBJECT_ANNOTATIONS_MAX 16

struct subject {
	const char *policy; /* NULL: not given, here and below */
	const char *arch;
	bool has_peer;
	uid_t peer; /* of who sent the listener */
	const char *metadata;
	const char *annotations[SUBJECT_ANNOTATIONS_MAX]; /* KEY=VALUE */
	size_t n_annotations;
	struct asker asker;
};

/* @value: borrowed. Return: false where it is none for the option. Options that
 * say nothing of it change nothing. */
bool subject_set(struct subject *s, enum ctl_option option, const char *value);

struct ctl {
	const char *socket;
	const char *option[CTL_OPTIONS]; /* NULL: not given */
	bool json;   /* the reply's parameters in place of text for people */
	bool colour; /* stdout is a terminal that wants it */
	struct subject subject;
};

/* @args: the verb's own, as many as its row wants, and a NULL. Return: enum
 * ctl_exit, but for "run" */
typedef int verb_fn(const struct ctl *ctl, char **args);

verb_fn verb_status, verb_list, verb_show, verb_reload, verb_doctor,
	verb_policy_check, verb_policy_explain, verb_policy_test,
	verb_policy_diff, verb_policy_profile, verb_run;
