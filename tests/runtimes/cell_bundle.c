// SPDX-License-Identifier: LGPL-2.1-or-later
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/own.h"
#include "tests/harness/test.h"
#include "tests/runtimes/cell.h"

/* -- the program ---------------------------------------------------------------- */

static void copy_file(const char *from, const char *dir, const char *name)
{
	char to[PATH_MAX];
	AUTO(fd_close) int in = open(from, O_RDONLY | O_CLOEXEC);
	AUTO(fd_close) int out = -1;
	ssize_t n;

	(void)snprintf(to, sizeof(to), "%s/%s", dir, name);
	out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	if (in < 0 || out < 0)
		fail_msg("cannot copy %s to %s", from, to);
	while ((n = sendfile(out, in, NULL, 1 << 30)) > 0)
		continue;
	assert_int_equal(n, 0);
}

/* The loader gets a name that is the same everywhere. */
static int copy_object(struct dl_phdr_info *info, size_t size, void *dir)
{
	const char *path = info->dlpi_name;
	bool loader = info->dlpi_addr == getauxval(AT_BASE);

	if (path[0] == '/') /* neither this program nor the kernel's */
		copy_file(path, dir, loader ? "ld.so" : strrchr(path, '/') + 1);
	return 0;
}

void cell_copy_program(const char *to)
{
	copy_file("/proc/self/exe", to, "program");
	(void)dl_iterate_phdr(copy_object, (void *)(uintptr_t)to);
}

/* -- config.json ---------------------------------------------------------------- */

static const char capabilities[] =
	"\"CAP_CHOWN\",\"CAP_DAC_OVERRIDE\",\"CAP_DAC_READ_SEARCH\","
	"\"CAP_FOWNER\",\"CAP_FSETID\",\"CAP_KILL\",\"CAP_SETGID\","
	"\"CAP_SETUID\",\"CAP_SETPCAP\",\"CAP_LINUX_IMMUTABLE\","
	"\"CAP_NET_BIND_SERVICE\",\"CAP_NET_BROADCAST\",\"CAP_NET_ADMIN\","
	"\"CAP_NET_RAW\",\"CAP_IPC_LOCK\",\"CAP_IPC_OWNER\","
	"\"CAP_SYS_MODULE\",\"CAP_SYS_RAWIO\",\"CAP_SYS_CHROOT\","
	"\"CAP_SYS_PTRACE\",\"CAP_SYS_PACCT\",\"CAP_SYS_ADMIN\","
	"\"CAP_SYS_BOOT\",\"CAP_SYS_NICE\",\"CAP_SYS_RESOURCE\","
	"\"CAP_SYS_TIME\",\"CAP_SYS_TTY_CONFIG\",\"CAP_MKNOD\",\"CAP_LEASE\","
	"\"CAP_AUDIT_WRITE\",\"CAP_AUDIT_CONTROL\",\"CAP_SETFCAP\","
	"\"CAP_MAC_OVERRIDE\",\"CAP_MAC_ADMIN\",\"CAP_SYSLOG\","
	"\"CAP_WAKE_ALARM\",\"CAP_BLOCK_SUSPEND\",\"CAP_AUDIT_READ\","
	"\"CAP_PERFMON\",\"CAP_BPF\",\"CAP_CHECKPOINT_RESTORE\"";

static const char notified_calls[] =
	"\"mknod\",\"mknodat\",\"setxattr\",\"lsetxattr\",\"fsetxattr\","
	"\"setxattrat\",\"removexattr\",\"lremovexattr\",\"fremovexattr\","
	"\"removexattrat\",\"getxattr\",\"lgetxattr\",\"fgetxattr\","
	"\"getxattrat\",\"listxattr\",\"llistxattr\",\"flistxattr\","
	"\"listxattrat\"";

static void write_process(FILE *f, const char *play)
{
	fprintf(f,
		"\"process\":{\"user\":{\"uid\":0,\"gid\":0},\"cwd\":\"/\","
		"\"noNewPrivileges\":true,\"env\":[\"PATH=/\"],\"args\":["
		"\"%s/ld.so\",\"--library-path\",\"%s\",\"%s/program\","
		"\"%s\",\"%s\"],\"capabilities\":{\"bounding\":[%s],"
		"\"permitted\":[%s],\"effective\":[%s]}},\n",
		CELL_HOME, CELL_HOME, CELL_HOME, CELL_SERVE, play, capabilities,
		capabilities, capabilities);
}

