// SPDX-License-Identifier: LGPL-2.1-or-later
/* A good policy on machines that lack something, and before judges of devices. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/kfeat.h"
#include "policy/machine_check.h"
#include "policy/policy.h"
#include "tests/harness/test.h"

#define POLICY(rules)                                                          \
	"{\"version\":1,\"policies\":{\"p\":{\"rules\":[\n" rules              \
	"],\"default\":\"continue\"}},"                                        \
	"\"bindings\":[{\"when\":{},\"policy\":\"p\"}]}"
#define NODES(device, more)                                                    \
	"{\"syscalls\":[\"mknod\"],\"match\":{\"type\":\"char\",\"device\":"   \
	"[" device "]" more "},\"action\":\"emulate\""
#define ATTRIBUTES(calls)                                                      \
	"{\"syscalls\":[" calls "],\"match\":{\"name\":\"trusted.a\","         \
	"\"size\":{\"max\":256}},"                                             \
	"\"action\":\"emulate\"}"

#define REMOVAL                                                                \
	"{\"syscalls\":[\"removexattrat\",\"getxattrat\"],\"match\":"        \
	"{\"name\":\"trusted.a\"},\"action\":\"emulate\"}"

#define ALL (KFEAT_BIT(KFEATS) - 1)
static struct diags diags;

/* The checker's own advice is not what is tested here. */
static struct policy_set *load(const char *text)
{
	struct policy_set *s = NULL;

	if (policy_set_parse("f", text, strlen(text), &s, &diags) < 0) {
		diags_print(&diags, stdout);
		fail();
	}
	diags_init(&diags, "f");
	return s;
}

static void expect_said_with(const char *want, size_t errors)
{
	char *have;
	size_t size;
	FILE *f = open_memstream(&have, &size);

	diags_print(&diags, f);
	(void)fclose(f);
	assert_string_equal(have, want);
	assert_int_equal(diags.n_errors, errors);
	free(have);
}

static void expect_said(const char *want)
{
	expect_said_with(want, 0);
}

static void expect(const char *text, uint32_t features, const char *want)
{
	struct policy_set *s = load(text);

	policy_check_machine(s, features, &diags);
	expect_said(want);
	policy_set_unref(s);
}

TEST(machine, that_has_all)
{
	expect(POLICY(ATTRIBUTES("\"@setxattr\"") ",\n" NODES("\"1:3\"", "") "}"),
	       ALL, "");
}

TEST(machine, without_the_calls_of_6_13)
{
	uint32_t features = ALL & ~KFEAT_BIT(KFEAT_XATTRAT);

	/* A set is for all kernels. */
	expect(POLICY(ATTRIBUTES("\"@setxattr\"")), features, "");
	expect(POLICY(
		       ATTRIBUTES(
			       "\"setxattr\",\"setxattrat\"") ",\n" REMOVAL),
	       features,
	       "f:2:25: warning: /policies/p/rules/0/syscalls/1: this kernel "
	       "has no setxattrat (Linux 6.13 and newer have it): the call "
	       "fails with ENOSYS\n"
	       "f:3:14: warning: /policies/p/rules/1/syscalls/0: this kernel "
	       "has no removexattrat (Linux 6.13 and newer have it): the call "
	       "fails with ENOSYS\n"
	       "f:3:30: warning: /policies/p/rules/1/syscalls/1: this kernel "
	       "has no getxattrat (Linux 6.13 and newer have it): the call "
	       "fails with ENOSYS\n");
}

TEST(machine, without_x32)
{
	uint32_t features = ALL & ~KFEAT_BIT(KFEAT_X32);

	expect(POLICY(NODES("\"1:3\"", ",\"arch\":[\"x32\",\"x86\"]") "}"), features,
	       "");
	expect(POLICY(NODES("\"1:3\"", ",\"arch\":\"x32\"") "}"), features,
	       "f:2:70: warning: /policies/p/rules/0/match/arch: this kernel "
	       "has "
	       "no x32: no such call ever arrives\n");
}

TEST(machine, that_cannot_bind)
{
	uint32_t features = ALL & ~KFEAT_BIT(KFEAT_BIND);

	expect(POLICY(NODES("\"1:3\"", "") ",\"unopenable\":\"create\"}"), features,
	       "");
	/* The default is told once, who asks for it each time. */
	expect(POLICY(NODES("\"1:3\"", "") "},\n" NODES(
		       "\"1:5\"",
		       "") "},\n" NODES("\"1:7\"",
					"") ",\"unopenable\":\"bind\"}"),
	       features,
	       "f:2:73: warning: /policies/p/rules/0/action: this kernel cannot "
	       "bind a node over another (no open_tree or move_mount, Linux 5.2 "
	       "and newer have them): use \"create\" or \"errno\" in "
	       "\"unopenable\"\n"
	       "f:4:96: warning: /policies/p/rules/2/unopenable: this kernel "
	       "cannot bind a node over another (no open_tree or move_mount, "
	       "Linux 5.2 and newer have them): use \"create\" or \"errno\" in "
	       "\"unopenable\"\n");
}

