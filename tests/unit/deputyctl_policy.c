// SPDX-License-Identifier: LGPL-2.1-or-later
/* deputyctl policy explain, test, diff: arguments and files in, text out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/own.h"
#include "tests/harness/test.h"
#include "tests/unit/ctl_run.h"

#define RULES                                                                  \
	"{ \"version\": 1, \"policies\": {\n"                                  \
	"\"p\": { \"rules\": [\n"                                              \
	"{ \"syscalls\": [\"mknod\", \"mknodat\"],\n"                          \
	"  \"match\": { \"type\": \"char\", \"device\": [\"1:3\", \"1:5\"] }," \
	" \"action\": \"emulate\" },\n"                                        \
	"{ \"syscalls\": [\"bpf\"], \"action\": { \"return\": 7 } },\n"        \
	"{ \"syscalls\": [\"mknod\"], \"match\": { \"type\": \"block\" },"     \
	" \"action\": { \"errno\": \"EACCES\" }, \"log\": true },\n"           \
	"{ \"syscalls\": [\"setxattr\"], \"match\": { \"name\": "              \
	"[\"trusted.a\", \"trusted.b*\"], \"value\": \"y\" },"                 \
	" \"action\": \"emulate\" },\n"                                        \
	"{ \"syscalls\": [\"mknod\"], \"match\": { \"type\": \"char\" },"      \
	" \"action\": { \"errno\": \"EPERM\" } }\n"                            \
	"], \"default\": \"continue\" }"
#define POLICY                                                                 \
	RULES                                                                  \
	"},\n\"bindings\": [ { \"when\": {}, \"policy\": \"p\" } ] }\n"
/* no binding without a condition */
#define BOUND                                                                  \
	RULES                                                                  \
	",\n\"q\": { \"rules\": [], \"default\": { \"errno\": \"EROFS\" } }\n" \
	"},\n\"bindings\": [ { \"when\": { \"peer_uid\": [0], \"annotation\":" \
	" { \"k\": \"v\" } }, \"policy\": \"q\" },\n"                          \
	"{ \"when\": { \"peer_uid\": [5], \"metadata\": \"m\" }, \"policy\": " \
	"\"q\" },\n"                                                           \
	"{ \"when\": { \"peer_uid\": [0, 5] }, \"policy\": \"p\" } ] }\n"

/* Files of a directory of the test's own, in which it then is. */
struct files {
	char dir[32];
	const char *names[10];
	int n;
};

static void files_open(struct files *f)
{
	*f = (struct files){ .dir = "/tmp/deputy-ctl-XXXXXX" };
	assert_non_null(mkdtemp(f->dir));
	assert_int_equal(chdir(f->dir), 0);
}

static void files_add(struct files *f, const char *name, const char *text)
{
	FILE *out = fopen(name, "we");

	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
	f->names[f->n++] = name;
}

static void files_close(struct files *f)
{
	for (int i = 0; i < f->n; i++)
		assert_int_equal(unlink(f->names[i]), 0);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(rmdir(f->dir), 0);
}

/* Rows whose stdout is exactly that. */
static void expect_all(const struct ctl_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct ctl_result r;

		ctl_expect(NULL, &rows[i]);
		ctl_run(NULL, rows[i].args, &r);
		assert_string_equal(r.out, rows[i].out);
	}
}

