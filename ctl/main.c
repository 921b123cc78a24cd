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
#define TAKES_SUBJECT                                                          \
	(TAKES(POLICY) | TAKES(ARCH) | TAKES(PEER_UID) | TAKES(ANNOTATION) |   \
	 TAKES(METADATA) | TAKES(UID) | TAKES(GID) | TAKES(CAP) |              \
	 TAKES(DIRECTORY))

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
	{ "doctor", "", 0, "What works on this machine, and what to do",
	  "Looks at the kernel by trying it, at rights, security modules, deputyd's\n"
	  "sockets, the policy files, container runtimes with what their versions\n"
	  "are known for, and hooks. Fails where something is BAD.\n",
	  verb_doctor },
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
	  "rules need it, notifies for nothing, or no engine would take.\n"
	  "With --cgroup or --oci-config also which emulated device nodes a\n"
	  "container could not open.\n",
	  verb_policy_check,
	  TAKES(PROFILE) | TAKES(POLICY) | TAKES(CGROUP) | TAKES(OCI_CONFIG) },
	{ "policy explain", "FILE CALL", 2,
	  "Say what a policy does with a call, and why",
	  "CALL is written as strace does:\n"
	  "  mknodat(AT_FDCWD, \"/dev/null\", S_IFCHR|0666, 1:3)\n"
	  "  setxattr(\"/x\", \"trusted.a\", \"val\", 3, XATTR_CREATE)\n"
	  "  setxattrat(AT_FDCWD, \"/x\", 0, \"trusted.a\",\n"
	  "             {value=\"val\", size=3, flags=0}, 16)\n",
	  verb_policy_explain, TAKES_SUBJECT },
	{ "policy test", "FILE CASES", 2,
	  "Hold a policy against a list of calls and verdicts",
	  "CASES has a line each, with a tab or two blanks before the call:\n"
	  "  emulate   mknod(\"/x\", S_IFCHR|0666, 1:3)\n"
	  "  EPERM     mknod(\"/x\", S_IFBLK|0666, 8:0)   # a comment\n"
	  "  policy=fuse arch=x86 return 0  mknod(\"/x\", S_IFIFO, 0)\n"
	  "  uid=5 gid=5 caps=NONE dir=/srv EPERM  mknod(\"x\", S_IFIFO, 0)\n"
	  "Exit status: 0 all as expected, 1 not.\n",
	  verb_policy_test, TAKES_SUBJECT },
	{ "policy diff", "OLD NEW", 2, "Say which calls get another verdict",
	  "Tries whatever the rules of either file can tell apart: no call\n"
	  "that differs is missed. A star stands for anything.\n"
	  "Exit status: 0 no difference, 1 differences, 2 trouble, as diff(1).\n",
	  verb_policy_diff, TAKES(POLICY) },
	{ "policy profile", "FILE", 1,
	  "Print the seccomp profile that a policy needs",
	  "It notifies on what the rules need and nothing else.\n"
	  "With --base, a profile to which that is added.\n",
	  verb_policy_profile,
	  TAKES(BASE) | TAKES(DIALECT) | TAKES(LISTENER) | TAKES(POLICY) |
		  TAKES(WAIT_KILLABLE) },
};

#define FIRST 256 /* options that only some verbs take */

/* Letters for these. */
static const struct {
	char letter;
	enum ctl_option option;
} letters[] = {
	{ 'p', CTL_POLICY },	 { 'a', CTL_ARCH },	{ 'P', CTL_PEER_UID },
	{ 'A', CTL_ANNOTATION }, { 'm', CTL_METADATA }, { 'u', CTL_UID },
	{ 'g', CTL_GID },	 { 'c', CTL_CAP },	{ 'd', CTL_DIRECTORY },
};

static const struct option options[] = {
	{ "socket", required_argument, NULL, 's' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ "annotation", required_argument, NULL, FIRST + CTL_ANNOTATION },
	{ "arch", required_argument, NULL, FIRST + CTL_ARCH },
	{ "base", required_argument, NULL, FIRST + CTL_BASE },
	{ "cap", required_argument, NULL, FIRST + CTL_CAP },
	{ "cgroup", required_argument, NULL, FIRST + CTL_CGROUP },
	{ "dialect", required_argument, NULL, FIRST + CTL_DIALECT },
	{ "directory", required_argument, NULL, FIRST + CTL_DIRECTORY },
	{ "file", required_argument, NULL, FIRST + CTL_FILE },
	{ "file", required_argument, NULL, FIRST + CTL_FILE },
	{ "gid", required_argument, NULL, FIRST + CTL_GID },
	{ "listener", required_argument, NULL, FIRST + CTL_LISTENER },
	{ "metadata", required_argument, NULL, FIRST + CTL_METADATA },
	{ "oci-config", required_argument, NULL, FIRST + CTL_OCI_CONFIG },
	{ "peer-uid", required_argument, NULL, FIRST + CTL_PEER_UID },
	{ "policy", required_argument, NULL, FIRST + CTL_POLICY },
	{ "profile", required_argument, NULL, FIRST + CTL_PROFILE },
	{ "uid", required_argument, NULL, FIRST + CTL_UID },
	{ "wait-killable", no_argument, NULL, FIRST + CTL_WAIT_KILLABLE },
	{ 0 },
};

