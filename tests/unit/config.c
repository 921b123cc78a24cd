// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/config.h"

#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/own.h"
#include "tests/harness/test.h"

#define ARGS_MAX 8

/* Parses with what it says thrown away. */
static int parse(struct config *c, const char *const *args)
{
	char *argv[ARGS_MAX + 2] = { (char *)(uintptr_t)"deputyd" };
	int argc = 1, saved, r, null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	while (args[argc - 1]) {
		argv[argc] = (char *)(uintptr_t)args[argc - 1];
		argc++;
	}
	saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);
	dup2(null, STDERR_FILENO);
	optind = 0;
	r = config_parse(c, argc, argv);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(null);
	return r;
}

TEST(config, defaults)
{
	static const char *const none[] = { NULL };
	struct config c;

	assert_int_equal(parse(&c, none), CONFIG_RUN);
	assert_null(c.policy);
	assert_string_equal(c.oci_socket, "/run/deputy/oci.sock");
	assert_string_equal(c.lxc_socket, "/run/deputy/lxc.sock");
	assert_string_equal(c.control_socket, "/run/deputy/control.sock");
	assert_int_equal(c.oci_mode, 0600);
	assert_int_equal(c.lxc_mode, 0600);
	assert_int_equal(c.control_mode, 0660);
	assert_int_equal(c.log_level, LOG_INFO);
	assert_non_null(c.worker);
	assert_false(c.check);
	assert_false(c.watch_policy);
}

TEST(config, all_options)
{
	static const char *const args[] = { "--policy=/p", "--oci-socket=/o",
					    "--oci-socket-mode=0666",
					    "--log-level", "debug", "--check",
					    "--watch-policy", NULL };
	struct config c;

	assert_int_equal(parse(&c, args), CONFIG_RUN);
	assert_string_equal(c.policy, "/p");
	assert_int_equal(config_policy_paths(&c).n, 1);
	assert_string_equal(config_policy_paths(&c).items[0], "/p");
	assert_string_equal(c.oci_socket, "/o");
	assert_int_equal(c.oci_mode, 0666);
	assert_int_equal(c.log_level, LOG_DEBUG);
	assert_true(c.check);
	assert_true(c.watch_policy);
}

TEST(config, wrong_usage)
{
	static const char *const rows[][3] = {
		{ "--nonsense" },
		{ "--policy" },
		{ "--policy=" },
		{ "--oci-socket-mode=0888" },
		{ "--oci-socket-mode=01777" },
		{ "--oci-socket-mode=-1" },
		{ "--oci-socket-mode=" },
		{ "--log-level=loud" },
		{ "word" },
	};
	struct config c;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (parse(&c, rows[i]) != CONFIG_USAGE)
			fail_msg("%s", rows[i][0]);
}

TEST(config, worker_from_the_working_directory)
{
	static const char *const relative[] = { "--worker=self/exe", NULL };
	static const char *const missing[] = { "--worker=/no/worker", NULL };
	struct config c;

	assert_int_equal(chdir("/proc"), 0);
	assert_int_equal(parse(&c, relative), CONFIG_RUN);
	assert_int_equal(c.worker[0], '/');
	assert_int_equal(access(c.worker, X_OK), 0);
	/* Where there is none, that is told when it is to be started. */
	assert_int_equal(parse(&c, missing), CONFIG_RUN);
	assert_string_equal(c.worker, "/no/worker");
}

TEST(config, the_lxc_socket_lies_beside_the_oci_socket)
{
	static const struct {
		const char *oci, *lxc, *want;
	} rows[] = {
		{ "--oci-socket=/d/o", NULL, "/d/lxc.sock" },
		{ "--oci-socket=/o", NULL, "/lxc.sock" },
		{ "--oci-socket=o", NULL, "lxc.sock" },
		{ "--oci-socket=/d/o", "--lxc-socket=/e/l", "/e/l" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *const args[] = { rows[i].oci, rows[i].lxc, NULL };
		struct config c;

		assert_int_equal(parse(&c, args), CONFIG_RUN);
		assert_string_equal(c.lxc_socket, rows[i].want);
	}
}
