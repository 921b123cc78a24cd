// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * deputyd: only the wiring.  Everything that can fail for an administrator to
 * mend is tried before the loop starts.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <uv.h>

#include "daemon/admit.h"
#include "daemon/adopt.h"
#include "daemon/attach_lxc.h"
#include "daemon/attach_oci.h"
#include "daemon/config.h"
#include "daemon/control.h"
#include "daemon/fdstore.h"
#include "daemon/host.h"
#include "daemon/inherit.h"
#include "daemon/keep.h"
#include "daemon/last_good.h"
#include "daemon/nodes.h"
#include "daemon/notify.h"
#include "daemon/operations.h"
#include "daemon/orphan.h"
#include "daemon/policy_watch.h"
#include "daemon/registry.h"
#include "daemon/reload.h"
#include "daemon/socket.h"
#include "daemon/spawn.h"
#include "daemon/watch.h"
#include "keeper/keeper.h"
#include "keeper/store.h"
#include "lib/kfeat.h"
#include "lib/log.h"
#include "lib/own.h"
#include "policy/machine_check.h"

#define END_GRACE_MS 2000 /* for workers to finish what they hold */
#define END_MESSAGE_MS 200 /* for messages on the OCI socket to be whole */
#define END_POLL_MS 5
#define END_STORED_MS 20   /* the same, where the next deputyd takes it over */
#define FAILURE_PAUSE_S 1
#define END_KILL_MS  1000 /* and to die; then deputyd goes without them */

enum { SIGNAL_TERM, SIGNAL_INT, SIGNAL_HUP, SIGNALS };
static const int signal_numbers[SIGNALS] = { SIGTERM, SIGINT, SIGHUP };

struct deputyd {
	struct config config;
	struct features features; /* before there is a registry */
	uv_loop_t loop;
	struct registry registry;
	struct socket oci_socket, lxc_socket, control_socket;
	struct attach *attach;
	struct attach_lxc *attach_lxc;
	struct control *control;
	uv_signal_t signals[SIGNALS];
	uv_timer_t end_timer, watchdog;
	struct fdstore store;
	struct inherit inherit;
	struct operations operations;
	struct policy_watch policy_watch;
	struct orphan orphan;
	int argc;
	char **argv;
	bool ending;
	uint64_t ending_ms;
	struct diags *refused; /* what is wrong with the policy at the start */
};

/* A stranger's file may hang in close() for as long as the stranger likes. */
static void on_end_kill_timer(uv_timer_t *t)
{
	log_event(LOG_WARNING, "ended-with-work-left");
	uv_stop(t->loop);
}

static void on_end_timer(uv_timer_t *t)
{
	struct deputyd *d = t->data;

	registry_kill(&d->registry);
	(void)uv_timer_start(t, on_end_kill_timer,
			     d->store.on ? END_STORED_MS : END_KILL_MS, 0);
}

static void end_all(struct deputyd *d)
{
	attach_close(d->attach);
	attach_lxc_close(d->attach_lxc);
	control_free(d->control, NULL);
	policy_watch_close(&d->policy_watch);
	orphan_close(&d->orphan);
	socket_done(&d->oci_socket);
	socket_done(&d->lxc_socket);
	socket_unlink(&d->control_socket);
	registry_close(&d->registry);
	for (int i = 0; i < SIGNALS; i++)
		uv_close((uv_handle_t *)&d->signals[i], NULL);
	/* It must not keep the loop alive when all is gone before. */
	(void)uv_timer_start(&d->end_timer, on_end_timer,
			     d->store.on ? END_STORED_MS : END_GRACE_MS, 0);
	uv_unref((uv_handle_t *)&d->end_timer);
}

static void on_message_timer(uv_timer_t *t)
{
	struct deputyd *d = t->data;

	if (attach_unfinished(d->attach) > 0 &&
	    uv_now(&d->loop) < d->ending_ms + END_MESSAGE_MS)
		return;
	(void)uv_timer_stop(t);
	end_all(d);
}

