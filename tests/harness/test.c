// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/harness/test.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define EXIT_SKIPPED 77

static struct test_case *cases, **cases_tail = &cases;
static bool skipped;
static struct {
	const char *word;
	int (*run)(int argc, char **argv);
} role;

void test_register(struct test_case *t)
{
	*cases_tail = t;
	cases_tail = &t->next;
}

void test_register_role(const char *word, int (*run)(int argc, char **argv))
{
	role.word = word;
	role.run = run;
}

int64_t test_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void test_poll_pause(void)
{
	(void)poll(NULL, 0, 2);
}

void test_skip(const char *reason)
{
	skipped = true;
	printf("skipped: %s\n", reason);
	fflush(stdout);
	skip();
	abort(); /* skip() does not return */
}

/* Return: 1 or more */
static int times_of(const char *variable)
{
	const char *text = getenv(variable);
	int times = text ? atoi(text) : 1;

	return times > 0 ? times : 1;
}

int test_slowness(void)
{
	return times_of("DEPUTY_TEST_SLOW");
}

int test_rounds(int n)
{
	int fewer = n / times_of("DEPUTY_TEST_FEWER");

	return fewer > 0 ? fewer : 1;
}

int test_count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	if (!d)
		return -1;
	while (readdir(d))
		n++;
	closedir(d);
	return n - 3; /* ".", ".." and the directory's own */
}

static int run_here(const struct test_case *t)
{
	const struct CMUnitTest one = { .name = t->name, .test_func = t->run };
	int before, failed;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)setpgid(0, 0);
	before = test_count_fds();
	failed = _cmocka_run_group_tests(t->name, &one, 1, NULL, NULL);
	if (!failed && !skipped && test_count_fds() != before) {
		printf("%s: %d fds open before, %d after\n", t->name, before,
		       test_count_fds());
		failed = 1;
	}
	fflush(NULL);
	return failed ? 1 : skipped ? EXIT_SKIPPED : 0;
}

/* Return: the test's exit status, 1 for a signal or a missed deadline */
static int run_forked(const struct test_case *t)
{
	pid_t pid;
	int status, fd;
	struct pollfd p = { .events = POLLIN };

	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return 1;
	if (pid == 0)
		exit(run_here(t));
	(void)setpgid(pid, pid); /* the child does so, too: whoever is first */
	fd = (int)syscall(SYS_pidfd_open, pid, 0);
	p.fd = fd;
	if (poll(&p, 1, t->timeout_s * 1000 * test_slowness()) == 0) {
		printf("%s: not done after %d s\n", t->name,
		       t->timeout_s * test_slowness());
		kill(pid, SIGKILL);
	}
	close(fd);
	if (waitpid(pid, &status, 0) != pid)
		return 1;
	if (WIFSIGNALED(status))
		printf("%s: killed by signal %d\n", t->name, WTERMSIG(status));
	/* What a test leaves that did not come to its end would hold our output
	 * open, and ctest waits for that. */
	if (!WIFEXITED(status) || WEXITSTATUS(status) == 1)
		(void)kill(-pid, SIGKILL);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static bool wanted(const struct test_case *t, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strstr(t->name, argv[i]))
			return true;
	return argc <= 1;
}

int main(int argc, char **argv)
{
	int n[3] = { 0, 0, 0 }; /* passed, failed, skipped */
	bool list = argc == 2 && strcmp(argv[1], "--list") == 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (role.word && argc > 1 && strcmp(argv[1], role.word) == 0)
		return role.run(argc, argv);
	cmocka_set_message_output(CM_OUTPUT_STDOUT);
	for (struct test_case *t = cases; t; t = t->next) {
		int r;

		if (list)
			puts(t->name);
		if (list || !wanted(t, argc, argv))
			continue;
		r = run_forked(t);
		n[r == 0 ? 0 : r == EXIT_SKIPPED ? 2 : 1]++;
	}
	if (list)
		return 0;
	printf("%d passed, %d failed, %d skipped\n", n[0], n[1], n[2]);
	if (n[1] || n[0] + n[2] == 0)
		return 1;
	return n[0] ? 0 : EXIT_SKIPPED;
}
