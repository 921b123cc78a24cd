// SPDX-License-Identifier: LGPL-2.1-or-later
/* What else a deputyd comes upon: workers of the one before, sockets, a manager
 * that wants to hear of it. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <json-c/json.h>

#include "lib/handover.h"
#include "lib/slot.h"
#include "tests/live/daemon/manager.h"

#define WAIT_S 20

/* -- workers of the one before --------------------------------------------------------- */

/* A process that serves that slot, for all that the lock says. */
static pid_t serve_as_before(int slot_fd, int at)
{
	int ready[2];
	char c;
	pid_t pid;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	fflush(stdout);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (dup2(slot_fd, at) < 0 || slot_lock(at) < 0 ||
		    write(ready[1], "r", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

TEST(predecessor, that_outlives_its_deputyd_is_killed_first)
{
	struct manager m;
	struct tracee t;
	pid_t pid;
	int status;

	manager_begin(&m, &t);
	manager_end(&m, SIGKILL);
	pid = serve_as_before(manager_find(&m, "c1.1", SLOT_MAGIC),
			      HANDOVER_SLOT);
	manager_start(&m);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
	/* It was dead before the next one came. */
	assert_false(fixture_log_has(&m.f, "event=worker-lost"));
	manager_finish(&m, &t);
}

/* Nobody who only has that pid is hit, and nobody waits for ever. */
TEST(predecessor, that_is_no_worker_is_left_alone_and_given_up)
{
	struct manager m;
	struct tracee t;
	int64_t since;
	pid_t pid;

	manager_begin(&m, &t);
	manager_end(&m, SIGKILL);
	pid = serve_as_before(manager_find(&m, "c1.1", SLOT_MAGIC),
			      HANDOVER_SLOT + 40);
	manager_start(&m);
	since = test_now_ms();
	tracee_call(&t, STANDIN_ERRNO);
	assert_int_equal(tracee_result(&t), -EXDEV);
	assert_true(test_now_ms() - since > 1000);
	assert_true(fixture_log_has(&m.f, "event=worker-lost"));
	assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	manager_finish(&m, &t);
}

/* -- sockets, and what else a manager does ------------------------------------------------ */

static int listen_at(const char *path, int type)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(fd, 16), 0);
	return fd;
}

/* The OCI one has a name and is elsewhere, LXC's a name, the other is known by its
 * path. */
TEST(sockets, of_units_are_taken)
{
	struct manager m;
	struct fixture elsewhere;
	struct tracee t;

	manager_init(&m, NULL);
	elsewhere = m.f;
	(void)snprintf(elsewhere.oci, sizeof(elsewhere.oci), "%s/unit.sock",
		       m.f.dir);
	manager_put(&m, "deputyd-control.socket", listen_at(m.f.control, SOCK_STREAM));
	manager_put(&m, "oci", listen_at(elsewhere.oci, SOCK_STREAM));
	manager_put(&m, "lxc", listen_at(m.f.lxc, SOCK_SEQPACKET));
	manager_start(&m);
	assert_int_equal(manager_count(&m, NULL), 4); /* the policy alone was */
	assert_int_equal(access(m.f.oci, F_OK), -1);
	tracee_start(&t, 0);
	tracee_attach(&t, &elsewhere, "c");
	tracee_call(&t, STANDIN_ERRNO);
	assert_int_equal(tracee_result(&t), -EXDEV);
	json_object_put(fixture_call(&m.f, "Status", NULL));
	tracee_end(&t);
	TEST_WAIT(manager_has_workers(&m, 0), WAIT_S);
	manager_end(&m, SIGTERM);
	/* They are the unit's, file and all. */
	assert_int_equal(access(m.f.control, F_OK), 0);
	assert_int_equal(unlink(elsewhere.oci), 0);
	manager_done(&m);
}

/* Whoever connects between two deputyds waits for the second. */
TEST(sockets, that_were_bound_outlive_deputyd)
{
	struct manager m;
	struct tracee t;

	manager_init(&m, NULL);
	manager_start(&m);
	manager_end(&m, SIGTERM);
	assert_int_equal(manager_count(&m, NULL), SOCKETS);
	tracee_start(&t, 0);
	tracee_attach(&t, &m.f, "c");
	manager_start(&m);
	tracee_call(&t, STANDIN_ERRNO);
	assert_int_equal(tracee_result(&t), -EXDEV);
	/* One whose file is gone is made anew. */
	manager_end(&m, SIGKILL);
	assert_int_equal(unlink(m.f.oci), 0);
	manager_start(&m);
	assert_int_equal(access(m.f.oci, F_OK), 0);
	assert_int_equal(manager_count(&m, "bound-oci"), 1);
	manager_finish(&m, &t);
}

/* What stands where it was is told of, and stops nobody who is served. */
TEST(sockets, that_something_has_replaced_stop_no_container)
{
	struct manager m;
	struct tracee t;
	char why[300];

	manager_begin(&m, &t);
	manager_end(&m, SIGTERM);
	assert_int_equal(unlink(m.f.oci), 0);
	assert_int_equal(mkdir(m.f.oci, 0755), 0);
	manager_start(&m);
	tracee_call(&t, STANDIN_ERRNO);
	assert_int_equal(tracee_result(&t), -EXDEV);
	json_object_put(fixture_call(&m.f, "Status", NULL));
	(void)snprintf(why, sizeof(why),
		       "event=socket-in-the-way path=%s why=\"%s is not a socket, "
		       "but a directory: remove it",
		       m.f.oci, m.f.oci);
	assert_true(fixture_log_has(&m.f, why));
	/* Mended, as it says. */
	assert_int_equal(rmdir(m.f.oci), 0);
	manager_end(&m, SIGTERM);
	manager_start(&m);
	assert_int_equal(manager_count(&m, "bound-oci"), 1);
	close(client_connect(&m.f));
	manager_finish(&m, &t);
}

static bool has_barked(struct manager *m, unsigned n)
{
	manager_hear(m);
	return m->watchdogs >= n;
}

TEST(manager, hears_the_watchdog)
{
	struct manager m;

	manager_init(&m, NULL);
	manager_start(&m);
	TEST_WAIT(has_barked(&m, 2), WAIT_S);
	manager_finish(&m, NULL);
}
