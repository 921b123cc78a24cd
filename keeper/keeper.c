// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * If the keeper dies, its deputyd becomes the keeper (daemon/orphan.c).  If it
 * dies while it has no deputyd, every listener is lost.  So the keeper does
 * little, and on SIGUSR2 first tries the program that is now on disk: that
 * program must accept the options and the policy ("--check") while the old
 * deputyd serves.  Then deputyd ends in order.  The keeper executes the new
 * program with the same pid, and takes over its own store as a deputyd would:
 * by LISTEN_FDS.
 *
 * The signals stay blocked over that exec: none is lost, none kills.
 */
#include "keeper/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "keeper/child.h"
#include "keeper/store.h"
#include "keeper/wire.h"
#include "lib/log.h"
#include "lib/own.h"

enum aim {
	AIM_SERVE = 0,
	AIM_RENEW, /* deputyd is to end, the keeper to become the new program */
	AIM_END,
};

struct keeper {
	char path[PATH_MAX];
	char **argv;	   /* of the keeper itself */
	char **child_argv; /* without "--keeper" */
	char **probe_argv; /* and with "--check" */
	sigset_t signals;
	int signal_fd;
	struct wire wire;
	struct store store;

	enum aim aim;
	pid_t child, probe; /* 0: none */
	int child_status;
	bool ready, proven; /* this deputyd; any one at all */
	int64_t started_ms, backoff_ms;
	int64_t start_ms, kill_ms, probe_ms; /* deadlines, 0: none */
};

static int64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void start(struct keeper *k)
{
	const struct child_plan plan = { k->path, k->child_argv, &k->signals };

	k->start_ms = k->kill_ms = 0;
	k->ready = false;
	k->started_ms = now_ms();
	k->child = child_start(&plan, &k->store, &k->wire);
	if (k->child > 0) {
		k->kill_ms = k->started_ms + KEEPER_START_MS;
		log_event(LOG_INFO, "deputyd-started", LOG_I("pid", k->child),
			  LOG_U("fds", k->store.n));
		return;
	}
	log_event(LOG_ERR, "deputyd-not-started", LOG_E(-errno));
	k->child = 0;
	k->start_ms = now_ms() + KEEPER_BACKOFF_MAX_MS;
}

static void end_child(struct keeper *k, enum aim aim)
{
	k->aim = aim;
	if (k->child <= 0)
		return;
	(void)kill(k->child, SIGTERM);
	k->kill_ms = now_ms() + KEEPER_STOP_MS;
}

/* All that a deputyd said must be taken before its end is: it may be dead. */
static void hear(struct keeper *k)
{
	struct wire_message m;
	int r;

	while ((r = wire_receive(&k->wire, k->child, &m)) > 0) {
		if (r == WIRE_FOREIGN)
			continue;
		if (m.ready && !k->ready)
			log_event(LOG_INFO, "deputyd-ready",
				  LOG_I("ms", now_ms() - k->started_ms));
		k->ready |= m.ready;
		k->proven |= m.ready;
		if ((m.ready || m.watchdog) && k->aim == AIM_SERVE)
			k->kill_ms = now_ms() + KEEPER_WATCHDOG_MS;
		if (m.remove)
			(void)store_remove(&k->store, m.name);
		for (size_t i = 0; i < m.n_fds; i++) {
			r = m.store ? store_add(&k->store, m.name, m.fds[i])
				    : fd_close(m.fds[i]);
			if (m.store && r < 0)
				log_event(LOG_ERR, "not-stored",
					  LOG_S("name", m.name), LOG_E(r));
		}
	}
	if (r < 0)
		log_event(LOG_ERR, "cannot-hear", LOG_E(r));
}

/* Return: no more, where deputyd cannot even start */
static bool plan_start(struct keeper *k)
{
	int64_t lived_ms = now_ms() - k->started_ms;
	bool by_itself = WIFEXITED(k->child_status);

	if (!k->proven && by_itself)
		return false;
	if (k->ready && lived_ms >= KEEPER_YOUNG_MS)
		k->backoff_ms = 0;
	else if (k->backoff_ms == 0)
		k->backoff_ms = KEEPER_BACKOFF_MIN_MS;
	else
		k->backoff_ms = k->backoff_ms * 2 < KEEPER_BACKOFF_MAX_MS
					? k->backoff_ms * 2
					: KEEPER_BACKOFF_MAX_MS;
	k->start_ms = now_ms() + k->backoff_ms;
	return true;
}

