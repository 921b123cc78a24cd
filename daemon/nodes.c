// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/nodes.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static int make_dir(const char *path, mode_t mode)
{
	int r = mkdir(path, mode);

	if (r < 0 && errno == EEXIST)
		return 0;
	if (r == 0)
		r = chmod(path, mode); /* whatever the umask says */
	return r < 0 ? -errno : 0;
}

static int mount_tmpfs(const char *path, const char *options)
{
	return mount("deputy", path, "tmpfs", MS_NOSUID | MS_NOEXEC, options) < 0 ?
		       -errno : 0;
}

int nodes_init(void)
{
	int r = make_dir("/run/deputy", 0755);

	if (r == 0)
		r = make_dir(NODES_DIR, 0700);
	if (r < 0)
		return r;
	/* A slave still sees the host's own mounts come and go. */
	if (unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return -errno;
	return mount_tmpfs(NODES_DIR, NODES_DIR_OPTIONS);
}

static void name_dir(uint64_t number, char *path, size_t size)
{
	(void)snprintf(path, size, NODES_DIR "/%" PRIu64, number);
}

int nodes_mount(uint64_t number)
{
	char path[64];
	int fd, r;

	name_dir(number, path, sizeof(path));
	r = make_dir(path, 0700);
	if (r == 0)
		r = mount_tmpfs(path, NODES_OPTIONS);
	if (r < 0) {
		(void)rmdir(path);
		return r;
	}
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		r = -errno;
		nodes_umount(number);
		return r;
	}
	return fd;
}

void nodes_umount(uint64_t number)
{
	char path[64];

	name_dir(number, path, sizeof(path));
	(void)umount2(path, MNT_DETACH);
	(void)rmdir(path);
}
