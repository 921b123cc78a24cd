// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/config.h"

#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/own.h"

enum option_kind { OPTION_STRING, OPTION_MODE, OPTION_LEVEL, OPTION_FLAG, OPTION_KEEPER,
		   OPTION_HELP, OPTION_VERSION };

static const struct row {
	const char *name, *argument, *help;
	enum option_kind kind;
	size_t offset; /* in struct config */
} rows[] = {
#define AT(member) offsetof(struct config, member)
	{ "policy", "PATH", "policy file or directory (" CONFIG_POLICY_FILE
	  " and policy.d, else the built-in policy)", OPTION_STRING,
	  AT(policy) },
	{ "oci-socket", "PATH", "where runtimes send listeners ("
	  CONFIG_OCI_SOCKET ")", OPTION_STRING, AT(oci_socket) },
	{ "oci-socket-mode", "OCTAL", "its mode (0600)", OPTION_MODE,
	  AT(oci_mode) },
	{ "lxc-socket", "PATH", "where LXC sends notifications (lxc.sock beside "
	  "the OCI socket)", OPTION_STRING, AT(lxc_socket) },
	{ "lxc-socket-mode", "OCTAL", "its mode (0600)", OPTION_MODE,
	  AT(lxc_mode) },
	{ "control-socket", "PATH", "where deputyctl connects ("
	  CONFIG_CONTROL_SOCKET ")", OPTION_STRING, AT(control_socket) },
	{ "control-socket-mode", "OCTAL", "its mode (0660)", OPTION_MODE,
	  AT(control_mode) },
	{ "worker", "PATH", "the deputy-worker program", OPTION_STRING,
	  AT(worker) },
	{ "workers-cgroup", "DIR", "cgroup below which each container's workers get "
	  "one (none)", OPTION_STRING, AT(workers_cgroup) },
	{ "log-level", "LEVEL", "error, warning, notice, info or debug (info)",
	  OPTION_LEVEL, AT(log_level) },
	{ "watch-policy", NULL, "reload the policy when its files change",
	  OPTION_FLAG, AT(watch_policy) },
	{ "keeper", NULL, "keep deputyd's fds and restart it, as systemd would; "
			  "must be the first option", OPTION_KEEPER, 0 },
	{ "check", NULL, "check the policy and exit", OPTION_FLAG, AT(check) },
	{ "help", NULL, "print this help and exit", OPTION_HELP, 0 },
	{ "version", NULL, "print the version and exit", OPTION_VERSION, 0 },
#undef AT
};

#define FIRST_VALUE 256 /* getopt's values: no character is one */

static int usage(const char *option, const char *value, const char *want)
{
	(void)fprintf(stderr, "deputyd: --%s %s: not %s\n", option, value, want);
	return CONFIG_USAGE;
}

static int print_help(void)
{
	(void)printf("Usage: deputyd [OPTION...]\n"
		     "Acts for containers on seccomp user notifications.\n\n");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		(void)printf("  --%-19s %-6s %s\n", rows[i].name,
			     rows[i].argument ?: "", rows[i].help);
	return CONFIG_DONE;
}

static int parse_mode(const char *s, mode_t *ret)
{
	char *end;
	unsigned long v = strtoul(s, &end, 8);

	if (*s < '0' || *s > '7' || *end || v > 0777)
		return -EINVAL;
	*ret = (mode_t)v;
	return 0;
}

static int set(struct config *c, const struct row *row, const char *value)
{
	void *to = (char *)c + row->offset;

	switch (row->kind) {
	case OPTION_STRING:
		if (!*value)
			return usage(row->name, "\"\"", "a path");
		*(const char **)to = value;
		return CONFIG_RUN;
	case OPTION_MODE:
		if (parse_mode(value, to) < 0)
			return usage(row->name, value, "an octal mode");
		return CONFIG_RUN;
	case OPTION_LEVEL:
		*(int *)to = log_level_from_str(value);
		if (*(int *)to < 0)
			return usage(row->name, value, "a level");
		return CONFIG_RUN;
	case OPTION_FLAG:
		*(bool *)to = true;
		return CONFIG_RUN;
	case OPTION_KEEPER: /* main() has not seen it */
		(void)fprintf(stderr, "deputyd: --keeper must be the first "
				      "option\n");
		return CONFIG_USAGE;
	case OPTION_HELP:
		return print_help();
	case OPTION_VERSION:
		(void)printf("deputyd %s\n", DEPUTY_VERSION);
		return CONFIG_DONE;
	}
	return CONFIG_USAGE;
}

