// SPDX-License-Identifier: LGPL-2.1-or-later
/* deputyctl policy test, diff: files in, text out. */
#include <unistd.h>

#include "lib/own.h"
#include "tests/harness/test.h"
#include "tests/unit/ctl_files.h"

/* -- test ----------------------------------------------------------------------------- */

#define GOOD_CASES                                                             \
	"# a comment\n"                                                        \
	"\n"                                                                   \
	"emulate  mknod(\"/x\", S_IFCHR|0666, 1:3)   # another\n"              \
	" \tEACCES\tmknod(\"/x\", S_IFBLK|0666, 8:0) = -1 EACCES\r\n"          \
	"return 7 \tbpf()\n"                                                   \
	"arch=x86 continue  mknodat(AT_FDCWD, \"/x\", S_IFBLK|0666, 8:0)\n"    \
	"policy=p peer_uid=4294967294 EPERM  mknod(\"/x\", S_IFCHR|0666, 1:4)"
#define ASKED_CASES                                                            \
	"uid=5 gid=7 caps=CAP_MKNOD,CAP_CHOWN EXDEV  mknod(\"/x\", 0, 0)\n"    \
	"uid=5 gid=7 continue  mknod(\"/x\", 0, 0)\n"                          \
	"gid=7 caps=NONE continue  mknod(\"/x\", 0, 0)\n"                      \
	"uid=unknown EXDEV  mknod(\"/x\", 0, 0)\n"                             \
	"emulate  mknod(\"/dev/x\", S_IFCHR, 7:0)\n"                           \
	"continue  mknod(\"/x\", S_IFCHR, 7:0)\n"                              \
	"dir=/srv/a emulate  mknod(\"/x\", S_IFCHR, 7:0)\n"                    \
	"dir=NOWHERE continue  mknod(\"/dev/x\", S_IFCHR, 7:0)\n"
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
	  "bad:6:1: unknown option or value: policy=NAME arch=ABI peer_uid=UID "
	  "annotation=KEY=VALUE metadata=TEXT uid=UID gid=GID caps=CAP,... "
	  "dir=PATH\n"
	  "bad:7:1: unknown option or value: policy=NAME arch=ABI peer_uid=UID "
	  "annotation=KEY=VALUE metadata=TEXT uid=UID gid=GID caps=CAP,... "
	  "dir=PATH\n"
	  "bad:8:1: no policy \"q\"\n"
	  "9 cases, 8 failed\n",
	  "" },
	{ { "policy", "test", "k.json", "asked", "-ax86_64" },
	  0,
	  "8 cases, 0 failed\n",
	  "" },
	/* what a line does not say is what the options say */
	{ { "policy", "test", "k.json", "asked", "-ax86_64", "-cCAP_MKNOD",
	    "-cCAP_CHOWN", "-d/srv" },
	  1,
	  "asked:2: mknod(\"/x\", 0000, 0:0)\n"
	  "  expected continue, got EXDEV by rule 2 (line 4) of policy p\n"
	  "  rule 0 (line 2): mode 0000 lacks 0600, has none of 06000\n"
	  "  rule 1 (line 3): arch x86_64 is none of x86, x32\n"
	  "  rule 2 (line 4) decides: uid 5; gid 7; capability "
	  "CAP_CHOWN,CAP_MKNOD; root false\n"
	  "asked:6: mknod(\"/x\", S_IFCHR|0000, 7:0)\n"
	  "  expected continue, got emulate by rule 3 (line 5) of policy p\n"
	  "  rule 0 (line 2): type char is none of fifo, file; mode 0000 lacks "
	  "0600, has none of 06000\n"
	  "  rule 1 (line 3): arch x86_64 is none of x86, x32\n"
	  "  rule 2 (line 4): uid 0 is not 1-999; gid 0 is none of 5, 7; root "
	  "true is not false\n"
	  "  rule 3 (line 5) decides: type char; device 7:0; directory "
	  "\"/srv\"\n"
	  "8 cases, 2 failed\n",
	  "" },
	{ { "policy", "test", "p.json", "empty" },
	  1,
	  "0 cases, 0 failed\n",
	  "empty: the file has no cases" },
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
	files_add(&f, "k.json", KEYS);
	files_add(&f, "asked", ASKED_CASES);
	ctl_expect_all(tested, ARRAY_SIZE(tested));
	for (size_t i = 0; i < ARRAY_SIZE(tested_json); i++)
		ctl_expect(NULL, &tested_json[i]);
	files_close(&f);
}

