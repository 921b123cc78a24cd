/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * What deputyctl can do: a row a verb (the table is in main.c), a file a verb.
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

/* What the policy verbs are to assume; a bit each is in a verb's row. */
enum subject_option {
	SUBJECT_POLICY = 1 << 0,
	SUBJECT_ARCH = 1 << 1,
	SUBJECT_CONTAINER = 1 << 2, /* peer, metadata, annotations */
	SUBJECT_ASKER = 1 << 3,
	SUBJECT_ALL = (1 << 4) - 1
};

#define SUBJECT_ANNOTATIONS_MAX 16

struct subject {
	const char *policy; /* NULL: not given, here and below */
	const char *arch;
	bool has_peer;
	uid_t peer; /* of who sent the listener */
	const char *metadata;
	const char *annotations[SUBJECT_ANNOTATIONS_MAX]; /* KEY=VALUE */
	size_t n_annotations;
	bool has_asker;
	struct asker asker;
};

/* By an option's letter. @value: borrowed. Return: false where it is none */
bool subject_set(struct subject *s, char option, const char *value);

struct ctl {
	const char *socket;
	bool json;   /* the reply's parameters in place of text for people */
	bool colour; /* stdout is a terminal that wants it */
	struct subject subject;
};

/* @args: the verb's own, as many as its row wants. Return: enum ctl_exit */
typedef int verb_fn(const struct ctl *ctl, char **args);

verb_fn verb_status, verb_list, verb_show, verb_reload, verb_policy_check,
	verb_policy_explain, verb_policy_test, verb_policy_diff;
