/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * One notification being decided: what the policy looks at is read when it
 * first asks for it, once, and kept; so whatever rule answers in the end, it
 * has judged the copies that are acted upon.
 */

#include <linux/seccomp.h>
#include <stdbool.h>

#include "policy/decide.h"
#include "worker/emulate.h"

struct work {
	struct seccomp_notif notif; /* a copy, too */
	struct call call;
	struct decide_plan plan;
	struct facts facts;
	struct facts_caller who;
	struct decision decision;
	bool wants_directory; /* the decision hangs on where the path ends */
	struct emulation *e;  /* for who asks, and what is to be done */
};

/**
 * work_decide() - read what is asked for until a rule answers
 * What cannot be read stays unknown and matches no rule: the kernel will say
 * EFAULT.
 * Return: 0 with decision set, and wants_directory; TRACEE_GONE; or a negative
 * errno of ours
 */
int work_decide(struct work *w);

/* Goes on once the directory is found; @directory NULL: there is none.
 * Return: as work_decide() */
int work_decide_placed(struct work *w, const char *directory);
