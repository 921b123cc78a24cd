/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * What a worker left in its journal slot.  The slot is the worker's word:
 * each field is read once, and checked.
 */

#include <stdbool.h>
#include <stdint.h>

#define FLIGHT_ATTEMPTS_MAX 3 /* workers that tried to end one call */
#define FLIGHT_FAILED_AT_ONCE 64 /* waiting calls, in one turn of the loop */
#define FLIGHT_KILLS_MAX    10 /* successors of workers that were killed (OOM) */

struct session;

/* The call that a worker has in flight now; 0: none. Any time. */
uint64_t flight_now(const struct session *s);

/* Answers the call that expired, whatever its worker, killed, still holds.
 * LXC's monitor might be at its next call by then: its connection is closed. */
void flight_expire(struct session *s);

/* There is no worker, and calls wait: they get the policy's "fail". */
void flight_fail_waiting(struct session *s);

/* Did the last worker of it end as it was told to? */
bool flight_left_in_order(const struct session *s);

enum flight_status {
	FLIGHT_NONE = 0,  /* nothing is in flight */
	FLIGHT_GOES_ON = 1, /* the next worker takes the call over */
};

/**
 * flight_settle() - between two workers: what of the call in flight?
 *
 * A call that outlived FLIGHT_ATTEMPTS_MAX successors, FLIGHT_KILLS_MAX kills,
 * or its deadline, gets the policy's "fail" from deputyd itself.
 * Return: enum flight_status
 */
int flight_settle(struct session *s);
