// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * deputy-hook: what engines run at two stages of a container's start.
 *
 *   precreate      config.json on standard input, the same made ready on
 *                  standard output (Podman, common/pkg/hooks)
 *   createRuntime  the container's state on standard input (runtime-spec,
 *                  runtime.md); a failure ends the start
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include <json-c/json.h>

#include "hook/gate.h"
#include "hook/prepare.h"
#include "hook/whole.h"
#include "lib/own.h"
#include "policy/profile.h"
#include "proto/varlink.h"

enum { EXIT_GOOD = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

static int fail(const char *what, int error)
{
	fprintf(stderr, "deputy-hook: %s: %s\n", what, strerror(error));
	return EXIT_FAILED;
}

/* -- the stages ------------------------------------------------------------------------ */

/* Podman throws away what a precreate hook says, and tells its exit status
 * only: so the system's log has it, too. */
static void log_lines(char *said)
{
	openlog("deputy-hook", LOG_PID, LOG_DAEMON);
	for (char *line = strtok(said, "\n"); line; line = strtok(NULL, "\n"))
		syslog(LOG_ERR, "%s", line);
	closelog();
}

static int prepare_loudly(const struct prepare_options *o,
			  const struct inject_input *in, char **ret_text,
			  size_t *ret_bytes)
{
	AUTO(free_ptr) char *said = NULL;
	size_t size;
	FILE *say = open_memstream(&said, &size);
	int r;

	if (!say)
		return -ENOMEM;
	r = prepare_config(o, in, say, ret_text, ret_bytes);
	if (fclose(say) != 0)
		return r;
	(void)fputs(said, stderr);
	if (r < 0)
		log_lines(said);
	return r;
}

static int precreate(const struct prepare_options *o)
{
	AUTO(free_ptr) char *text = NULL, *made = NULL;
	struct inject_input in = { .name = "config.json" };
	size_t bytes;
	int r = whole_read(STDIN_FILENO, INJECT_MAX_BYTES, &text, &in.bytes);

	if (r < 0)
		return fail("config.json on standard input", -r);
	in.text = text;
	bytes = in.bytes;
	r = prepare_loudly(o, &in, &made, &bytes);
	if (r < 0)
		return EXIT_FAILED;
	r = whole_write(STDOUT_FILENO, r == INJECT_DONE ? made : text, bytes);
	return r < 0 ? fail("standard output", -r) : EXIT_GOOD;
}

static const char *get_str(struct json_object *tree, const char *key)
{
	struct json_object *v;

	return json_object_is_type(tree, json_type_object) &&
			       json_object_object_get_ex(tree, key, &v) &&
			       json_object_is_type(v, json_type_string) ?
		       json_object_get_string(v) :
		       NULL;
}

/* @tree: of the container's state. Return: 0 or a negative errno */
static int read_state(struct json_object *tree, struct prepare_container *ret,
		      char *path, size_t size)
{
	struct json_object *pid = NULL;

	*ret = (struct prepare_container){ .id = get_str(tree, "id"),
					   .bundle = get_str(tree, "bundle") };
	if (!ret->bundle || snprintf(path, size, "%s/config.json",
				     ret->bundle) >= (int)size)
		return -EINVAL;
	if (json_object_object_get_ex(tree, "pid", &pid) &&
	    json_object_is_type(pid, json_type_int) &&
	    json_object_get_int64(pid) > 0)
		ret->pid = json_object_get_int(pid);
	return 0;
}

static int say_gate(const struct prepare_options *o,
		    const struct inject_input *in,
		    const struct prepare_container *its)
{
	AUTO(free_ptr) char *said = NULL;
	size_t size;
	FILE *say = open_memstream(&said, &size);
	bool open = say && prepare_gate(o, in, its, say);

	if (say && fclose(say) == 0 && *said)
		fprintf(stderr, "deputy-hook: %s", said);
	return open ? EXIT_GOOD : EXIT_FAILED;
}

static int create_runtime(const struct prepare_options *o)
{
	AUTO(free_ptr) char *state = NULL, *text = NULL;
	AUTO(json_put) struct json_object *tree = NULL;
	AUTO(fd_close) int fd = -1;
	struct prepare_container its;
	char path[PATH_MAX];
	struct inject_input in = { .name = path };
	size_t bytes;
	int r = whole_read(STDIN_FILENO, INJECT_MAX_BYTES, &state, &bytes);

	if (r == 0) {
		tree = json_tokener_parse(state);
		r = read_state(tree, &its, path, sizeof(path));
	}
	if (r < 0)
		return fail("the container's state on standard input", -r);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	r = fd < 0 ? -errno : whole_read(fd, INJECT_MAX_BYTES, &text, &in.bytes);
	if (r < 0)
		return fail(path, -r);
	in.text = text;
	return say_gate(o, &in, &its);
}

static const struct stage {
	const char *name, *help;
	int (*run)(const struct prepare_options *o);
} stages[] = {
	{ "precreate", "add what the policy needs to config.json",
	  precreate },
	{ "createRuntime", "fail unless deputyd would take the listener",
	  create_runtime },
};

/* -- the command line ------------------------------------------------------------------- */

static const struct option options[] = {
	{ "control-socket", required_argument, NULL, 'c' },
	{ "file", required_argument, NULL, 'f' },
	{ "listener", required_argument, NULL, 'l' },
	{ "policy", required_argument, NULL, 'p' },
	{ "wait-killable", no_argument, NULL, 'w' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 },
};

static const char options_help[] =
	"Options:\n"
	"  --file PATH            policy file or directory "
	"(" POLICY_FILE_DEFAULT "\n"
	"                         and policy.d, else the built-in policy)\n"
	"  --policy NAME          for containers without the annotation\n"
	"                         " INJECT_ANNOTATION
	" (else unchanged)\n"
	"  --listener PATH        where listeners are sent (" PROFILE_LISTENER_DEFAULT
	")\n"
	"  --control-socket PATH  deputyd's control socket (" GATE_SOCKET_DEFAULT
	")\n"
	"  --wait-killable        only fatal signals interrupt the wait for an "
	"answer\n"
	"                         (crun, youki, runc from 1.5 on)\n"
	"  --help                 print this help and exit\n"
	"  --version              print the version and exit\n";

static int print_help(void)
{
	printf("Usage: deputy-hook [OPTION...] STAGE\n"
	       "Make a container ready for deputyd, as a hook of its "
	       "engine.\n\n"
	       "Verbs:\n");
	for (size_t i = 0; i < ARRAY_SIZE(stages); i++)
		printf("  %-15s %s\n", stages[i].name, stages[i].help);
	printf("\n%s\nExit status: 0 good, 1 the container must not start, "
	       "2 wrong usage.\n",
	       options_help);
	return EXIT_GOOD;
}

static int usage(void)
{
	fprintf(stderr, "Try \"deputy-hook --help\".\n");
	return EXIT_USAGE;
}

static int run(const struct prepare_options *o, char **args, int n)
{
	const char *why = profile_listener_complaint(o->inject.listener);

	if (why) {
		fprintf(stderr, "deputy-hook: --listener: %s\n", why);
		return usage();
	}
	for (size_t i = 0; i < ARRAY_SIZE(stages) && n == 1; i++)
		if (strcmp(stages[i].name, args[0]) == 0)
			return stages[i].run(o);
	if (n == 1)
		fprintf(stderr, "deputy-hook: unknown stage \"%s\"\n", args[0]);
	else
		fprintf(stderr, "deputy-hook: a stage is missing\n");
	return usage();
}

int main(int argc, char **argv)
{
	struct prepare_options o;
	int option;

	prepare_defaults(&o);
	while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0)
		switch (option) {
		case 'c':
			o.socket = optarg;
			break;
		case 'f':
			o.file = optarg;
			break;
		case 'l':
			o.inject.listener = optarg;
			break;
		case 'p':
			o.inject.policy = optarg;
			break;
		case 'w':
			o.inject.wait_killable = true;
			break;
		case 'h':
			return print_help();
		case 'V':
			puts("deputy-hook " DEPUTY_VERSION);
			return EXIT_GOOD;
		default:
			return usage();
		}
	return run(&o, argv + optind, argc - optind);
}