static void end(struct deputyd *d)
{
	if (d->ending)
		return;
	d->ending = true;
	d->ending_ms = uv_now(&d->loop);
	notify_stopping();
	log_event(LOG_NOTICE, "ending",
		  LOG_U("listeners", d->registry.n_sessions),
		  LOG_S("stored", d->store.on ? "yes" : "no"));
	attach_stop(d->attach);
	if (d->store.on && attach_unfinished(d->attach) > 0)
		(void)uv_timer_start(&d->end_timer, on_message_timer,
				     END_POLL_MS, END_POLL_MS);
	else
		end_all(d);
}

static void on_signal(uv_signal_t *s, int number)
{
	struct deputyd *d = s->data;

	if (number == SIGHUP)
		operations_reload(&d->operations);
	else
		end(d);
}

static void watch_signals(struct deputyd *d)
{
	(void)signal(SIGPIPE, SIG_IGN);
	for (int i = 0; i < SIGNALS; i++) {
		(void)uv_signal_init(&d->loop, &d->signals[i]);
		d->signals[i].data = d;
		(void)uv_signal_start(&d->signals[i], on_signal,
				      signal_numbers[i]);
	}
}

static void say_fatal(const char *why)
{
	log_event(LOG_ERR, "cannot-start", LOG_S("why", why));
}

/* A stored socket outlives us, and so does its file. */
static void store_socket(struct deputyd *d, struct socket *s, const char *name)
{
	char bound[FDSTORE_NAME_MAX];

	(void)snprintf(bound, sizeof(bound), FDSTORE_BOUND "%s", name);
	if (fdstore_put(&d->store, bound, &s->fd, 1, NULL))
		s->path = NULL;
}

static bool has_socket(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISSOCK(st.st_mode);
}

/* One that an earlier deputyd bound. Whoever has it open is served on, even where
 * nobody else finds it. */
static int open_bound(struct deputyd *d, struct socket *s, const char *name,
		      int type, const char *path, mode_t mode)
{
	char why[512];
	int r;

	if (has_socket(path)) {
		s->fd = inherit_bound(&d->inherit, &d->store, name, type, path);
		if (s->fd >= 0) {
			(void)chmod(path, mode);
			return 0;
		}
	}
	r = socket_open_type(s, path, type, mode, why, sizeof(why));
	if (r == 0) {
		inherit_drop_bound(&d->inherit, &d->store, name);
		store_socket(d, s, name);
		return 0;
	}
	s->fd = inherit_bound(&d->inherit, &d->store, name, type, path);
	if (s->fd < 0) {
		say_fatal(why);
		return r;
	}
	log_event(LOG_ERR, "socket-in-the-way", LOG_S("path", path),
		  LOG_S("why", why),
		  LOG_S("so", "running containers are served on, nobody else can "
			      "connect: mend it, then restart deputyd"));
	return 0;
}

/* Given by a socket unit, left by an earlier deputyd, or made. */
static int open_socket(struct deputyd *d, struct socket *s, const char *name,
		       int type, const char *path, mode_t mode)
{
	s->fd = inherit_socket(&d->inherit, name, type, path);
	if (s->fd < 0)
		return open_bound(d, s, name, type, path, mode);
	inherit_drop_bound(&d->inherit, &d->store, name);
	return 0;
}

static int open_sockets(struct deputyd *d)
{
	const struct config *c = &d->config;
	int r = open_socket(d, &d->oci_socket, "oci", SOCK_STREAM,
			    c->oci_socket, c->oci_mode);

	if (r == 0)
		r = open_socket(d, &d->lxc_socket, "lxc", SOCK_SEQPACKET,
				c->lxc_socket, c->lxc_mode);
	if (r == 0)
		r = open_socket(d, &d->control_socket, "control", SOCK_STREAM,
				c->control_socket, c->control_mode);
	return r;
}

static int keep(void *ctx, const char *name, int fd_taken)
{
	return store_add(ctx, name, fd_taken);
}

/* As open_sockets() bound or found them. Return: 0 or a negative errno */
static int keep_sockets(const struct deputyd *d, struct store *s)
{
	const struct {
		const char *name;
		int fd;
	} sockets[] = { { FDSTORE_BOUND "oci", d->oci_socket.fd },
			{ FDSTORE_BOUND "lxc", d->lxc_socket.fd },
			{ FDSTORE_BOUND "control", control_fd(d->control) } };
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(sockets) && r == 0; i++) {
		int fd = fcntl(sockets[i].fd, F_DUPFD_CLOEXEC, 0);

		r = fd < 0 ? -errno : store_add(s, sockets[i].name, fd);
	}
	return r;
}

