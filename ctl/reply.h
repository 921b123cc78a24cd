/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Reading and showing what deputyd replied (proto/io.deputy.Control.varlink).
 * A field that is missing or of another type reads as empty: an older or newer
 * deputyd is no reason to fail.
 */

#include <stdint.h>

#include <json-c/json.h>

#include "ctl/table.h"
#include "ctl/verb.h"

struct json_object *reply_object(struct json_object *o, const char *key);
struct json_object *reply_array(struct json_object *o, const char *key);
const char *reply_str(struct json_object *o, const char *key); /* never NULL */
int64_t reply_int(struct json_object *o, const char *key);

/* --json. Return: enum ctl_exit */
int reply_print_json(struct json_object *o);

/* "built-in, generation 1, 2 policies: a, b" of a PolicySet */
void reply_print_policy(struct json_object *policy_set);
/* Its hash, time and who is not served by it yet: whole lines, indented. */
void reply_print_policy_state(struct json_object *policy_set,
			      const char *indent);
/* What Reload replied, but for its warnings. */
void reply_print_reloaded(struct json_object *parameters);

/* The Diagnostics of an array, a line each, to stderr. */
void reply_print_diagnostics(struct json_object *array);

/* Prints @t and takes it; @t may be NULL. Return: enum ctl_exit */
int reply_print_table(const struct ctl *ctl, struct table *t);
