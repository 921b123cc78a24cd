// SPDX-License-Identifier: LGPL-2.1-or-later
/* deputyctl doctor: programs that say what a row tells them to, configuration files
 * in mounts of its own, a process that is under a filter with a listener already,
 * and this kernel's features against a listener that the test has itself. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/kfeat.h"
#include "lib/listener.h"
#include "lib/own.h"
#include "policy/handover_note.h"
#include "tests/harness/test.h"
#include "tests/unit/ctl_files.h"

#define OUT_MAX 16384

static const char *control_socket = "/nowhere/c.sock";
static char program_path[128];

static int load_listener(void)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog prog = { .len = 1, .filter = &allow };

	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			    SECCOMP_FILTER_FLAG_NEW_LISTENER, &prog);
}

/* Closed, it would be as if there had been none. */
static void go_under_listener(void)
{
	if (fcntl(load_listener(), F_SETFD, 0) < 0)
		_exit(99);
}

/* Pretty JSON on one line. */
static void compact(char *s)
{
	char *to = s;

	for (char *p = s; *p; p++) {
		if (*p == '\n') {
			p += strspn(p + 1, " ");
			continue;
		}
		*to++ = *p;
		if (p > s && p[-1] == '"' && *p == ':' && p[1] == ' ')
			p++;
	}
	*to = '\0';
}

/* @become: in the process that will be it, or NULL. Return: its exit status */
static int run_doctor(const char *path, void (*become)(void), char *out)
{
	size_t n = 0;
	ssize_t got;
	int fds[2], status;
	pid_t pid;

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)setenv("PATH", path, 1);
		(void)dup2(fds[1], STDOUT_FILENO);
		if (become)
			become();
		execl(DEPUTYCTL, "deputyctl", "--socket", control_socket,
		      "--json", "doctor", NULL);
		_exit(98);
	}
	close(fds[1]);
	while ((got = read(fds[0], out + n, OUT_MAX - 1 - n)) > 0)
		n += (size_t)got;
	out[n] = '\0';
	compact(out);
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* In PATH before all others, and the only file there. */
static void put_program(struct files *f, const char *name, const char *says)
{
	char text[256];

	files_open(f);
	(void)snprintf(text, sizeof(text), "#!/bin/sh\nPATH=/usr/bin:/bin\n%s\n",
		       says);
	files_add(f, name, text);
	assert_int_equal(chmod(name, 0755), 0);
	(void)snprintf(program_path, sizeof(program_path), "%s:/usr/bin:/bin",
		       f->dir);
}

static const struct row {
	const char *program, *says;
	const char *expected; /* in the JSON */
} rows[] = {
	{ "runc", "echo 'runc version 1.0.3'",
	  "\"name\":\"runc\",\"state\":\"note\",\"found\":\"1.0.3 knows no listener\"" },
	{ "runc", "echo 'runc version 1.1.5+ds1'",
	  "\"name\":\"runc\",\"state\":\"good\",\"found\":\"1.1.5 sends its listener; rootless exec fails" },
	{ "runc", "echo 'runc version 1.4.0'",
	  "1.4.0 sends its listener; profiles with --wait-killable are refused" },
	{ "runc", "echo 'runc version 1.5.0'", "1.5.0 sends its listener\"" },
	{ "crun", "echo 'crun version 1.5'", "hangs where a profile notifies" },
	{ "crun", "echo 'crun version 0.18'", "\"found\":\"0.18 knows no listener\"" },
	{ "dockerd", "echo 'Docker version 20.10.24+dfsg1, build 297e128'",
	  "\"state\":\"note\",\"found\":\"20.10.24 drops listenerPath from profiles\","
	  "\"advice\":\"dockerd --add-runtime deputy=" DEPUTY_BINDIR "/deputy-runtime; or Docker 23" },
	{ "dockerd", "echo 'Docker version 23.0.1, build x'",
	  "\"state\":\"good\",\"found\":\"23.0.1 passes listenerPath on\"" },
	{ "podman", "echo nothing to say", "podman says no version" },
	{ "podman", "exit 1", "podman says no version" },
	{ "podman", "head -c 100000 /dev/zero", "podman says no version" },
};