#define REFUSED                                                                \
	"this kernel cannot let a call continue (Linux 5.5 and newer can): add " \
	"\"without_continue\": { \"errno\": \"EPERM\" } to the policy\n"

/* Each rule that needs it, and the default; emulations can do without. */
TEST(machine, that_cannot_continue)
{
	static const char text[] =
		"{\"version\":1,\"policies\":{\"p\":{\"rules\":[\n"
		"{\"syscalls\":[\"setxattr\"],\"action\":\"continue\","
		"\"log\":true},\n" NODES(
			"\"1:3\"",
			"") "}],\n"
			    "\"default\":\"continue\"%s}},"
			    "\"bindings\":[{\"when\":{},\"policy\":\"p\"}]}";
	uint32_t features = ALL & ~KFEAT_BIT(KFEAT_CONTINUE);
	struct policy_set *s;
	char full[1024];

	(void)snprintf(full, sizeof(full), text, "");
	expect(full, ALL, "");
	s = load(full);
	policy_check_machine(s, features, &diags);
	expect_said_with("f:2:35: error: /policies/p/rules/0/action: " REFUSED
			 "f:4:11: error: /policies/p/default: " REFUSED,
			 2);
	policy_set_unref(s);
	(void)snprintf(full, sizeof(full), text,
		       ",\"without_continue\":{\"errno\":\"EPERM\"}");
	expect(full, features, "");
}

/* -- judges ---------------------------------------------------------------------- */

static unsigned asked;

/* 10:229 is for all, 10:230 to read, 10:231 to write, 7:0-99; else nothing. */
static int may_open(void *ctx, bool block, uint32_t major, uint32_t minor)
{
	asked++;
	if (ctx)
		return -ETIMEDOUT;
	if (major == 10 && minor >= 229 && minor <= 231)
		return minor == 229   ? 3
		       : minor == 230 ? DEVICE_READ
				      : DEVICE_WRITE;
	return block && major == 7 && minor < 100 ? 3 : 0;
}

static const struct device_judge judge = { may_open, NULL, "who", 64 };

static void expect_devices(const char *text, const char *policy, const char *want)
{
	struct policy_set *s = load(text);

	asked = 0;
	assert_int_equal(policy_check_devices(s, policy, &judge, &diags), 0);
	expect_said(want);
	policy_set_unref(s);
}

TEST(devices, that_are_refused)
{
	expect_devices(POLICY(NODES("\"10:229\"", "") "}"), NULL, "");
	expect_devices(
		POLICY(NODES("\"10:229-231\",\"10:231\",\"7:5\"", "") "}"), NULL,
		"f:2:56: warning: /policies/p/rules/0/match/device/0: who "
		"refuses to open c 10:230 for writing\n"
		"f:2:69: warning: /policies/p/rules/0/match/device/1: who "
		"refuses to open c 10:231 for reading\n"
		"f:2:78: warning: /policies/p/rules/0/match/device/2: who "
		"refuses to open c 7:5\n");
	/* What continues is the kernel's. */
	expect_devices(POLICY("{\"syscalls\":[\"mknod\"],\"match\":{\"type\":"
			      "\"fifo\"},\"action\":\"continue\"}"),
		       NULL, "");
	assert_int_equal(asked, 0);
}

#define BLOCKS(device)                                                         \
	POLICY("{\"syscalls\":[\"mknod\"],\"match\":{\"type\":\"block\","      \
	       "\"device\":[" device "]},\"action\":\"emulate\"}")

TEST(devices, of_long_ranges)
{
	expect_devices(BLOCKS("\"7:0-63\""), NULL, "");
	assert_int_equal(asked, 64);
	/* Not all of them are asked for, but the last one is. */
	expect_devices(BLOCKS("\"7:0-98\""), NULL, "");
	assert_int_equal(asked, 65);
	expect_devices(
		BLOCKS("\"7:*\""), NULL,
		"f:2:57: warning: /policies/p/rules/0/match/device/0: who "
		"refuses to open b 7:1048575\n");
}

TEST(devices, of_one_policy)
{
	expect_devices(BLOCKS("\"8:0\""), "q", "");
	expect_devices(
		BLOCKS("\"8:0\""), "p",
		"f:2:57: warning: /policies/p/rules/0/match/device/0: who "
		"refuses to open b 8:0\n");
}

TEST(devices, a_judge_that_fails)
{
	struct policy_set *s = load(BLOCKS("\"8:0\",\"8:1\""));
	struct device_judge broken = judge;
	int ctx;

	broken.ctx = &ctx;
	asked = 0;
	assert_int_equal(policy_check_devices(s, NULL, &broken, &diags),
			 -ETIMEDOUT);
	assert_int_equal(asked, 1);
	assert_int_equal(diags.n, 0);
	policy_set_unref(s);
}
