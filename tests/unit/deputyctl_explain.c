// SPDX-License-Identifier: LGPL-2.1-or-later
/* deputyctl policy explain: a file and a call in, text out. */
#include <sys/stat.h>
#include <unistd.h>

#include "lib/own.h"
#include "tests/harness/test.h"
#include "tests/unit/ctl_files.h"

#define EXPLAIN(call)                                                          \
	{                                                                      \
		"policy", "explain", "p.json", call, "-a", "x86_64"            \
	}

static const struct ctl_row explained[] = {
	{ EXPLAIN("mknod(\"/x\",S_IFCHR|0666,1:3)"), 0,
	  "call     mknod(\"/x\", S_IFCHR|0666, 1:3)\n"
	  "ABI      x86_64, number 133\n"
	  "policy   p, by the binding without a condition\n"
	  "rule 0 (line 3): decides: type char; device 1:3\n"
	  "rule 2 (line 6): not reached\n"
	  "rule 4 (line 8): not reached\n"
	  "verdict  emulate by rule 0 (line 3)\n"
	  "effect   deputy makes the node with the caller's rights, if the "
	  "caller has CAP_MKNOD in its user namespace; else the kernel refuses; "
	  "where devices cannot be opened: a node that opens is bound over it on "
	  "tmpfs and ramfs, elsewhere EPERM, and nothing stays\n"
	  "failing  EPERM, if deputy itself fails\n",
	  "" },
	{ EXPLAIN("mknod(\"/x\", S_IFBLK|0666, 8:0)"), 0,
	  "call     mknod(\"/x\", S_IFBLK|0666, 8:0)\n"
	  "ABI      x86_64, number 133\n"
	  "policy   p, by the binding without a condition\n"
	  "rule 0 (line 3): type block is not char; device 8:0 is none of 1:3, "
	  "1:5\n"
	  "rule 2 (line 6): decides: type block\n"
	  "rule 4 (line 8): not reached\n"
	  "verdict  EACCES (log) by rule 2 (line 6)\n"
	  "effect   the caller gets an error (Permission denied), and nothing "
	  "is done\n"
	  "failing  EPERM, if deputy itself fails\n",
	  "" },
	{ EXPLAIN("setxattr(\"/x\", \"user.a\", \"yy\", 2, 0)"), 0,
	  "call     setxattr(\"/x\", \"user.a\", \"yy\", 2, 0)\n"
	  "ABI      x86_64, number 188\n"
	  "policy   p, by the binding without a condition\n"
	  "rule 3 (line 7): name \"user.a\" is none of \"trusted.a\", "
	  "\"trusted.b*\"; value \"yy\" is not \"y\"\n"
	  "verdict  continue by default (line 9)\n"
	  "effect   the kernel sets it, with the caller's rights\n"
	  "failing  EPERM, if deputy itself fails\n",
	  "" },
	{ EXPLAIN("bpf(1, NULL)"), 0,
	  "call     bpf(1, NULL)\n"
	  "ABI      x86_64, number 321\n"
	  "policy   p, by the binding without a condition\n"
	  "rule 1 (line 5): decides: it matches every one\n"
	  "verdict  return 7 by rule 1 (line 5)\n"
	  "effect   the caller gets 7, and nothing is done\n"
	  "failing  EPERM, if deputy itself fails\n",
	  "" },
	{ EXPLAIN("mount()"), 0,
	  "call     mount()\n"
	  "ABI      x86_64, number 165\n"
	  "policy   p, by the binding without a condition\n"
	  "no rule is for this call\n"
	  "verdict  continue by default (line 9)\n"
	  "effect   the call continues in the kernel, with all of its own "
	  "checks\n"
	  "failing  EPERM, if deputy itself fails\n",
	  "" },
};

