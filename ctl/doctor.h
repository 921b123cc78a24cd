/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * What works on this machine, what doesn't, and what to do.  A check is a
 * function that adds findings.  To add one: a row in doctor.def, and a function
 * doctor_NAME() in the file of its area.
 */

#include <stdbool.h>
#include <stddef.h>

#include <json-c/json.h>

#include "ctl/verb.h"

enum doctor_state {
	DOCTOR_GOOD = 0,
	DOCTOR_NOTE, /* worth knowing, but deputy does not fail by it */
	DOCTOR_BAD,  /* deputy fails by it; the exit status is 1 */
	DOCTOR_STATES
};

struct doctor {
	const struct ctl *ctl;
	struct json_object *findings;
	const char *area;     /* of the check that runs now */
	/* Both known after the first check. */
	bool deputyd_answers;
	struct json_object *status; /* what it says of itself; NULL: nothing */
	bool bad, no_memory;
};

/**
 * doctor_find() - add a finding to the area of the check that runs
 * @name:   of what was looked at
 * @advice: what to do; NULL: nothing
 * @fmt:    what was found
 */
void doctor_find(struct doctor *d, enum doctor_state state, const char *name,
		 const char *advice, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

typedef void doctor_check(struct doctor *d);

#define CHECK(area, name) doctor_check doctor_##name;
#include "ctl/doctor.def"
#undef CHECK
