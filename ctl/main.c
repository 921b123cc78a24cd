// SPDX-License-Identifier: LGPL-2.1-or-later
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/verb.h"
#include "lib/own.h"

#define DEFAULT_SOCKET "/run/deputy/control.sock"

static const struct verb {
	const char *name; /* one word or two */
	const char *args; /* for the help */
	int n_args;
	const char *summary;
	const char *help;
	verb_fn *run;
	unsigned takes; /* enum subject_option */
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
	{ "policy check", "FILE", 1, "Say what is wrong in a policy file",
	  "Reads it as deputyd would, and needs no deputyd.\n",
	  verb_policy_check },
	{ "policy explain", "FILE CALL", 2,
	  "Say what a policy does with a call, and why",
	  "CALL is written as strace does:\n"
	  "  mknodat(AT_FDCWD, \"/dev/null\", S_IFCHR|0666, 1:3)\n"
	  "  setxattr(\"/x\", \"trusted.a\", \"val\", 3, XATTR_CREATE)\n"
	  "  getxattrat(AT_FDCWD, \"/x\", 0, \"trusted.a\", {value=NULL, "
	  "size=9, "
	  "flags=0}, 16)\n"
	  "The policy is that of --policy, else the one that the bindings give "
	  "to\n"
	  "the container of --peer-uid, else that of the first binding without "
	  "a\n"
	  "condition, else the only one.\n",
	  verb_policy_explain, SUBJECT_ALL },
	{ "policy test", "FILE CASES", 2,
	  "Hold a policy against a list of calls and verdicts",
	  "CASES has a line each, with a tab or two blanks before the call:\n"
	  "  emulate   mknod(\"/x\", S_IFCHR|0666, 1:3)\n"
	  "  EPERM     mknod(\"/x\", S_IFBLK|0666, 8:0)   # a comment\n"
	  "  policy=fuse arch=x86 uid=1000 gid=5 caps=CAP_MKNOD dir=/dev EPERM "
	  " mknod(\"/x\", S_IFIFO, 0)\n"
	  "Exit status: 0 all as expected, 1 not.\n",
	  verb_policy_test, SUBJECT_ALL },
	{ "policy diff", "OLD NEW", 2, "Say which calls get another verdict",
	  "Tries whatever the rules of either file can tell apart: no call "
	  "that\n"
	  "differs is missed. A star stands for anything.\n"
	  "Exit status: 0 no difference, 1 differences, 2 trouble, as "
	  "diff(1).\n",
	  verb_policy_diff, SUBJECT_POLICY },
};

static const struct option options[] = {
	{ "socket", required_argument, NULL, 's' },
	{ "json", no_argument, NULL, 'j' },
	{ "policy", required_argument, NULL, 'p' },
	{ "arch", required_argument, NULL, 'a' },
	{ "peer-uid", required_argument, NULL, 'P' },
	{ "annotation", required_argument, NULL, 'A' },
	{ "metadata", required_argument, NULL, 'm' },
	{ "uid", required_argument, NULL, 'u' },
	{ "gid", required_argument, NULL, 'g' },
	{ "cap", required_argument, NULL, 'c' },
	{ "directory", required_argument, NULL, 'd' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 },
};

static const char options_help[] =
	"Options:\n"
	"  -s, --socket PATH  deputyd's control socket (" DEFAULT_SOCKET ")\n"
	"  -j, --json         print the reply as JSON\n"
	"  -h, --help         this help, or that of the verb before it\n"
	"  -V, --version      print the version\n"
	"Of the verbs that look into a policy file:\n"
	"  -p, --policy NAME  of the policies in it, this one\n"
	"  -a, --arch ABI     the ABI of the calls: x86, x86_64, x32, aarch64, "
	"...\n"
	"  -P, --peer-uid UID\n"
	"                     the policy that the bindings give to a container "
	"whose\n"
	"                     listener comes from this uid\n"
	"  -A, --annotation KEY=VALUE\n"
	"                     and that has this annotation; may be repeated\n"
	"  -m, --metadata TEXT\n"
	"                     and this listenerMetadata\n"
	"  -u, --uid UID      who calls: its uid in the container (0), or "
	"unknown\n"
	"  -g, --gid GID      its gid in the container (0)\n"
	"  -c, --cap CAP      its capability; may be repeated; ALL, NONE (ALL "
	"for uid\n"
	"                     0, else NONE)\n"
	"  -d, --directory DIR\n"
	"                     where the call's path really ends (where it "
	"says); NOWHERE\n";

static void print_help(void)
{
	printf("Usage: deputyctl [OPTION...] VERB [ARGUMENT...]\n"
	       "Ask and steer deputyd, the seccomp notification supervisor.\n\n"
	       "Verbs:\n");
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		int n = printf("  %s %s", verbs[i].name, verbs[i].args);

		printf("%*s%s\n", n < 28 ? 28 - n : 1, "", verbs[i].summary);
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

/* Does @v take all that was said of its subject? */
static bool fits(const struct verb *v, const struct subject *s)
{
	const char *unfit = NULL;

	if (s->policy && !(v->takes & SUBJECT_POLICY))
		unfit = "--policy";
	if (s->arch && !(v->takes & SUBJECT_ARCH))
		unfit = "--arch";
	if (s->has_asker && !(v->takes & SUBJECT_ASKER))
		unfit = "--uid, --gid, --cap and --directory";
	if ((s->has_peer || s->metadata || s->n_annotations) &&
	    !(v->takes & SUBJECT_CONTAINER))
		unfit = "--peer-uid, --metadata and --annotation";
	if (unfit)
		fprintf(stderr, "deputyctl: %s: not for this verb\n", unfit);
	else if ((s->metadata || s->n_annotations) && !s->has_peer)
		fprintf(stderr,
			"deputyctl: --metadata and --annotation want "
			"--peer-uid: a policy asks for it beside them\n");
	else
		return true;
	return false;
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
		if (n - words == v->n_args)
			return fits(v, &ctl->subject) ? v->run(ctl, args + words)
						      : usage();
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

/* Return: CTL_OK, or CTL_USAGE; -1: go on */
static int read_option(struct ctl *ctl, int option, bool *help)
{
	switch (option) {
	case 's':
		ctl->socket = optarg;
		break;
	case 'j':
		ctl->json = true;
		break;
	case 'h':
		*help = true;
		break;
	case 'V':
		puts("deputyctl " DEPUTY_VERSION);
		return CTL_OK;
	case 'p':
	case 'a':
	case 'P':
	case 'A':
	case 'm':
	case 'u':
	case 'g':
	case 'c':
	case 'd':
		if (subject_set(&ctl->subject, (char)option, optarg))
			break;
		fprintf(stderr, "deputyctl: \"%s\" is no value for -%c\n",
			optarg, option);
		return usage();
	default:
		return usage();
	}
	return -1;
}

int main(int argc, char **argv)
{
	struct ctl ctl = { .socket = DEFAULT_SOCKET };
	bool help = false;
	int r = -1, option;

	setlocale(LC_CTYPE, "");
	while (r < 0 && (option = getopt_long(argc, argv,
					      "s:jhVp:a:P:A:m:u:g:c:d:", options,
					      NULL)) >= 0)
		r = read_option(&ctl, option, &help);
	ctl.colour = wants_colour();
	if (r < 0)
		r = run(&ctl, argv + optind, argc - optind, help);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("deputyctl: writing the output");
		return r == CTL_OK ? CTL_FAILED : r;
	}
	return r;
}
