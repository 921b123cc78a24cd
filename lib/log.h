/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Structured logs: a line an event, to stderr as logfmt or, where stderr is
 * journald's, in its native protocol with the same fields.  Only programs log;
 * libraries return.
 *
 *   log_event(LOG_INFO, "listener-attached", LOG_S("container", id),
 *             LOG_U("peer_uid", uid));
 *   -> level=info event=listener-attached container=c1 peer_uid=0
 *
 * Values may be hostile: whatever is not plain is quoted and escaped, and cut
 * at LOG_VALUE_MAX.  A line that cannot be written at once is dropped and
 * counted: a full pipe never stops the program.
 */

#include <stdint.h>
#include <syslog.h> /* LOG_ERR .. LOG_DEBUG */

#define LOG_VALUE_MAX 512
#define LOG_LINE_MAX  4096

enum log_type { LOG_TYPE_END = 0, LOG_TYPE_S, LOG_TYPE_U, LOG_TYPE_I, LOG_TYPE_E,
		LOG_TYPE_T };

struct log_field {
	const char *key; /* ours: a-z and _ */
	enum log_type type;
	union {
		const char *s;
		uint64_t u;
		int64_t i;
	};
};

#define LOG_S(k, v) ((struct log_field){ .key = (k), .type = LOG_TYPE_S, .s = (v) })
#define LOG_U(k, v) ((struct log_field){ .key = (k), .type = LOG_TYPE_U, .u = (v) })
#define LOG_I(k, v) ((struct log_field){ .key = (k), .type = LOG_TYPE_I, .i = (v) })
/* A negative errno of ours: key=errno, value its name and text. */
#define LOG_E(v) ((struct log_field){ .key = "error", .type = LOG_TYPE_E, .i = (v) })
/* A text that is fit to be shown as it is, with its own quotes and blanks, and no
 * newline: a call (policy/call_text.h). The last field, up to the line's end. */
#define LOG_T(k, v) ((struct log_field){ .key = (k), .type = LOG_TYPE_T, .s = (v) })

#define log_event(level, event, ...)                                           \
	log_write(level, event,                                                \
		  (const struct log_field[]){ __VA_ARGS__ __VA_OPT__(,)        \
					      { .type = LOG_TYPE_END } })

/* Levels above @max_level (LOG_DEBUG is the highest) are not written. */
void log_init(const char *program, int max_level);

/* error, warning, notice, info, debug -> LOG_*. Return: -1 for an unknown one */
int log_level_from_str(const char *s);

void log_write(int level, const char *event, const struct log_field *fields);

/* Lines dropped so far because stderr was full. */
uint64_t log_dropped(void);
