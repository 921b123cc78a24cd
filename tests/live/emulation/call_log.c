// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The line about a call: who, what, which rule, what came of it; and the call can
 * be given to "deputyctl policy explain" as it stands there.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "policy/call_text.h"
#include "tests/harness/test.h"
#include "tests/live/emulation/caller.h"
#include "tests/live/emulation/via.h"
#include "tests/live/emulation/world.h"
#include "worker/call_log.h"

#define RULES_ELSE(rules, default)                                             \
	"{\"version\":1,\"policies\":{\"test\":{\"rules\":[" rules "],"          \
	"\"fail\":{\"errno\":\"ENOLINK\"}," default "}},"                       \
	"\"bindings\":[{\"when\":{},\"policy\":\"test\"}]}"
#define RULES(rules) RULES_ELSE(rules, WORLD_CONTINUE)
#define NULL_LOGGED                                                            \
	"{\"syscalls\":[\"@mknod\"],\"match\":{\"type\":\"char\",\"device\":"     \
	"[\"1:3\"]},\"action\":\"emulate\",\"log\":true}"
#define ZERO_QUIET                                                             \
	"{\"syscalls\":[\"@mknod\"],\"match\":{\"type\":\"char\",\"device\":"     \
	"[\"1:5\"]},\"action\":\"emulate\"}"

/* Runs @run in a container under @policy. Return: what the worker logged */
static const char *log_of(const char *policy, int (*run)(void *))
{
	static char text[64 * 1024];
	char path[] = "/tmp/deputy-log-XXXXXX";
	int log = mkostemp(path, O_CLOEXEC | O_APPEND), err = dup(STDERR_FILENO);
	struct inmate_plan plan = { true, run, NULL };
	struct attendant a;
	struct world w;
	struct inmate i;
	ssize_t n;

	assert_true(log >= 0 && err >= 0 && unlink(path) == 0);
	world_init(&w, WORLD_TMPFS);
	world_reset(&w);
	inmate_start(&w, &plan, &i);
	assert_true(dup2(log, STDERR_FILENO) >= 0);
	attendant_start(&a, &w, &i, policy);
	assert_true(dup2(err, STDERR_FILENO) >= 0);
	inmate_go(&i);
	assert_int_equal(inmate_result(&i), 0);
	inmate_end(&i);
	attendant_expect_exit(&a);
	n = pread(log, text, sizeof(text) - 1, 0);
	assert_true(n >= 0);
	text[n] = '\0';
	close(log);
	close(err);
	world_done(&w);
	return text;
}

static void assert_line(const char *log, const char *want)
{
	if (strstr(log, want))
		return;
	printf("no \"%s\" in\n%s", want, log);
	fail();
}

/* The call of the line that has @of, as explain reads it. */
static void assert_explains(const char *log, const char *of, const char *arch)
{
	static struct call_text call;
	struct call_text_error error = { 0 };
	const char *line = strstr(log, of), *text;
	char one[4096];

	assert_non_null(line);
	text = strstr(line, " call=");
	assert_non_null(text);
	(void)snprintf(one, sizeof(one), "%.*s", (int)strcspn(text + 6, "\n"),
		       text + 6);
	if (call_text_parse(one, arch_find(arch), &call, &error) < 0)
		printf("%s: %u: %s\n", one, error.column, error.reason);
	assert_int_equal(error.column, 0);
}

static int one_node(void *ctx)
{
	(void)prctl(PR_SET_NAME, "ma ker\n");
	caller_drop_with(CAP_BIT(MKNOD), 1000, 1001);
	return mknodat(AT_FDCWD, "/tmp/\"n\n\x1b[31m\xff", S_IFCHR | 0640,
		       makedev(1, 3)) < 0
		       ? errno
		       : 0;
}

TEST(call_log, names_who_and_what)
{
	const char *log = log_of(RULES(ZERO_QUIET "," NULL_LOGGED), one_node);

	assert_line(log, "level=notice event=call container=inmate policy=test "
			 "rule=1 comm=\"ma ker\\n\" tid=");
	assert_line(log, " uid=1000 abi=" );
	assert_line(log, " action=emulate result=0 ");
	assert_line(log, "call=mknodat(AT_FDCWD, \"/tmp/\\\"n\\n\\033[31m\\377\", "
			 "S_IFCHR|0640, 1:3)\n");
	assert_explains(log, "event=call", "x86_64");
}

