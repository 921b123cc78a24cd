/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The line about one call: who made it, what it was, what came of it.  The call is
 * written as "deputyctl policy explain" reads it.
 *
 * Nothing here runs unless the rule says "log": true, or deputy did not do what
 * the rule says.  Of the latter a container could have as many as it likes, so
 * they are limited; the next line counts those that were left out.
 */

#include "lib/verdict.h"
#include "worker/work.h"

#define CALL_LOG_BURST	  20   /* lines about failures at once */
#define CALL_LOG_EVERY_MS 1000 /* and one more each */
#define CALL_LOG_STRING_MAX 256 /* bytes of a path, a name, a value */

/**
 * call_log() - write the line
 * To be called while the caller waits: what nobody has read yet is read here.
 * @error: 0, or the negative errno by which deputy itself failed
 */
void call_log(struct work *w, const struct verdict *v, int error);
