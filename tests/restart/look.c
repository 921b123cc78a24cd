// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The look from outside: the ledger says which names stand in a thread's
 * directory, of which kind; there must be these, and no other.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "lib/own.h"
#include "tests/restart/jail.h"

#define WRONG_SHOWN_MAX 20
#define DEV_NULL	makedev(1, 3)

struct look {
	const struct jail *jail;
	uint32_t thread;
	char dir[256]; /* seen from outside */
	int fd;
	unsigned long names, doomed; /* that should stand there; that may */
	unsigned long wrong;
};

__attribute__((format(printf, 2, 3))) static void wrong(struct look *l,
							const char *fmt, ...)
{
	va_list ap;

	if (l->wrong++ >= WRONG_SHOWN_MAX)
		return;
	(void)printf("wrong: %s thread %u: ", l->jail->id, l->thread);
	va_start(ap, fmt);
	(void)vprintf(fmt, ap);
	va_end(ap);
	(void)printf("\n");
}

static bool is_node(const struct look *l, const char *name, mode_t mode, dev_t dev)
{
	struct stat st;

	return fstatat(l->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       st.st_mode == mode && st.st_rdev == dev &&
	       st.st_uid == JAIL_UID && st.st_gid == JAIL_UID;
}

static bool is_nothing(const struct look *l, const char *name)
{
	struct stat st;

	return fstatat(l->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 &&
	       errno == ENOENT;
}

/* What this call left, and whether it is there. */
static void look_for(struct look *l, const struct entry *e)
{
	const struct {
		char letter;
		mode_t mode;
		dev_t dev;
	} leaves[CALL_KINDS] = {
		[CALL_MKNOD] = { 'n', S_IFCHR | 0640, DEV_NULL },
		[CALL_DENIED] = { 'b', 0, 0 },
		[CALL_VALUE] = { 'v', 0, 0 },
		[CALL_FIFO] = { 'p', S_IFIFO | 0600, 0 },
		[CALL_DOOMED] = { 'd', S_IFCHR | 0640, DEV_NULL },
	};
	char name[32];
	bool there;

	if (!leaves[e->kind].letter)
		return;
	(void)snprintf(name, sizeof(name), "%c%u", leaves[e->kind].letter,
		       e->number);
	there = is_node(l, name, leaves[e->kind].mode, leaves[e->kind].dev);
	if (there && e->kept) {
		l->names++;
		return;
	}
	if (e->kept && e->kind != CALL_DOOMED)
		wrong(l, "%s was made, and is not there", name);
	else if (!is_nothing(l, name))
		wrong(l, "%s should not be there", name);
}

static void check_entry(struct look *l, const struct entry *e, uint32_t last)
{
	int want = call_kind_answer(e->kind);

	if (e->answer == ANSWER_WITHOUT_EFFECT)
		wrong(l, "call %u, %s: success without its effect", e->number,
		      call_kind_name(e->kind));
	else if (e->answer != want)
		wrong(l, "call %u, %s: wanted %s, got %s after %u us", e->number,
		      call_kind_name(e->kind), want ? strerrorname_np(want) : "0",
		      e->answer ? strerrorname_np(e->answer) : "0", e->usec);
	if (e->number < last)
		wrong(l, "call %u is written after %u", e->number, last);
	if (e->answer == want)
		look_for(l, e);
}

/* But for "file", on which the attribute is not any more. */
static void count_names(struct look *l)
{
	unsigned long n = 0;
	struct dirent *d;
	DIR *dir = opendir(l->dir);
	char path[300];

	while (dir && (d = readdir(dir)))
		if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0 &&
		    strcmp(d->d_name, "file") != 0)
			n++;
	if (!dir || n != l->names)
		wrong(l, "%lu names, where the ledger has %lu", n, l->names);
	if (dir)
		(void)closedir(dir);
	(void)snprintf(path, sizeof(path), "%s/file", l->dir);
	if (l->jail->plan.load == LOAD_MIXED &&
	    (lgetxattr(path, "trusted.overlay.opaque", NULL, 0) >= 0 ||
	     errno != ENODATA))
		wrong(l, "its attribute stands, or cannot be read");
}

static void look_at_thread(struct look *l)
{
	const struct column *c = &l->jail->ledger->columns[l->thread];
	uint32_t n = atomic_load(&c->n), last = 0;

	(void)snprintf(l->dir, sizeof(l->dir), "/proc/%d/root%s/%u",
		       l->jail->pid, l->jail->dir, l->thread);
	l->names = 0;
	l->fd = open(l->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (l->fd < 0) {
		wrong(l, "%s: %s", l->dir, strerror(errno));
		return;
	}
	for (uint32_t i = 0; i < n; i++) {
		check_entry(l, &c->entries[i], last);
		last = c->entries[i].number;
	}
	count_names(l);
	l->fd = fd_close(l->fd);
}

/* Each bound node is one mount: a second one would be an effect had twice. */
static void count_mounts(struct look *l)
{
	const struct ledger *ledger = l->jail->ledger;
	unsigned long want = 0, got = 0;
	char path[64], line[1024], under[160];
	FILE *f;

	for (uint32_t t = 0; t < ledger->threads; t++)
		for (uint32_t i = 0; i < atomic_load(&ledger->columns[t].n); i++) {
			const struct entry *e = &ledger->columns[t].entries[i];

			want += e->kind == CALL_MKNOD && e->answer == 0;
		}
	(void)snprintf(path, sizeof(path), "/proc/%d/mountinfo", l->jail->pid);
	(void)snprintf(under, sizeof(under), " %s/", l->jail->dir);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		got += strstr(line, under) != NULL;
	if (f)
		(void)fclose(f);
	if (got != want)
		wrong(l, "%lu mounts, where the ledger has %lu nodes", got, want);
}

unsigned long look_at(const struct jail *j)
{
	struct look l = { .jail = j };

	for (l.thread = 0; l.thread < j->ledger->threads; l.thread++)
		look_at_thread(&l);
	if (j->plan.own_tmpfs)
		count_mounts(&l);
	return l.wrong;
}