/* What the kernel does after a continue: a call, a part of the last line. */
static const char *const continued[][2] = {
	{ "mknodat(AT_FDCWD, \"/x\", S_IFBLK, 8:0)",
	  "refuses (EPERM): the call needs CAP_MKNOD" },
	{ "mknodat(AT_FDCWD, \"/x\", S_IFCHR, 1:4)",
	  "refuses (EPERM): the call needs CAP_MKNOD" },
	{ "mknodat(AT_FDCWD, \"/x\", S_IFCHR, 0:0)", "an overlay whiteout" },
	{ "mknodat(AT_FDCWD, \"/x\", 0666, 0:0)", "makes a regular file" },
	{ "mknodat(AT_FDCWD, \"/x\", S_IFREG, 1:3)", "makes a regular file" },
	{ "mknodat(AT_FDCWD, \"/x\", S_IFIFO, 1:3)", "makes a FIFO" },
	{ "mknodat(AT_FDCWD, \"/x\", S_IFSOCK, 0)", "makes a socket" },
	{ "mknodat(AT_FDCWD, \"/x\", S_IFDIR, 0)", "(EPERM): directories" },
	{ "mknodat(AT_FDCWD, \"/x\", S_IFLNK, 0)", "(EINVAL): no such type" },
	{ "lsetxattr(\"/x\", \"trusted.a\", \"\", 0, 0)",
	  "refuses (EPERM): the call needs CAP_SYS_ADMIN" },
	{ "lsetxattr(\"/x\", \"security.selinux\", \"\", 0, 0)",
	  "refuses (EPERM): the call needs CAP_SYS_ADMIN" },
	{ "lsetxattr(\"/x\", \"security.capability\", \"\", 0, 0)",
	  "CAP_SETFCAP in its user" },
	{ "lsetxattr(\"/x\", \"system.posix_acl_access\", \"\", 0, 0)",
	  "if the caller owns" },
	{ "lsetxattr(\"/x\", \"bla\", \"\", 0, 0)", "EOPNOTSUPP" },
	{ "lsetxattr(\"/x\", NULL, \"\", 0, 0)", "EFAULT" },
	{ "lsetxattr(\"/x\", \"\", \"\", 0, 0)", "ERANGE" },
	{ "lsetxattr(\"/x\", \"user.a\", \"\", 65537, 0)", "E2BIG" },
	{ "lsetxattr(\"/x\", \"user.a\", \"\", 65537, 4)", "EINVAL" },
	{ "setxattr(\"/x\", \"trusted.bc\", \"y\", 1, 0)",
	  "deputy sets it with the caller's rights" },
};

static const struct ctl_row explained_by[] = {
	{ { "policy", "explain", "p.json", "socket()", "-ax86" },
	  0,
	  "ABI      x86, number 359\n",
	  "" },
	{ { "policy", "explain", "b.json", "mount()", "-p", "q" },
	  0,
	  "policy   q, by its name\n",
	  "" },
	{ { "policy", "explain", "b.json", "mount()", "--peer-uid", "5" },
	  0,
	  "policy   p, by the bindings\n",
	  "" },
	{ { "policy", "explain", "b.json", "mount()", "-P5", "-mm" },
	  0,
	  "policy   q, by the bindings\n",
	  "" },
	{ { "policy", "explain", "b.json", "mount()", "-P0", "-Ak=v" },
	  0,
	  "policy   q, by the bindings\n",
	  "" },
	{ { "policy", "explain", "b.json", "mount()", "-P0", "-Ak=w" },
	  0,
	  "policy   p, by the bindings\n",
	  "" },
	{ { "policy", "explain", "b.json", "mount()", "-P7" },
	  2,
	  "",
	  "no binding matches such a container" },
	{ { "policy", "explain", "b.json", "mount()" },
	  2,
	  "",
	  "several policies: choose one with --policy NAME" },
	{ { "policy", "explain", "b.json", "mount()", "-p", "pp" },
	  2,
	  "",
	  "no policy \"pp\" (did you mean \"p\"?)" },
	{ { "policy", "explain", "p.json", "mknod(\"/x\", 0)", "-ax86_64" },
	  2,
	  "",
	  "deputyctl: column 14 of the call: expected \",\" and a device (1:3 "
	  "or makedev(1, 3)), found ')'\n"
	  "  mknod(\"/x\", 0)\n"
	  "               ^\n" },
	{ { "policy", "explain", "p.json", "mount()", "-a", "z80" },
	  2,
	  "",
	  "unknown ABI \"z80\"" },
	{ { "policy", "explain", "none.json", "mount()" },
	  1,
	  "",
	  "none.json: error: cannot read" },
	{ { "policy", "explain", "p.json", "mount()", "-P", "-1" },
	  2,
	  "",
	  "\"-1\" is not a value for --peer-uid" },
	{ { "policy", "explain", "p.json", "mount()", "-A", "k" },
	  2,
	  "",
	  "\"k\" is not a value for --annotation" },
	{ { "policy", "explain", "p.json", "mount()", "-m", "k" },
	  2,
	  "",
	  "--metadata and --annotation need --peer-uid" },
	{ { "policy", "explain", "p.json" },
	  2,
	  "",
	  "usage: deputyctl policy explain FILE CALL\n" },
	{ { "list", "--policy", "p" }, 2, "", "list has no --policy" },
	{ { "policy", "diff", "a", "b", "-ax86" },
	  2,
	  "",
	  "policy diff has no --arch" },
	{ { "policy", "check", "a", "-P5" }, 2, "", "policy check has no --peer-uid" },
	{ { "policy", "explain", "p.json", "bpf()", "-jax86_64" },
	  0,
	  "{\n  \"call\": \"bpf()\",\n  \"arch\": \"x86_64\",\n"
	  "  \"nr\": 321,\n  \"policy\": \"p\",\n"
	  "  \"asker\": \"uid=0 gid=0 caps=ALL dir=NOWHERE\",\n  \"rules\": "
	  "[\n    {\n"
	  "      \"rule\": 1,\n      \"line\": 5,\n"
	  "      \"outcome\": \"decides\",\n",
	  "" },
	{ { "policy", "explain", "p.json", "bpf()", "-jax86_64" },
	  0,
	  "  \"decision\": {\n    \"action\": {\n      \"return\": 7\n    },\n"
	  "    \"rule\": 1,\n    \"line\": 5,\n    \"log\": false\n  },\n",
	  "" },
	{ { "policy", "explain", "p.json", "setxattr(\"\", \"a\", \"\", 0, 0)",
	    "-j" },
	  0,
	  "\"key\": \"name\",\n          \"text\": \"name \\\"a\\\" is none of "
	  "\\\"trusted.a\\\", \\\"trusted.b*\\\"\"\n",
	  "" },
};

