/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Policy files for the tests of deputyctl.
 */

#include <stddef.h>

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

/* every key */
#define KEYS                                                                   \
	"{ \"version\": 1, \"policies\": { \"p\": { \"rules\": [\n"            \
	"{ \"syscalls\": [\"@mknod\"], \"match\": { \"type\": [\"fifo\", "     \
	"\"file\"], \"mode\": { \"all\": \"0600\", \"any\": \"06000\", "       \
	"\"none\": \"0022\" } }, \"action\": { \"errno\": \"EACCES\" } },\n"   \
	"{ \"syscalls\": [\"mknod\"], \"match\": { \"arch\": [\"x86\", "       \
	"\"x32\"] }, \"action\": { \"errno\": \"EROFS\" } },\n"                \
	"{ \"syscalls\": [\"mknod\"], \"match\": { \"root\": false, \"uid\": " \
	"\"1-999\", \"gid\": [5, 7], \"capability\": [\"CAP_MKNOD\", "         \
	"\"CAP_CHOWN\"] }, \"action\": { \"errno\": \"EXDEV\" } },\n"          \
	"{ \"syscalls\": [\"mknod\"], \"match\": { \"type\": \"char\", "       \
	"\"device\": [\"10:200-222\", \"7:*\"], \"directory\": [\"/dev\", "    \
	"\"/srv/*\"] }, \"action\": \"emulate\" },\n"                          \
	"{ \"syscalls\": [\"setxattr\"], \"match\": { \"name\": [\"*.a?\", "   \
	"\"x\"], \"size\": { \"max\": 3 }, \"flags\": { \"all\": "             \
	"[\"XATTR_CREATE\"] } }, \"action\": { \"errno\": \"EPERM\" }, "       \
	"\"advisory\": true },\n"                                              \
	"{ \"syscalls\": [\"setxattrat\"], \"match\": { \"name\": "            \
	"\"trusted.*\", \"value\": [\"y\", \"n\"] }, \"action\": \"emulate\" " \
	"},\n"                                                                 \
	"{ \"syscalls\": [\"getxattrat\", \"getxattr\"], \"match\": { "        \
	"\"name\": \"trusted.a\" }, \"action\": \"emulate\" },\n"              \
	"{ \"syscalls\": [\"listxattr\"], \"action\": \"emulate\" },\n"        \
	"{ \"syscalls\": [\"removexattr\"], \"match\": { \"name\": "           \
	"\"trusted.a\" }, \"action\": \"emulate\" }\n"                         \
	"], \"default\": \"continue\", \"fail\": { \"errno\": \"EIO\" } } }, " \
	"\"bindings\": [ { \"when\": {}, \"policy\": \"p\" } ] }\n"

/* Files of a directory of the test's own, in which it then is. */
struct files {
	char dir[32];
	const char *names[24];
	int n;
};

void files_open(struct files *f);
void files_add(struct files *f, const char *name, const char *text);
void files_close(struct files *f);

/* Rows whose stdout is exactly that. */
void ctl_expect_all(const struct ctl_row *rows, size_t n);
