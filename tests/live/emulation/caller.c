// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/live/emulation/caller.h"

#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/harness/test.h"
#include "tests/live/emulation/world.h"

void caller_drop_to(uid_t uid, gid_t gid, size_t n, const gid_t *groups)
{
	TRY(setgroups(n, groups));
	TRY(setresgid(gid, gid, gid));
	TRY(setresuid(uid, uid, uid));
}

void caller_drop_with(uint64_t caps, uid_t uid, gid_t gid)
{
	TRY(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0));
	caller_drop_to(uid, gid, 0, NULL);
	TRY(caps_set(caps, caps));
}

char *caller_before_hole(size_t bytes)
{
	char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	munmap(p + 4096, 4096);
	return p + 4096 - bytes;
}

static const char *below(const char *root, const char *name)
{
	static char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", root, name);
	return path;
}

void host_put_file(const char *root, const char *name)
{
	int fd = open(below(root, name), O_CREAT | O_WRONLY | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	close(fd);
	host_own(root, name, 0, 0, 0644);
}

void host_put_fifo(const char *root, const char *name)
{
	assert_int_equal(mkfifo(below(root, name), 0644), 0);
	host_own(root, name, 0, 0, 0644);
}

void host_put_dir(const char *root, const char *name)
{
	assert_int_equal(mkdir(below(root, name), 0755), 0);
	host_own(root, name, 0, 0, 0755);
}

void host_put_link(const char *root, const char *name, const char *to)
{
	const char *path = below(root, name);

	assert_int_equal(symlink(to, path), 0);
	assert_int_equal(lchown(path, WORLD_BASE, WORLD_BASE), 0);
}

void host_own(const char *root, const char *name, int uid, int gid, mode_t mode)
{
	const char *path = below(root, name);

	assert_int_equal(chown(path, (uid_t)(uid + WORLD_BASE),
			       (gid_t)(gid + WORLD_BASE)),
			 0);
	assert_int_equal(chmod(path, mode), 0);
}
