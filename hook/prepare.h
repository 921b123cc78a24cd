/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * What deputy-hook and deputy-runtime have in common: a config.json made ready
 * by the policy files of this machine, and the gate before a container starts.
 * What is wrong is said in lines for people, to a stream of the caller's.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

#include "hook/inject.h"

struct prepare_options {
	const char *file;   /* policy file or directory; NULL: deputyd's own */
	const char *socket; /* deputyd's control socket */
	struct inject_options inject;
};

/* With the defaults of all programs. */
void prepare_defaults(struct prepare_options *o);

/* The policy files. Return: 0, or a negative errno that was said to @say */
int prepare_load(const char *file, struct policy_set **ret, FILE *say);

/**
 * prepare_config() - config.json with what its policy needs
 * Reads no policy where the container asks for none.
 * Return: enum inject_status, or a negative errno that was said to @say
 */
int prepare_config(const struct prepare_options *o, const struct inject_input *in,
		   FILE *say, char **ret_text, size_t *ret_bytes);

/* What is known of a container beside its config.json; NULL or 0: not yet. */
struct prepare_container {
	const char *id, *bundle;
	pid_t pid;
};

/**
 * prepare_gate() - will deputyd take this container's listener?
 * @in: its config.json, ready
 * Also shut where a policy is asked for and config.json has no listener for it:
 * then this engine has not made it ready.
 * Return: true: it may start (also where it asks for no policy); false: why not
 * was said to @say
 */
bool prepare_gate(const struct prepare_options *o,
		  const struct inject_input *in,
		  const struct prepare_container *its, FILE *say);