/* Return: only where that failed */
static void renew(struct keeper *k)
{
	const struct child_plan plan = { k->path, k->argv, &k->signals };
	int r;

	log_event(LOG_NOTICE, "renewing", LOG_S("path", k->path),
		  LOG_U("fds", k->store.n));
	/* Out of the way of the store's. */
	r = fcntl(k->signal_fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1 + k->store.n);
	if (r >= 0) {
		(void)close(k->signal_fd);
		k->signal_fd = r;
		r = child_become(&plan, &k->store, &k->wire);
	} else {
		r = -errno;
	}
	log_event(LOG_ERR, "not-renewed", LOG_S("path", k->path), LOG_E(r));
	k->aim = AIM_SERVE;
	start(k);
}

/* Return: go on? */
static bool on_child_end(struct keeper *k, int status)
{
	hear(k);
	log_event(k->aim == AIM_SERVE ? LOG_WARNING : LOG_INFO, "deputyd-ended",
		  LOG_I("pid", k->child),
		  LOG_I("status", WIFEXITED(status) ? WEXITSTATUS(status) : -1),
		  LOG_I("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0));
	k->child = 0;
	k->kill_ms = 0;
	k->child_status = status;
	switch (k->aim) {
	case AIM_END:
		return false;
	case AIM_RENEW:
		renew(k);
		return true;
	case AIM_SERVE:
		break;
	}
	return plan_start(k);
}

static void on_probe_end(struct keeper *k, int status)
{
	k->probe = 0;
	k->probe_ms = 0;
	if (k->aim != AIM_SERVE)
		return;
	if (status != 0) {
		log_event(LOG_ERR, "not-renewed", LOG_S("path", k->path),
			  LOG_I("status",
				WIFEXITED(status) ? WEXITSTATUS(status) : -1),
			  LOG_S("why", "it refuses the options or the policy; "
				       "the old deputyd stays"));
		return;
	}
	if (k->child > 0)
		end_child(k, AIM_RENEW);
	else
		renew(k);
}

/* Strangers' orphans come here, too, where the keeper is a container's init. */
static bool reap(struct keeper *k)
{
	bool go_on = true;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == k->child)
			go_on = on_child_end(k, status) && go_on;
		else if (pid == k->probe)
			on_probe_end(k, status);
	}
	return go_on;
}

static void probe(struct keeper *k)
{
	const struct child_plan plan = { k->path, k->probe_argv, &k->signals };

	if (k->probe > 0 || k->aim != AIM_SERVE)
		return;
	k->probe = child_probe(&plan);
	if (k->probe < 0) {
		log_event(LOG_ERR, "not-renewed", LOG_E(-errno));
		k->probe = 0;
		return;
	}
	k->probe_ms = now_ms() + KEEPER_PROBE_MS;
}

/* Return: go on? */
static bool on_signal(struct keeper *k, int number)
{
	switch (number) {
	case SIGCHLD:
		return reap(k);
	case SIGUSR2:
		probe(k);
		return true;
	case SIGHUP:
		if (k->child > 0)
			(void)kill(k->child, SIGHUP);
		return true;
	default:
		if (k->aim != AIM_END)
			end_child(k, AIM_END);
		return k->child > 0;
	}
}

/* Return: go on? */
static bool take_signals(struct keeper *k)
{
	struct signalfd_siginfo info;

	while (read(k->signal_fd, &info, sizeof(info)) == sizeof(info))
		if (!on_signal(k, (int)info.ssi_signo))
			return false;
	return true;
}

static void on_deadlines(struct keeper *k)
{
	int64_t now = now_ms();

	if (k->start_ms && now >= k->start_ms)
		start(k);
	if (k->kill_ms && now >= k->kill_ms && k->child > 0) {
		log_event(LOG_ERR, "deputyd-stalled", LOG_I("pid", k->child));
		(void)kill(k->child, SIGKILL);
		k->kill_ms = 0;
	}
	if (k->probe_ms && now >= k->probe_ms) {
		(void)kill(k->probe, SIGKILL);
		k->probe_ms = 0;
	}
}

static int wait_ms(const struct keeper *k)
{
	const int64_t deadlines[] = { k->start_ms, k->kill_ms, k->probe_ms };
	int64_t now = now_ms(), next = 0;

	for (size_t i = 0; i < ARRAY_SIZE(deadlines); i++)
		if (deadlines[i] && (!next || deadlines[i] < next))
			next = deadlines[i];
	if (!next)
		return -1;
	return next > now ? (int)(next - now) : 0;
}

