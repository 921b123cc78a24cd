// SPDX-License-Identifier: LGPL-2.1-or-later
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/verb.h"
#include "lib/own.h"
#include "policy/profile.h"

#define DEFAULT_SOCKET "/run/deputy/control.sock"

#define ANY	 -1 /* arguments: one or more */
#define TAKES(o) (1U << CTL_##o)

static const struct verb {
	const char *name; /* one word or two */
	const char *args; /* for the help */
	int n_args;
	const char *summary;
	const char *help;
	verb_fn *run;
	unsigned takes; /* a bit for each enum ctl_option */
} verbs[] = {
	{ "status", "", 0, "How deputyd is: policy, containers, calls, kernel",
	  "Counters are sums over all listeners since deputyd started.\n",
	  verb_status },
	{ "list", "", 0, "The containers that deputyd acts for",
	  "Characters that a terminal must not see are shown as \\xHH.\n",
	  verb_list },
	{ "show", "ID", 1, "One container with its listeners and workers",
	  "ID is the container's id as \"deputyctl list\" shows it.\n",
	  verb_show },
	{ "reload", "", 0, "Make deputyd read its policy file anew (root only)",
	  "A file with mistakes is refused, and the old policy serves on.\n"
	  "Check it first with \"deputyctl policy check FILE\".\n",
	  verb_reload },
	{ "run", "-- CMD...", ANY, "Run a command under the filter of a policy",
	  "Loads the filter that the policy's rules need, sends its listener to\n"
	  "deputyd as a runtime of containers would, and execs CMD. User\n"
	  "namespaces that CMD and its like make are the container's. Without\n"
	  "--policy it is the policy that deputyd's bindings give. Exit status:\n"
	  "CMD's; 125 failed before, 126 CMD cannot be executed, 127 no CMD.\n",
	  verb_run,
	  TAKES(FILE) | TAKES(LISTENER) | TAKES(POLICY) |
		  TAKES(WAIT_KILLABLE) },
	{ "policy check", "FILE", 1, "Say what is wrong in a policy file",
	  "Reads it as deputyd would, and needs no deputyd.\n"
	  "With --profile also what a seccomp profile does not notify although\n"
	  "rules need it, notifies for nothing, or no engine would take.\n",
	  verb_policy_check, TAKES(PROFILE) | TAKES(POLICY) },
	{ "policy profile", "FILE", 1,
	  "Print the seccomp profile that a policy needs",
	  "It notifies on what the rules need and nothing else.\n"
	  "With --base, a profile to which that is added.\n",
	  verb_policy_profile,
	  TAKES(BASE) | TAKES(DIALECT) | TAKES(LISTENER) | TAKES(POLICY) |
		  TAKES(WAIT_KILLABLE) },
};

#define FIRST_LONG 256 /* options without a letter */

static const struct option options[] = {
	{ "socket", required_argument, NULL, 's' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ "base", required_argument, NULL, FIRST_LONG + CTL_BASE },
	{ "file", required_argument, NULL, FIRST_LONG + CTL_FILE },
	{ "dialect", required_argument, NULL, FIRST_LONG + CTL_DIALECT },
	{ "listener", required_argument, NULL, FIRST_LONG + CTL_LISTENER },
	{ "policy", required_argument, NULL, FIRST_LONG + CTL_POLICY },
	{ "profile", required_argument, NULL, FIRST_LONG + CTL_PROFILE },
	{ "wait-killable", no_argument, NULL, FIRST_LONG + CTL_WAIT_KILLABLE },
	{ 0 },
};

static const char options_help[] =
	"Options:\n"
	"  -s, --socket PATH  deputyd's control socket (" DEFAULT_SOCKET ")\n"
	"  -j, --json         print the reply as JSON\n"
	"  -h, --help         this help, or that of the verb before it\n"
	"  -V, --version      print the version\n"
	"Options of \"policy check\", \"policy profile\" and \"run\":\n"
	"  --policy NAME      which of the file's policies\n"
	"  --file PATH        run: policy file or directory, the same as\n"
	"                     deputyd's (" POLICY_FILE_DEFAULT "\n"
	"                     and policy.d, else the built-in policy)\n"
	"  --profile PATH     check: the seccomp profile to hold against it\n"
	"  --base PATH        profile: what to add to; else all calls are allowed\n"
	"  --dialect WORD     profile: oci or docker; else the base's, or oci\n"
	"  --listener PATH    profile, run: deputyd's socket (" PROFILE_LISTENER_DEFAULT
	")\n"
	"  --wait-killable    profile, run: only fatal signals end the wait for\n"
	"                     an answer (crun, youki, runc from 1.5 on)\n";

