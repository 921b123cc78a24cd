// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/live/daemon/fixture.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <json-c/json.h>

#include "lib/fds.h"
#include "lib/own.h"
#include "proto/varlink.h"

#define WAIT_S 20

const char fixture_good_policy[] =
	"{\n  \"version\": 1,\n"
	"  \"policies\": { \"default\": { \"rules\": [], " FIXTURE_CONTINUE
	" } },\n"
	"  \"bindings\": [ { \"when\": {}, \"policy\": \"default\" } ]\n}\n";
const char fixture_other_policy[] =
	"{\n  \"version\": 1,\n"
	"  \"policies\": { \"default\": { \"rules\": [],"
	" \"default\": { \"errno\": \"EPERM\" } } },\n"
	"  \"bindings\": [ { \"when\": {}, \"policy\": \"default\" } ]\n}\n";
const char fixture_bad_policy[] =
	"{\n  \"version\": 1,\n"
	"  \"bad\": 3,\n"
	"  \"policies\": { \"default\": { \"rules\": [],"
	" \"default\": \"continue\" } },\n"
	"  \"bindings\": [ { \"when\": {}, \"policy\": \"default\" } ]\n}\n";

void fixture_write_policy(struct fixture *f, const char *text)
{
	FILE *file = fopen(f->policy, "we");

	assert_non_null(file);
	assert_int_equal(fchmod(fileno(file), 0600), 0); /* a test's umask may be 0 */
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

void fixture_init(struct fixture *f)
{
	(void)snprintf(f->dir, sizeof(f->dir), "/tmp/deputy-test-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	(void)snprintf(f->oci, sizeof(f->oci), "%s/oci.sock", f->dir);
	(void)snprintf(f->lxc, sizeof(f->lxc), "%s/lxc.sock", f->dir);
	(void)snprintf(f->control, sizeof(f->control), "%s/control.sock",
		       f->dir);
	(void)snprintf(f->policy, sizeof(f->policy), "%s/policy.json", f->dir);
	(void)snprintf(f->log, sizeof(f->log), "%s/log", f->dir);
	fixture_write_policy(f, fixture_good_policy);
	f->pid = -1;
}

void fixture_done(struct fixture *f)
{
	(void)unlink(f->policy);
	(void)unlink(f->log);
	(void)unlink(f->oci);
	(void)unlink(f->lxc);
	(void)unlink(f->control);
	assert_int_equal(rmdir(f->dir), 0);
}

static _Noreturn void exec_deputyd(const struct fixture *f, const char *worker)
{
	const char *argv[] = { DEPUTYD,	    "--keeper",	 "--policy",
			       f->policy,   "--oci-socket", f->oci,
			       "--control-socket", f->control, "--worker",
			       worker,	    "--log-level", "debug",
			       f->watch_policy ? "--watch-policy" : NULL,
			       NULL };
	const char **from = argv + !f->keeper;

	argv[!f->keeper] = DEPUTYD;
	(void)execv(DEPUTYD, (char *const *)(uintptr_t)from);
	_exit(127);
}

static void spawn(struct fixture *f)
{
	const char *worker = f->worker ?: STANDIN;
	pid_t parent = getpid();

	f->pid = fork();
	assert_true(f->pid >= 0);
	if (f->pid == 0) {
		int log = open(f->log, O_CREAT | O_WRONLY | O_APPEND, 0600);

		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (log < 0 || dup2(log, STDERR_FILENO) < 0 ||
		    getppid() != parent ||
		    /* Some of ours are the test runner's; deputyd is to have none. */
		    fds_close_on_exec(STDERR_FILENO + 1) < 0)
			_exit(126);
		close(log);
		exec_deputyd(f, worker);
	}
}

static int connect_type(const char *path, int type)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0)
		return fd;
	close(fd);
	return -1;
}

static int connect_to(const char *path)
{
	return connect_type(path, SOCK_STREAM);
}

static bool is_up(const struct fixture *f)
{
	return fixture_log_has(f, "event=ready");
}

