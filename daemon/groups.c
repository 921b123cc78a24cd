// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/groups.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/own.h"

#define TRIES_MAX 8 /* names that somebody else took meanwhile */
#define NAME_MAX_BYTES 24
#define PROCESSES_MAX_BYTES 256

struct group_left {
	SLIST_ENTRY(group_left) entry;
	uint64_t number;
};

static const char *const controllers[] = { "cpu", "memory", "pids" };

static void name_of(uint64_t number, char ret[NAME_MAX_BYTES])
{
	(void)snprintf(ret, NAME_MAX_BYTES, "c%" PRIu64, number);
}

/* Return: 0 where that is no name of ours */
static uint64_t number_of(const char *name)
{
	char again[NAME_MAX_BYTES];
	uint64_t n;

	if (name[0] != 'c')
		return 0;
	n = strtoull(name + 1, NULL, 10);
	name_of(n, again);
	return strcmp(name, again) == 0 ? n : 0;
}

static int write_file(int dirfd, const char *name, const char *text)
{
	AUTO(fd_close) int fd = openat(dirfd, name, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

static void leave(struct groups *g, uint64_t number)
{
	struct group_left *l = malloc(sizeof(*l));

	if (!l) /* the next deputyd finds it */
		return;
	l->number = number;
	SLIST_INSERT_HEAD(&g->left, l, entry);
}

/* Of earlier deputyds. Their workers end with them, but maybe a moment later. */
static int find_left(struct groups *g)
{
	int copy = fcntl(g->fd, F_DUPFD_CLOEXEC, 0);
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *e;

	if (!d) {
		int r = -errno;

		(void)fd_close(copy);
		return r;
	}
	while ((e = readdir(d))) {
		uint64_t n = number_of(e->d_name);

		if (n == 0)
			continue;
		if (n > g->last)
			g->last = n;
		leave(g, n);
	}
	(void)closedir(d);
	return 0;
}

/* The unit's process: none may be in a cgroup whose children have controllers. */
static void move_processes(const struct groups *g)
{
	AUTO(fd_close) int fd =
		openat(g->fd, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	char text[PROCESSES_MAX_BYTES], *line = text, *end;
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n <= 0)
		return;
	text[n] = '\0';
	(void)mkdirat(g->fd, GROUPS_LEAF, 0755);
	for (; (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		/* What is not moved keeps enable() from it, which says so. */
		(void)write_file(g->fd, GROUPS_LEAF "/cgroup.procs", line);
	}
}

static int enable(struct groups *g)
{
	int error = 0;
	size_t lacking = 0;

	for (size_t i = 0; i < ARRAY_SIZE(controllers); i++) {
		size_t used = strlen(g->lacking);
		char text[16];
		int r;

		(void)snprintf(text, sizeof(text), "+%s", controllers[i]);
		r = write_file(g->fd, "cgroup.subtree_control", text);
		if (r == 0)
			continue;
		error = r;
		lacking++;
		(void)snprintf(g->lacking + used, sizeof(g->lacking) - used,
			       "%s%s", used ? " " : "", controllers[i]);
	}
	return lacking < ARRAY_SIZE(controllers) ? 0 : error;
}

static int take_over(struct groups *g)
{
	struct statfs fs;
	int r;

	g->fd = open(g->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (g->fd < 0 || fstatfs(g->fd, &fs) < 0)
		return -errno;
	if (fs.f_type != CGROUP2_SUPER_MAGIC)
		return -ENOTTY;
	move_processes(g);
	r = enable(g);
	return r < 0 ? r : find_left(g);
}

void groups_open(struct groups *g, const char *path)
{
	int r;

	*g = (struct groups){ .path = path, .fd = -1 };
	SLIST_INIT(&g->left);
	if (!path)
		return;
	r = take_over(g);
	if (r < 0) {
		(void)snprintf(g->problem, sizeof(g->problem), "%s",
			       r == -ENOTTY ? "not a cgroup of version 2" :
					      strerror(-r));
		groups_close(g);
	}
	if (r < 0 || g->lacking[0])
		log_event(LOG_NOTICE, "workers-not-bounded",
			  LOG_S("cgroup", path), LOG_S("why", g->problem),
			  LOG_S("without", g->lacking),
			  LOG_S("so", "a container's workers may take more than "
				      "their part"));
}

void groups_close(struct groups *g)
{
	struct group_left *l;

	while ((l = SLIST_FIRST(&g->left))) {
		SLIST_REMOVE_HEAD(&g->left, entry);
		free(l);
	}
	g->fd = fd_close(g->fd);
}

/* A controller that is lacking has no file, which was said at the start. */
static int limit(int fd)
{
	const struct {
		const char *file, *unit;
		int value;
	} limits[] = {
		{ "cpu.weight", "", GROUP_CPU_WEIGHT },
		{ "memory.max", "M", GROUP_MEMORY_MAX_MIB },
		{ "pids.max", "", GROUP_PIDS_MAX },
	};
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(limits) && r == 0; i++) {
		char text[24];

		(void)snprintf(text, sizeof(text), "%d%s", limits[i].value,
			       limits[i].unit);
		r = write_file(fd, limits[i].file, text);
		if (r == -ENOENT)
			r = 0;
	}
	return r;
}

/* Return: an fd of its cgroup.procs or a negative errno */
static int enter(const struct groups *g, uint64_t number)
{
	char path[NAME_MAX_BYTES + 16];
	int fd;

	(void)snprintf(path, sizeof(path), "c%" PRIu64 "/cgroup.procs", number);
	fd = openat(g->fd, path, O_WRONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* None without its limits: a worker in there would be bounded by nothing. */
static int limit_new(const struct groups *g, const char *name)
{
	AUTO(fd_close) int fd =
		openat(g->fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r = fd < 0 ? -errno : limit(fd);

	if (r < 0)
		(void)unlinkat(g->fd, name, AT_REMOVEDIR);
	return r;
}

static int make(struct groups *g, uint64_t *ret)
{
	char name[NAME_MAX_BYTES];
	int r = -EEXIST;

	for (int i = 0; i < TRIES_MAX && r == -EEXIST; i++) {
		name_of(++g->last, name);
		r = mkdirat(g->fd, name, 0755) < 0 ? -errno : 0;
	}
	if (r == 0)
		r = limit_new(g, name);
	if (r == 0)
		*ret = g->last;
	return r;
}

int groups_enter(struct groups *g, uint64_t *number)
{
	int r = -ENOENT;

	if (g->fd < 0)
		return -1;
	if (*number)
		r = enter(g, *number);
	/* None yet; or somebody has removed it. */
	if (r == -ENOENT || r == -ENODEV) {
		r = make(g, number);
		if (r == 0)
			r = enter(g, *number);
	}
	if (r < 0 && !g->failing)
		log_event(LOG_ERR, "workers-not-bounded", LOG_E(r),
			  LOG_S("so", "new workers run in deputyd's own cgroup"));
	g->failing = r < 0;
	return r < 0 ? -1 : r;
}

uint64_t groups_oom_kills(const struct groups *g, uint64_t number)
{
	char path[NAME_MAX_BYTES + 16], text[512];
	AUTO(fd_close) int fd = -1;
	const char *line;
	ssize_t n;

	if (g->fd < 0 || !number)
		return 0;
	(void)snprintf(path, sizeof(path), "c%" PRIu64 "/memory.events", number);
	fd = openat(g->fd, path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	line = strstr(text, "oom_kill ");
	return line ? strtoull(line + strlen("oom_kill "), NULL, 10) : 0;
}

/* Return: is it gone? */
static bool try_remove(const struct groups *g, uint64_t number)
{
	char name[NAME_MAX_BYTES];

	name_of(number, name);
	return unlinkat(g->fd, name, AT_REMOVEDIR) == 0 || errno != EBUSY;
}

void groups_remove(struct groups *g, uint64_t number)
{
	if (g->fd >= 0 && number && !try_remove(g, number))
		leave(g, number);
}

bool groups_tick(struct groups *g)
{
	struct group_left **at = &SLIST_FIRST(&g->left), *l;

	while ((l = *at)) {
		if (!try_remove(g, l->number)) {
			at = &SLIST_NEXT(l, entry);
			continue;
		}
		*at = SLIST_NEXT(l, entry);
		free(l);
	}
	return !SLIST_EMPTY(&g->left);
}