static const char options_help[] =
	"Options:\n"
	"  -s, --socket PATH  deputyd's control socket (" DEFAULT_SOCKET ")\n"
	"  -j, --json         print the reply as JSON\n"
	"  -h, --help         this help, or that of the verb before it\n"
	"  -V, --version      print the version\n"
	"Of the verbs that look into a policy file, and \"run\":\n"
	"  -p, --policy NAME  of the policies in it, this one\n"
	"Of \"policy explain\" and \"policy test\":\n"
	"  -a, --arch ABI     the ABI of the calls: x86, x86_64, x32, aarch64, ...\n"
	"  -P, --peer-uid UID\n"
	"                     the policy that the bindings give to a container\n"
	"                     whose listener comes from this uid\n"
	"  -A, --annotation KEY=VALUE\n"
	"                     and that has this annotation; may be repeated\n"
	"  -m, --metadata TEXT\n"
	"                     and this listenerMetadata\n"
	"  -u, --uid UID      who calls, by its uid in the container (0); unknown\n"
	"  -g, --gid GID      its gid there (0)\n"
	"  -c, --cap CAP      its capability, ALL or NONE; may be repeated (ALL for\n"
	"                     uid 0, else NONE)\n"
	"  -d, --directory DIR\n"
	"                     where the call's path really ends (where it says, as\n"
	"                     if there were no links); NOWHERE\n"
	"Of \"policy check\", \"policy profile\" and \"run\":\n"
	"  --file PATH        run: policy file or directory, the same as\n"
	"                     deputyd's (" POLICY_FILE_DEFAULT "\n"
	"                     and policy.d, else the built-in policy)\n"
	"  --profile PATH     check: the seccomp profile to hold against it\n"
	"  --cgroup PATH      check: a container's cgroup, for its devices\n"
	"  --oci-config PATH  check: a container's config.json, for its devices\n"
	"  --base PATH        profile: what to add to; else all calls are allowed\n"
	"  --dialect WORD     profile: oci, docker or lxc; else the base's, or oci\n"
	"  --listener PATH    profile, run: deputyd's socket (" PROFILE_LISTENER_DEFAULT
	";\n"
	"                     lxc: " PROFILE_LXC_DEFAULT ")\n"
	"  --wait-killable    profile, run: only fatal signals end the wait for\n"
	"                     an answer (crun, youki, runc from 1.5 on)\n";

static void print_help(void)
{
	printf("Usage: deputyctl [OPTION...] VERB [ARGUMENT...]\n"
	       "Ask and steer deputyd, the seccomp notification supervisor.\n\n"
	       "Verbs:\n");
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		int n = printf("  %s %s", verbs[i].name, verbs[i].args);

		printf("%*s%s\n", n < 27 ? 28 - n : 2, "", verbs[i].summary);
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
		int i = o->val - FIRST;

		if (i < 0 || !ctl->option[i] || (v->takes & 1U << i))
			continue;
		fprintf(stderr, "deputyctl: %s has no --%s\n", v->name,
			o->name);
		return false;
	}
	if ((ctl->option[CTL_METADATA] || ctl->option[CTL_ANNOTATION]) &&
	    !ctl->option[CTL_PEER_UID]) {
		fprintf(stderr,
			"deputyctl: --metadata and --annotation want "
			"--peer-uid: a policy asks for it beside them\n");
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

/* Of getopt's, which is a letter, or FIRST and more. Return: CTL_OPTIONS: none */
static enum ctl_option option_of(int option)
{
	for (size_t i = 0; i < ARRAY_SIZE(letters); i++)
		if (letters[i].letter == option)
			return letters[i].option;
	return option >= FIRST ? (enum ctl_option)(option - FIRST) : CTL_OPTIONS;
}

static const char *option_name(enum ctl_option which)
{
	const struct option *o = options;

	while (o->name && o->val != FIRST + (int)which)
		o++;
	return o->name;
}

/* Return: CTL_OK, or CTL_USAGE; -1: go on */
static int read_option(struct ctl *ctl, int option, bool *help)
{
	enum ctl_option which = option_of(option);

	switch (option) {
	case 's':
		ctl->socket = optarg;
		return -1;
	case 'j':
		ctl->json = true;
		return -1;
	case 'h':
		*help = true;
		return -1;
	case 'V':
		puts("deputyctl " DEPUTY_VERSION);
		return CTL_OK;
	default:
		if (which == CTL_OPTIONS)
			return usage();
		ctl->option[which] = optarg ? optarg : "";
		if (subject_set(&ctl->subject, which, ctl->option[which]))
			return -1;
		fprintf(stderr, "deputyctl: \"%s\" is no value for --%s\n",
			optarg, option_name(which));
		return usage();
	}
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