static void print_log(const struct fixture *f)
{
	char line[1024];
	FILE *file = fopen(f->log, "re");

	while (file && fgets(line, sizeof(line), file))
		(void)printf("  log: %s", line);
	if (file)
		(void)fclose(file);
}

/* Its policy says "continue", and the kernel cannot. */
static bool is_refused(const struct fixture *f)
{
	return fixture_log_has(f, "this kernel cannot let a call continue");
}

void fixture_start(struct fixture *f)
{
	spawn(f);
	TEST_WAIT(is_up(f) || is_refused(f) || kill(f->pid, 0) < 0, WAIT_S);
	if (is_refused(f))
		TEST_SKIP("continue");
}

/* Of a deputyd that does not end: where it is. */
static void print_process(const struct fixture *f)
{
	static const char *const files[] = { "status", "wchan", "syscall", "stack" };
	char path[64], text[2048];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		AUTO(fd_close) int fd = -1;
		ssize_t n;

		(void)snprintf(path, sizeof(path), "/proc/%d/%s", f->pid, files[i]);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
		text[n < 0 ? 0 : n] = '\0';
		(void)printf("  %s: %s\n", files[i], text);
	}
}

int fixture_reap(struct fixture *f)
{
	int64_t until_ms = test_now_ms() + WAIT_S * 1000 * test_slowness();
	int status = -1;

	while (waitpid(f->pid, &status, WNOHANG) != f->pid) {
		if (test_now_ms() > until_ms) {
			print_log(f);
			print_process(f);
			fail_msg("deputyd did not end in %d s", WAIT_S);
		}
		test_poll_pause();
	}
	f->pid = -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int fixture_fails(struct fixture *f)
{
	spawn(f);
	return fixture_reap(f);
}

void fixture_stop(struct fixture *f)
{
	int status;

	assert_int_equal(kill(f->pid, SIGTERM), 0);
	status = fixture_reap(f);
	if (status)
		print_log(f);
	assert_int_equal(status, 0);
	if (f->keeper)
		return; /* sockets that were stored keep their files */
	assert_int_equal(access(f->oci, F_OK), -1);
	assert_int_equal(access(f->lxc, F_OK), -1);
	assert_int_equal(access(f->control, F_OK), -1);
}

void fixture_kill(struct fixture *f)
{
	assert_int_equal(kill(f->pid, SIGKILL), 0);
	assert_int_equal(fixture_reap(f), 128 + SIGKILL);
}

static int count_fds(const struct fixture *f)
{
	char path[64];
	DIR *d;
	int n = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", f->pid);
	d = opendir(path);
	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

/* Appointing and reaping open and close some: until it stays for a while. */
int fixture_fds(const struct fixture *f)
{
	int n = count_fds(f);

	for (int same = 0; same < 20; same++) {
		int now;

		test_poll_pause();
		now = count_fds(f);
		if (now != n)
			same = 0;
		n = now;
	}
	return n;
}

bool fixture_log_has(const struct fixture *f, const char *text)
{
	char line[8192];
	FILE *file = fopen(f->log, "re");
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file))
		found = strstr(line, text) != NULL;
	if (file)
		(void)fclose(file);
	return found;
}

size_t fixture_log_count(const struct fixture *f, const char *text)
{
	char line[8192];
	FILE *file = fopen(f->log, "re");
	size_t n = 0;

	while (file && fgets(line, sizeof(line), file))
		n += strstr(line, text) != NULL;
	if (file)
		(void)fclose(file);
	return n;
}

pid_t fixture_deputyd(const struct fixture *f)
{
	pid_t pid = 0;

	return fixture_workers(f, &pid, 1) == 1 ? pid : 0;
}

size_t fixture_workers(const struct fixture *f, pid_t *ret, size_t max)
{
	char path[64];
	size_t n = 0;
	FILE *file;
	int pid;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", f->pid,
		       f->pid);
	file = fopen(path, "re");
	assert_non_null(file);
	while (fscanf(file, "%d", &pid) == 1) {
		if (n < max)
			ret[n] = pid;
		n++;
	}
	(void)fclose(file);
	return n;
}

