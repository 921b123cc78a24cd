// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/runtimes/cell.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/own.h"
#include "tests/harness/test.h"
#include "tests/live/daemon/fixture.h"

#define START_S 30
#define ACT_S	10

struct container {
	pid_t runc;
	pid_t server;
	int sock;
};

struct cell {
	bool rootless;
	char dir[96]; /* a tmpfs for all that runc needs */
	struct fixture daemon;
	struct container containers[2]; /* [1]: notified */
};

/* -- what the machine has ---------------------------------------------------------- */

static bool has_program(const char *name)
{
	char *path = strdup(getenv("PATH") ?: ""), *save = NULL;
	bool found = false;

	for (char *dir = strtok_r(path, ":", &save); dir && !found;
	     dir = strtok_r(NULL, ":", &save)) {
		char full[512];

		(void)snprintf(full, sizeof(full), "%s/%s", dir, name);
		found = access(full, X_OK) == 0;
	}
	free(path);
	return found;
}

void cell_require(const struct stage_kind *kind)
{
	if (!has_program("runc"))
		TEST_SKIP("no runc");
	if (kind == &stage_runc_rootless &&
	    (!has_program("newuidmap") || !has_program("newgidmap")))
		TEST_SKIP("no newuidmap");
}

/* runc's filters are libseccomp's, which leaves out names that it lacks. */
static bool knows_call(const char *name)
{
	return seccomp_syscall_resolve_name(name) != __NR_SCMP_ERROR;
}

/* -- runc -------------------------------------------------------------------------- */

static const char *below(const struct cell *c, const char *name)
{
	static char path[160];

	(void)snprintf(path, sizeof(path), "%s/%s", c->dir, name);
	return path;
}

static void make_dir(const struct cell *c, const char *name)
{
	assert_int_equal(mkdir(below(c, name), 0755), 0);
}

static bool become_user(void)
{
	return setgroups(0, NULL) == 0 &&
	       setresgid(CELL_USER, CELL_USER, CELL_USER) == 0 &&
	       setresuid(CELL_USER, CELL_USER, CELL_USER) == 0;
}

/* It does not die with the test: the container does, and runc clears up. */
static void exec_runc(const struct cell *c, const char *bundle, int sock)
{
	char state[160], dir[160], id[64];
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)snprintf(state, sizeof(state), "%s", below(c, "state"));
	(void)snprintf(dir, sizeof(dir), "%s", below(c, bundle));
	(void)snprintf(id, sizeof(id), "deputy-%s-%d", bundle, getpid());
	if (dup2(sock, CELL_SOCKET) < 0 || fcntl(CELL_SOCKET, F_SETFD, 0) < 0 ||
	    dup2(null, STDIN_FILENO) < 0 ||
	    syscall(SYS_close_range, CELL_SOCKET + 1, ~0U, 0) < 0 ||
	    (c->rootless && !become_user()) || setenv("HOME", state, 1) < 0 ||
	    setenv("XDG_RUNTIME_DIR", state, 1) < 0)
		_exit(126);
	(void)execlp("runc", "runc", "--root", state, "run", "--preserve-fds",
		     "1", "-b", dir, id, NULL);
	_exit(127);
}

