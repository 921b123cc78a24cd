// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Packets that no monitor of LXC's sends: as the first of a connection, which
 * deputyd looks at, and as a later one, which is its worker's alone.  Each has
 * its connection closed and leaves nothing behind.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <json-c/json.h>

#include "daemon/attach_lxc.h"
#include "lib/own.h"
#include "tests/live/daemon/hanging.h"
#include "tests/live/lxc/monitor.h"
#include "tests/live/lxc/stranger.h"

#define WAIT_S 20

static void put_u64(struct packet *p, size_t at, uint64_t v)
{
	memcpy(p->bytes + at, &v, sizeof(v));
}

/* Another fd in one's place; what was there stays open with the test. */
static void put_fd(struct packet *p, enum lxc_fd which, const char *path,
		   int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	assert_true(fd >= 0);
	if (which != LXC_FD_LISTENER)
		close(p->fds[which]);
	p->fds[which] = fd;
}

static void put_fd_of(struct packet *p, enum lxc_fd which, pid_t pid,
		      const char *name, int flags)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d%s", pid, name);
	put_fd(p, which, path, flags);
}

static void empty(struct packet *p)
{
	p->n = 0;
	p->n_fds = 0;
}

static void one_byte(struct packet *p)
{
	p->n = 1;
}

static void no_resp(struct packet *p)
{
	p->n = 112;
}

static void one_byte_short(struct packet *p)
{
	p->n--;
}

static void one_byte_long(struct packet *p)
{
	p->n++;
}

static void longer_than_any(struct packet *p)
{
	p->n = LXC_PACKET_MAX + 1;
	put_u64(p, 24, LXC_COOKIE_MAX + 1);
}

static void endless_cookie(struct packet *p)
{
	put_u64(p, 24, UINT64_MAX - LXC_ANSWER_BYTES + 1);
}

static void other_sizes(struct packet *p)
{
	p->bytes[16] = 88;
}

static void reserved_set(struct packet *p)
{
	p->bytes[0] = 1;
}

static void no_init(struct packet *p)
{
	memset(p->bytes + 12, 0, 4);
}

static void no_fds(struct packet *p)
{
	p->n_fds = 0;
}

static void two_fds(struct packet *p)
{
	p->n_fds = 2;
}

static void four_fds(struct packet *p)
{
	p->fds[p->n_fds++] = STDOUT_FILENO;
}

static void twenty_fds(struct packet *p)
{
	while (p->n_fds < PACKET_FDS_MAX)
		p->fds[p->n_fds++] = STDOUT_FILENO;
}

static void a_file_for_a_listener(struct packet *p)
{
	put_fd(p, LXC_FD_LISTENER, "/dev/null", O_RDWR);
}

static void a_file_for_a_directory(struct packet *p)
{
	put_fd(p, LXC_FD_PROC, "/", O_RDONLY | O_DIRECTORY);
}

static void anothers_directory(struct packet *p)
{
	put_fd_of(p, LXC_FD_PROC, getpid(), "", O_RDONLY | O_DIRECTORY);
}

static void a_file_for_memory(struct packet *p)
{
	put_fd(p, LXC_FD_MEM, "/dev/null", O_RDWR);
}

static void anothers_memory(struct packet *p)
{
	put_fd_of(p, LXC_FD_MEM, getpid(), "/mem", O_RDWR);
}

static void memory_to_read(struct packet *p)
{
	put_fd_of(p, LXC_FD_MEM, (pid_t)p->notif.pid, "/mem", O_RDONLY);
}

static void memory_without_rights(struct packet *p)
{
	put_fd_of(p, LXC_FD_MEM, (pid_t)p->notif.pid, "/mem", O_PATH);
}

static void fds_swapped(struct packet *p)
{
	int fd = p->fds[LXC_FD_PROC];

	p->fds[LXC_FD_PROC] = p->fds[LXC_FD_MEM];
	p->fds[LXC_FD_MEM] = fd;
}

static void the_thread_not_the_process(struct packet *p)
{
	char name[32];

	(void)snprintf(name, sizeof(name), "/task/%u", p->notif.pid);
	put_fd_of(p, LXC_FD_PROC, (pid_t)p->notif.pid, name,
		  O_RDONLY | O_DIRECTORY);
}

/* The caller's own fds, in another's name. */
static void another_caller(struct packet *p)
{
	uint32_t pid = (uint32_t)getpid();

	memcpy(p->bytes + 40, &pid, sizeof(pid));
}

static void no_caller(struct packet *p)
{
	memset(p->bytes + 40, 0, 4);
}

