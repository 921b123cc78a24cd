// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/verbs.h"

#include <string.h>

#include "lib/own.h"
#include "policy/policy.h"
#include "policy/profile.h"
#include "proto/reach.h"

#define TAKES(o) OPTION_BIT(o)
#define TALKS	 (TAKES(SOCKET) | TAKES(JSON))
#define TAKES_SUBJECT                                                          \
	(TAKES(POLICY) | TAKES(ARCH) | TAKES(PEER_UID) | TAKES(ANNOTATION) |   \
	 TAKES(METADATA) | TAKES(UID) | TAKES(GID) | TAKES(CAP) |              \
	 TAKES(DIRECTORY) | TAKES(JSON))

const struct verb verbs[] = {
	{ "status", "", 0, { 0 },
	  "Show deputyd's policy, containers, calls, kernel",
	  "Counters are sums over all listeners since deputyd started.\n",
	  verb_status, TALKS },
	{ "list", "", 0, { 0 }, "List the containers that deputyd acts for",
	  "Characters that a terminal must not see are shown as \\xHH.\n",
	  verb_list, TALKS },
	{ "show", "ID", 1, { WORD_CONTAINER },
	  "Show one container, its listeners and workers",
	  "ID is the container's id as \"deputyctl list\" shows it.\n",
	  verb_show, TALKS },
	{ "reload", "", 0, { 0 },
	  "Make deputyd reload its policy files (root only)",
	  "Files with errors are refused, and the old policy stays.\n"
	  "Check them first with \"deputyctl policy check FILE\".\n",
	  verb_reload, TALKS },
	{ "doctor", "", 0, { 0 }, "Print what works on this machine, and what to do",
	  "Tries the kernel's features. Looks at rights, security modules, deputyd's\n"
	  "sockets, the policy files, container runtimes and what their versions\n"
	  "are known for, and hooks. Fails if something is BAD.\n",
	  verb_doctor, TALKS },
	{ "run", "-- CMD...", VERB_ANY_ARGS, { WORD_COMMAND },
	  "Run a command under the filter of a policy",
	  "Loads the filter that the policy's rules need, sends its listener to\n"
	  "deputyd as a container runtime would, and executes CMD. The user\n"
	  "namespaces that CMD makes are the container's. Without --policy the\n"
	  "bindings of deputyd's policy choose one. Exit status: that of CMD;\n"
	  "125 run failed, 126 CMD cannot be executed, 127 CMD is not found.\n",
	  verb_run,
	  TAKES(FILE) | TAKES(LISTENER) | TAKES(POLICY) |
		  TAKES(USERNS) | TAKES(WAIT_KILLABLE) },
	{ "policy check", "FILE", 1, { WORD_FILE },
	  "Check a policy file",
	  "Prints the errors that deputyd would find; needs no deputyd. With\n"
	  "--profile, also checks that a seccomp profile notifies what the rules\n"
	  "need and nothing else, and that engines accept it. With --cgroup or\n"
	  "--oci-config, also prints which emulated device nodes a container\n"
	  "could not open.\n",
	  verb_policy_check,
	  TAKES(PROFILE) | TAKES(POLICY) | TAKES(CGROUP) | TAKES(OCI_CONFIG) |
		  TAKES(JSON) },
	{ "policy explain", "FILE CALL", 2, { WORD_FILE },
	  "Explain what a policy does with a call",
	  "Write CALL as strace does:\n"
	  "  mknodat(AT_FDCWD, \"/dev/null\", S_IFCHR|0666, 1:3)\n"
	  "  setxattr(\"/x\", \"trusted.a\", \"val\", 3, XATTR_CREATE)\n"
	  "  setxattrat(AT_FDCWD, \"/x\", 0, \"trusted.a\",\n"
	  "             {value=\"val\", size=3, flags=0}, 16)\n",
	  verb_policy_explain, TAKES_SUBJECT },
	{ "policy test", "FILE CASES", 2, { WORD_FILE, WORD_FILE },
	  "Check a policy against a list of calls and verdicts",
	  "CASES has one case a line, with a tab or two blanks before the call:\n"
	  "  emulate   mknod(\"/x\", S_IFCHR|0666, 1:3)\n"
	  "  EPERM     mknod(\"/x\", S_IFBLK|0666, 8:0)   # a comment\n"
	  "  policy=fuse arch=x86 return 0  mknod(\"/x\", S_IFIFO, 0)\n"
	  "  uid=5 gid=5 caps=NONE dir=/srv EPERM  mknod(\"x\", S_IFIFO, 0)\n"
	  "Exit status: 0 if all are as expected, else 1.\n",
	  verb_policy_test, TAKES_SUBJECT },
	{ "policy diff", "OLD NEW", 2, { WORD_FILE, WORD_FILE },
	  "Print the calls that get another verdict",
	  "Tries all that the rules of either file can distinguish: no call\n"
	  "that differs is missed. A star stands for anything. The bindings say\n"
	  "which policy replaces which: names make no difference.\n"
	  "Exit status: 0 no difference, 1 differences, 2 trouble, as diff(1).\n",
	  verb_policy_diff, TAKES(POLICY) | TAKES(JSON) },
	{ "policy profile", "FILE", 1, { WORD_FILE },
	  "Print the seccomp profile that a policy needs",
	  "The profile notifies what the rules need and nothing else.\n"
	  "With --base, that is added to another profile.\n",
	  verb_policy_profile,
	  TAKES(BASE) | TAKES(DIALECT) | TAKES(LISTENER) | TAKES(POLICY) |
		  TAKES(WAIT_KILLABLE) },
	{ "help", "[VERB]", VERB_MAY_ARGS, { WORD_VERB },
	  "Print this help, or that of a verb", "", NULL, 0 },
};
const size_t n_verbs = ARRAY_SIZE(verbs);

