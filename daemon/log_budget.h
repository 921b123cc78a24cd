/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * How many refusals of one uid the log gets: LOG_BUDGET_BURST at once, then one
 * each LOG_BUDGET_MS.  The next line says how many were left out.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define LOG_BUDGET_BURST 64
#define LOG_BUDGET_MS	 1000
/* Uids that are remembered; the one that was quiet longest is forgotten. */
#define LOG_BUDGET_UIDS 64

/**
 * log_budget_take() - may a refusal of @uid be logged now?
 * @ret_suppressed: on true, how many were not since the last one: a number as
 *		    text, valid until the next call, or NULL for none
 */
bool log_budget_take(uid_t uid, uint64_t now_ms, const char **ret_suppressed);
