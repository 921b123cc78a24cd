/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * What deputy-hook and deputy-runtime have in common: preparing a config.json
 * by the policy files of this machine, and the gate before a container starts.
 * Errors are written as lines for people, to a stream of the caller's.
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

/* Sets the defaults that all programs share. */
void prepare_defaults(struct prepare_options *o);

/* Loads the policy files. Return: 0, or a negative errno that was reported to @say */
int prepare_load(const char *file, struct policy_set **ret, FILE *say);

/**
 * prepare_config() - add to config.json what its policy needs
 * Reads no policy if the container requests none.
 * Return: enum inject_status, or a negative errno that was reported to @say
 */
int prepare_config(const struct prepare_options *o, const struct inject_input *in,
		   FILE *say, char **ret_text, size_t *ret_bytes);

/* Facts about a container that are not in config.json; NULL or 0: not known yet. */
struct prepare_container {
	const char *id, *bundle;
	pid_t pid;
};

/**
 * prepare_gate() - ask deputyd whether it will accept this container's listener
 * @in: the container's config.json, after prepare_config()
 * The answer is also no if the container requests a policy and config.json has no
 * listener: the engine then ran no precreate hook.
 * Return: true: the container may start (also if it requests no policy); false: the
 * reason was reported to @say
 */
bool prepare_gate(const struct prepare_options *o,
		  const struct inject_input *in,
		  const struct prepare_container *its, FILE *say);
