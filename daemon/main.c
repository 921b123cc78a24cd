// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * deputyd: only the wiring.  Everything that can fail for an administrator to
 * mend is tried before the loop starts.
 */
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json.h>
#include <systemd/sd-daemon.h>
#include <uv.h>

#include "daemon/attach_oci.h"
#include "daemon/config.h"
#include "daemon/control.h"
#include "daemon/nodes.h"
#include "daemon/registry.h"
#include "daemon/reload.h"
#include "daemon/report.h"
#include "daemon/socket.h"
#include "lib/listener.h"
#include "lib/log.h"
#include "lib/own.h"
#include "proto/diagnostics.h"

#define END_GRACE_MS 2000 /* for workers to finish what they hold */

enum { SIGNAL_TERM, SIGNAL_INT, SIGNAL_HUP, SIGNALS };
static const int signal_numbers[SIGNALS] = { SIGTERM, SIGINT, SIGHUP };

struct deputyd {
	struct config config;
	uv_loop_t loop;
	struct registry registry;
	struct socket oci_socket, control_socket;
	struct attach *attach;
	struct control *control;
	uv_signal_t signals[SIGNALS];
	uv_timer_t end_timer;
	uint64_t started_ms;
	bool ending;
};

static void say_fatal(const char *why)
{
	log_event(LOG_ERR, "cannot-start", LOG_S("why", why));
}

/* A process that takes over a container's ids would become ptraceable for it
 * (prctl(2), PR_SET_DUMPABLE: 1 after a change of ids). */
static bool suid_dumpable_is_1(void)
{
	FILE *f = fopen("/proc/sys/fs/suid_dumpable", "re");
	int c = 0;

	if (f) {
		c = fgetc(f);
		(void)fclose(f);
	}
	return c == '1';
}

static int check_host(void)
{
	const char *why = NULL;

	if (geteuid() != 0)
		why = "must run as root: it acts with root's capabilities";
	else if (suid_dumpable_is_1())
		why = "fs.suid_dumpable is 1, containers could trace workers: "
		      "set it to 0 or 2 (sysctl fs.suid_dumpable=2)";
	else if (listener_sizes_fit() < 0)
		why = "this kernel has no seccomp notifications that fit";
	if (why)
		say_fatal(why);
	return why ? -EPERM : 0;
}

/* What we were started with is not for our workers. */
static void keep_fds_to_ourselves(void)
{
	if (close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		uv_disable_stdio_inheritance(); /* before Linux 5.11 */
}

/* Each listener takes two fds, each container and connection one. */
static void raise_fd_limit(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_cur < l.rlim_max) {
		l.rlim_cur = l.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &l);
	}
}

static int reload_now(struct deputyd *d, struct diags *diags)
{
	struct timespec ts;
	int r;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld",
			 (long long)ts.tv_sec * 1000000 + ts.tv_nsec / 1000);
	r = reload(&d->registry, config_policy_path(&d->config), diags);
	(void)sd_notify(0, "READY=1");
	return r;
}

static void reload_by_signal(struct deputyd *d)
{
	struct diags *diags = malloc(sizeof(*diags));

	if (diags)
		(void)reload_now(d, diags); /* has logged how it went */
	free(diags);
}

static int answer(struct json_object *tree, struct json_object **ret)
{
	if (!tree)
		return -ENOMEM;
	*ret = tree;
	return CONTROL_OK;
}

static int op_status(void *ctx, struct json_object **ret)
{
	struct deputyd *d = ctx;

	return answer(report_status(&d->registry,
				    (uv_now(&d->loop) - d->started_ms) / 1000),
		      ret);
}

static int op_list(void *ctx, struct json_object **ret)
{
	return answer(report_list(&((struct deputyd *)ctx)->registry), ret);
}

static int op_show(void *ctx, const char *id, struct json_object **ret)
{
	int found;
	struct json_object *tree =
		report_show(&((struct deputyd *)ctx)->registry, id, &found);

	return found ? answer(tree, ret) : CONTROL_NOT_FOUND;
}

/* The reply's or the error's parameters. */
static struct json_object *reload_tree(const struct deputyd *d,
				       const struct diags *diags, bool failed)
{
	struct json_object *o = json_object_new_object();
	struct json_object *list = diagnostics_json(diags);
	struct json_object *head = failed ? json_object_new_string(diags->file) :
					    report_policy(&d->registry);

	if (o && list && head) {
		json_object_object_add(o, failed ? "source" : "policy", head);
		json_object_object_add(
			o, failed ? "diagnostics" : "warnings", list);
		return o;
	}
	json_object_put(head);
	json_object_put(list);
	json_object_put(o);
	return NULL;
}

static int op_reload(void *ctx, struct json_object **ret)
{
	struct deputyd *d = ctx;
	struct diags *diags = malloc(sizeof(*diags));
	bool failed;
	int r;

	if (!diags)
		return -ENOMEM;
	failed = reload_now(d, diags) < 0;
	r = answer(reload_tree(d, diags, failed), ret);
	free(diags);
	return r < 0 || !failed ? r : CONTROL_RELOAD_FAILED;
}

static const struct control_ops ops = {
	.status = op_status,
	.list = op_list,
	.show = op_show,
	.reload = op_reload,
};

static void on_end_timer(uv_timer_t *t)
{
	struct deputyd *d = t->data;

	registry_kill(&d->registry);
}