static const struct row {
	const char *name;
	void (*spoil)(struct packet *p);
	bool by_worker; /* deputyd itself does not see it */
	const char *why;
} rows[] = {
	{ "empty", empty, false, "too short" },
	{ "one byte", one_byte, false, "too short" },
	{ "no resp", no_resp, false, "too short" },
	{ "one byte short", one_byte_short, false, "length differs" },
	{ "one byte long", one_byte_long, false, "length differs" },
	{ "longer than any", longer_than_any, false, "longer than 4096" },
	{ "endless cookie", endless_cookie, false, "longer than 4096" },
	{ "other sizes", other_sizes, false, "other sizes" },
	{ "reserved set", reserved_set, false, "reserved field" },
	{ "no init", no_init, false, "init has no pid" },
	{ "no caller", no_caller, false, "caller has no pid" },
	{ "no fds", no_fds, false, "not have three fds" },
	{ "two fds", two_fds, false, "not have three fds" },
	{ "four fds", four_fds, false, "not have three fds" },
	{ "twenty fds", twenty_fds, false, "not have three fds" },
	{ "a file for a listener", a_file_for_a_listener, false,
	  "not a seccomp listener" },
	{ "a file for a directory", a_file_for_a_directory, true,
	  "first fd is not the caller's" },
	{ "another's directory", anothers_directory, true,
	  "first fd is not the caller's" },
	{ "a file for memory", a_file_for_memory, true,
	  "second fd is not the caller's" },
	{ "another's memory", anothers_memory, true,
	  "second fd is not the caller's" },
	{ "memory to read", memory_to_read, true,
	  "second fd is not the caller's" },
	{ "memory without rights", memory_without_rights, true,
	  "second fd is not the caller's" },
	{ "fds swapped", fds_swapped, true, "first fd is not the caller's" },
	{ "another caller", another_caller, true, "first fd is not the caller's" },
	{ "the number in another pid namespace", stranger_below, true,
	  "not of deputyd's pid namespace" },
	{ "mounted over", stranger_mounted_over, true,
	  "first fd is not the caller's" },
	{ "the thread, not the process", the_thread_not_the_process, true,
	  "first fd is not the caller's" },
	{ "a dead one's", stranger_dead, true, "first fd is not the caller's" },
};

static void close_all(const struct packet *p, const struct box *b)
{
	for (size_t i = 0; i < LXC_FDS; i++)
		if (p->fds[i] != b->i.listener)
			close(p->fds[i]);
}

/* A call whose packet is spoiled: it must end in ENOSYS, for the reason. */
static void expect_refusal(const struct row *row, struct fixture *f,
			   struct box *b, int sock)
{
	struct packet good, p;

	assert_int_equal(truncate(f->log, 0), 0);
	box_order(b, BOX_MKNOD);
	packet_receive(&good, b, "cookie");
	p = good;
	row->spoil(&p);
	assert_true(packet_send(&p, sock));
	if (monitor_answer(sock, b, &good, WAIT_S) != MONITOR_CLOSED)
		fail_msg("%s: answered", row->name);
	close_all(&p, b);
	stranger_end();
	close(sock);
	assert_int_equal(box_result(b), ENOSYS);
	TEST_WAIT(fixture_workers(f, NULL, 0) == 0, WAIT_S);
	if (!fixture_log_has(f, row->why))
		fail_msg("%s: \"%s\" is not in the log", row->name, row->why);
}

static void refuse_all(bool later)
{
	struct fixture f = { .worker = DEPUTY_WORKER };
	struct box b;
	int before;

	box_start(&b);
	fixture_init(&f);
	fixture_write_policy(&f, world_policy);
	fixture_start(&f);
	before = fixture_fds(&f);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int sock = monitor_connect(&f);

		assert_true(sock >= 0);
		if (later) {
			box_order(&b, BOX_MAKE_ANEW);
			assert_int_equal(monitor_serve(&sock, &f, &b, "c"),
					 MONITOR_ANSWERED);
			assert_int_equal(box_result(&b), 0);
		}
		expect_refusal(&rows[i], &f, &b, sock);
		assert_true(
			fixture_log_has(&f, later || rows[i].by_worker
						    ? "event=packet-refused"
						    : "event=attach-refused"));
	}
	assert_int_equal(fixture_fds(&f), before);
	fixture_stop(&f);
	fixture_done(&f);
	box_end(&b);
}

TEST_WITHIN(lxc_hostile, first_packets, 60)
{
	refuse_all(false);
}

TEST_WITHIN(lxc_hostile, later_packets, 60)
{
	refuse_all(true);
}

/* systemd mounts a procfs of its own for deputyd's unit: neither side's instance
 * counts, only whom it shows. */