static void write_mounts(FILE *f, const char *program)
{
	fprintf(f,
		"\"mounts\":[{\"destination\":\"/proc\",\"type\":\"proc\","
		"\"source\":\"proc\"},{\"destination\":\"/dev\","
		"\"type\":\"tmpfs\",\"source\":\"tmpfs\",\"options\":["
		"\"mode=755\",\"size=64k\"]},{\"destination\":\"%s\","
		"\"type\":\"bind\",\"source\":\"%s\",\"options\":[\"bind\","
		"\"ro\"]}],\n",
		CELL_HOME, program);
}

static void write_seccomp(FILE *f, const char *listener)
{
	fprintf(f,
		",\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\","
		"\"architectures\":[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\","
		"\"SCMP_ARCH_X32\"],\"listenerPath\":\"%s\","
		"\"listenerMetadata\":\"\",\"syscalls\":[{\"names\":[%s],"
		"\"action\":\"SCMP_ACT_NOTIFY\"}]}",
		listener, notified_calls);
}

static void write_ids(FILE *f)
{
	static const char *const kinds[] = {"uid", "gid"};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		fprintf(f,
			",\"%sMappings\":[{\"containerID\":0,\"hostID\":%d,"
			"\"size\":%d}]",
			kinds[i], WORLD_BASE, WORLD_COUNT);
}

/* Only root can, and has to: runc's own list of devices is without FUSE. */
static void write_devices(FILE *f)
{
	fprintf(f, ",\"resources\":{\"devices\":[{\"allow\":false,"
		   "\"access\":\"rwm\"},{\"allow\":true,\"type\":\"c\","
		   "\"major\":10,\"minor\":229,\"access\":\"rwm\"}]}");
}

void cell_write_config(const char *dir, const struct cell_config *c)
{
	char path[PATH_MAX];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/config.json", dir);
	f = fopen(path, "we");
	assert_non_null(f);
	fprintf(f, "{\"ociVersion\":\"1.0.2\",\"root\":{\"path\":\"%s\"},\n",
		c->root);
	write_process(f, c->play);
	write_mounts(f, c->program);
	fprintf(f,
		"\"linux\":{\"rootfsPropagation\":\"slave\",\"namespaces\":["
		"{\"type\":\"user\"},{\"type\":\"mount\"},{\"type\":\"pid\"},"
		"{\"type\":\"ipc\"},{\"type\":\"uts\"},{\"type\":\"network\"}"
		"]");
	write_ids(f);
	if (!c->rootless)
		write_devices(f);
	if (c->listener)
		write_seccomp(f, c->listener);
	fprintf(f, "}}\n");
	assert_int_equal(fclose(f), 0);
}

/* -- /etc ------------------------------------------------------------------------- */

static void append(const char *path, const char *line)
{
	FILE *f = fopen(path, "ae");

	assert_non_null(f);
	assert_true(fputs(line, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* The machine's own /etc lies below, and is only read. */
void cell_grant_ids(const char *scratch)
{
	char upper[PATH_MAX], work[PATH_MAX], options[3 * PATH_MAX], line[64];

	(void)snprintf(upper, sizeof(upper), "%s/upper", scratch);
	(void)snprintf(work, sizeof(work), "%s/work", scratch);
	assert_int_equal(mkdir(upper, 0755), 0);
	assert_int_equal(mkdir(work, 0755), 0);
	(void)snprintf(options, sizeof(options),
		       "lowerdir=/etc,upperdir=%s,workdir=%s", upper, work);
	assert_int_equal(mount("overlay", "/etc", "overlay", 0, options), 0);
	(void)snprintf(line, sizeof(line), "deputy-cell:x:%d:%d::/:/bin/sh\n",
		       CELL_USER, CELL_USER);
	append("/etc/passwd", line);
	(void)snprintf(line, sizeof(line), "%d:%d:%d\n", CELL_USER, WORLD_BASE,
		       WORLD_COUNT);
	append("/etc/subuid", line);
	append("/etc/subgid", line);
}

void cell_withdraw_ids(void)
{
	assert_int_equal(umount("/etc"), 0);
}
