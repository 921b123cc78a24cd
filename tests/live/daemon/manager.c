// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/live/daemon/manager.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "keeper/child.h"
#include "lib/fds.h"
#include "lib/own.h"

#define WAIT_S 20

void manager_init(struct manager *m, const char *worker)
{
	*m = (struct manager){ .f.worker = worker };
	fixture_init(&m->f);
	assert_int_equal(wire_open(&m->wire), 0);
}

void manager_done(struct manager *m)
{
	for (size_t i = 0; i < m->store.n; i++) {
		close(m->store.items[i].fd);
		free(m->store.items[i].name);
	}
	free(m->store.items);
	close(m->wire.fd);
	close(m->wire.path_fd);
	fixture_done(&m->f);
}

void manager_hear(struct manager *m)
{
	struct wire_message message;

	while (wire_receive(&m->wire, m->f.pid, &message) == WIRE_MESSAGE) {
		m->readies += message.ready;
		m->watchdogs += message.watchdog;
		if (message.remove)
			(void)store_remove(&m->store, message.name);
		for (size_t i = 0; i < message.n_fds; i++) {
			assert_true(message.store);
			assert_int_equal(store_add(&m->store, message.name,
						   message.fds[i]),
					 0);
		}
	}
}

static bool is_ready(struct manager *m, unsigned before)
{
	manager_hear(m);
	return m->readies > before;
}

static bool redirect(const struct fixture *f)
{
	int log = open(f->log, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);

	return log >= 0 && dup2(log, STDERR_FILENO) >= 0 &&
	       dup2(log, STDOUT_FILENO) >= 0 && close(log) == 0;
}

void manager_start(struct manager *m)
{
	struct fixture *f = &m->f;
	const char *argv[] = { DEPUTYD,	       "--policy", f->policy,
			       "--oci-socket", f->oci,	   "--control-socket",
			       f->control,     "--worker", f->worker ?: STANDIN,
			       "--log-level",  "debug",	   NULL };
	sigset_t none;
	struct child_plan plan = { DEPUTYD, (char **)(uintptr_t)argv, &none };
	unsigned before = m->readies;
	pid_t test = getpid();

	(void)sigemptyset(&none);
	fflush(stdout);
	f->pid = fork();
	assert_true(f->pid >= 0);
	if (f->pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		/* None of ours but the store's. */
		if (getppid() != test || !redirect(f) ||
		    fds_close_on_exec(STDERR_FILENO + 1) < 0)
			_exit(126);
		child_run(&plan, &m->store, &m->wire);
	}
	TEST_WAIT(is_ready(m, before), WAIT_S);
}

void manager_end(struct manager *m, int signal)
{
	pid_t pid = m->f.pid;
	int status;

	assert_int_equal(kill(pid, signal), 0);
	status = fixture_reap(&m->f);
	assert_int_equal(status, signal == SIGKILL ? 128 + SIGKILL : 0);
	m->f.pid = pid;
	manager_hear(m);
	m->f.pid = -1;
}

size_t manager_count(const struct manager *m, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < m->store.n; i++)
		n += !name || strcmp(m->store.items[i].name, name) == 0;
	return n;
}

void manager_put(struct manager *m, const char *name, int fd_taken)
{
	assert_true(fd_taken >= 0);
	assert_int_equal(store_add(&m->store, name, fd_taken), 0);
}

int manager_find(const struct manager *m, const char *name, uint32_t magic)
{
	int found = -1;

	for (size_t i = 0; i < m->store.n; i++) {
		const struct store_item *item = &m->store.items[i];
		uint32_t head = 0;

		if (strcmp(item->name, name) != 0 ||
		    pread(item->fd, &head, sizeof(head), 0) != sizeof(head) ||
		    head != magic)
			continue;
		assert_int_equal(found, -1);
		found = item->fd;
	}
	return found;
}

void manager_begin(struct manager *m, struct tracee *t)
{
	manager_init(m, NULL);
	manager_start(m);
	tracee_start(t, TRACEE_USERNS);
	tracee_attach(t, &m->f, "c");
	tracee_call(t, STANDIN_ERRNO);
	assert_int_equal(tracee_result(t), -EXDEV);
	manager_hear(m);
}

bool manager_has_workers(const struct manager *m, size_t n)
{
	return fixture_workers(&m->f, NULL, 0) == n;
}

bool manager_has(struct manager *m, size_t n)
{
	manager_hear(m);
	return manager_count(m, NULL) == n;
}

void manager_finish(struct manager *m, struct tracee *t)
{
	if (t) {
		tracee_call(t, STANDIN_ERRNO);
		assert_int_equal(tracee_result(t), -EXDEV);
		tracee_end(t);
	}
	TEST_WAIT(manager_has_workers(m, 0), WAIT_S);
	TEST_WAIT(manager_has(m, SOCKETS), WAIT_S);
	manager_end(m, SIGTERM);
	manager_done(m);
}
