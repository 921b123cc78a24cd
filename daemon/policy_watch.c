// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Any event below a watched directory starts a timer, at whose end the watches
 * are set anew (a directory may have come, gone or been replaced), and only
 * then the files are read: nothing that changes later is missed.  Files whose
 * hash is what is served, or was refused already, are let alone.
 */
#include "daemon/policy_watch.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/config.h"
#include "daemon/operations.h"
#include "daemon/registry.h"
#include "lib/log.h"
#include "lib/own.h"

static void on_event(uv_fs_event_t *e, const char *name, int events, int status)
{
	struct policy_watch *w = e->data;

	/* Not from the last event on: then a busy directory would put it off. */
	if (!uv_is_active((uv_handle_t *)&w->settle))
		(void)uv_timer_again(&w->settle);
}

static bool is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Cuts @path down to the directory that it is in, or will be in. */
static void cut_to_directory(char *path)
{
	do {
		char *slash = strrchr(path, '/');

		if (!slash)
			(void)strcpy(path, ".");
		else if (slash == path)
			path[1] = '\0';
		else
			*slash = '\0';
	} while (!is_directory(path) && strcmp(path, ".") != 0 &&
		 strcmp(path, "/") != 0);
}

static void watch(struct policy_watch *w, size_t *n, const char *directory)
{
	uv_fs_event_t *e = &w->events[(*n)++];
	int r = uv_fs_event_start(e, on_event, directory, 0);

	if (r < 0)
		log_event(LOG_WARNING, "policy-not-watched",
			  LOG_S("directory", directory), LOG_E(r));
}

static void watch_path(struct policy_watch *w, size_t *n, const char *path)
{
	char directory[PATH_MAX], *real = realpath(path, NULL);

	(void)snprintf(directory, sizeof(directory), "%s", path);
	cut_to_directory(directory);
	watch(w, n, directory);
	if (!real)
		return;
	if (is_directory(real))
		watch(w, n, real);
	cut_to_directory(real);
	watch(w, n, real);
	free(real);
}

static void watch_all(struct policy_watch *w)
{
	struct policy_paths p = config_policy_candidates(w->operations->config);
	size_t n = 0;

	for (size_t i = 0; i < POLICY_WATCH_MAX; i++)
		(void)uv_fs_event_stop(&w->events[i]);
	for (size_t i = 0; i < p.n; i++)
		watch_path(w, &n, p.items[i]);
}

static void on_settled(uv_timer_t *t)
{
	struct policy_watch *w = t->data;
	struct operations *o = w->operations;
	const struct registry *r = o->registry;
	uint64_t hash = 0;

	(void)uv_timer_stop(t);
	watch_all(w);
	if (policy_hash(config_policy_paths(o->config), &hash) < 0)
		hash = 0;
	if (hash == policy_set_hash(r->set) || (w->tried && hash == w->hash)) {
		w->tried = w->tried && hash == w->hash;
		log_event(LOG_DEBUG, "policy-files-same");
		return;
	}
	log_event(LOG_NOTICE, "policy-files-changed");
	operations_reload(o);
	w->tried = policy_set_hash(r->set) != hash;
	w->hash = hash;
}

void policy_watch_start(struct policy_watch *w, struct operations *o)
{
	uv_loop_t *loop = o->registry->loop;

	w->operations = o;
	(void)uv_timer_init(loop, &w->settle);
	w->settle.data = w;
	for (size_t i = 0; i < POLICY_WATCH_MAX; i++) {
		(void)uv_fs_event_init(loop, &w->events[i]);
		w->events[i].data = w;
	}
	watch_all(w);
	/* Once at first, too: they may have changed since they were loaded. */
	(void)uv_timer_start(&w->settle, on_settled, POLICY_WATCH_SETTLE_MS,
			     POLICY_WATCH_SETTLE_MS);
}

void policy_watch_close(struct policy_watch *w)
{
	if (!w->operations)
		return;
	uv_close((uv_handle_t *)&w->settle, NULL);
	for (size_t i = 0; i < POLICY_WATCH_MAX; i++)
		uv_close((uv_handle_t *)&w->events[i], NULL);
}