/* -- explain -------------------------------------------------------------------------- */

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
	  "verdict  emulate (unopenable: bind) by rule 0 (line 3)\n"
	  "effect   deputy makes the node in the caller's place, with the "
	  "caller's rights, if the caller has CAP_MKNOD in its user namespace; "
	  "else the kernel refuses; where devices cannot be opened: one that "
	  "opens is bound over it\n"
	  "failing  EPERM, where deputy itself cannot\n",
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
	  "failing  EPERM, where deputy itself cannot\n",
	  "" },
	{ EXPLAIN("setxattr(\"/x\", \"user.a\", \"yy\", 2, 0)"), 0,
	  "call     setxattr(\"/x\", \"user.a\", \"yy\", 2, 0)\n"
	  "ABI      x86_64, number 188\n"
	  "policy   p, by the binding without a condition\n"
	  "rule 3 (line 7): name \"user.a\" is none of \"trusted.a\", "
	  "\"trusted.b*\"; value \"yy\" is not \"y\"\n"
	  "verdict  continue by default (line 9)\n"
	  "effect   the kernel sets it, with the caller's rights\n"
	  "failing  EPERM, where deputy itself cannot\n",
	  "" },
	{ EXPLAIN("bpf(1, NULL)"), 0,
	  "call     bpf(1, NULL)\n"
	  "ABI      x86_64, number 321\n"
	  "policy   p, by the binding without a condition\n"
	  "rule 1 (line 5): decides: it takes every one\n"
	  "verdict  return 7 by rule 1 (line 5)\n"
	  "effect   the caller gets 7, and nothing is done\n"
	  "failing  EPERM, where deputy itself cannot\n",
	  "" },
	{ EXPLAIN("mount()"), 0,
	  "call     mount()\n"
	  "ABI      x86_64, number 165\n"
	  "policy   p, by the binding without a condition\n"
	  "no rule is for this call\n"
	  "verdict  continue by default (line 9)\n"
	  "effect   the kernel goes on with the call, with all of its own "
	  "checks\n"
	  "failing  EPERM, where deputy itself cannot\n",
	  "" },
};

/* What the kernel does after a continue: a call, a part of the last line. */
static const char *const continued[][2] = {
	{ "mknodat(AT_FDCWD, \"/x\", S_IFBLK, 8:0)",
	  "refuses (EPERM): it wants CAP_MKNOD" },
	{ "mknodat(AT_FDCWD, \"/x\", S_IFCHR, 1:4)",
	  "refuses (EPERM): it wants CAP_MKNOD" },
	{ "mknodat(AT_FDCWD, \"/x\", S_IFCHR, 0:0)", "an overlay whiteout" },
	{ "mknodat(AT_FDCWD, \"/x\", 0666, 0:0)", "makes a regular file" },
	{ "mknodat(AT_FDCWD, \"/x\", S_IFREG, 1:3)", "makes a regular file" },
	{ "mknodat(AT_FDCWD, \"/x\", S_IFIFO, 1:3)", "makes a FIFO" },
	{ "mknodat(AT_FDCWD, \"/x\", S_IFSOCK, 0)", "makes a socket" },
	{ "mknodat(AT_FDCWD, \"/x\", S_IFDIR, 0)", "(EPERM): directories" },
	{ "mknodat(AT_FDCWD, \"/x\", S_IFLNK, 0)", "(EINVAL): no such type" },
	{ "lsetxattr(\"/x\", \"trusted.a\", \"\", 0, 0)",
	  "refuses (EPERM): it wants CAP_SYS_ADMIN" },
	{ "lsetxattr(\"/x\", \"security.selinux\", \"\", 0, 0)",
	  "refuses (EPERM): it wants CAP_SYS_ADMIN" },
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
	  "deputy sets it in the caller's place" },
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
	  "no binding takes such a container" },
	{ { "policy", "explain", "b.json", "mount()" },
	  2,
	  "",
	  "which policy? Say --policy NAME" },
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
	  "\"-1\" is no value for -P" },
	{ { "policy", "explain", "p.json", "mount()", "-A", "k" },
	  2,
	  "",
	  "\"k\" is no value for -A" },
	{ { "policy", "explain", "p.json", "mount()", "-m", "k" },
	  2,
	  "",
	  "--metadata and --annotation want --peer-uid" },
	{ { "policy", "explain", "p.json" },
	  2,
	  "",
	  "usage: deputyctl policy explain FILE CALL\n" },
	{ { "list", "--policy", "p" }, 2, "", "--policy: not for this verb" },
	{ { "policy", "diff", "a", "b", "-ax86" },
	  2,
	  "",
	  "--arch: not for this verb" },
	{ { "policy", "check", "a", "-P5" }, 2, "", "not for this verb" },
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

