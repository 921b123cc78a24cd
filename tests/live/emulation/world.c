// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/live/emulation/world.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "lib/own.h"
#include "tests/harness/test.h"

static void mkdir_as(const struct world *w, const char *name, mode_t mode)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/%s", w->root, name);
	assert_true(mkdir(path, 0700) == 0 || errno == EEXIST);
	assert_int_equal(chown(path, WORLD_BASE, WORLD_BASE), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static void mount_overlay(const struct world *w)
{
	char options[320];
	const char *const dirs[] = { "lower", "upper", "work" };

	for (size_t i = 0; i < 3; i++) {
		char path[96];

		(void)snprintf(path, sizeof(path), "%s/%s", w->dir, dirs[i]);
		assert_int_equal(mkdir(path, 0755), 0);
	}
	(void)snprintf(options, sizeof(options),
		       "lowerdir=%s/lower,upperdir=%s/upper,workdir=%s/work",
		       w->dir, w->dir, w->dir);
	assert_int_equal(mount("overlay", w->root, "overlay", 0, options), 0);
}

static int mount_nodes(const struct world *w)
{
	char path[96];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/nodes", w->dir);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(mount("nodes", path, "tmpfs", 0, "mode=0700"), 0);
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

void world_init(struct world *w, enum world_fs fs)
{
	assert_int_equal(unshare(CLONE_NEWNS), 0);
	assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	(void)umask(0);
	w->fs = fs;
	strcpy(w->dir, "/tmp/deputy-live.XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	assert_int_equal(chmod(w->dir, 0755), 0);
	(void)snprintf(w->root, sizeof(w->root), "%s/root", w->dir);
	if (fs != WORLD_EXT)
		assert_int_equal(mount("world", w->dir, "tmpfs", 0, NULL), 0);
	assert_int_equal(mkdir(w->root, 0755), 0);
	if (fs == WORLD_OVERLAY)
		mount_overlay(w);
	w->nodes_fd = mount_nodes(w);
}

/* But for proc: a container that runs on has procfs on it, and would lose it. */
static int remove_one(const char *path, const struct stat *st, int flag,
		      struct FTW *ftw)
{
	if (ftw->level == 0 ||
	    (ftw->level == 1 && strcmp(path + ftw->base, "proc") == 0))
		return 0;
	if (remove(path) < 0)
		print_message("cannot remove %s: %s\n", path, strerror(errno));
	return 0;
}

static void empty_dir(const char *path)
{
	(void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

void world_done(struct world *w)
{
	char nodes[96], proc[96];

	(void)snprintf(nodes, sizeof(nodes), "%s/nodes", w->dir);
	(void)snprintf(proc, sizeof(proc), "%s/proc", w->root);
	w->nodes_fd = fd_close(w->nodes_fd);
	assert_int_equal(umount(nodes), 0);
	assert_int_equal(rmdir(nodes), 0);
	empty_dir(w->root);
	(void)rmdir(proc); /* if it was ever made */
	if (w->fs == WORLD_OVERLAY)
		assert_int_equal(umount(w->root), 0);
	if (w->fs != WORLD_EXT)
		assert_int_equal(umount(w->dir), 0);
	else
		(void)rmdir(w->root);
	assert_int_equal(rmdir(w->dir), 0);
}

void world_reset(const struct world *w)
{
	empty_dir(w->root);
	assert_int_equal(chown(w->root, WORLD_BASE, WORLD_BASE), 0);
	assert_int_equal(chmod(w->root, 0755), 0);
	mkdir_as(w, "box", 0755);
	mkdir_as(w, "proc", 0755);
	mkdir_as(w, "tmp", 01777);
}

/* nftw() has no context argument. */
static struct {
	FILE *out;
	size_t prefix;
	const char *alike;
} snap;

static const char *type_of(const struct stat *st, char *buf, size_t size)
{
	switch (st->st_mode & S_IFMT) {
	case S_IFDIR:
		return "dir";
	case S_IFREG:
		return "file";
	case S_IFLNK:
		return "link";
	case S_IFIFO:
		return strstr(snap.alike, "p") ? "NODE" : "fifo";
	case S_IFSOCK:
		return "socket";
	default:
		(void)snprintf(buf, size, "%c%u:%u",
			       S_ISCHR(st->st_mode) ? 'c' : 'b',
			       major(st->st_rdev), minor(st->st_rdev));
		return strstr(snap.alike, buf) ? "NODE" : buf;
	}
}

static void snap_xattrs(const char *path)
{
	char names[1024], value[1024];
	ssize_t n = llistxattr(path, names, sizeof(names));

	for (char *p = names; n > 0 && p < names + n; p += strlen(p) + 1) {
		ssize_t len = lgetxattr(path, p, value, sizeof(value));

		fprintf(snap.out, " %s=", p);
		for (ssize_t i = 0; i < len; i++)
			fprintf(snap.out, "%02x", (unsigned char)value[i]);
	}
}

/* Of procfs and sysfs nothing is compared: nobody can make a node there. */
static bool is_endless(const char *dir)
{
	struct statfs fs;

	return statfs(dir, &fs) == 0 &&
	       (fs.f_type == PROC_SUPER_MAGIC || fs.f_type == SYSFS_MAGIC);
}

static int snap_one(const char *path, const struct stat *st, int flag,
		    struct FTW *ftw)
{
	const char *rel = path + snap.prefix;
	char buf[32];

	if (flag == FTW_NS) { /* a FUSE that is the container's alone */
		fprintf(snap.out, "%s unreachable\n", rel);
		return FTW_CONTINUE;
	}
	if (flag == FTW_D && (is_endless(path) || strcmp(rel, "/proc") == 0))
		return FTW_SKIP_SUBTREE;
	fprintf(snap.out, "%s %s %04o %d:%d", *rel ? rel : "/",
		type_of(st, buf, sizeof(buf)), st->st_mode & 07777,
		(int)st->st_uid - WORLD_BASE, (int)st->st_gid - WORLD_BASE);
	snap_xattrs(path);
	fputc('\n', snap.out);
	return FTW_CONTINUE;
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *sorted(char *text)
{
	char *lines[4096], *save = NULL, *out = malloc(strlen(text) + 2);
	size_t n = 0, used = 0;

	for (char *l = strtok_r(text, "\n", &save); l && n < 4096;
	     l = strtok_r(NULL, "\n", &save))
		lines[n++] = l;
	qsort(lines, n, sizeof(*lines), compare_lines);
	out[0] = '\0';
	for (size_t i = 0; i < n; i++)
		used += (size_t)sprintf(out + used, "%s\n", lines[i]);
	free(text);
	return out;
}

char *world_snapshot(const char *root, const char *alike)
{
	char *text = NULL;
	size_t size;

	snap.out = open_memstream(&text, &size);
	snap.prefix = strlen(root);
	snap.alike = alike;
	assert_int_equal(nftw(root, snap_one, 16, FTW_PHYS | FTW_ACTIONRETVAL),
			 0);
	fclose(snap.out);
	return sorted(text);
}