TEST_WITHIN(doctor, knows_programs_by_their_version, 60)
{
	char out[OUT_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct files f;

		put_program(&f, rows[i].program, rows[i].says);
		assert_int_equal(run_doctor(program_path, NULL, out), 1);
		files_close(&f);
		if (!strstr(out, rows[i].expected))
			fail_msg("row %zu: no %s in %s", i, rows[i].expected,
				 out);
	}
}

#define HOOKS  "/usr/share/containers/oci/hooks.d/"
#define DOCKER "/etc/docker/daemon.json"

/* One row = a file, and what is said where it is the only one. */
static const struct file_row {
	const char *path, *text, *expected;
} file_rows[] = {
	{ "/etc/none", "deputy-runtime",
	  "\"name\":\"OCI hook\",\"state\":\"note\",\"found\":\"none of deputy's is "
	  "installed" },
	{ HOOKS "other.json", "{\"hook\":{\"path\":\"/bin/sh\"}}",
	  "\"found\":\"none of deputy's is installed" },
	{ HOOKS "ready.json", "{\"hook\":{\"path\":\"/bin/sh\",\"args\":[\"deputy\"]}}",
	  "\"name\":\"OCI hook\",\"state\":\"good\",\"found\":\"" HOOKS
	  "ready.json\"" },
	{ "/etc/containers/oci/hooks.d/own.json",
	  "{\"hook\":{\"path\":\"/bin/sh\",\"args\":[\"deputy\"]}}",
	  "\"state\":\"good\",\"found\":\"/etc/containers/oci/hooks.d/own.json\"" },
	{ HOOKS "build.json",
	  "{\"hook\":{\"path\":\"/bin/sh\",\"args\":[\"deputy\"]},"
	  "\"stages\":[\"precreate\"]}",
	  "\"state\":\"bad\",\"found\":\"" HOOKS "build.json keeps podman build and "
	  "buildah of root from running\"" },
	{ "/usr/share/deputy/hooks.d/own.json",
	  "{\"hook\":{\"path\":\"/bin/sh\",\"args\":[\"deputy\"]}}",
	  "\"state\":\"note\",\"found\":\"no containers.conf has Podman read "
	  "/usr/share/deputy/hooks.d/own.json\"" },
	{ HOOKS "gone.json", "{\"hook\":{\"path\":\"/nowhere/deputy-hook\"}}",
	  "\"name\":\"OCI hook\",\"state\":\"bad\",\"found\":\"" HOOKS
	  "gone.json runs /nowhere/deputy-hook: No such file or directory\"" },
	{ HOOKS "odd.json", "{\"hook\":\"deputy\"}",
	  "\"state\":\"bad\",\"found\":\"" HOOKS "odd.json names no program\"" },
	{ HOOKS "torn.json", "{\"hook\":{\"path\":\"/usr/libexec/deputy",
	  "\"state\":\"bad\",\"found\":\"" HOOKS "torn.json names no program\"" },
	{ DOCKER, "{\"runtimes\":{\"d\":{\"path\":\"/usr/bin/deputy-runtime\"}}}",
	  "\"name\":\"dockerd\",\"state\":\"good\",\"found\":\"20.10.24 drops "
	  "listenerPath from profiles, but has deputy-runtime\"" },
	{ DOCKER, "{\"runtimes\":{\"d\":{\"path\":\"/usr/bin/deputy-runtime\"}}}",
	  "\"name\":\"deputy-runtime\",\"state\":\"good\",\"found\":\"" DOCKER "\"" },
	{ DOCKER, "{}",
	  "\"name\":\"dockerd\",\"state\":\"note\",\"found\":\"20.10.24 drops "
	  "listenerPath from profiles\"" },
	{ "/etc/deputy/policy.json", "{\"version\":1,\"policies\":{}", "\"name\":\"files\","
	  "\"state\":\"bad\",\"found\":\"1 error in /etc/deputy/policy.json" },
	{ "/etc/deputy/policy.d/own.json",
	  "{\"version\":1,\"policies\":{\"p\":{\"default\":\"continue\",\"rules\":[]}},"
	  "\"bindings\":[{\"when\":{},\"policy\":\"p\"}]}",
	  "\"name\":\"files\",\"state\":\"good\",\"found\":\"/etc/deputy/policy.d: 1 policy\"" },
	{ "/etc/none", "", "\"name\":\"user namespace\",\"state\":\"bad\"" },
	{ "/etc/containerd/config.toml", "BinaryName = \"/usr/bin/deputy-runtime\"",
	  "\"name\":\"deputy-runtime\",\"state\":\"good\",\"found\":\""
	  "/etc/containerd/config.toml\"" },
};

