// SPDX-License-Identifier: LGPL-2.1-or-later
#include "keeper/child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/oom.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "keeper/keeper.h"
#include "lib/log.h"
#include "lib/oom.h"
#include "lib/own.h"

static bool put_number(const char *name, unsigned long long v)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%llu", v);
	return setenv(name, text, 1) == 0;
}

/* sd_listen_fds(3), where 0 is no number */
static int put_listen(const struct store *s)
{
	AUTO(free_ptr) char *names = store_names(s);
	bool good;

	if (s->n == 0) {
		(void)unsetenv("LISTEN_FDS");
		(void)unsetenv("LISTEN_PID");
		(void)unsetenv("LISTEN_FDNAMES");
		return 0;
	}
	good = names && put_number("LISTEN_FDS", s->n) &&
	       put_number("LISTEN_PID", (unsigned long long)getpid()) &&
	       setenv("LISTEN_FDNAMES", names, 1) == 0;

	return good ? 0 : -ENOMEM;
}

static int put_manager(const struct wire *w)
{
	bool good = setenv("NOTIFY_SOCKET", w->path, 1) == 0 &&
		    put_number("FDSTORE", STORE_FDS_MAX) &&
		    put_number(KEEPER_PID, (unsigned long long)getppid()) &&
		    put_number("WATCHDOG_USEC", KEEPER_WATCHDOG_MS * 1000ULL) &&
		    put_number("WATCHDOG_PID", (unsigned long long)getpid());

	return good ? 0 : -ENOMEM;
}

static _Noreturn void fail(const char *path, int error)
{
	log_event(LOG_ERR, "exec-failed", LOG_S("path", path), LOG_E(error));
	_exit(127);
}

void child_run(const struct child_plan *p, struct store *s, struct wire *w)
{
	int r = put_manager(w);

	(void)oom_shift(OOM_STEP, OOM_SCORE_ADJ_MIN);
	if (r == 0)
		r = put_listen(s);
	if (r == 0)
		r = store_lay_out(s);
	if (r == 0) {
		(void)sigprocmask(SIG_UNBLOCK, p->signals, NULL);
		(void)execv(p->path, p->argv);
		r = -errno;
	}
	fail(p->path, r);
}

pid_t child_start(const struct child_plan *p, struct store *s, struct wire *w)
{
	pid_t pid = fork();

	if (pid == 0)
		child_run(p, s, w);
	return pid;
}

pid_t child_probe(const struct child_plan *p)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	(void)sigprocmask(SIG_UNBLOCK, p->signals, NULL);
	(void)execv(p->path, p->argv);
	fail(p->path, -errno);
}

int child_become(const struct child_plan *p, struct store *s, struct wire *w)
{
	int r = w ? wire_move(w, STDERR_FILENO + 1 + (int)s->n) : 0;

	if (r == 0)
		r = put_listen(s);
	if (r == 0)
		r = store_lay_out(s);
	if (r == 0) {
		(void)execv(p->path, p->argv);
		r = -errno;
	}
	for (size_t i = 0; i < s->n; i++)
		(void)fcntl(s->items[i].fd, F_SETFD, FD_CLOEXEC);
	return r;
}
