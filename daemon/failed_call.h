/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The line about a call that deputyd itself fails, in the words of the worker's
 * (worker/call_log.h).  deputyd reads no memory of a container, so a path is an
 * address here.
 */

#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/verdict.h"

struct session;

struct failed_call {
	bool known;		/* else nothing below is */
	struct seccomp_notif n; /* a copy; of a slot it is the worker's word */
	uint32_t rule;		/* as in struct slot_call */
	char comm[64], uid[16]; /* "?": not known */
};

/* What the slot of @s says of call @id. */
void failed_call_of_slot(const struct session *s, uint64_t id,
			 struct failed_call *ret);
/* The same of one that was received here. */
void failed_call_of(const struct seccomp_notif *n, struct failed_call *ret);

/**
 * failed_call_log() - write the line, within its uid's budget (log_budget.h)
 * @f:      taken while the caller still waited, so that its pid is its own
 * @caller: what the caller was told, and by whom
 */
void failed_call_log(const struct session *s, const struct failed_call *f,
		     const char *why, int error, const char *caller);