static const struct file_row *only_file;

enum { NO_USER_NAMESPACES = 96 }; /* an exit status */

static void write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	if (!f || fputs(text, f) < 0 || fclose(f) != 0)
		_exit(97);
}

/* /etc and /usr/share are empty but for the row's file. */
static void go_beside_one_file(void)
{
	char map[2][32], path[128];

	(void)snprintf(map[0], sizeof(map[0]), "0 %u 1", geteuid());
	(void)snprintf(map[1], sizeof(map[1]), "0 %u 1", getegid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		_exit(NO_USER_NAMESPACES);
	write_text("/proc/self/setgroups", "deny");
	write_text("/proc/self/uid_map", map[0]);
	write_text("/proc/self/gid_map", map[1]);
	if (mount("none", "/etc", "tmpfs", 0, NULL) < 0 ||
	    mount("none", "/usr/share", "tmpfs", 0, NULL) < 0)
		_exit(95);
	(void)snprintf(path, sizeof(path), "%s", only_file->path);
	for (char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		(void)mkdir(path, 0755);
		*p = '/';
	}
	write_text(path, only_file->text);
}

TEST_WITHIN(doctor, knows_hooks_and_wrappers_by_their_files, 60)
{
	struct files f;
	char out[OUT_MAX];

	put_program(&f, "dockerd", "echo 'Docker version 20.10.24, build x'");
	for (size_t i = 0; i < ARRAY_SIZE(file_rows); i++) {
		int status;

		only_file = &file_rows[i];
		status = run_doctor(program_path, go_beside_one_file, out);
		if (status == NO_USER_NAMESPACES)
			TEST_SKIP("no user namespaces, as in a chroot");
		assert_int_equal(status, 1);
		if (!strstr(out, only_file->expected))
			fail_msg("row %zu: no %s in %s", i, only_file->expected,
				 out);
	}
	files_close(&f);
}

static void go_without_mknod(void)
{
	if (prctl(PR_CAPBSET_DROP, CAP_MKNOD, 0, 0, 0) < 0)
		_exit(94);
}

TEST_WITHIN(doctor, sees_which_capability_is_missing, 30)
{
	char out[OUT_MAX];

	if (geteuid() != 0)
		TEST_SKIP("root");
	assert_int_equal(run_doctor("/usr/bin:/bin", go_without_mknod, out), 1);
	assert_non_null(strstr(out, "\"name\":\"rights\",\"state\":\"bad\","
				    "\"found\":\"missing: CAP_MKNOD\""));
}

static int listen_at(struct files *f, const char *name, mode_t mode)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(addr.sun_path, name);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(chmod(name, mode), 0);
	assert_int_equal(listen(fd, 5), 0);
	f->names[f->n++] = name;
	return fd;
}

/* In deputyd's place. Return: who answers one call with that */
static pid_t answer_at(int listening, const char *reply)
{
	pid_t pid = fork();
	char call[4096];
	int fd;

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	fd = accept(listening, NULL, NULL);
	if (fd < 0 || read(fd, call, sizeof(call)) <= 0 ||
	    write(fd, reply, strlen(reply) + 1) < 0)
		_exit(92);
	_exit(0);
}