static void call(const struct fixture *f, const char *method,
		 struct json_object *parameters, struct varlink_reply *ret)
{
	char full[128], *text, buf[65536];
	AUTO(json_put) struct json_object *message = NULL;
	const char *reason;
	size_t n, got = 0;
	int fd = connect_to(f->control);

	assert_true(fd >= 0);
	(void)snprintf(full, sizeof(full), CONTROL_INTERFACE ".%s", method);
	message = varlink_call_new(full, parameters);
	assert_int_equal(varlink_encode(message, &text, &n), 0);
	assert_int_equal(send(fd, text, n, MSG_NOSIGNAL), n);
	free(text);
	do {
		ssize_t r = recv(fd, buf + got, sizeof(buf) - got, 0);

		assert_true(r > 0);
		got += (size_t)r;
	} while (buf[got - 1]);
	close(fd);
	assert_int_equal(varlink_reply_parse(buf, got - 1, ret, &reason), 0);
}

struct json_object *fixture_call(const struct fixture *f, const char *method,
				 struct json_object *parameters)
{
	struct varlink_reply reply;
	struct json_object *o;

	call(f, method, parameters, &reply);
	if (reply.error)
		fail_msg("%s: %s", method, reply.error);
	o = json_object_get(reply.parameters);
	varlink_reply_done(&reply);
	return o;
}

char *fixture_call_error(const struct fixture *f, const char *method,
			 struct json_object *parameters)
{
	struct varlink_reply reply;
	char *name;

	call(f, method, parameters, &reply);
	assert_non_null(reply.error);
	name = strdup(reply.error);
	varlink_reply_done(&reply);
	return name;
}

int fixture_in_phase(const struct fixture *f, const char *id, const char *phase)
{
	struct json_object *list, *now,
		*o = fixture_call(f, "Show", varlink_parameter_str("id", id));
	int n = 0;

	assert_true(json_object_object_get_ex(o, "listeners", &list));
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		assert_true(json_object_object_get_ex(
			json_object_array_get_idx(list, i), "phase", &now));
		n += strcmp(json_object_get_string(now), phase) == 0;
	}
	json_object_put(o);
	return n;
}

int client_connect(const struct fixture *f)
{
	return connect_to(f->oci);
}

void fixture_open_to_all(const struct fixture *f)
{
	assert_int_equal(chmod(f->dir, 0711), 0);
	assert_int_equal(chmod(f->oci, 0666), 0);
	assert_int_equal(chmod(f->lxc, 0666), 0);
}

int client_connect_as(const char *path, int type, uid_t uid)
{
	int fd;

	assert_int_equal(seteuid(uid), 0);
	fd = connect_type(path, type);
	assert_int_equal(seteuid(0), 0);
	return fd;
}

void client_send(int sock, const char *data, size_t n, const int *fds,
		 size_t n_fds)
{
	union {
		char bytes[CMSG_SPACE(253 * sizeof(int))];
		struct cmsghdr align;
	} control = { .bytes = { 0 } };
	struct iovec iov = { .iov_base = (void *)(uintptr_t)data, .iov_len = n };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t sent;

	if (n_fds) {
		struct cmsghdr *c;

		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(c), fds, n_fds * sizeof(int));
	}
	sent = sendmsg(sock, &msg, MSG_NOSIGNAL);
	assert_true(sent > 0);
	while ((size_t)sent < n) {
		ssize_t r = send(sock, data + sent, n - (size_t)sent,
				 MSG_NOSIGNAL);

		if (r < 0 && (errno == EPIPE || errno == ECONNRESET))
			return; /* refused already: the test sees that itself */
		assert_true(r > 0);
		sent += r;
	}
}

bool client_is_closed(int sock)
{
	char c;
	ssize_t n = recv(sock, &c, 1, MSG_DONTWAIT | MSG_PEEK);

	return n == 0 || (n < 0 && errno == ECONNRESET);
}