TEST(deputyctl_policy, explain)
{
	struct files f;

	files_open(&f);
	files_add(&f, "p.json", POLICY);
	files_add(&f, "b.json", BOUND);
	expect_all(explained, ARRAY_SIZE(explained));
	for (size_t i = 0; i < ARRAY_SIZE(continued); i++) {
		const struct ctl_row row = { EXPLAIN(continued[i][0]), 0,
					     continued[i][1], "" };

		ctl_expect(NULL, &row);
	}
	for (size_t i = 0; i < ARRAY_SIZE(explained_by); i++)
		ctl_expect(NULL, &explained_by[i]);
	files_close(&f);
}

/* -- test ----------------------------------------------------------------------------- */

#define GOOD_CASES                                                             \
	"# a comment\n"                                                        \
	"\n"                                                                   \
	"emulate  mknod(\"/x\", S_IFCHR|0666, 1:3)   # another\n"              \
	" \tEACCES\tmknod(\"/x\", S_IFBLK|0666, 8:0) = -1 EACCES\r\n"          \
	"return 7 \tbpf()\n"                                                   \
	"arch=x86 continue  mknodat(AT_FDCWD, \"/x\", S_IFBLK|0666, 8:0)\n"    \
	"policy=p peer_uid=4294967294 EPERM  mknod(\"/x\", S_IFCHR|0666, 1:4)"
#define BAD_CASES                                                              \
	"EROFS  mknod(\"/x\", S_IFBLK, 8:0)\n"                                 \
	"return 8  bpf()\n"                                                    \
	"continue  mknod(\"/x\", S_IFBLK, 8;0)\n"                              \
	"EFOO  bpf()\n"                                                        \
	"emulate bpf()\n"                                                      \
	"color=red emulate  bpf()\n"                                           \
	"uid=x emulate  bpf()\n"                                               \
	"policy=q emulate  bpf()\n"                                            \
	"return 7  bpf()\n"

static const struct ctl_row tested[] = {
	{ { "policy", "test", "p.json", "good", "-ax86_64" },
	  0,
	  "5 cases, 0 failed\n",
	  "" },
	{ { "policy", "test", "p.json", "bad", "-ax86_64" },
	  1,
	  "bad:1: mknod(\"/x\", S_IFBLK|0000, 8:0)\n"
	  "  expected EROFS, got EACCES by rule 2 (line 6) of policy p\n"
	  "  rule 0 (line 3): type block is not char; device 8:0 is none of "
	  "1:3, 1:5\n"
	  "  rule 2 (line 6) decides: type block\n"
	  "bad:2: bpf()\n"
	  "  expected return 8, got return 7 by rule 1 (line 5) of policy p\n"
	  "  rule 1 (line 5) decides\n"
	  "bad:3:33: expected \")\", found ';'\n"
	  "bad:4:1: expected emulate, continue, an errno or \"return N\", then "
	  "a tab or two blanks and a call\n"
	  "bad:5:1: expected emulate, continue, an errno or \"return N\", then "
	  "a tab or two blanks and a call\n"
	  "bad:6:1: no such option, or no such value of it: policy=NAME "
	  "arch=ABI peer_uid=UID annotation=KEY=VALUE metadata=TEXT uid=UID "
	  "gid=GID caps=CAP,... dir=PATH\n"
	  "bad:7:1: no such option, or no such value of it: policy=NAME "
	  "arch=ABI peer_uid=UID annotation=KEY=VALUE metadata=TEXT uid=UID "
	  "gid=GID caps=CAP,... dir=PATH\n"
	  "bad:8:1: no policy \"q\"\n"
	  "9 cases, 8 failed\n",
	  "" },
	{ { "policy", "test", "p.json", "empty" },
	  1,
	  "0 cases, 0 failed\n",
	  "empty: no case in it" },
	{ { "policy", "test", "p.json", "none" }, 1, "", "none: No such file" },
	{ { "policy", "test", "none", "good" }, 1, "", "none: error: " },
	{ { "policy", "test", "p.json", "." }, 1, "", ".: Is a directory" },
};

