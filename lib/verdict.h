/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * What the *container* gets for one notified call.  Errnos are positive here
 * and are negated in one place, listener_resp().
 */

#include <stdint.h>

enum verdict_kind {
	VERDICT_ERRNO = 0, /* zeroed memory is no verdict that lets a call through */
	VERDICT_RETURN,
	VERDICT_CONTINUE, /* SECCOMP_USER_NOTIF_FLAG_CONTINUE, Linux >= 5.5 */
};

struct verdict {
	uint32_t kind; /* enum verdict_kind */
	int32_t error; /* VERDICT_ERRNO: 1..4095 */
	int64_t value; /* VERDICT_RETURN */
};

static inline struct verdict verdict_errno(int error)
{
	return (struct verdict){ .kind = VERDICT_ERRNO, .error = error };
}

static inline struct verdict verdict_return(int64_t value)
{
	return (struct verdict){ .kind = VERDICT_RETURN, .value = value };
}

static inline struct verdict verdict_continue(void)
{
	return (struct verdict){ .kind = VERDICT_CONTINUE };
}