/* Nobody would start the next deputyd, or have anything for it. */
static void on_orphaned(void *ctx)
{
	struct deputyd *d = ctx;
	struct store s = { .n = 0 };
	int r;

	log_event(LOG_WARNING, "keeper-died",
		  LOG_S("so", "deputyd takes its place"));
	r = keep_sockets(d, &s);
	if (r == 0)
		r = keep_list(&d->registry, keep, &s);
	if (r == 0)
		r = attach_list(d->attach, keep, &s);
	if (r == 0)
		r = orphan_become_keeper(d->argc, d->argv, &s);
	log_event(LOG_ERR, "not-a-keeper", LOG_E(r));
	for (size_t i = 0; i < s.n; i++)
		(void)fd_close(s.items[i].fd);
}

/* @set: taken. Return: 0 with the loop ready, or a negative errno */
static int start(struct deputyd *d, struct policy_set *set, bool has_nodes)
{
	const char *why;
	int r = uv_loop_init(&d->loop);

	if (r < 0) {
		policy_set_unref(set);
		return r;
	}
	registry_init(&d->registry, &d->loop, d->config.worker, set);
	d->registry.features = d->features;
	d->registry.has_nodes = has_nodes;
	d->registry.store = &d->store;
	groups_open(&d->registry.groups, d->config.workers_cgroup);
	if (groups_tick(&d->registry.groups))
		watch_wake(&d->registry);
	(void)uv_timer_init(&d->loop, &d->end_timer);
	d->end_timer.data = d;
	d->operations = (struct operations){
		.registry = &d->registry,
		.config = &d->config,
		.started_ms = uv_now(&d->loop),
	};
	watch_signals(d);
	if (d->config.watch_policy)
		policy_watch_start(&d->policy_watch, &d->operations);
	notify_watchdog(&d->loop, &d->watchdog);
	orphan_watch(&d->orphan, &d->loop, on_orphaned, d);
	why = program_open(&d->registry.program);
	if (why)
		log_event(LOG_ERR, "worker-not-started", LOG_S("why", why),
			  LOG_S("so", "no new listener is taken"));
	if (d->refused)
		reload_note(&d->registry, d->refused);
	last_good_settle(&d->registry, &d->inherit);
	adopt(&d->registry, &d->inherit);
	r = attach_new(&d->registry, d->oci_socket.fd, &d->attach);
	if (r == 0)
		attach_adopt(d->attach, &d->inherit);
	inherit_done(&d->inherit, &d->store, &d->loop);
	if (r == 0)
		r = attach_lxc_new(&d->registry, d->lxc_socket.fd,
				   &d->attach_lxc);
	if (r == 0)
		r = control_new(&d->loop, TAKE_FD(d->control_socket.fd),
				&operations_control, &d->operations,
				&d->control);
	return r;
}

static int run(struct deputyd *d)
{
	log_event(LOG_NOTICE, "ready", LOG_S("version", DEPUTY_VERSION),
		  LOG_S("oci_socket", d->config.oci_socket),
		  LOG_S("lxc_socket", d->config.lxc_socket),
		  LOG_S("control_socket", d->config.control_socket),
		  LOG_S("policy", policy_set_source(d->registry.set)));
	notify_ready();
	notify_status(d->registry.n_containers, d->registry.n_sessions);
	if (uv_run(&d->loop, UV_RUN_DEFAULT))
		return 0; /* stopped with work left: the process's end ends it */
	uv_close((uv_handle_t *)&d->end_timer, NULL);
	uv_close((uv_handle_t *)&d->watchdog, NULL);
	(void)uv_run(&d->loop, UV_RUN_DEFAULT);
	registry_done(&d->registry);
	return uv_loop_close(&d->loop);
}

/* Return: the set, or NULL */
static struct policy_set *load_last_good(const struct deputyd *d)
{
	struct diags *diags = malloc(sizeof(*diags));
	struct policy_set *set = NULL;
	char hash[17];