TEST(deputyctl_explain, says_why)
{
	struct files f;

	files_open(&f);
	files_add(&f, "p.json", POLICY);
	files_add(&f, "b.json", BOUND);
	ctl_expect_all(explained, ARRAY_SIZE(explained));
	for (size_t i = 0; i < ARRAY_SIZE(continued); i++) {
		const struct ctl_row row = { EXPLAIN(continued[i][0]), 0,
					     continued[i][1], "" };

		ctl_expect(NULL, &row);
	}
	for (size_t i = 0; i < ARRAY_SIZE(explained_by); i++)
		ctl_expect(NULL, &explained_by[i]);
	files_close(&f);
}

static const struct ctl_row explained_keys[] = {
	{ { "policy", "explain", "k.json",
	    "mknod(\"/dev/../srv/./a/x/\", S_IFCHR|0600, 10:201)", "-ax86_64" },
	  0,
	  "caller   uid=0 gid=0 caps=ALL (else say --uid, --gid, --cap)\n",
	  "" },
	{ { "policy", "explain", "k.json",
	    "mknod(\"/dev/../srv/./a/x/\", S_IFCHR|0600, 10:201)", "-ax86_64" },
	  0,
	  "where    dir=/srv/a (else say --directory)\n",
	  "" },
	{ { "policy", "explain", "k.json",
	    "mknod(\"/dev/../srv/./a/x/\", S_IFCHR|0600, 10:201)", "-ax86_64" },
	  0,
	  "rule 0 (line 2): type char is none of fifo, file; mode 0600 has "
	  "none of 06000\n",
	  "" },
	{ { "policy", "explain", "k.json",
	    "mknod(\"/dev/../srv/./a/x/\", S_IFCHR|0600, 10:201)", "-ax86_64" },
	  0,
	  "rule 1 (line 3): arch x86_64 is none of x86, x32\n",
	  "" },
	{ { "policy", "explain", "k.json",
	    "mknod(\"/dev/../srv/./a/x/\", S_IFCHR|0600, 10:201)", "-ax86_64" },
	  0,
	  "rule 2 (line 4): uid 0 is not 1-999; gid 0 is none of 5, 7; root "
	  "true is not false\n",
	  "" },
	{ { "policy", "explain", "k.json",
	    "mknod(\"/dev/../srv/./a/x/\", S_IFCHR|0600, 10:201)", "-ax86_64" },
	  0,
	  "rule 3 (line 5): decides: type char; device 10:201; directory "
	  "\"/srv/a\"\n",
	  "" },
	{ { "policy", "explain", "k.json",
	    "mknod(\"/dev/../srv/./a/x/\", S_IFCHR|0600, 10:201)", "-ax86_64" },
	  0,
	  "failing  EIO, if deputy itself fails\n",
	  "" },
	{ { "policy", "explain", "k.json", "mknod(\"../x\", S_IFIFO|0620, 0)",
	    "-ax86_64" },
	  0,
	  "rule 0 (line 2): mode 0620 has none of 06000, has 0020\n",
	  "" },
	{ { "policy", "explain", "k.json", "mknod(\"../x\", S_IFIFO|0620, 0)",
	    "-ax86_64" },
	  0,
	  "where    dir=/ (else say --directory)\n",
	  "" },
	{ { "policy", "explain", "k.json",
	    "mknod(\"/dev/x\", S_IFIFO|04610, 0)", "-ax86_64" },
	  0,
	  "rule 0 (line 2): decides: type fifo; mode 04610\n",
	  "" },
	{ { "policy", "explain", "k.json", "mknod(\"/dev/x\", S_IFIFO|0066, 0)",
	    "-ax86_64" },
	  0,
	  "rule 0 (line 2): mode 0066 lacks 0600, has none of 06000, has "
	  "0022\n",
	  "" },
	{ { "policy", "explain", "k.json", "mknod(\"/dev/x\", S_IFCHR, 7:3)",
	    "-ax86_64", "--directory", "NOWHERE" },
	  0,
	  "rule 3 (line 5): directory (nowhere) is none of \"/dev\", "
	  "\"/srv/*\"\n",
	  "" },
	{ { "policy", "explain", "k.json", "mknod(\"/dev/x\", S_IFCHR, 7:3)",
	    "-ax86_64", "-d/dev/y" },
	  0,
	  "rule 3 (line 5): directory \"/dev/y\" is none of \"/dev\", "
	  "\"/srv/*\"\n",
	  "" },
	{ { "policy", "explain", "k.json", "mknod(\"/x\", S_IFCHR, 1:3)",
	    "-ax86_64", "-u5", "-g7", "-cCAP_MKNOD", "--cap", "CAP_CHOWN" },
	  0,
	  "caller   uid=5 gid=7 caps=CAP_CHOWN,CAP_MKNOD\n",
	  "" },
	{ { "policy", "explain", "k.json", "mknod(\"/x\", S_IFCHR, 1:3)",
	    "-ax86_64", "-u5", "-g7", "-cCAP_MKNOD", "--cap", "CAP_CHOWN" },
	  0,
	  "rule 2 (line 4): decides: uid 5; gid 7; capability "
	  "CAP_CHOWN,CAP_MKNOD; root false\n",
	  "" },
	{ { "policy", "explain", "k.json", "mknod(\"/x\", S_IFCHR, 1:3)",
	    "-ax86_64", "--uid", "1000", "--gid", "5" },
	  0,
	  "caller   uid=1000 gid=5 caps=NONE\n",
	  "" },
	{ { "policy", "explain", "k.json", "mknod(\"/x\", S_IFCHR, 1:3)",
	    "-ax86_64", "--uid", "1000", "--gid", "5" },
	  0,
	  "rule 2 (line 4): uid 1000 is not 1-999; capability NONE lacks "
	  "CAP_CHOWN,CAP_MKNOD\n",
	  "" },
	{ { "policy", "explain", "k.json", "mknod(\"/x\", S_IFCHR, 1:3)",
	    "-ax86_64", "--uid", "4294967295", "--gid", "4294967295", "-cALL" },
	  0,
	  "rule 2 (line 4): uid (not mapped) is not 1-999; gid (not mapped) is "
	  "none of 5, 7\n",
	  "" },
	{ { "policy", "explain", "k.json", "mknod(\"/x\", S_IFCHR, 1:3)",
	    "-ax86_64", "--uid", "unknown" },
	  0,
	  "caller   uid=unknown\n",
	  "" },
	{ { "policy", "explain", "k.json", "mknod(\"/x\", S_IFCHR, 1:3)",
	    "-ax86_64", "--uid", "unknown" },
	  0,
	  "rule 2 (line 4): decides: uid (not known); gid (not known); "
	  "capability (not known); root (not known)\n",
	  "" },
	{ { "policy", "explain", "k.json",
	    "setxattr(\"/x\", \"trusted.ab\", \"y\", 1, XATTR_CREATE)",
	    "-ax86_64" },
	  0,
	  "rule 4 (line 6): decides: flags XATTR_CREATE; size 1; name "
	  "\"trusted.ab\"\n",
	  "" },
	{ { "policy", "explain", "k.json",
	    "setxattr(\"/x\", \"trusted.a\", \"yyyy\", 4, 0)", "-ax86_64" },
	  0,
	  "rule 4 (line 6): flags 0 lacks XATTR_CREATE; size 4 is above 3; "
	  "name \"trusted.a\" is none of \"*.a?\", \"x\"\n",
	  "" },
	{ { "policy", "explain",
	    "k.json", "setxattrat(AT_FDCWD, \"/x\", 0, \"trusted.b\", {value=\"n\", size=1, flags=0}, 16)",
	    "-ax86_64" },
	  0,
	  "rule 5 (line 7): decides: name \"trusted.b\"; value \"n\"\n",
	  "" },
	{ { "policy", "explain",
	    "k.json", "setxattrat(AT_FDCWD, \"/x\", 0, \"trusted.b\", {value=\"n\", size=1, flags=0}, 16)",
	    "-ax86_64" },
	  0,
	  "effect   deputy sets it with the caller's rights, if the caller has "
	  "CAP_SYS_ADMIN in its user namespace; else the kernel refuses\n",
	  "" },
	{ { "policy", "explain",
	    "k.json", "setxattrat(AT_FDCWD, \"/x\", 0, \"trusted.b\", {value=\"z\", size=1, flags=0}, 16)",
	    "-ax86_64" },
	  0,
	  "rule 5 (line 7): value \"z\" is none of \"y\", \"n\"\n",
	  "" },
	{ { "policy", "explain", "k.json",
	    "setxattrat(AT_FDCWD, \"/x\", 0, \"trusted.b\", NULL, 16)",
	    "-ax86_64" },
	  0,
	  "rule 5 (line 7): value (not known) is none of \"y\", \"n\"\n",
	  "" },
	{ { "policy", "explain", "k.json",
	    "setxattrat(AT_FDCWD, \"/x\", 0, \"trusted.b\", NULL, 16)",
	    "-ax86_64" },
	  0,
	  "effect   the kernel refuses (EFAULT): the struct cannot be read\n",
	  "" },
	{ { "policy", "explain",
	    "k.json", "setxattrat(3, \"\", 4096, \"user.b\", {value=\"y\", size=1, flags=0}, 15)",
	    "-ax86_64" },
	  0,
	  "effect   the kernel refuses (EINVAL): the struct is too short\n",
	  "" },
	{ { "policy", "explain",
	    "k.json", "setxattrat(3, \"\", 4096, \"user.b\", {value=\"y\", size=1, flags=0}, 4097)",
	    "-ax86_64" },
	  0,
	  "effect   the kernel refuses (E2BIG): the struct is too long\n",
	  "" },
	{ { "policy", "explain",
	    "k.json", "setxattrat(3, \"\", 1, \"user.b\", {value=\"y\", size=1, flags=0}, 16)",
	    "-ax86_64" },
	  0,
	  "effect   the kernel refuses (EINVAL): no such flags\n",
	  "" },
	{ { "policy", "explain",
	    "k.json", "getxattrat(3, \"\", 4096, \"user.b\", {value=NULL, size=1, flags=1}, 16)",
	    "-ax86_64" },
	  0,
	  "effect   the kernel refuses (EINVAL): no such flags\n",
	  "" },
	{ { "policy", "explain", "k.json",
	    "getxattr(\"/x\", \"trusted.a\", 0x7ffe, 256)", "-ax86_64" },
	  0,
	  "effect   deputy reads it with the caller's rights, if the caller has "
	  "CAP_SYS_ADMIN in its user namespace; else the kernel answers\n",
	  "" },
	{ { "policy", "explain", "k.json",
	    "getxattr(\"/x\", \"trusted.b\", NULL, 0)", "-ax86_64" },
	  0,
	  "effect   the kernel shows none (ENODATA): the call needs CAP_SYS_ADMIN in "
	  "the initial user namespace\n",
	  "" },
	{ { "policy", "explain", "k.json",
	    "getxattr(\"/x\", \"security.selinux\", NULL, 0)", "-ax86_64" },
	  0,
	  "effect   the kernel reads it, with the caller's rights\n",
	  "" },
	{ { "policy", "explain", "k.json", "listxattr(\"/x\", NULL, 0)",
	    "-ax86_64" },
	  0,
	  "effect   deputy lists the names, with those of emulated reads, with "
	  "the caller's rights, if the caller has CAP_SYS_ADMIN in its user "
	  "namespace; else the kernel answers\n",
	  "" },
	{ { "policy", "explain", "k.json", "llistxattr(\"/x\", NULL, 0)",
	    "-ax86_64" },
	  0,
	  "effect   the kernel lists the names except trusted.*, which need "
	  "CAP_SYS_ADMIN in the initial user namespace\n",
	  "" },
	{ { "policy", "explain", "k.json", "removexattr(\"/x\", \"trusted.a\")",
	    "-ax86_64" },
	  0,
	  "effect   deputy removes it with the caller's rights, if the caller "
	  "has CAP_SYS_ADMIN in its user namespace; else the kernel refuses\n",
	  "" },
	{ { "policy", "explain", "k.json", "removexattr(\"/x\", \"user.a\")",
	    "-ax86_64" },
	  0,
	  "effect   the kernel removes it, with the caller's rights\n",
	  "" },
	{ { "policy", "explain", "k.json", "removexattr(\"/x\", \"trusted.b\")",
	    "-ax86_64" },
	  0,
	  "effect   the kernel refuses (EPERM): the call needs CAP_SYS_ADMIN in the "
	  "initial user namespace\n",
	  "" },
	{ { "policy", "explain", "k.json", "mknod(\"/a/b\", 0, 0)", "-jx",
	    "-ax86_64" },
	  2,
	  "",
	  "unknown option -x" },
	{ { "policy", "explain", "k.json", "mknod(\"/a/b\", 0, 0)", "-jax86_64",
	    "-u7" },
	  0,
	  "  \"asker\": \"uid=7 gid=0 caps=NONE dir=/a\",\n",
	  "" },
	{ { "policy", "explain", "k.json", "bpf()", "-j", "-uunknown" },
	  0,
	  "  \"asker\": \"uid=unknown dir=NOWHERE\",\n",
	  "" },
	{ { "policy", "explain", "k.json", "bpf()", "-j" },
	  0,
	  "  \"fail\": {\n    \"errno\": \"EIO\"\n  }\n",
	  "" },
	{ { "policy", "explain", "k.json", "bpf()", "-c", "CAP_X" },
	  2,
	  "",
	  "\"CAP_X\" is not a value for --cap" },
	{ { "policy", "explain", "k.json", "bpf()", "-u", "-1" },
	  2,
	  "",
	  "\"-1\" is not a value for --uid" },
	{ { "policy", "explain", "k.json", "bpf()", "-g", "4294967296" },
	  2,
	  "",
	  "is not a value for --gid" },
	{ { "policy", "explain", "k.json", "bpf()", "-d", "dev" },
	  2,
	  "",
	  "\"dev\" is not a value for --directory" },
	{ { "policy", "diff", "a", "b", "-u5" }, 2, "", "policy diff has no --uid" },
	{ { "policy", "explain", "d", "mount()", "-ax86_64" },
	  0,
	  "rule 0 (d/1.json:2): decides: it matches every one\n"
	  "verdict  EPERM by rule 0 (d/1.json:2)\n",
	  "" },
	{ { "policy", "explain", "d", "bpf()" },
	  0,
	  "verdict  continue by default (d/1.json:3)\n",
	  "" },
	{ { "policy", "explain", "d", "bpf()", "-j" },
	  0,
	  "    \"line\": 3,\n    \"file\": \"d/1.json\",\n",
	  "" },
};

TEST(deputyctl_explain, has_every_key)
{
	struct files f;

	files_open(&f);
	assert_int_equal(mkdir("d", 0700), 0);
	files_add(&f, "k.json", KEYS);
	files_add(&f, "d/1.json",
		  "{ \"version\": 1, \"policies\": { \"p\": { \"rules\": [\n"
		  "{ \"syscalls\": [\"mount\"], \"action\": { \"errno\": "
		  "\"EPERM\" } } ],\n\"default\": \"continue\" } } }\n");
	files_add(&f, "d/2.json",
		  "{ \"version\": 1, \"bindings\": [ { \"when\": {}, "
		  "\"policy\": \"p\" } ] }\n");
	for (size_t i = 0; i < ARRAY_SIZE(explained_keys); i++)
		ctl_expect(NULL, &explained_keys[i]);
	for (; f.n; f.n--)
		assert_int_equal(unlink(f.names[f.n - 1]), 0);
	assert_int_equal(rmdir("d"), 0);
	files_close(&f);
}
