// SPDX-License-Identifier: LGPL-2.1-or-later
/* Whose user namespace counts: containers, nested ones, rootless runtimes. */
#include "daemon/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/harness/test.h"

#define DEPTH_MAX 4

/* A process that went down @depth user namespaces; ids[i] is the i-th's. */
struct nest {
	pid_t pid;
	struct ns_id ids[DEPTH_MAX + 1];
};

static struct ns_id ns_of(const char *pid)
{
	char path[64];
	struct stat st;

	(void)snprintf(path, sizeof(path), "/proc/%s/ns/user", pid);
	assert_int_equal(stat(path, &st), 0);
	return (struct ns_id){ st.st_dev, st.st_ino };
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	if (!f || fputs(text, f) < 0 || fclose(f) != 0)
		_exit(1);
}

/* Only who is mapped may go further down. */
static void map_root(void)
{
	write_file("/proc/self/setgroups", "deny");
	write_file("/proc/self/uid_map", "0 0 1");
	write_file("/proc/self/gid_map", "0 0 1");
}

static void go_down(int sock, int depth)
{
	struct stat st;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int i = 1; i <= depth; i++) {
		struct ns_id id;

		if (unshare(CLONE_NEWUSER) < 0 ||
		    stat("/proc/self/ns/user", &st) < 0)
			_exit(1);
		map_root();
		id = (struct ns_id){ st.st_dev, st.st_ino };
		if (write(sock, &id, sizeof(id)) != sizeof(id))
			_exit(1);
	}
	(void)pause();
	_exit(0);
}

static void nest_start(struct nest *n, int depth)
{
	int sv[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sv), 0);
	n->ids[0] = ns_of("self");
	n->pid = fork();
	assert_true(n->pid >= 0);
	if (n->pid == 0)
		go_down(sv[1], depth);
	close(sv[1]);
	for (int i = 1; i <= depth; i++)
		assert_int_equal(recv(sv[0], &n->ids[i], sizeof(n->ids[i]), 0),
				 sizeof(n->ids[i]));
	close(sv[0]);
}

static void nest_end(const struct nest *n)
{
	assert_int_equal(kill(n->pid, SIGKILL), 0);
	assert_int_equal(waitpid(n->pid, NULL, 0), n->pid);
}

/* A nest is in the cgroups of its test. */
static void expect_own_cgroups(const struct cgroups *c, bool known)
{
	int proc_fd = open("/proc/self", O_PATH | O_CLOEXEC);
	struct cgroups own;

	assert_true(proc_fd >= 0);
	assert_int_equal(cgroups_read(proc_fd, &own), 0);
	assert_int_equal(c->n, known ? own.n : 0);
	for (size_t i = 0; i < c->n; i++)
		assert_string_equal(c->paths[i], own.paths[i]);
	cgroups_done(&own);
	close(proc_fd);
}

static void expect(const struct ns_id *peer, pid_t init, int result,
		   const struct ns_id *want)
{
	struct identity i;
	struct stat st;

	assert_int_equal(identity_settle(peer, init, &i), result);
	assert_int_equal(i.userns.dev, want->dev);
	assert_int_equal(i.userns.ino, want->ino);
	assert_int_equal(i.userns_fd >= 0, want->ino != 0);
	assert_int_equal(i.userns_fact, want->ino     ? USERNS_OWNED
					: result == 0 ? USERNS_NONE
						      : USERNS_UNKNOWN);
	assert_int_equal(i.userns_owner, 0);
	expect_own_cgroups(&i.cgroups, result == 0);
	if (i.userns_fd >= 0) {
		assert_int_equal(fstat(i.userns_fd, &st), 0);
		assert_int_equal(st.st_ino, want->ino);
	}
	identity_done(&i);
	assert_int_equal(i.userns_fd, -1);
}

static const struct ns_id none = { 0, 0 };

TEST(identity, without_a_user_namespace_it_is_none)
{
	struct nest n;

	nest_start(&n, 0);
	expect(&n.ids[0], n.pid, 0, &none);
	nest_end(&n);
}

TEST(identity, the_outermost_below_the_peer)
{
	for (int depth = 1; depth <= DEPTH_MAX; depth++) {
		struct nest n;

		nest_start(&n, depth);
		for (int peer = 0; peer < depth; peer++)
			expect(&n.ids[peer], n.pid, 0, &n.ids[peer + 1]);
		nest_end(&n);
	}
}

/* A rootless engine's runtime sits in the container's user namespace. */
TEST(identity, the_peers_own)
{
	struct nest n;

	nest_start(&n, 2);
	expect(&n.ids[2], n.pid, 0, &n.ids[2]);
	nest_end(&n);
}

TEST(identity, a_peer_that_is_no_ancestor)
{
	struct nest n, stranger;

	nest_start(&n, 3);
	nest_start(&stranger, 1);
	expect(&stranger.ids[1], n.pid, 0, &n.ids[1]);
	nest_end(&stranger);
	nest_end(&n);
}

TEST(identity, an_init_that_is_gone)
{
	struct nest n;

	nest_start(&n, 1);
	nest_end(&n);
	expect(&n.ids[0], n.pid, -ESRCH, &none);
	expect(&n.ids[0], 0, -ESRCH, &none);
	expect(&n.ids[0], -1, -ESRCH, &none);
}

TEST(identity, of_a_peer)
{
	struct ns_id own = ns_of("self"), id;
	struct nest n;

	nest_start(&n, 2);
	id = identity_peer(n.pid);
	assert_true(ns_id_is(&id, &n.ids[2]));
	nest_end(&n);
	id = identity_peer(n.pid);
	assert_true(ns_id_is(&id, &own));
	id = identity_peer(0);
	assert_true(ns_id_is(&id, &own));
}

/* Another process by the same pid is not taken for it. */
TEST(identity, a_process_that_ends_has_no_cgroups)
{
	struct cgroups c;
	struct nest n;
	char path[32];
	int proc_fd;

	nest_start(&n, 0);
	(void)snprintf(path, sizeof(path), "/proc/%d", n.pid);
	proc_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(proc_fd >= 0);
	assert_int_equal(cgroups_read(proc_fd, &c), 0);
	cgroups_done(&c);
	nest_end(&n);
	assert_true(cgroups_read(proc_fd, &c) < 0);
	close(proc_fd);
}

TEST(identity, says_who_owns_it)
{
	char buf[IDENTITY_OWNER_MAX];
	struct identity i = { .userns_fd = -1 };

	assert_string_equal(identity_owner(&i, buf), "unknown");
	i.userns_fact = USERNS_NONE;
	assert_string_equal(identity_owner(&i, buf), "none");
	i.userns_fact = USERNS_OWNED;
	i.userns_owner = UINT32_MAX - 1;
	assert_string_equal(identity_owner(&i, buf), "4294967294");
}

/* From inside one, what lies outside is out of reach. */
TEST(identity, outside_of_our_own_it_is_unknown)
{
	struct nest n;
	pid_t child;
	int status;

	nest_start(&n, 1);
	child = fork();
	if (child == 0) {
		struct identity i;

		if (unshare(CLONE_NEWUSER) < 0)
			_exit(1);
		_exit(identity_settle(&n.ids[0], n.pid, &i) < 0 &&
				      i.userns.ino == 0 && i.userns_fd < 0 ?
			      0 :
			      2);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	nest_end(&n);
}