/* A build tree's deputyd takes the worker beside it, else the installed one. */
static void find_worker(struct config *c)
{
	char exe[PATH_MAX], *slash;
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	c->worker = DEPUTY_WORKER;
	if (n <= 0)
		return;
	exe[n] = '\0';
	for (int up = 0; up < 2; up++) {
		slash = strrchr(exe, '/');
		if (!slash)
			return;
		*slash = '\0';
	}
	if (snprintf(c->worker_buf, sizeof(c->worker_buf),
		     "%s/worker/deputy-worker",
		     exe) < (int)sizeof(c->worker_buf) &&
	    access(c->worker_buf, X_OK) == 0)
		c->worker = c->worker_buf;
}

static void place_lxc_socket(struct config *c)
{
	const char *slash = strrchr(c->oci_socket, '/');
	int n = slash ? (int)(slash + 1 - c->oci_socket) : 0;

	(void)snprintf(c->lxc_socket_buf, sizeof(c->lxc_socket_buf), "%.*s%s", n,
		       c->oci_socket, CONFIG_LXC_NAME);
	c->lxc_socket = c->lxc_socket_buf;
}

static int parse_options(struct config *c, int argc, char **argv)
{
	struct option options[ARRAY_SIZE(rows) + 1] = { { 0 } };
	int value;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		options[i] = (struct option){
			.name = rows[i].name,
			.has_arg = rows[i].argument ? required_argument :
						      no_argument,
			.val = FIRST_VALUE + (int)i,
		};
	while ((value = getopt_long(argc, argv, "", options, NULL)) != -1) {
		int r = CONFIG_USAGE; /* getopt has said why */

		if (value >= FIRST_VALUE)
			r = set(c, &rows[value - FIRST_VALUE], optarg);
		if (r != CONFIG_RUN)
			return r;
	}
	if (optind == argc)
		return CONFIG_RUN;
	(void)fprintf(stderr, "deputyd: %s: deputyd takes no arguments\n",
		      argv[optind]);
	return CONFIG_USAGE;
}

int config_parse(struct config *c, int argc, char **argv)
{
	int r;

	*c = (struct config){
		.oci_socket = CONFIG_OCI_SOCKET,
		.control_socket = CONFIG_CONTROL_SOCKET,
		.oci_mode = CONFIG_OCI_MODE,
		.lxc_mode = CONFIG_LXC_MODE,
		.control_mode = CONFIG_CONTROL_MODE,
		.log_level = LOG_INFO,
	};
	r = parse_options(c, argc, argv);
	if (r == CONFIG_USAGE)
		(void)fprintf(stderr, "Try \"deputyd --help\".\n");
	if (r == CONFIG_RUN && !c->lxc_socket)
		place_lxc_socket(c);
	if (r == CONFIG_RUN && !c->worker)
		find_worker(c);
	/* Workers are started from "/". */
	else if (r == CONFIG_RUN && realpath(c->worker, c->worker_buf))
		c->worker = c->worker_buf;
	return r;
}

struct policy_paths config_policy_candidates(const struct config *c)
{
	if (c->policy)
		return (struct policy_paths){ { c->policy }, 1 };
	return (struct policy_paths){ { CONFIG_POLICY_FILE,
					CONFIG_POLICY_DIRECTORY }, 2 };
}

struct policy_paths config_policy_paths(const struct config *c)
{
	if (c->policy)
		return (struct policy_paths){ { c->policy }, 1, true };
	return policy_paths_of(CONFIG_POLICY_FILE, CONFIG_POLICY_DIRECTORY);
}
