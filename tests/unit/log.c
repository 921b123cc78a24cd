// SPDX-License-Identifier: LGPL-2.1-or-later
#include "lib/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/harness/test.h"

/* Stderr for a while: a pipe whose other end the test reads. */
struct capture {
	int saved, read_fd;
	char text[2 * LOG_LINE_MAX];
};

static void capture_begin(struct capture *c, int level)
{
	int p[2];

	c->saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	assert_int_equal(dup2(p[1], STDERR_FILENO), STDERR_FILENO);
	close(p[1]);
	c->read_fd = p[0];
	log_init("test", level);
}

static const char *capture_end(struct capture *c)
{
	ssize_t n;

	assert_int_equal(dup2(c->saved, STDERR_FILENO), STDERR_FILENO);
	close(c->saved);
	n = read(c->read_fd, c->text, sizeof(c->text) - 1);
	assert_true(n >= 0);
	c->text[n] = '\0';
	close(c->read_fd);
	return c->text;
}

TEST(log, one_line_an_event)
{
	struct capture c;

	capture_begin(&c, LOG_INFO);
	log_event(LOG_INFO, "listener-attached", LOG_S("container", "c1"),
		  LOG_U("peer_uid", 0), LOG_I("value", -3), LOG_E(-ENOENT));
	log_event(LOG_WARNING, "bare");
	assert_string_equal(
		capture_end(&c),
		"level=info event=listener-attached container=c1 peer_uid=0 "
		"value=-3 error=\"ENOENT: No such file or directory\"\n"
		"level=warning event=bare\n");
}

TEST(log, hostile_values_stay_on_their_line)
{
	static const struct {
		const char *value, *text;
	} rows[] = {
		{ "a b", "\"a b\"" },
		{ "", "\"\"" },
		{ "a=b", "\"a=b\"" },
		{ "x\nlevel=error event=fake", "\"x\\nlevel=error event=fake\"" },
		{ "q\"\\", "\"q\\\"\\\\\"" },
		{ "\x1b[31m\x7f\xc3\xa9", "\"\\x1b[31m\\x7f\\xc3\\xa9\"" },
		{ NULL, "-" },
		{ "/run/a-b_c.d:1,2@3+4%", "/run/a-b_c.d:1,2@3+4%" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct capture c;
		char want[256];

		capture_begin(&c, LOG_INFO);
		log_event(LOG_INFO, "e", LOG_S("v", rows[i].value));
		(void)snprintf(want, sizeof(want), "level=info event=e v=%s\n",
			       rows[i].text);
		assert_string_equal(capture_end(&c), want);
	}
}

TEST(log, long_values_are_cut)
{
	char value[LOG_VALUE_MAX + 2], want[LOG_VALUE_MAX + 64];
	struct capture c;

	memset(value, 'x', sizeof(value));
	value[LOG_VALUE_MAX] = '\0';
	capture_begin(&c, LOG_INFO);
	log_event(LOG_INFO, "e", LOG_S("v", value));
	(void)snprintf(want, sizeof(want), "level=info event=e v=%s\n", value);
	assert_string_equal(capture_end(&c), want);

	value[LOG_VALUE_MAX] = 'x';
	value[LOG_VALUE_MAX + 1] = '\0';
	capture_begin(&c, LOG_INFO);
	log_event(LOG_INFO, "e", LOG_S("v", value));
	(void)snprintf(want, sizeof(want), "level=info event=e v=%.*s...\n",
		       LOG_VALUE_MAX, value);
	assert_string_equal(capture_end(&c), want);
}

TEST(log, a_line_has_a_longest)
{
	char value[LOG_VALUE_MAX + 1];
	struct capture c;
	const char *text;

	memset(value, 1, sizeof(value)); /* four bytes each, escaped */
	value[LOG_VALUE_MAX] = '\0';
	capture_begin(&c, LOG_INFO);
	log_event(LOG_INFO, "e", LOG_S("a", value), LOG_S("b", value),
		  LOG_S("c", value));
	text = capture_end(&c);
	assert_int_equal(strlen(text), LOG_LINE_MAX);
	assert_ptr_equal(strchr(text, '\n'), text + LOG_LINE_MAX - 1);
}

TEST(log, levels)
{
	struct capture c;

	assert_int_equal(log_level_from_str("debug"), LOG_DEBUG);
	assert_int_equal(log_level_from_str("error"), LOG_ERR);
	assert_int_equal(log_level_from_str("loud"), -1);
	capture_begin(&c, LOG_WARNING);
	log_event(LOG_NOTICE, "no");
	log_event(LOG_ERR, "yes");
	assert_string_equal(capture_end(&c), "level=error event=yes\n");
}

TEST(log, keeps_errno)
{
	struct capture c;

	capture_begin(&c, LOG_INFO);
	errno = ELOOP;
	log_event(LOG_INFO, "e", LOG_E(-EPERM));
	assert_int_equal(errno, ELOOP);
	capture_end(&c);
}

/* Nobody reads: the program goes on, and says how much it dropped. */
static void fill(int expect_at_least)
{
	uint64_t before = log_dropped();
	char value[LOG_VALUE_MAX + 1];

	memset(value, 'x', LOG_VALUE_MAX);
	value[LOG_VALUE_MAX] = '\0';
	for (int i = 0; i < 2000; i++)
		log_event(LOG_INFO, "e", LOG_S("v", value));
	assert_true(log_dropped() - before >= (uint64_t)expect_at_least);
	assert_true(log_dropped() - before < 2000);
}

TEST_WITHIN(log, a_full_pipe_drops, 10)
{
	struct capture c;

	capture_begin(&c, LOG_INFO);
	fill(1000);
	capture_end(&c);
}

TEST_WITHIN(log, a_full_socket_drops, 10)
{
	int sv[2], saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv), 0);
	dup2(sv[1], STDERR_FILENO);
	log_init("test", LOG_INFO);
	fill(1000);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(sv[0]);
	close(sv[1]);
}