/* Return: main()'s */
static int loop(struct keeper *k)
{
	bool go_on = true;

	start(k);
	while (go_on) {
		struct pollfd fds[] = {
			{ .fd = k->wire.fd, .events = POLLIN },
			{ .fd = k->signal_fd, .events = POLLIN },
		};

		(void)poll(fds, ARRAY_SIZE(fds), wait_ms(k));
		hear(k);
		go_on = take_signals(k);
		if (go_on)
			on_deadlines(k);
	}
	if (k->aim == AIM_END)
		return EXIT_SUCCESS;
	return WIFEXITED(k->child_status) ? WEXITSTATUS(k->child_status)
					  : EXIT_FAILURE;
}

/* By its name where it has one, so that a link may be switched; as a path that
 * will name the next version, too. Return: 0 or a negative errno */
static int find_path(struct keeper *k, const char *name)
{
	char dir[PATH_MAX];
	ssize_t n;

	if (name[0] == '/') {
		if (strlen(name) >= sizeof(k->path))
			return -ENAMETOOLONG;
		(void)strcpy(k->path, name);
		return 0;
	}
	if (strchr(name, '/')) {
		if (!getcwd(dir, sizeof(dir)))
			return -errno;
		n = snprintf(k->path, sizeof(k->path), "%s/%s", dir, name);
		return n < (ssize_t)sizeof(k->path) ? 0 : -ENAMETOOLONG;
	}
	n = readlink("/proc/self/exe", k->path, sizeof(k->path) - 1);
	if (n < 0)
		return -errno;
	k->path[n] = '\0';
	return 0;
}

static int make_argvs(struct keeper *k, int argc, char **argv)
{
	static char check[] = "--check";
	size_t n = (size_t)argc;

	k->argv = argv;
	k->child_argv = calloc(n + 1, sizeof(char *));
	k->probe_argv = calloc(n + 1, sizeof(char *));
	if (!k->child_argv || !k->probe_argv)
		return -ENOMEM;
	argv[0] = k->path;
	k->child_argv[0] = k->probe_argv[0] = k->path;
	for (size_t i = 2; i < n; i++)
		k->child_argv[i - 1] = k->probe_argv[i - 1] = argv[i];
	k->probe_argv[n - 1] = check;
	return 0;
}

/* The fds at the start are our own store, if we were a keeper before, or
 * sockets that somebody opened for us: sd_listen_fds(3). */
static int take_over(struct keeper *k)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	const char *names = getenv("LISTEN_FDNAMES");
	AUTO(free_ptr) char *list = strdup(names ?: "");
	char *rest = list;
	int n = pid && fds && atoi(pid) == getpid() ? atoi(fds) : 0;

	if (!list)
		return -ENOMEM;
	for (int i = 0; i < n; i++) {
		const char *name = rest ? strsep(&rest, ":") : NULL;
		int fd = STDERR_FILENO + 1 + i;
		int r;

		if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
			return -errno;
		r = store_add(&k->store, name && *name ? name : "unknown", fd);
		if (r < 0)
			return r;
	}
	k->proven = n > 0;
	return 0;
}

static int watch_signals(struct keeper *k)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR2, SIGCHLD };

	(void)sigemptyset(&k->signals);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		(void)sigaddset(&k->signals, numbers[i]);
	if (sigprocmask(SIG_BLOCK, &k->signals, NULL) < 0)
		return -errno;
	k->signal_fd = signalfd(-1, &k->signals, SFD_CLOEXEC | SFD_NONBLOCK);
	return k->signal_fd < 0 ? -errno : 0;
}

static void raise_fd_limit(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_cur < l.rlim_max) {
		l.rlim_cur = l.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &l);
	}
}

int keeper_run(int argc, char **argv)
{
	static struct keeper k;
	int r;

	log_init("deputyd-keeper", LOG_INFO);
	raise_fd_limit();
	r = watch_signals(&k); /* first: after an exec they wait */
	if (r == 0)
		r = take_over(&k);
	if (r == 0)
		r = find_path(&k, argv[0]);
	if (r == 0)
		r = make_argvs(&k, argc, argv);
	if (r == 0)
		r = wire_open(&k.wire);
	if (r < 0) {
		log_event(LOG_ERR, "cannot-start", LOG_E(r));
		return EXIT_FAILURE;
	}
	return loop(&k);
}