static void end(struct deputyd *d)
{
	if (d->ending)
		return;
	d->ending = true;
	(void)sd_notify(0, "STOPPING=1");
	log_event(LOG_NOTICE, "ending", LOG_U("listeners", d->registry.n_sessions));
	attach_close(d->attach);
	control_free(d->control, NULL);
	socket_done(&d->oci_socket);
	socket_unlink(&d->control_socket);
	registry_close(&d->registry);
	for (int i = 0; i < SIGNALS; i++)
		uv_close((uv_handle_t *)&d->signals[i], NULL);
	/* It must not keep the loop alive when all is gone before. */
	(void)uv_timer_start(&d->end_timer, on_end_timer, END_GRACE_MS, 0);
	uv_unref((uv_handle_t *)&d->end_timer);
}

static void on_signal(uv_signal_t *s, int number)
{
	if (number == SIGHUP)
		reload_by_signal(s->data);
	else
		end(s->data);
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

static int open_sockets(struct deputyd *d)
{
	const struct config *c = &d->config;
	char why[512];
	int r = socket_open(&d->oci_socket, c->oci_socket, c->oci_mode, why,
			    sizeof(why));

	if (r == 0)
		r = socket_open(&d->control_socket, c->control_socket,
				c->control_mode, why, sizeof(why));
	if (r < 0)
		say_fatal(why);
	return r;
}

/* Takes both. Return: 0 with the loop ready, or a negative errno */
static int start(struct deputyd *d, struct policy_set *set, int nodes_fd)
{
	int r = uv_loop_init(&d->loop);

	if (r < 0) {
		policy_set_unref(set);
		(void)fd_close(nodes_fd);
		return r;
	}
	registry_init(&d->registry, &d->loop, d->config.worker, set);
	d->registry.nodes_fd = nodes_fd;
	(void)uv_timer_init(&d->loop, &d->end_timer);
	d->end_timer.data = d;
	d->started_ms = uv_now(&d->loop);
	watch_signals(d);
	r = attach_new(&d->registry, d->oci_socket.fd, &d->attach);
	if (r == 0)
		r = control_new(&d->loop, TAKE_FD(d->control_socket.fd), &ops,
				d, &d->control);
	return r;
}

static int run(struct deputyd *d)
{
	log_event(LOG_NOTICE, "ready", LOG_S("version", DEPUTY_VERSION),
		  LOG_S("oci_socket", d->config.oci_socket),
		  LOG_S("control_socket", d->config.control_socket),
		  LOG_S("policy", policy_set_source(d->registry.set)));
	(void)sd_notify(0, "READY=1");
	(void)uv_run(&d->loop, UV_RUN_DEFAULT);
	uv_close((uv_handle_t *)&d->end_timer, NULL);
	(void)uv_run(&d->loop, UV_RUN_DEFAULT);
	registry_done(&d->registry);
	(void)fd_close(d->registry.nodes_fd);
	return uv_loop_close(&d->loop);
}

/* Return: the set, or NULL when it is refused, which is logged */
static struct policy_set *load_policy(const struct config *c)
{
	struct diags *diags = malloc(sizeof(*diags));
	struct policy_set *set = NULL;

	if (diags && reload_load(config_policy_path(c), &set, diags) < 0)
		set = NULL;
	free(diags);
	return set;
}

static int check(const struct config *c)
{
	struct diags *diags = malloc(sizeof(*diags));
	struct policy_set *set;
	int r = -ENOMEM;

	if (diags) {
		r = policy_set_load(config_policy_path(c), &set, diags);
		diags_print(diags, stderr);
	}
	if (r == 0) {
		(void)printf("%s: good, %zu policies\n", policy_set_source(set),
			     policy_set_count(set));
		policy_set_unref(set);
	}
	free(diags);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* Return: main()'s */
static int serve(struct deputyd *d)
{
	struct policy_set *set;
	int nodes_fd, r = check_host();

	if (r < 0)
		return EXIT_FAILURE;
	nodes_fd = nodes_open(); /* before anything starts a thread */
	if (nodes_fd < 0)
		log_event(LOG_WARNING, "nodes-not-bound", LOG_E(nodes_fd),
			  LOG_S("so", "nodes on a container's own tmpfs do "
				      "not open"));
	set = load_policy(&d->config);
	if (!set) {
		(void)fd_close(nodes_fd);
		return EXIT_FAILURE;
	}
	raise_fd_limit();
	keep_fds_to_ourselves();
	r = open_sockets(d);
	if (r < 0) {
		policy_set_unref(set);
		(void)fd_close(nodes_fd);
	} else {
		r = start(d, set, nodes_fd);
		if (r < 0)
			log_event(LOG_ERR, "cannot-start", LOG_E(r));
		else
			r = run(d);
	}
	socket_done(&d->oci_socket);
	socket_done(&d->control_socket);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	static struct deputyd d = { .oci_socket.fd = -1,
				    .control_socket.fd = -1 };
	int r = config_parse(&d.config, argc, argv);

	if (r != CONFIG_RUN)
		return r == CONFIG_DONE ? EXIT_SUCCESS : 2;
	if (d.config.check)
		return check(&d.config);
	log_init("deputyd", d.config.log_level);
	(void)umask(0077);
	/* One arena, and big blocks given back: the thread pool only closes. */
	(void)mallopt(M_ARENA_MAX, 1);
	(void)mallopt(M_MMAP_THRESHOLD, 64 * 1024);
	return serve(&d);
}