/* $JOURNAL_STREAM that names another file than stderr is somebody else's. */
TEST(log, journal_only_where_stderr_is_its)
{
	struct capture c;
	struct stat st;
	char stream[64];

	capture_begin(&c, LOG_INFO);
	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	(void)snprintf(stream, sizeof(stream), "%lu:%lu",
		       (unsigned long)st.st_dev, (unsigned long)st.st_ino + 1);
	setenv("JOURNAL_STREAM", stream, 1);
	log_init("test", LOG_INFO);
	log_event(LOG_INFO, "here");
	unsetenv("JOURNAL_STREAM");
	assert_string_equal(capture_end(&c), "level=info event=here\n");
}

/* A journald of ours, in a mount namespace where /run is ours too. */
static int fake_journal(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX,
				    .sun_path = "/run/systemd/journal/socket" };
	int fd;

	if (unshare(CLONE_NEWNS) < 0)
		TEST_SKIP("no mount namespaces");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		TEST_SKIP("/ is no mount point, as in a chroot");
	assert_int_equal(mount("run", "/run", "tmpfs", 0, NULL), 0);
	assert_int_equal(mkdir("/run/systemd", 0755), 0);
	assert_int_equal(mkdir("/run/systemd/journal", 0755), 0);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	return fd;
}

TEST(log, journald_gets_the_same_fields)
{
	static const char want[] =
		"PRIORITY=4\nSYSLOG_IDENTIFIER=test\nDEPUTY_EVENT=e\n"
		"MESSAGE=e container=\"a\\nPRIORITY=0\" n=7\n"
		"DEPUTY_CONTAINER=a\\nPRIORITY=0\nDEPUTY_N=7\n";
	int journal = fake_journal();
	char stream[64], got[2 * LOG_LINE_MAX];
	uint64_t dropped = log_dropped();
	struct capture c;
	struct stat st;
	ssize_t n;

	capture_begin(&c, LOG_INFO);
	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	(void)snprintf(stream, sizeof(stream), "%lu:%lu",
		       (unsigned long)st.st_dev, (unsigned long)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	log_init("test", LOG_INFO);
	log_event(LOG_WARNING, "e", LOG_S("container", "a\nPRIORITY=0"),
		  LOG_U("n", 7));
	n = recv(journal, got, sizeof(got) - 1, MSG_DONTWAIT);
	assert_true(n > 0);
	got[n] = '\0';
	assert_string_equal(got, want);

	/* What an administrator searches for has an id. */
	log_event(LOG_NOTICE, "ready");
	n = recv(journal, got, sizeof(got) - 1, MSG_DONTWAIT);
	assert_true(n > 0);
	got[n] = '\0';
	assert_string_equal(got,
			    "PRIORITY=5\nSYSLOG_IDENTIFIER=test\n"
			    "DEPUTY_EVENT=ready\n"
			    "MESSAGE_ID=d42e2287e6394e159346245d0c78671f\nMESSAGE=ready\n");

	/* Nobody reads any more: dropped and counted, never waited for. */
	for (int i = 0; i < 1000; i++)
		log_event(LOG_INFO, "e");
	assert_true(log_dropped() > dropped);
	close(journal);
	unsetenv("JOURNAL_STREAM");
	log_init("test", LOG_INFO); /* closes its socket */
	assert_string_equal(capture_end(&c), "");
}
