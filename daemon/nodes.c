// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/nodes.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/stat.h>

static int make_dir(const char *path, mode_t mode)
{
	int r = mkdir(path, mode);

	if (r < 0 && errno == EEXIST)
		return 0;
	if (r == 0)
		r = chmod(path, mode); /* whatever the umask says */
	return r < 0 ? -errno : 0;
}

int nodes_open(void)
{
	int fd, r = make_dir("/run/deputy", 0755);

	if (r == 0)
		r = make_dir(NODES_DIR, 0700);
	if (r < 0)
		return r;
	/* A slave still sees the host's own mounts come and go. */
	if (unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0 ||
	    mount("deputy", NODES_DIR, "tmpfs", MS_NOSUID | MS_NOEXEC,
		  NODES_OPTIONS) < 0)
		return -errno;
	fd = open(NODES_DIR, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}