static const struct ctl_row tested_json[] = {
	{ { "policy", "test", "p.json", "good", "-jax86_64" },
	  0,
	  "{\n  \"cases\": 5,\n  \"failed\": 0,\n",
	  "" },
	{ { "policy", "test", "p.json", "bad", "-jax86_64" },
	  1,
	  "      \"line\": 3,\n      \"column\": 33,\n"
	  "      \"reason\": \"expected \\\")\\\", found ';'\"\n",
	  "" },
	{ { "policy", "test", "p.json", "bad", "-jax86_64" },
	  1,
	  "      \"expected\": \"EROFS\",\n      \"decision\": {\n"
	  "        \"action\": {\n          \"errno\": \"EACCES\"\n",
	  "" },
};

TEST(deputyctl_policy, test)
{
	struct files f;

	files_open(&f);
	files_add(&f, "p.json", POLICY);
	files_add(&f, "good", GOOD_CASES);
	files_add(&f, "bad", BAD_CASES);
	files_add(&f, "empty", "# nothing\n");
	expect_all(tested, ARRAY_SIZE(tested));
	for (size_t i = 0; i < ARRAY_SIZE(tested_json); i++)
		ctl_expect(NULL, &tested_json[i]);
	files_close(&f);
}

/* -- diff ----------------------------------------------------------------------------- */

#define SMALL(rules, bindings)                                                 \
	"{ \"version\": 1, \"policies\": { \"p\": {\n\"rules\": [\n" rules     \
	"],\n\"default\": \"continue\" } }, \"bindings\": [" bindings " ] }\n"
#define EVERYBODY "{ \"when\": {}, \"policy\": \"p\" }"
#define SOME                                                                   \
	"{ \"when\": { \"peer_uid\": [0], \"annotation\": { \"k\": \"v\" } }," \
	" \"policy\": \"p\" }, { \"when\": { \"peer_uid\": [9] }, "            \
	"\"policy\": \"p\" }"
#define DEVICES(list)                                                          \
	"{ \"syscalls\": [\"mknodat\"], \"match\": { \"type\": \"char\", "     \
	"\"device\": [" list "] }, \"action\": \"emulate\" }"

#define NAMES(list)                                                            \
	"{ \"syscalls\": [\"setxattr\"], \"match\": { \"name\": [" list        \
	"] }, \"action\": { \"errno\": \"EPERM\" }, \"advisory\": true }"

static const struct ctl_row differing[] = {
	{ { "policy", "diff", "a.json", "a.json" },
	  0,
	  "no difference: 1 policy, ",
	  "" },
	{ { "policy", "diff", "a.json", "b.json" },
	  1,
	  "policy p\n"
	  "  mknodat: emulate (unopenable: bind) by rule 0 (line 3) -> "
	  "continue by default (line 4)\n"
	  "    mknodat(AT_FDCWD, \"/path\", S_IFCHR|0666, 1:5)\n"
	  "  mknodat: continue by default (line 4) -> emulate (unopenable: "
	  "bind) by rule 0 (line 3)\n"
	  "    mknodat(AT_FDCWD, \"/path\", S_IFCHR|0666, 7:0)\n"
	  "    mknodat(AT_FDCWD, \"/path\", S_IFCHR|0666, 7:1048575)\n"
	  "bindings\n"
	  "  uid 0: p -> refused\n"
	  "  any other uid: p -> refused\n",
	  "" },
	/* whole calls; what the first rule takes stays as it is */
	{ { "policy", "diff", "a.json", "c.json" },
	  1,
	  "policy p\n"
	  "  mknodat: continue by default (line 4) -> EPERM by rule 2 (line "
	  "5)\n"
	  "    mknodat(AT_FDCWD, \"/path\", *, 1:2)\n"
	  "    mknodat(AT_FDCWD, \"/path\", S_IFREG|0666, *)\n",
	  "" },
	{ { "policy", "diff", "a.json", "c.json" },
	  1,
	  "  bpf: continue by default (line 4) -> EPERM (log) by rule 0 (line "
	  "3)\n"
	  "    bpf()\n",
	  "" },
	{ { "policy", "diff", "a.json", "d.json" },
	  1,
	  "policy p: only in the old file\npolicy q: only in the new file\n",
	  "" },
	{ { "policy", "diff", "-p", "q", "a.json", "d.json" },
	  1,
	  "policy q: only in the new file\n",
	  "" },
	{ { "policy", "diff", "-p", "z", "a.json", "d.json" },
	  2,
	  "",
	  "no policy \"z\" in either file" },
	{ { "policy", "diff", "a.json", "none" }, 2, "", "none: error: " },
	{ { "policy", "diff", "a.json" }, 2, "", "usage: deputyctl policy diff" },
	{ { "policy", "diff", "-j", "a.json", "b.json" },
	  1,
	  "          \"syscall\": \"mknodat\",\n"
	  "          \"call\": \"mknodat(AT_FDCWD, \\\"/path\\\", "
	  "S_IFCHR|0666, 1:5)\",\n",
	  "" },
	{ { "policy", "diff", "-j", "a.json", "b.json" },
	  1,
	  "    {\n      \"uid\": 0,\n      \"shows\": \"\",\n"
	  "      \"old\": \"p\",\n      \"new\": null\n    },\n",
	  "" },
	{ { "policy", "diff", "b.json", "h.json" },
	  1,
	  "bindings\n  uid 0: refused -> p\n",
	  "" },
	{ { "policy", "diff", "h.json", "b.json" },
	  1,
	  "bindings\n  uid 0: p -> refused\n",
	  "" },
	{ { "policy", "diff", "i.json", "h.json" },
	  1,
	  "bindings\n  uid 0: refused -> p\n  uid 9: refused -> p\n",
	  "" },
	{ { "policy", "diff", "h.json", "i.json" },
	  1,
	  "bindings\n  uid 9: p -> refused\n  uid 0: p -> refused\n",
	  "" },
	/* names that begin with q, but are neither q nor begin with qx */
	{ { "policy", "diff", "f.json", "g.json" },
	  1,
	  "policy p\n"
	  "  setxattr: EPERM by rule 0 (line 3) -> continue by default (line "
	  "4)\n"
	  "    setxattr(\"/path\", \"qy\", *, *, 0)\n",
	  "" },
	{ { "policy", "diff", "b.json", "e.json" },
	  1,
	  "bindings\n  uid 0, annotation \"k\"=\"v\": p -> refused\n",
	  "" },
};