static void print_help(void)
{
	printf("Usage: deputyctl [OPTION...] VERB [ARGUMENT...]\n"
	       "Ask and steer deputyd, the seccomp notification supervisor.\n\n"
	       "Verbs:\n");
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		int n = printf("  %s %s", verbs[i].name, verbs[i].args);

		printf("%*s%s\n", n < 23 ? 23 - n : 2, "", verbs[i].summary);
	}
	printf("\n%s\nExit status: 0 good, 1 failed, 2 wrong usage.\n",
	       options_help);
}

static void print_verb_help(const struct verb *v)
{
	printf("Usage: deputyctl [OPTION...] %s%s%s\n%s.\n\n%s\n%s", v->name,
	       *v->args ? " " : "", v->args, v->summary, v->help, options_help);
}

/* Does @v's name stand at @args? Return: its words, 0: no */
static int verb_match(const struct verb *v, char **args, int n)
{
	size_t first = strcspn(v->name, " ");

	if (n < 1 || strlen(args[0]) != first ||
	    strncmp(args[0], v->name, first) != 0)
		return 0;
	if (!v->name[first])
		return 1;
	return n >= 2 && strcmp(args[1], v->name + first + 1) == 0 ? 2 : 0;
}

static bool wants_colour(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no && *no) &&
	       !(term && strcmp(term, "dumb") == 0);
}

static int usage(void)
{
	fprintf(stderr, "Try \"deputyctl --help\".\n");
	return CTL_USAGE;
}

static bool options_fit(const struct ctl *ctl, const struct verb *v)
{
	for (const struct option *o = options; o->name; o++) {
		int i = o->val - FIRST_LONG;

		if (i < 0 || !ctl->option[i] || (v->takes & 1U << i))
			continue;
		fprintf(stderr, "deputyctl: %s has no --%s\n", v->name,
			o->name);
		return false;
	}
	return true;
}

static int run(const struct ctl *ctl, char **args, int n, bool help)
{
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		const struct verb *v = &verbs[i];
		int words = verb_match(v, args, n);

		if (!words)
			continue;
		if (help) {
			print_verb_help(v);
			return CTL_OK;
		}
		if (!options_fit(ctl, v))
			return usage();
		if (v->n_args == ANY ? n > words : n - words == v->n_args)
			return v->run(ctl, args + words);
		fprintf(stderr, "deputyctl: usage: deputyctl %s%s%s\n", v->name,
			*v->args ? " " : "", v->args);
		return usage();
	}
	if (help && n == 0) {
		print_help();
		return CTL_OK;
	}
	if (n == 0)
		fprintf(stderr, "deputyctl: a verb is missing\n");
	else
		fprintf(stderr, "deputyctl: unknown verb \"%s%s%s\"\n", args[0],
			n > 1 ? " " : "", n > 1 ? args[1] : "");
	return usage();
}

int main(int argc, char **argv)
{
	struct ctl ctl = { .socket = DEFAULT_SOCKET };
	bool help = false;
	int r, option;

	setlocale(LC_CTYPE, "");
	while ((option = getopt_long(argc, argv, "s:jhV", options, NULL)) >= 0)
		switch (option) {
		case 's':
			ctl.socket = optarg;
			break;
		case 'j':
			ctl.json = true;
			break;
		case 'h':
			help = true;
			break;
		case 'V':
			puts("deputyctl " DEPUTY_VERSION);
			return CTL_OK;
		default:
			if (option < FIRST_LONG)
				return usage();
			ctl.option[option - FIRST_LONG] = optarg ? optarg : "";
			break;
		}
	ctl.colour = wants_colour();
	r = run(&ctl, argv + optind, argc - optind, help);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("deputyctl: writing the output");
		return r == CTL_OK ? CTL_FAILED : r;
	}
	return r;
}