/* One message. Return: its bytes, 0 where the other end is gone */
static size_t hear(int sock, void *buf, size_t size, int within_s, pid_t *ret_from)
{
	union {
		char bytes[CMSG_SPACE(sizeof(struct ucred))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { .iov_base = buf, .iov_len = size };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control.bytes,
			      .msg_controllen = sizeof(control.bytes) };
	struct pollfd p = { .fd = sock, .events = POLLIN };
	struct cmsghdr *m;
	struct ucred from;
	ssize_t n;

	if (poll(&p, 1, within_s * 1000) != 1)
		fail_msg("the container is silent");
	n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	assert_true(n >= 0);
	m = CMSG_FIRSTHDR(&msg);
	if (ret_from && n > 0) {
		assert_true(m && m->cmsg_type == SCM_CREDENTIALS);
		memcpy(&from, CMSG_DATA(m), sizeof(from));
		*ret_from = from.pid;
	}
	return (size_t)n;
}

/* Return: who said it */
static pid_t expect(int sock, enum cell_word word, int within_s)
{
	char c = 0;
	pid_t from = 0;

	if (hear(sock, &c, 1, within_s, &from) != 1 || c != (char)word)
		fail_msg("no \"%c\" from the container", word);
	return from;
}

static void start_container(const struct cell *c, const char *bundle,
			    struct container *ret)
{
	int pair[2], on = 1;

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(
		setsockopt(pair[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)), 0);
	fflush(stdout);
	ret->runc = fork();
	assert_true(ret->runc >= 0);
	if (ret->runc == 0)
		exec_runc(c, bundle, pair[1]);
	close(pair[1]);
	ret->sock = pair[0];
	ret->server = expect(ret->sock, CELL_READY, START_S);
}

/* It ends by itself once nobody is at the socket. */
static void end_container(struct container *c)
{
	int status = -1;

	c->sock = fd_close(c->sock);
	TEST_WAIT(waitpid(c->runc, &status, WNOHANG) == c->runc, START_S);
	assert_int_equal(status, 0);
}

/* -- the stage --------------------------------------------------------------------- */

static void start_daemon(struct fixture *f, const char *policy)
{
	fixture_init(f);
	fixture_write_policy(f, policy);
	f->worker = DEPUTY_WORKER;
	fixture_start(f);
	assert_int_equal(chmod(f->dir, 0711), 0);
	assert_int_equal(chmod(f->oci, 0666), 0);
}

/* Its successors would hide that a worker failed. */
static void stop_daemon(struct fixture *f)
{
	static const char *const bad[] = { "event=worker-died",
					   "event=worker-stalled",
					   "event=call-failed" };

	TEST_WAIT(fixture_workers(f, NULL, 0) == 0, START_S);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (fixture_log_has(f, bad[i]))
			fail_msg("deputyd's log has %s", bad[i]);
	fixture_stop(f);
	fixture_done(f);
}

static void share_root(const struct world *w)
{
	assert_int_equal(mount(w->root, w->root, NULL, MS_BIND, NULL), 0);
	assert_int_equal(mount(NULL, w->root, NULL, MS_SHARED, NULL), 0);
}

static bool sees_box(const struct world *w, const struct container *c)
{
	char ours[160], its[64];
	struct stat a, b;

	(void)snprintf(ours, sizeof(ours), "%s/box", w->root);
	(void)snprintf(its, sizeof(its), "/proc/%d/root/box", c->server);
	assert_int_equal(stat(ours, &a), 0);
	assert_int_equal(stat(its, &b), 0);
	return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* Rows whose mounts did not get there would come out the same twice. */
static void check_propagation(const struct world *w, const struct container *c)
{
	char box[160];

	(void)snprintf(box, sizeof(box), "%s/box", w->root);
	assert_true(sees_box(w, c));
	assert_int_equal(mount("t", box, "tmpfs", 0, NULL), 0);
	assert_true(sees_box(w, c));
	assert_int_equal(umount2(box, MNT_DETACH), 0);
	assert_true(sees_box(w, c));
}

static void make_bundles(const struct cell *c, const struct stage *s)
{
	static const char *const dirs[] = { "program", "state", "native",
					    "notified", "etc" };
	char program[160];
	struct cell_config config = { .root = s->world.root,
				      .program = program,
				      .play = s->play->name,
				      .rootless = c->rootless };

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		make_dir(c, dirs[i]);
	(void)snprintf(program, sizeof(program), "%s", below(c, "program"));
	cell_copy_program(program);
	cell_write_config(below(c, "native"), &config);
	config.listener = c->daemon.oci;
	cell_write_config(below(c, "notified"), &config);
	if (c->rootless) {
		cell_grant_ids(below(c, "etc"));
		assert_int_equal(chown(below(c, "state"), CELL_USER, CELL_USER),
				 0);
	}
}

static void open_cell(struct stage *s, bool rootless)
{
	struct cell *c = calloc(1, sizeof(*c));

	assert_non_null(c);
	s->own = c;
	c->rootless = rootless;
	(void)snprintf(c->dir, sizeof(c->dir), "%s/cell", s->world.dir);
	assert_int_equal(mkdir(c->dir, 0755), 0);
	assert_int_equal(mount("cell", c->dir, "tmpfs", 0, "mode=0755"), 0);
	start_daemon(&c->daemon, s->play->policy);
	make_bundles(c, s);
	world_reset(&s->world);
	share_root(&s->world);
	start_container(c, "native", &c->containers[0]);
	start_container(c, "notified", &c->containers[1]);
	world_reset(&s->world); /* runc's mount points are gone */
	for (size_t i = 0; i < ARRAY_SIZE(c->containers); i++)
		check_propagation(&s->world, &c->containers[i]);
}

static void open_userns(struct stage *s)
{
	open_cell(s, false);
}

static void open_rootless(struct stage *s)
{
	open_cell(s, true);
}

static void close_cell(struct stage *s)
{
	struct cell *c = s->own;

	for (size_t i = 0; i < ARRAY_SIZE(c->containers); i++)
		end_container(&c->containers[i]);
	stop_daemon(&c->daemon);
	if (c->rootless)
		cell_withdraw_ids();
	assert_int_equal(umount(s->world.root), 0);
	assert_int_equal(umount(c->dir), 0);
	assert_int_equal(rmdir(c->dir), 0);
	free(c);
}

static char *perform(struct stage *s, const struct act *act, const char *alike,
		     struct act_outcome *ret)
{
	struct cell *c = s->own;
	int sock = c->containers[act->notified].sock;
	char root[64], *tree, kill = CELL_KILL;
	pid_t caller = 0;

	assert_int_equal(send(sock, act, sizeof(*act), MSG_NOSIGNAL),
			 sizeof(*act));
	assert_int_equal(hear(sock, ret, sizeof(*ret), ACT_S, &caller),
			 sizeof(*ret));
	(void)snprintf(root, sizeof(root), "/proc/%d/root/.", caller);
	tree = world_snapshot(root, alike);
	assert_int_equal(send(sock, &kill, 1, MSG_NOSIGNAL), 1);
	(void)expect(sock, CELL_DEAD, ACT_S);
	return tree;
}

const struct stage_kind stage_runc_userns = {
	.open = open_userns,
	.close = close_cell,
	.perform = perform,
	.knows_call = knows_call,
};

const struct stage_kind stage_runc_rootless = {
	.open = open_rootless,
	.close = close_cell,
	.perform = perform,
	.knows_call = knows_call,
};
