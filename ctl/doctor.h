/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * What works on this machine, what doesn't, and what to do.  A check is a
 * function that adds findings; the table of them is in doctor.c.
 */

#include <stdbool.h>
#include <stddef.h>

#include <json-c/json.h>

#include "ctl/verb.h"

enum doctor_state {
	DOCTOR_GOOD = 0,
	DOCTOR_NOTE, /* works; something better is to be had, or is to be known */
	DOCTOR_BAD,  /* deputy, or a way to it, does not work */
	DOCTOR_STATES
};

struct doctor {
	const struct ctl *ctl;
	struct json_object *findings;
	bool bad, no_memory;
};

/**
 * doctor_find() - add a finding
 * @area:   "kernel", "machine", "deputyd", "policy", "runtime", "hook"
 * @name:   of what was looked at
 * @advice: what to do; NULL: nothing
 * @fmt:    what was found
 */
void doctor_find(struct doctor *d, enum doctor_state state, const char *area,
		 const char *name, const char *advice, const char *fmt, ...)
	__attribute__((format(printf, 6, 7)));

typedef void doctor_check(struct doctor *d);

doctor_check doctor_kernel, doctor_machine, doctor_deputyd, doctor_policy,
	doctor_runtimes, doctor_hooks;