TEST_WITHIN(doctor, shows_sockets_with_mode_and_owner, 30)
{
	char out[OUT_MAX], path[64], want[2][256];
	struct files f;
	pid_t pid;
	int control;

	files_open(&f);
	(void)snprintf(path, sizeof(path), "%s/c.sock", f.dir);
	control = listen_at(&f, "c.sock", 0660);
	close(listen_at(&f, "oci.sock", 0600)); /* nobody behind it */
	control_socket = path;
	pid = answer_at(control, "{\"parameters\":{}}");
	(void)run_doctor("/usr/bin:/bin", NULL, out);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	(void)snprintf(want[0], sizeof(want[0]),
		       "\"name\":\"control socket\",\"state\":\"good\",\"found\":\""
		       "%s (mode 0660, owner %u:%u)\"", path, geteuid(), getegid());
	(void)snprintf(want[1], sizeof(want[1]),
		       "\"name\":\"OCI socket\",\"state\":\"bad\",\"found\":\""
		       "%s/oci.sock (mode 0600, owner %u:%u): deputyd does not run (",
		       f.dir, geteuid(), getegid());
	close(control);
	files_close(&f);
	assert_non_null(strstr(out, want[0]));
	assert_non_null(strstr(out, want[1]));
	assert_non_null(strstr(out, "\"name\":\"LXC socket\",\"state\":\"note\""));
}

/* That somebody listens is not enough: it may be systemd, for a service that
 * fails, or the other socket. */
TEST_WITHIN(doctor, sees_sockets_that_deputyd_does_not_serve, 30)
{
	char out[OUT_MAX], path[64];
	struct files f;
	int control, oci;
	pid_t pid;

	files_open(&f);
	(void)snprintf(path, sizeof(path), "%s/c.sock", f.dir);
	control = listen_at(&f, "c.sock", 0660);
	oci = listen_at(&f, "oci.sock", 0600);
	control_socket = path;
	pid = answer_at(oci, "{\"parameters\":{\"accepted\":true}}");
	assert_int_equal(run_doctor("/usr/bin:/bin", NULL, out), 1);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(control);
	close(oci);
	files_close(&f);
	assert_non_null(strstr(out, "): deputyd did not answer within 5 s ("));
	assert_non_null(strstr(out, "oci.sock is deputyd's control socket, not its "
				    "oci socket: use "));
}

/* In deputyd's place. Return: who answers each call with that, until killed */
static pid_t answer_all_at(int listening, const char *reply)
{
	pid_t pid = fork();
	char call[4096];

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	for (;;) {
		int fd = accept(listening, NULL, NULL);

		if (fd < 0 || read(fd, call, sizeof(call)) <= 0 ||
		    write(fd, reply, strlen(reply) + 1) < 0)
			_exit(92);
		close(fd);
	}
}

/* One row = a program at deputyd's worker path, and what deputyd says. */
static const struct status_row {
	const char *program; /* NULL: DEPUTY_WORKER; "": none */
	mode_t mode;
	const char *status; /* in Status's reply; @: the path */
	const char *expected; /* @: the path */
} status_rows[] = {
	{ NULL, 0, "\"worker\":{\"path\":\"@\",\"version\":\"" DEPUTY_VERSION "\","
	  "\"layout\":\"" HANDOVER_LAYOUT "\",\"problem\":null}",
	  "\"name\":\"worker\",\"state\":\"good\",\"found\":\"@ starts: "
	  DEPUTY_VERSION " (layout " HANDOVER_LAYOUT ")\"" },
	{ NULL, 0, "\"worker\":{\"path\":\"@\",\"version\":\"0.0.9\",\"layout\":"
	  "\"0.0.1\",\"problem\":null}",
	  "\"name\":\"worker\",\"state\":\"note\",\"found\":\"@ is " DEPUTY_VERSION
	  " (layout " HANDOVER_LAYOUT "), but deputyd still starts the one that it "
	  "found at its start, 0.0.9 (layout 0.0.1)\"" },
	{ NULL, 0, "\"worker\":{\"path\":\"@\",\"version\":null,\"layout\":null,"
	  "\"problem\":\"deputyd cannot start its worker: gone\"}",
	  "\"name\":\"worker\",\"state\":\"bad\",\"found\":\"deputyd cannot start its "
	  "worker: gone\",\"advice\":\"install deputyd and deputy-worker" },
	{ "#!/bin/sh\necho broken; exit 7\n", 0700,
	  "\"worker\":{\"path\":\"@\",\"version\":\"1\",\"layout\":\"1\"}",
	  "\"name\":\"worker\",\"state\":\"bad\",\"found\":\"@ does not start (exit "
	  "status 7): broken\"" },
	{ "#!/bin/sh\n", 0600,
	  "\"worker\":{\"path\":\"@\",\"version\":\"1\",\"layout\":\"1\"}",
	  "\"state\":\"bad\",\"found\":\"@ does not start (exit status 126): " },
	{ "#!/bin/sh\n", 0700, "\"worker\":{\"path\":\"@\"}",
	  "\"state\":\"bad\",\"found\":\"@ does not start (exit status 0): it says "
	  "nothing\"" },
	{ "#!/bin/sh\necho >ran\n", 0722, "\"worker\":{\"path\":\"@\"}",
	  "\"name\":\"worker\",\"state\":\"note\",\"found\":\"@ was not tried, since "
	  "others than root can change it: " },
	{ "", 0, "\"worker\":{\"path\":\"@\",\"version\":\"1\",\"layout\":\"1\"}",
	  "\"name\":\"worker\",\"state\":\"bad\",\"found\":\"@: No such file or "
	  "directory\"" },
	{ "", 0, "\"policy\":{\"source\":\"/etc/p.json\",\"hash\":\"ab\",\"refused\":[]}",
	  "\"name\":\"in force\",\"state\":\"good\",\"found\":\"/etc/p.json, hash ab\"" },
	{ "", 0, "\"policy\":{\"source\":\"/etc/p.json\",\"refused\":[{},{}]}",
	  "\"name\":\"in force\",\"state\":\"bad\",\"found\":\"deputyd serves the last "
	  "good policy of /etc/p.json: it refused the files of now, for 2 errors\","
	  "\"advice\":\"deputyctl status shows the errors: " },
};