TEST(lxc_hostile, another_instance_of_procfs)
{
	struct fixture f = { .worker = DEPUTY_WORKER };
	struct packet p;
	struct box b;
	int sock;

	box_start(&b);
	fixture_init(&f);
	fixture_write_policy(&f, world_policy);
	fixture_start(&f);
	sock = monitor_connect(&f);
	for (int i = 0; i < 3; i++) {
		box_order(&b, BOX_MAKE_ANEW);
		packet_receive(&p, &b, "c");
		stranger_new_procfs(&p);
		assert_true(packet_send(&p, sock));
		assert_int_equal(monitor_answer(sock, &b, &p, WAIT_S),
				 MONITOR_ANSWERED);
		assert_int_equal(box_result(&b), 0);
		packet_done(&p);
	}
	close(sock);
	fixture_stop(&f);
	fixture_done(&f);
	box_end(&b);
}

/* True in all but what it asks for: a node where the monitor's own process
 * could make one, on the host.  It is none of the container's. */
TEST(lxc_hostile, a_call_in_a_host_process_name)
{
	struct fixture f = { .worker = DEPUTY_WORKER };
	struct seccomp_notif n;
	struct packet real, p;
	struct stat st;
	struct box b;
	char path[80];
	int sock;

	box_start(&b);
	fixture_init(&f);
	fixture_write_policy(&f, world_policy);
	fixture_start(&f);
	(void)snprintf(path, sizeof(path), "%s/node", f.dir);
	box_order(&b, BOX_MKNOD);
	packet_receive(&real, &b, "c");
	n = real.notif;
	n.pid = (uint32_t)getpid();
	n.data.args[0] = (uint64_t)(uintptr_t)path;
	packet_make(&p, &b, &n, "c");
	sock = monitor_connect(&f);
	assert_true(packet_send(&p, sock));
	/* Left to the kernel, where the container's own call goes on. */
	assert_int_equal(monitor_answer(sock, &b, &p, WAIT_S), MONITOR_ANSWERED);
	assert_int_equal(box_result(&b), EPERM);
	assert_int_equal(lstat(path, &st), -1);
	packet_done(&p);
	packet_done(&real);
	close(sock);
	fixture_stop(&f);
	fixture_done(&f);
	box_end(&b);
}

/* Users take all places but root's with connections that say nothing. */
TEST(lxc_hostile, silent_users_lock_out_nobody)
{
	static int socks[LXC_SILENT_MAX];
	const struct rlimit limit = { 2 * LXC_SILENT_MAX, 2 * LXC_SILENT_MAX };
	const uid_t hogs = LXC_SILENT_MAX / LXC_SILENT_MAX_PER_UID;
	struct fixture f = { .worker = DEPUTY_WORKER };
	struct box b;
	int before;

	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	box_start(&b);
	fixture_init(&f);
	fixture_write_policy(&f, world_policy);
	fixture_start(&f);
	fixture_open_to_all(&f);
	before = fixture_fds(&f);
	for (int i = 0; i < LXC_SILENT_MAX; i++) {
		socks[i] = client_connect_as(f.lxc, SOCK_SEQPACKET,
					     70000 + (uid_t)i % hogs);
		assert_true(socks[i] >= 0);
	}
	TEST_WAIT(fixture_fds(&f) == before + LXC_SILENT_MAX, WAIT_S);
	for (uid_t uid = 0; uid <= 70000 + hogs; uid += 70000 + hogs) {
		int sock = client_connect_as(f.lxc, SOCK_SEQPACKET, uid);

		box_order(&b, BOX_MAKE_ANEW);
		assert_int_equal(monitor_serve(&sock, &f, &b, "c"),
				 MONITOR_ANSWERED);
		assert_int_equal(box_result(&b), 0);
		close(sock);
	}
	for (int i = 0; i < LXC_SILENT_MAX; i++)
		close(socks[i]);
	TEST_WAIT(fixture_fds(&f) == before, WAIT_S);
	fixture_stop(&f);
	fixture_done(&f);
	box_end(&b);
}

/* Its worker may wait in close() of such a file, deputyd and others do not, nor does
 * a worker that starts meanwhile. */
TEST(lxc_hostile, fds_that_hang_when_closed)
{
	struct fixture f = { .worker = DEPUTY_WORKER };
	struct hanging h;
	struct box b;
	int sock = -1;

	hanging_open(&h);
	box_start(&b);
	fixture_init(&f);
	fixture_write_policy(&f, world_policy);
	fixture_start(&f);
	for (int i = 0; i < 5; i++) {
		AUTO(fd_close) int stranger = monitor_connect(&f);

		hanging_send(&h, stranger, "not a packet at all");
	}
	for (int i = 0; i < 20; i++) {
		box_order(&b, BOX_MAKE_ANEW);
		assert_int_equal(monitor_serve(&sock, &f, &b, "c"),
				 MONITOR_ANSWERED);
		assert_int_equal(box_result(&b), 0);
		json_object_put(fixture_call(&f, "Status", NULL));
	}
	close(sock);
	hanging_release(&h);
	TEST_WAIT(fixture_workers(&f, NULL, 0) == 0, WAIT_S);
	fixture_stop(&f);
	fixture_done(&f);
	box_end(&b);
}