	if (diags)
		set = last_good_load(&d->inherit, d->features.not_lacking, diags);
	free(diags);
	if (!set)
		return NULL;
	(void)snprintf(hash, sizeof(hash), "%016" PRIx64, policy_set_hash(set));
	log_event(LOG_ERR, "policy-last-good",
		  LOG_S("source", policy_set_source(set)), LOG_S("hash", hash),
		  LOG_S("so", "the last good policy is served; mend the files, "
			      "then: deputyctl reload"));
	return set;
}

/* Return: the set, or NULL when there is none, which is logged */
static struct policy_set *load_policy(struct deputyd *d)
{
	struct diags *diags = malloc(sizeof(*diags));
	struct policy_set *set = NULL;

	if (!diags)
		return NULL;
	if (reload_load(config_policy_paths(&d->config), d->features.not_lacking,
			&set, diags) == 0) {
		free(diags);
		return set;
	}
	d->refused = diags;
	set = load_last_good(d);
	if (!set)
		say_fatal("the policy is refused, and no earlier one is kept: "
			  "mend it; deputyd --check says what is wrong");
	return set;
}

static int check(const struct config *c)
{
	struct diags *diags = malloc(sizeof(*diags));
	struct policy_set *set = NULL;
	int r = -ENOMEM;

	if (diags) {
		r = policy_set_load_all(config_policy_paths(c), &set, diags);
		if (r == 0)
			policy_check_machine(set, kfeat_not_lacking(), diags);
		diags_print(diags, stderr);
	}
	if (r == 0 && diags->n_errors == 0)
		(void)printf("%s: good, %zu policies\n", policy_set_source(set),
			     policy_set_count(set));
	else if (r == 0)
		r = -EINVAL;
	policy_set_unref(set);
	free(diags);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* Return: main()'s */
static int serve(struct deputyd *d)
{
	struct policy_set *set;
	const char *unfit = host_unfit();
	int no_nodes, r;

	if (unfit) {
		say_fatal(unfit);
		return EXIT_FAILURE;
	}
	no_nodes = nodes_init(); /* before anything starts a thread */
	if (no_nodes)
		log_event(LOG_WARNING, "nodes-not-bound", LOG_E(no_nodes),
			  LOG_S("so", "nodes on a container's own tmpfs do "
				      "not open"));
	features_probe(&d->features);
	host_raise_fd_limit();
	fdstore_init(&d->store);
	r = host_keep_fds();
	if (r == 0)
		r = inherit_init(&d->inherit);
	set = r < 0 ? NULL : load_policy(d);
	if (!set) {
		if (r < 0)
			log_event(LOG_ERR, "cannot-start", LOG_E(r));
		return EXIT_FAILURE;
	}
	r = open_sockets(d);
	if (r < 0) {
		policy_set_unref(set);
	} else {
		r = start(d, set, !no_nodes);
		if (r < 0)
			log_event(LOG_ERR, "cannot-start", LOG_E(r));
		else
			r = run(d);
	}
	socket_done(&d->oci_socket);
	socket_done(&d->lxc_socket);
	socket_done(&d->control_socket);
	free(d->refused);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	static struct deputyd d = { .oci_socket.fd = -1,
				    .lxc_socket.fd = -1,
				    .control_socket.fd = -1 };
	int r;

	if (argc > 1 && strcmp(argv[1], "--keeper") == 0)
		return keeper_run(argc, argv);
	r = config_parse(&d.config, argc, argv);
	if (r != CONFIG_RUN)
		return r == CONFIG_DONE ? EXIT_SUCCESS : 2;
	if (d.config.check)
		return check(&d.config);
	d.argc = argc;
	d.argv = argv;
	r = spawn_reserve(); /* before the journal's socket */
	log_init("deputyd", d.config.log_level);
	if (r < 0)
		log_event(LOG_ERR, "cannot-start", LOG_E(r));
	(void)umask(0077);
	/* One arena, and big blocks given back: the thread pool only closes. */
	(void)mallopt(M_ARENA_MAX, 1);
	(void)mallopt(M_MMAP_THRESHOLD, 64 * 1024);
	r = r < 0 ? EXIT_FAILURE : serve(&d);
	/* Who is to be told that we are ready starts us again, and at once: a
	 * mistake in a file is not to keep a CPU busy. */
	if (r == EXIT_FAILURE && getenv("NOTIFY_SOCKET"))
		(void)sleep(FAILURE_PAUSE_S);
	return r;
}