/* Neighbours of the same verbs stand below one heading. No help has "--" in it:
 * a line of it could be taken for an option's. */
const struct verb_option verb_options[CTL_OPTIONS] = {
	[CTL_SOCKET] = { "socket", 's', "PATH", WORD_FILE, NULL,
			 "deputyd's control socket (" REACH_CONTROL_DEFAULT ")" },
	[CTL_JSON] = { "json", 'j', NULL, WORD_NONE, NULL,
		       "print the reply as JSON" },
	[CTL_HELP] = { "help", 'h', NULL, WORD_NONE, NULL,
		       "print this help, or that of the verb" },
	[CTL_VERSION] = { "version", 'V', NULL, WORD_NONE, NULL,
			  "print the version" },
	[CTL_POLICY] = { "policy", 'p', "NAME", WORD_NONE, NULL,
			 "the policy of that name" },
	[CTL_ARCH] = { "arch", 'a', "ABI", WORD_CHOICE,
		       "x86 x86_64 x32 arm aarch64 riscv64 s390x ppc64le",
		       "the ABI of the calls: x86, x86_64, x32, aarch64, ..." },
	[CTL_PEER_UID] = { "peer-uid", 'P', "UID", WORD_NONE, NULL,
			   "the policy that the bindings give to a container "
			   "whose listener comes from this uid" },
	[CTL_ANNOTATION] = { "annotation", 'A', "KEY=VALUE", WORD_NONE, NULL,
			     "and that has this annotation; may be repeated" },
	[CTL_METADATA] = { "metadata", 'm', "TEXT", WORD_NONE, NULL,
			   "and this listenerMetadata" },
	[CTL_UID] = { "uid", 'u', "UID", WORD_NONE, NULL,
		      "the caller's uid in the container (0), or unknown" },
	[CTL_GID] = { "gid", 'g', "GID", WORD_NONE, NULL, "the caller's gid there (0)" },
	[CTL_CAP] = { "cap", 'c', "CAP", WORD_CHOICE,
		      "ALL NONE CAP_MKNOD CAP_SYS_ADMIN",
		      "the caller's capability, ALL or NONE; may be repeated "
		      "(ALL for uid 0, else NONE)" },
	[CTL_DIRECTORY] = { "directory", 'd', "DIR", WORD_DIRECTORY, NULL,
			    "where the call's path really ends, or NOWHERE "
			    "(what the path names, as if it had no links)" },
	[CTL_FILE] = { "file", 0, "PATH", WORD_FILE, NULL,
		       "policy file or directory, the same as deputyd's "
		       "(" POLICY_FILE_DEFAULT " and policy.d, else the "
		       "built-in policy)" },
	[CTL_PROFILE] = { "profile", 0, "PATH", WORD_FILE, NULL,
			  "a seccomp profile to check against the policy" },
	[CTL_CGROUP] = { "cgroup", 0, "PATH", WORD_DIRECTORY, NULL,
			 "a container's cgroup, for its devices" },
	[CTL_OCI_CONFIG] = { "oci-config", 0, "PATH", WORD_FILE, NULL,
			     "a container's config.json, for its devices" },
	[CTL_BASE] = { "base", 0, "PATH", WORD_FILE, NULL,
		       "the profile to add to (one that allows all calls)" },
	[CTL_DIALECT] = { "dialect", 0, "WORD", WORD_CHOICE, "oci docker lxc",
			  "oci, docker or lxc; else the base's, or oci" },
	[CTL_USERNS] = { "userns", 0, NULL, WORD_NONE, NULL,
			 "as root of a user namespace with the ids of "
			 "/etc/subuid and /etc/subgid, and mounts of its own" },
	[CTL_LISTENER] = { "listener", 0, "PATH", WORD_FILE, NULL,
			   "deputyd's OCI socket (" PROFILE_LISTENER_DEFAULT
			   "; with the dialect lxc " PROFILE_LXC_DEFAULT ")" },
	[CTL_WAIT_KILLABLE] = { "wait-killable", 0, NULL, WORD_NONE, NULL,
				"only fatal signals interrupt the wait for an answer "
				"(crun, youki, runc from 1.5 on)" },
};

bool verb_is_of_group(const struct verb *v, const char *group, size_t bytes)
{
	return strncmp(v->name, group, bytes) == 0 && v->name[bytes] == ' ';
}