TEST(deputyctl_policy, diff)
{
	struct files f;

	files_open(&f);
	files_add(&f, "a.json", SMALL(DEVICES("\"1:3\", \"1:5\""), EVERYBODY));
	files_add(&f, "b.json", SMALL(DEVICES("\"1:3\", \"7:*\""), SOME));
	files_add(&f, "c.json",
		  SMALL("{ \"syscalls\": [\"bpf\"], \"action\": { \"errno\": "
			"\"EPERM\" }, \"log\": true },\n" DEVICES(
				"\"1:3\", \"1:5\"") ",\n{ \"syscalls\": "
						    "[\"mknodat\"], "
						    "\"action\": { \"errno\": "
						    "\"EPERM\" } }",
			EVERYBODY));
	files_add(&f, "d.json",
		  "{ \"version\": 1, \"policies\": { \"q\": { \"rules\": [], "
		  "\"default\": \"continue\" } }, \"bindings\": [ { \"when\": "
		  "{}, \"policy\": \"q\" } ] }");
	files_add(&f, "e.json",
		  SMALL(DEVICES("\"1:3\", \"7:*\""),
			"{ \"when\": { \"peer_uid\": [9] }, \"policy\": "
			"\"p\" }"));
	files_add(&f, "f.json", SMALL(NAMES("\"q*\""), EVERYBODY));
	files_add(&f, "g.json", SMALL(NAMES("\"q\", \"qx*\""), EVERYBODY));
	files_add(&f, "h.json",
		  SMALL(DEVICES("\"1:3\", \"7:*\""),
			"{ \"when\": { \"peer_uid\": [9, 0] }, \"policy\": "
			"\"p\" }"));
	files_add(&f, "i.json",
		  SMALL(DEVICES("\"1:3\", \"7:*\""),
			"{ \"when\": { \"peer_uid\": [0], \"annotation\": { "
			"\"k\": \"v\" } }, \"policy\": \"p\" }"));
	for (size_t i = 0; i < ARRAY_SIZE(differing); i++)
		ctl_expect(NULL, &differing[i]);
	files_close(&f);
}