/* The text with @path in place of each '@'. */
static void put_path(char *to, size_t size, const char *text, const char *path)
{
	size_t n = 0;

	for (; *text; text++)
		n += (size_t)snprintf(to + n, size - n, "%.*s",
				      *text == '@' ? (int)strlen(path) : 1,
				      *text == '@' ? path : text);
}

static void expect_status_row(struct files *f, int listening,
			      const struct status_row *r)
{
	char out[OUT_MAX], own[128], text[1024], reply[1152], want[512];
	const char *path = r->program ? own : DEPUTY_WORKER;
	pid_t pid;

	(void)snprintf(own, sizeof(own), "%s/worker", f->dir);
	if (r->program && *r->program) {
		files_add(f, "worker", r->program);
		assert_int_equal(chmod(own, r->mode), 0);
	}
	put_path(text, sizeof(text), r->status, path);
	(void)snprintf(reply, sizeof(reply), "{\"parameters\":{%s}}", text);
	put_path(want, sizeof(want), r->expected, path);
	pid = answer_all_at(listening, reply);
	(void)run_doctor("/usr/bin:/bin", NULL, out);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	if (r->program && *r->program) {
		assert_int_equal(unlink(own), 0);
		f->n--;
	}
	if (!strstr(out, want))
		fail_msg("no %s in %s", want, out);
}

TEST_WITHIN(doctor, tells_what_deputyd_serves_with, 60)
{
	char path[64];
	struct files f;
	int control;

	if (geteuid() != 0)
		TEST_SKIP("root");
	files_open(&f);
	(void)snprintf(path, sizeof(path), "%s/c.sock", f.dir);
	control = listen_at(&f, "c.sock", 0660);
	control_socket = path;
	for (size_t i = 0; i < ARRAY_SIZE(status_rows); i++)
		expect_status_row(&f, control, &status_rows[i]);
	close(control);
	assert_int_equal(access("ran", F_OK), -1);
	files_close(&f);
}

/* As systemd's are after "rm -r /run/deputy": only /proc/net/unix knows them. */
TEST_WITHIN(doctor, sees_sockets_whose_names_were_removed, 30)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char out[OUT_MAX], want[256];
	struct files f;

	files_open(&f);
	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/c.sock", f.dir);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(fd, 5), 0);
	assert_int_equal(unlink(addr.sun_path), 0);
	control_socket = addr.sun_path;
	assert_int_equal(run_doctor("/usr/bin:/bin", NULL, out), 1);
	close(fd);
	(void)snprintf(want, sizeof(want),
		       "\"name\":\"control socket\",\"state\":\"bad\",\"found\":"
		       "\"%s was removed: deputyd listens", addr.sun_path);
	assert_non_null(strstr(out, want));
	assert_int_equal(run_doctor("/usr/bin:/bin", NULL, out), 1);
	assert_null(strstr(out, " was removed"));
	files_close(&f);
}

