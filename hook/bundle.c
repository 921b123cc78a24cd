// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hook/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hook/whole.h"
#include "lib/own.h"

int bundle_config(const char *bundle, const char *config, char *path, size_t size)
{
	int n;

	config = config ? config : "config.json";
	if (*config == '/' || !bundle)
		n = snprintf(path, size, "%s", config);
	else
		n = snprintf(path, size, "%s/%s", bundle, config);
	return n < (int)size ? 0 : -ENAMETOOLONG;
}

int bundle_read(const char *path, size_t max_bytes, char **ret_text,
		size_t *ret_bytes)
{
	AUTO(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : whole_read(fd, max_bytes, ret_text, ret_bytes);
}

/* Private until owner and mode are the old one's. */
static int write_beside(const char *beside, const struct stat *old,
			const char *text, size_t bytes)
{
	AUTO(fd_close)
	int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	r = whole_write(fd, text, bytes);
	if (r < 0)
		return r;
	if ((st.st_uid != old->st_uid || st.st_gid != old->st_gid) &&
	    fchown(fd, old->st_uid, old->st_gid) < 0)
		return -errno;
	return fchmod(fd, old->st_mode & 07777) < 0 ? -errno : 0;
}

int bundle_replace(const char *path, const char *text, size_t bytes)
{
	char real[PATH_MAX], beside[PATH_MAX + 32];
	struct stat old;
	int r;

	if (!realpath(path, real) || stat(real, &old) < 0)
		return -errno;
	(void)snprintf(beside, sizeof(beside), "%s.deputy-%d", real, getpid());
	/* One of that name was left by a namesake that was killed. */
	if (unlink(beside) < 0 && errno != ENOENT)
		return -errno;
	r = write_beside(beside, &old, text, bytes);
	if (r == 0 && rename(beside, real) < 0)
		r = -errno;
	if (r < 0)
		(void)unlink(beside);
	return r;
}