/* -- diff ----------------------------------------------------------------------------- */

/* No rule forgets the call of the other name. */
#define OTHER(call)                                                            \
	", { \"syscalls\": [\"" call "\"], \"match\": { \"type\": \"fifo\" }, " \
	"\"action\": \"continue\" }"
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
	"\"device\": [" list "] }, \"action\": \"emulate\" }" OTHER("mknod")

#define IN_DIRECTORY(path)                                                     \
	"{ \"syscalls\": [\"mknod\"], \"match\": { \"type\": \"char\", "       \
	"\"device\": [\"1:3\"], \"directory\": \"" path                        \
	"\" }, \"action\": \"emulate\" }" OTHER("mknodat")
#define BY(uids)                                                               \
	"{ \"syscalls\": [\"bpf\"], \"match\": { \"uid\": " uids               \
	", \"capability\": \"CAP_BPF\" }, \"action\": { \"errno\": \"EPERM\" " \
	"} }"

#define P "\"p\": { \"rules\": [], \"default\": \"continue\" }"
#define Q                                                                      \
	"\"q\": { \"rules\": [\n{ \"syscalls\": [\"bpf\"], \"action\": { "       \
	"\"errno\": \"EPERM\" } } ], \"default\": \"continue\" }"
#define UID(u, policy)                                                         \
	"{ \"when\": { \"peer_uid\": " u " }, \"policy\": \"" policy "\" }"
#define TWO(bindings)                                                          \
	"{ \"version\": 1, \"policies\": {\n" P ", " Q " }, \"bindings\": ["      \
	bindings " ] }"

#define NAMES(list)                                                            \
	"{ \"syscalls\": [\"setxattr\"], \"match\": { \"name\": [" list        \
	"] }, \"action\": { \"errno\": \"EPERM\" }, \"advisory\": true }"

