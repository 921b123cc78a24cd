// SPDX-License-Identifier: LGPL-2.1-or-later
#include "lib/log.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/own.h"
#include "lib/strtab.h"
#include "lib/text.h"

#define JOURNAL_SOCKET	"/run/systemd/journal/socket"
#define JOURNAL_PREFIX	"DEPUTY_"
#define JOURNAL_MAX	(2 * LOG_LINE_MAX) /* the line once more, as fields */
#define NUMBER_MAX	24

static const struct {
	const char *event, *id;
} message_ids[] = {
#define X(event, id) { event, id },
#include "lib/event.def"
#undef X
};

/* A pipe with room takes this much at once: a polled write never waits. */
_Static_assert(LOG_LINE_MAX <= PIPE_BUF, "a line is one atomic write");

static const char *const levels[] = {
	[LOG_ERR] = "error",	 [LOG_WARNING] = "warning",
	[LOG_NOTICE] = "notice", [LOG_INFO] = "info",
	[LOG_DEBUG] = "debug",
};
STRTAB(level, levels);

static struct {
	const char *program;
	int max_level;
	int journal_fd;
	bool is_socket; /* stderr */
	uint64_t dropped;
} logger = { .program = "deputy", .max_level = LOG_INFO, .journal_fd = -1 };

static bool is_plain(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || (c && strchr("_-./:,@+%*", c));
}

static void put_escaped(struct text *t, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];
		char hex[5];

		if (c == '"' || c == '\\') {
			text_put(t, "\\", 1);
			text_put(t, s + i, 1);
		} else if (c >= 0x20 && c < 0x7f) {
			text_put(t, s + i, 1);
		} else if (c == '\n') {
			text_put(t, "\\n", 2);
		} else {
			(void)snprintf(hex, sizeof(hex), "\\x%02x", c);
			text_put(t, hex, 4);
		}
	}
}

static void put_string(struct text *t, const char *s, bool quote)
{
	size_t n = strnlen(s, LOG_VALUE_MAX + 1), plain = 0;
	bool cut = n > LOG_VALUE_MAX;

	if (cut)
		n = LOG_VALUE_MAX;
	while (plain < n && is_plain((unsigned char)s[plain]))
		plain++;
	quote = quote && (plain < n || n == 0);
	if (quote)
		text_put(t, "\"", 1);
	put_escaped(t, s, n);
	if (cut)
		text_put(t, "...", 3);
	if (quote)
		text_put(t, "\"", 1);
}

static void put_errno(struct text *t, int64_t error, bool quote)
{
	const char *name = NULL, *desc = NULL;
	char buf[128];

	if (error < 0 && error > -4096) {
		name = strerrorname_np((int)-error);
		desc = strerrordesc_np((int)-error);
	}
	if (name && desc)
		(void)snprintf(buf, sizeof(buf), "%s: %s", name, desc);
	else
		(void)snprintf(buf, sizeof(buf), "error %" PRId64, error);
	put_string(t, buf, quote);
}

static void put_value(struct text *t, const struct log_field *f, bool quote)
{
	char number[NUMBER_MAX];

	switch (f->type) {
	case LOG_TYPE_U:
		(void)snprintf(number, sizeof(number), "%" PRIu64, f->u);
		text_str(t, number);
		break;
	case LOG_TYPE_I:
		(void)snprintf(number, sizeof(number), "%" PRId64, f->i);
		text_str(t, number);
		break;
	case LOG_TYPE_E:
		put_errno(t, f->i, quote);
		break;
	case LOG_TYPE_T:
		text_str(t, f->s);
		break;
	default:
		put_string(t, f->s ? f->s : "-", quote);
		break;
	}
}

static void put_fields(struct text *t, const struct log_field *fields)
{
	for (const struct log_field *f = fields; f->type != LOG_TYPE_END; f++) {
		text_put(t, " ", 1);
		text_str(t, f->key);
		text_put(t, "=", 1);
		put_value(t, f, true);
	}
}

static void put_upper(struct text *t, const char *key)
{
	for (; *key; key++) {
		char c = *key >= 'a' && *key <= 'z' ? (char)(*key - 32) : *key;

		text_put(t, &c, 1);
	}
}