static void go_to_a_user_without_sockets(void)
{
	if (setresgid(12345, 12345, 12345) < 0 || setresuid(12345, 12345, 12345) < 0)
		_exit(93);
}

/* Not BAD: deputyd serves others. */
TEST_WITHIN(doctor, takes_a_socket_of_others_for_no_fault, 30)
{
	char out[OUT_MAX], path[64], want[256];
	struct files f;
	int control, oci;

	if (geteuid() != 0)
		TEST_SKIP("root");
	files_open(&f);
	assert_int_equal(chmod(f.dir, 0755), 0);
	(void)snprintf(path, sizeof(path), "%s/c.sock", f.dir);
	control = listen_at(&f, "c.sock", 0660);
	oci = listen_at(&f, "oci.sock", 0600);
	control_socket = path;
	(void)run_doctor("/usr/bin:/bin", go_to_a_user_without_sockets, out);
	close(control);
	close(oci);
	files_close(&f);
	(void)snprintf(want, sizeof(want),
		       "\"state\":\"note\",\"found\":\"%s/oci.sock (mode 0600, "
		       "owner 0:0): this user cannot connect to deputyd (", f.dir);
	if (!strstr(out, want))
		fail_msg("no %s in %s", want, out);
	assert_null(strstr(out, "socket\",\"state\":\"bad\""));
}

TEST_WITHIN(doctor, sees_that_deputyd_does_not_run, 30)
{
	char out[OUT_MAX];

	assert_int_equal(run_doctor("/usr/bin:/bin", NULL, out), 1);
	assert_non_null(strstr(out, "\"good\":false"));
	assert_non_null(strstr(out, "\"name\":\"control socket\",\"state\":"
				    "\"bad\",\"found\":\"/nowhere/c.sock: No "
				    "such file or directory\",\"advice\":"
				    "\"start deputyd\""));
}

TEST_WITHIN(doctor, sees_an_inherited_listener, 30)
{
	char out[OUT_MAX];

	assert_int_equal(run_doctor("/usr/bin:/bin", go_under_listener, out), 1);
	assert_non_null(strstr(out, "\"name\":\"inherited listener\",\"state\":"
				    "\"bad\""));
	assert_int_equal(run_doctor("/usr/bin:/bin", NULL, out), 1);
	assert_null(strstr(out, "inherited listener"));
}

/* In a process of its own: the filter stays. */
TEST(kfeat, agrees_with_a_listener)
{
	uint32_t mask = 0;
	int fd;

	assert_int_equal(kfeat_probe(&mask), 0);
	assert_true(mask & KFEAT_BIT(KFEAT_NOTIFY));
	/* Nodes are bound, and *xattrat called, by other tests. */
	assert_true(mask & KFEAT_BIT(KFEAT_BIND));
	assert_int_equal(mask & kfeat_calls(), kfeat_calls());
	assert_int_equal(kfeat_not_lacking(), mask);
	assert_int_equal(kfeat_not_lacking(), mask);
	fd = load_listener();
	assert_true(fd >= 0);
	assert_int_equal(listener_set_sync(fd) == 0,
			 (mask & KFEAT_BIT(KFEAT_SYNC_WAKE_UP)) != 0);
	assert_int_equal(listener_can_continue(fd),
			 (mask & KFEAT_BIT(KFEAT_CONTINUE)) != 0);
	assert_int_equal(listener_requeue(fd),
			 mask & KFEAT_BIT(KFEAT_REQUEUE) ? 0 : -EINVAL);
	/* Under a filter with a listener nothing is known to lack. */
	assert_int_equal(kfeat_not_lacking(), KFEATS_OF_LISTENER | kfeat_calls());
	assert_int_equal(kfeat_probe(&mask), -EBUSY);
	close(fd);
}