#if defined(__x86_64__)
static int by_i386(void *ctx)
{
	struct via_args a = { AT_FDCWD, S_IFCHR | 0600, (long)makedev(1, 3),
			      "/box/n", NULL, 0 };

	via_call(I386_MKNOD, &a);
	return a.error;
}

TEST(call_log, names_the_abi)
{
	const char *log = log_of(RULES(NULL_LOGGED), by_i386);

	assert_line(log, " uid=0 abi=x86 syscall=mknod ");
	assert_line(log, "call=mknod(\"/box/n\", S_IFCHR|0600, 1:3)\n");
	assert_explains(log, "event=call", "x86");
}
#endif

static int a_denied_disk(void *ctx)
{
	return mknodat(AT_FDCWD, "/box/d", S_IFBLK | 0600, makedev(8, 0)) < 0 &&
			       errno == EXDEV
		       ? 0
		       : EDOM;
}

/* Its worker emulates nothing, and looks at the caller for this line alone. */
TEST(call_log, names_the_errno_of_a_rule)
{
	const char *log = log_of(RULES("{\"syscalls\":[\"@mknod\"],\"match\":"
				       "{\"type\":\"block\"},\"action\":"
				       "{\"errno\":\"EXDEV\"},\"log\":true}"),
				 a_denied_disk);

	assert_line(log, " action=answer result=EXDEV ");
	assert_line(log, "call=mknodat(AT_FDCWD, \"/box/d\", S_IFBLK|0600, "
			 "8:0)\n");
	assert_explains(log, "event=call", "x86_64");
}

static int an_attribute(void *ctx)
{
	return setxattr("/box", "trusted.deputy.x", "v\n\xff", 3, 0) < 0 ? errno
								       : 0;
}

TEST(call_log, names_the_attribute)
{
	const char *log = log_of(
		RULES("{\"syscalls\":[\"@setxattr\"],\"match\":{\"name\":"
		      "\"trusted.deputy.x\",\"size\":{\"max\":8}},"
		      "\"action\":\"emulate\",\"log\":true}"),
		an_attribute);

	assert_line(log, "call=setxattr(\"/box\", \"trusted.deputy.x\", "
			 "\"v\\n\\377\", 3, 0)\n");
	assert_explains(log, "event=call", "x86_64");
}

static int in_another_user_namespace(void *ctx)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (unshare(CLONE_NEWUSER) < 0)
			_exit(1);
		for (int i = 0; i < 3 * CALL_LOG_BURST; i++)
			if (mknod("/tmp/z", S_IFCHR | 0600, makedev(1, 5)) == 0)
				_exit(2);
		_exit(0);
	}
	return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : EDOM;
}

TEST(call_log, of_failures_is_limited)
{
	const char *log = log_of(RULES(ZERO_QUIET), in_another_user_namespace);
	int n = 0;

	assert_line(log, "event=emulation-refused container=inmate policy=test "
			 "rule=0 ");
	assert_line(log, " result=continue why=\"the caller is in another user "
			 "namespace than the container\" ");
	assert_line(log, ", 1:5)\n");
	assert_explains(log, "event=emulation-refused", "x86_64");
	for (const char *at = log; (at = strstr(at, "event=")); at++)
		n++;
	/* One more each second that all of it took. */
	assert_in_range(n, CALL_LOG_BURST, 3 * CALL_LOG_BURST - 1);
}

static int nothing_there(void *ctx)
{
	return setxattr("/box/none", "trusted.deputy.a", "v", 1, 0) < 0 &&
			       errno == ENOLINK
		       ? 0
		       : EDOM;
}

TEST(call_log, tells_a_fail)
{
	const char *log = log_of(
		RULES_ELSE("{\"syscalls\":[\"@setxattr\"],\"match\":{\"name\":"
			   "\"trusted.deputy.a\",\"size\":{\"max\":8}},"
			   "\"action\":\"emulate\"}",
			   "\"default\":{\"errno\":\"EPERM\"}"),
		nothing_there);

	assert_line(log, "event=emulation-refused");
	assert_line(log, " result=ENOLINK why=\"the kernel might read");
	assert_line(log, "call=setxattr(\"/box/none\", ");
}
