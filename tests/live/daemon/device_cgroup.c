// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * "deputyctl policy check --cgroup" against real device cgroups, of v1 by its
 * lists and of v2 by a program; and what it says against open(2) from there.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/own.h"
#include "tests/harness/test.h"

static const char policy[] =
	"{\"version\":1,\"policies\":{\"p\":{\"rules\":[\n"
	"{\"syscalls\":[\"mknod\"],\"match\":{\"type\":\"char\",\"device\":["
	"\"1:3\",\"1:5\",\"1:7\"]},\"action\":\"emulate\"},\n"
	"{\"syscalls\":[\"mknodat\"],\"action\":\"continue\"}\n"
	"],\"default\":\"continue\","
	"\"without_continue\":{\"errno\":\"EPERM\"}}},"
	"\"bindings\":[{\"when\":{},\"policy\":\"p\"}]}";

/* A directory of ours with a policy and a mounted hierarchy with one cgroup. */
struct place {
	char dir[32], policy[64], mount[64], cgroup[96], link[64];
};

static void write_text(const char *directory, const char *name, const char *text)
{
	char path[160];
	int fd;

	(void)snprintf(path, sizeof(path), "%s%s%s", directory,
		       *name ? "/" : "", name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void begin(struct place *p, const char *type, const char *options)
{
	assert_int_equal(unshare(CLONE_NEWNS), 0);
	assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	(void)snprintf(p->dir, sizeof(p->dir), "/tmp/deputy-cgroup-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	(void)snprintf(p->policy, sizeof(p->policy), "%s/policy.json", p->dir);
	(void)snprintf(p->mount, sizeof(p->mount), "%s/cgroup", p->dir);
	/* The machine has one of each hierarchy, wherever it is mounted. */
	(void)snprintf(p->cgroup, sizeof(p->cgroup), "%s/deputy-devices-%d",
		       p->mount, getpid());
	(void)snprintf(p->link, sizeof(p->link), "%s/c", p->dir);
	write_text(p->policy, "", policy);
	assert_int_equal(mkdir(p->mount, 0700), 0);
	if (mount("cgroup", p->mount, type, 0, options) < 0) {
		(void)rmdir(p->mount);
		(void)unlink(p->policy);
		(void)rmdir(p->dir);
		TEST_SKIP(options ? "cgroup v1 devices" : "cgroup v2");
	}
	assert_int_equal(mkdir(p->cgroup, 0755), 0);
	assert_int_equal(symlink(p->cgroup, p->link), 0);
}

static void end(const struct place *p)
{
	/* Empty as soon as the last process in it is reaped. */
	TEST_WAIT(rmdir(p->cgroup) == 0, 10);
	assert_int_equal(umount(p->mount), 0);
	assert_int_equal(rmdir(p->mount), 0);
	assert_int_equal(unlink(p->policy), 0);
	assert_int_equal(unlink(p->link), 0);
	assert_int_equal(rmdir(p->dir), 0);
}

/* What it says of the policy, line by line. */
static void expect(const struct place *p, int status, const char *want)
{
	char command[400], have[4096];
	size_t n;
	FILE *f;

	(void)snprintf(command, sizeof(command),
		       "cd %s && %s policy check policy.json --cgroup c "
		       "2>&1 >/dev/null",
		       p->dir, DEPUTYCTL);
	f = popen(command, "re");
	assert_non_null(f);
	n = fread(have, 1, sizeof(have) - 1, f);
	have[n] = '\0';
	assert_int_equal(WEXITSTATUS(pclose(f)), status);
	assert_string_equal(have, want);
}

/* In the cgroup. Return: errnos of opening the node to read, and to write */
static void open_there(const struct place *p, unsigned minor, int ret[2])
{
	char node[64];
	int status;
	pid_t pid;

	(void)snprintf(node, sizeof(node), "%s/node", p->dir);
	assert_int_equal(mknod(node, S_IFCHR | 0666, makedev(1, minor)), 0);
	for (int i = 0; i < 2; i++) {
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			write_text(p->cgroup, "cgroup.procs", "0");
			_exit(open(node, i ? O_WRONLY : O_RDONLY) < 0 ? errno
								      : 0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		ret[i] = WEXITSTATUS(status);
	}
	assert_int_equal(unlink(node), 0);
}

static void expect_opens(const struct place *p)
{
	static const int want[3][2] = { { 0, 0 }, { 0, EPERM }, { EPERM, EPERM } };

	for (int i = 0; i < 3; i++) {
		int have[2];

		open_there(p, (unsigned)(3 + 2 * i), have);
		assert_int_equal(have[0], want[i][0]);
		assert_int_equal(have[1], want[i][1]);
	}
}

#define SAID                                                                   \
	"policy.json:2:62: warning: /policies/p/rules/0/match/device/1: the "  \
	"cgroup c refuses to open c 1:5 for writing\n"                         \
	"policy.json:2:68: warning: /policies/p/rules/0/match/device/2: the "  \
	"cgroup c refuses to open c 1:7\n"

TEST(device_cgroup, v1)
{
	struct place p;

	begin(&p, "cgroup", "devices");
	expect(&p, 0, "");
	write_text(p.cgroup, "devices.deny", "a");
	write_text(p.cgroup, "devices.allow", "c 1:3 rw");
	write_text(p.cgroup, "devices.allow", "c 1:5 r");
	expect(&p, 0, SAID);
	expect_opens(&p);
	end(&p);
}

/* All of 1:3, reading of 1:5, nothing of 1:7; the rest is allowed. */
static int load_program(void)
{
#define CTX_ACCESS 0 /* struct bpf_cgroup_dev_ctx */
#define CTX_MINOR  8
#define READ(reg, at)                                                          \
	{                                                                      \
		.code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = (reg),           \
		.src_reg = 1, .off = (at)                                      \
	}
#define SET(reg, v)                                                            \
	{                                                                      \
		.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = (reg),         \
		.imm = (v)                                                     \
	}
#define JUMP(op, reg, v, n)                                                    \
	{                                                                      \
		.code = BPF_JMP | (op) | BPF_K, .dst_reg = (reg), .imm = (v),  \
		.off = (n)                                                     \
	}
#define RETURN                                                                 \
	{                                                                      \
		.code = BPF_JMP | BPF_EXIT                                     \
	}
	static const struct bpf_insn code[] = {
		READ(2, CTX_ACCESS),
		READ(3, CTX_MINOR),
		SET(0, 1),
		JUMP(BPF_JEQ, 3, 7, 3),
		JUMP(BPF_JNE, 3, 5, 1),
		JUMP(BPF_JSET, 2, BPF_DEVCG_ACC_WRITE << 16, 1),
		RETURN,
		SET(0, 0),
		RETURN,
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
		.insns = (uint64_t)(uintptr_t)code,
		.insn_cnt = sizeof(code) / sizeof(code[0]),
		.license = (uint64_t)(uintptr_t) "LGPL",
	};

	return (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
}

static bool attach_program(const char *cgroup)
{
	AUTO(fd_close) int program = load_program();
	AUTO(fd_close)
	int fd = open(cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	union bpf_attr attr = { .target_fd = (uint32_t)fd,
				.attach_bpf_fd = (uint32_t)program,
				.attach_type = BPF_CGROUP_DEVICE };

	if (program < 0)
		print_message("bpf: %s\n", strerror(errno));
	return program >= 0 &&
	       syscall(SYS_bpf, BPF_PROG_ATTACH, &attr, sizeof(attr)) == 0;
}

TEST(device_cgroup, v2)
{
	struct place p;

	begin(&p, "cgroup2", NULL);
	expect(&p, 0, "");
	if (!attach_program(p.cgroup)) {
		end(&p);
		TEST_SKIP("programs of cgroup v2 for devices");
	}
	expect(&p, 0, SAID);
	expect_opens(&p);
	end(&p);
}

TEST(device_cgroup, that_is_none)
{
	struct place p;

	begin(&p, "cgroup2", NULL);
	assert_int_equal(rmdir(p.cgroup), 0);
	expect(&p, 1,
	       "deputyctl: c: cannot try devices in this cgroup: No such file or "
	       "directory\n");
	assert_int_equal(mkdir(p.cgroup, 0755), 0);
	end(&p);
}