static void put_message_id(struct text *t, const char *event)
{
	for (size_t i = 0; i < ARRAY_SIZE(message_ids); i++)
		if (strcmp(message_ids[i].event, event) == 0) {
			text_str(t, "\nMESSAGE_ID=");
			text_str(t, message_ids[i].id);
		}
}

/* systemd's native protocol; our values hold no newline once escaped. */
static void format_journal(struct text *t, int level, const char *event,
			   const struct log_field *fields)
{
	char priority[] = { 'P', 'R', 'I', 'O', 'R', 'I', 'T', 'Y',
			    '=', (char)('0' + level), '\n', '\0' };

	text_str(t, priority);
	text_str(t, "SYSLOG_IDENTIFIER=");
	text_str(t, logger.program);
	text_str(t, "\n" JOURNAL_PREFIX "EVENT=");
	text_str(t, event);
	put_message_id(t, event);
	text_str(t, "\nMESSAGE=");
	text_str(t, event);
	put_fields(t, fields);
	text_str(t, "\n");
	for (const struct log_field *f = fields; f->type != LOG_TYPE_END; f++) {
		size_t start = t->len;

		text_str(t, JOURNAL_PREFIX);
		put_upper(t, f->key);
		text_put(t, "=", 1);
		put_value(t, f, false);
		if (t->len == t->size - 1) { /* half a field is none */
			t->len = start;
			break;
		}
		text_put(t, "\n", 1);
	}
}

static void send_journal(const struct text *t)
{
	static const struct sockaddr_un addr = { .sun_family = AF_UNIX,
						 .sun_path = JOURNAL_SOCKET };

	/* Addressed each time, so that journald may restart meanwhile. */
	if (sendto(logger.journal_fd, t->buf, t->len,
		   MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)&addr,
		   sizeof(addr)) < 0)
		logger.dropped++;
}

static void write_stderr(const struct text *t)
{
	struct pollfd p = { .fd = STDERR_FILENO, .events = POLLOUT };
	ssize_t n;

	if (logger.is_socket)
		n = send(STDERR_FILENO, t->buf, t->len,
			 MSG_DONTWAIT | MSG_NOSIGNAL);
	else if (poll(&p, 1, 0) != 1 || !(p.revents & POLLOUT))
		n = -1;
	else
		n = write(STDERR_FILENO, t->buf, t->len);
	if (n < 0)
		logger.dropped++;
}

void log_write(int level, const char *event, const struct log_field *fields)
{
	char buf[JOURNAL_MAX];
	struct text t = { .buf = buf, .size = sizeof(buf) };
	int saved = errno;

	if (level > logger.max_level)
		return;
	if (logger.journal_fd >= 0) {
		format_journal(&t, level, event, fields);
		send_journal(&t);
	} else {
		t.size = LOG_LINE_MAX;
		text_str(&t, "level=");
		text_str(&t, level_to_str((size_t)level));
		text_str(&t, " event=");
		text_str(&t, event);
		put_fields(&t, fields);
		t.buf[t.len++] = '\n';
		write_stderr(&t);
	}
	errno = saved;
}

/* $JOURNAL_STREAM names journald's end of stderr as "dev:ino" (systemd.exec(5)) */
static bool stderr_is_journal(const struct stat *st)
{
	const char *stream = getenv("JOURNAL_STREAM");
	uint64_t dev, ino;

	return stream && sscanf(stream, "%" SCNu64 ":%" SCNu64, &dev, &ino) == 2 &&
	       st->st_dev == dev && st->st_ino == ino;
}

void log_init(const char *program, int max_level)
{
	struct stat st;

	logger.program = program;
	logger.max_level = max_level;
	logger.journal_fd = fd_close(logger.journal_fd);
	logger.is_socket = false;
	if (fstat(STDERR_FILENO, &st) < 0)
		return;
	logger.is_socket = S_ISSOCK(st.st_mode);
	if (stderr_is_journal(&st))
		logger.journal_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

int log_level_from_str(const char *s)
{
	return level_from_str(s);
}

uint64_t log_dropped(void)
{
	return logger.dropped;
}