static const struct ctl_row differing[] = {
	{ { "policy", "diff", "a.json", "a.json" },
	  0,
	  "no difference for any container: 1 policy, ",
	  "" },
	/* a policy has another name, and a binding, one of its own, says so */
	{ { "policy", "diff", "a.json", "renamed.json" },
	  0,
	  "no difference for any container: 1 policy, ",
	  "" },
	{ { "policy", "diff", "-p", "p", "a.json", "a.json" },
	  0,
	  "no difference: 1 policy, ",
	  "" },
	{ { "policy", "diff", "-p", "p", "a.json", "renamed.json" },
	  1,
	  "policy p: only in the old file\n",
	  "" },
	/* the names are the same, but others get them */
	{ { "policy", "diff", "two.json", "swapped.json" },
	  1,
	  "policy p -> q\n"
	  "  bpf: continue by default (line 2) -> EPERM by rule 0 (line 3)\n"
	  "    bpf()\n"
	  "policy q -> p\n"
	  "  bpf: EPERM by rule 0 (line 3) -> continue by default (line 2)\n"
	  "    bpf()\n"
	  "bindings\n"
	  "  - peer_uid 0: p\n",
	  "" },
	{ { "policy", "diff", "-j", "two.json", "swapped.json" },
	  1,
	  "      \"policy\": \"p\",\n      \"new_policy\": \"q\",\n",
	  "" },
	/* another order of bindings that have nothing in common */
	{ { "policy", "diff", "two.json", "reordered.json" },
	  0,
	  "no difference for any container: 2 policies, ",
	  "" },
	/* what nobody gets */
	{ { "policy", "diff", "a.json", "unbound.json" },
	  0,
	  "policy z of the new file: no binding gives it to a container, not "
	  "compared\nno difference for any container: 1 policy, ",
	  "" },
	{ { "policy", "diff", "a.json", "b.json" },
	  1,
	  "policy p\n"
	  "  mknodat: emulate by rule 0 (line 3) -> "
	  "continue by default (line 4)\n"
	  "    mknodat(AT_FDCWD, \"/path\", S_IFCHR|0666, 1:5)\n"
	  "  mknodat: continue by default (line 4) -> emulate "
	  "by rule 0 (line 3)\n"
	  "    mknodat(AT_FDCWD, \"/path\", S_IFCHR|0666, 7:0)\n"
	  "    mknodat(AT_FDCWD, \"/path\", S_IFCHR|0666, 7:1048575)\n"
	  "bindings\n"
	  "  - any container: p\n"
	  "  + peer_uid 0, annotation \"k\"=\"v\": p\n"
	  "  + peer_uid 9: p\n",
	  "" },
	/* whole calls; what the first rule takes stays as it is */
	{ { "policy", "diff", "a.json", "c.json" },
	  1,
	  "policy p\n"
	  "  mknodat: continue by default (line 4) -> EPERM by rule 3 (line "
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
	  "policy p -> q\n"
	  "  mknodat: emulate by rule 0 (line 3) -> continue by default "
	  "(line 1)\n",
	  "" },
	{ { "policy", "diff", "a.json", "d.json" },
	  1,
	  "bindings\n  - any container: p\n  + any container: q\n",
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
	  "    {\n      \"only\": \"old\",\n"
	  "      \"binding\": \"any container: p\"\n    },\n",
	  "" },
	{ { "policy", "diff", "b.json", "h.json" },
	  1,
	  "bindings\n  - peer_uid 0, annotation \"k\"=\"v\": p\n  - peer_uid 9: p\n"
	  "  + peer_uid 9|0: p\n",
	  "" },
	{ { "policy", "diff", "h.json", "b.json" },
	  1,
	  "bindings\n  - peer_uid 9|0: p\n  + peer_uid 0, annotation \"k\"=\"v\": p\n"
	  "  + peer_uid 9: p\n",
	  "" },
	{ { "policy", "diff", "i.json", "h.json" },
	  1,
	  "bindings\n  - peer_uid 0, annotation \"k\"=\"v\": p\n  + peer_uid 9|0: p\n",
	  "" },
	{ { "policy", "diff", "h.json", "i.json" },
	  1,
	  "bindings\n  - peer_uid 9|0: p\n  + peer_uid 0, annotation \"k\"=\"v\": p\n",
	  "" },
	/* names that begin with q, but are neither q nor begin with qx */
	{ { "policy", "diff", "f.json", "g.json" },
	  1,
	  "policy p\n"
	  "  setxattr: EPERM by rule 0 (line 3) -> continue by default (line "
	  "4)\n"
	  "    setxattr(\"/path\", \"qy\", *, *, 0)\n",
	  "" },
	/* directories: one, below it, neither; and none at all */
	{ { "policy", "diff", "-p", "p", "dir1.json", "dir2.json" },
	  1,
	  "policy p\n"
	  "  mknod: continue by default (line 4) -> emulate "
	  "by rule 0 (line 3)\n"
	  "    mknod(\"/path\", S_IFCHR|0666, 1:3)  by dir=/dev/x\n",
	  "" },
	{ { "policy", "diff", "-p", "p", "dir1.json", "dir3.json" },
	  1,
	  "policy p\n"
	  "  mknod: emulate by rule 0 (line 3) -> continue "
	  "by default (line 4)\n"
	  "    mknod(\"/path\", S_IFCHR|0666, 1:3)  by dir=/dev\n",
	  "" },
	{ { "policy", "diff", "-j", "-p", "p", "dir1.json", "dir3.json" },
	  1,
	  "          \"asker\": \"dir=/dev\",\n",
	  "" },
	{ { "policy", "diff", "-p", "p", "who1.json", "who2.json" },
	  1,
	  "policy p\n"
	  "  bpf: EPERM by rule 0 (line 3) -> continue by default (line 4)\n"
	  "    bpf()  by uid=5 caps=CAP_BPF\n"
	  "    bpf()  by uid=6 caps=CAP_BPF\n"
	  "  failing: EPERM by default (line 4) -> EIO by default (line 4)\n"
	  "    any call if deputy itself fails\n",
	  "" },
	{ { "policy", "diff", "b.json", "e.json" },
	  1,
	  "bindings\n  - peer_uid 0, annotation \"k\"=\"v\": p\n",
	  "" },
	/* each thing that a binding may look at; one stays where it is */
	{ { "policy", "diff", "e.json", "all.json" },
	  1,
	  "bindings\n"
	  "  + peer_uid 0-5|9, peer_gid 1, userns_owner 7|none, cgroup "
	  "\"/a/*\"|\"/b\", metadata \"m?\", id \"i\", bundle \"/x/*\", "
	  "annotation \"k\"=\"v\"|\"w*\": p\n",
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
	files_add(&f, "all.json",
		  SMALL(DEVICES("\"1:3\", \"7:*\""),
			"{ \"when\": { \"bundle\": \"/x/*\", \"id\": \"i\", "
			"\"cgroup\": [\"/a/*\", \"/b\"], \"metadata\": \"m?\", "
			"\"userns_owner\": [7, \"none\"], \"peer_gid\": 1, "
			"\"peer_uid\": [\"0-5\", 9], \"annotation\": { \"k\": "
			"[\"v\", \"w*\"] } }, \"policy\": \"p\" }, "
			"{ \"comment\": \"c\", \"when\": { \"peer_uid\": [9] }, "
			"\"policy\": \"p\" }"));
	files_add(&f, "renamed.json",
		  "{ \"version\": 1, \"policies\": { \"other\": { \"rules\": "
		  "[ " DEVICES("\"1:3\", \"1:5\"") " ], \"default\": \"continue\" "
		  "} }, \"bindings\": [ { \"when\": { \"peer_uid\": 0 }, "
		  "\"policy\": \"other\" }, { \"when\": {}, \"policy\": "
		  "\"other\" } ] }");
	files_add(&f, "unbound.json",
		  "{ \"version\": 1, \"policies\": { \"p\": { \"rules\": "
		  "[ " DEVICES("\"1:3\", \"1:5\"") " ], \"default\": \"continue\" "
		  "}, \"z\": { \"rules\": [], \"default\": \"continue\" } }, "
		  "\"bindings\": [" EVERYBODY " ] }");
	files_add(&f, "two.json", TWO(UID("0", "p") ", " UID("1", "q")));
	files_add(&f, "swapped.json", TWO(UID("0", "q") ", " UID("1", "p")));
	files_add(&f, "reordered.json", TWO(UID("1", "q") ", " UID("0", "p")));
	files_add(&f, "f.json", SMALL(NAMES("\"q*\""), EVERYBODY));
	files_add(&f, "g.json", SMALL(NAMES("\"q\", \"qx*\""), EVERYBODY));
	files_add(&f, "dir1.json", SMALL(IN_DIRECTORY("/dev"), EVERYBODY));
	files_add(&f, "dir2.json", SMALL(IN_DIRECTORY("/dev/*"), EVERYBODY));
	files_add(&f, "dir3.json", SMALL(IN_DIRECTORY("/d"), EVERYBODY));
	files_add(&f, "who1.json", SMALL(BY("[5, \"6-9\"]"), EVERYBODY));
	files_add(
		&f, "who2.json",
		"{ \"version\": 1, \"policies\": { \"p\": {\n\"rules\": [\n" BY(
			"\"7-9\"") "],\n\"default\": \"continue\", \"fail\": { "
				   "\"errno\": "
				   "\"EIO\" } } }, \"bindings\": [" EVERYBODY
				   " ] }\n");
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
