// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/unit/ctl_run.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/harness/test.h"

static void slurp(int fd, char *buf)
{
	ssize_t n = pread(fd, buf, CTL_OUT_MAX - 1, 0);

	buf[n > 0 ? n : 0] = 0;
	close(fd);
}

void ctl_run(const char *socket, const char *const *args, struct ctl_result *ret)
{
	const char *argv[CTL_ARGS_MAX + 4] = { "deputyctl" };
	int out = memfd_create("out", MFD_CLOEXEC), status, n = 1;
	int err = memfd_create("err", MFD_CLOEXEC);
	pid_t pid;

	if (socket) {
		argv[n++] = "--socket";
		argv[n++] = socket;
	}
	for (int i = 0; i < CTL_ARGS_MAX && args[i]; i++)
		argv[n++] = args[i];
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(out, STDOUT_FILENO);
		dup2(err, STDERR_FILENO);
		setenv("LC_ALL", "C.UTF-8", 1);
		execv(DEPUTYCTL, (char **)argv);
		_exit(126);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	ret->status = WEXITSTATUS(status);
	slurp(out, ret->out);
	slurp(err, ret->err);
}

void ctl_expect_in(const char *what, const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("%s lacks \"%s\":\n%s", what, part, text);
}

/* What the checker warns of is tried by tests/case/policy/warned. */
static bool is_silent(const char *err)
{
	for (const char *line = err; *line; line = strchr(line, '\n') + 1) {
		const char *end = strchr(line, '\n');
		const char *warning = strstr(line, ": warning: ");

		if (!end || !warning || warning > end)
			return false;
	}
	return true;
}

void ctl_expect(const char *socket, const struct ctl_row *row)
{
	struct ctl_result r;

	ctl_run(socket, row->args, &r);
	if (r.status != row->status)
		fail_msg("%s: status %d, wanted %d\n%s%s", row->args[0],
			 r.status, row->status, r.out, r.err);
	if (!*row->out)
		assert_string_equal(r.out, "");
	if (!*row->err && !is_silent(r.err))
		fail_msg("stderr: %s", r.err);
	ctl_expect_in("stdout", r.out, row->out);
	ctl_expect_in("stderr", r.err, row->err);
}
