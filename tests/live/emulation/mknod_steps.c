// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/live/emulation/mknod_steps.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/harness/test.h"

void have_file(const char *root)
{
	host_put_file(root, "box/file");
}

void have_dir(const char *root)
{
	host_put_dir(root, "box/dir");
}

void have_links(const char *root)
{
	have_dir(root);
	host_put_link(root, "box/rel", "dir");
	host_put_link(root, "box/abs", "/box/dir");
	host_put_link(root, "box/up", "../../../../../../box/dir");
	host_put_link(root, "box/dangling", "nowhere");
	host_put_link(root, "box/loop", "loop");
}

void box_0700(const char *root)
{
	host_own(root, "box", 0, 0, 0700);
}

void box_setgid(const char *root)
{
	host_own(root, "box", 0, 7, 02777);
}

void box_acl(const char *root, acl_type_t type, const char *text)
{
	char path[PATH_MAX];
	acl_t acl = acl_from_text(text);

	(void)snprintf(path, sizeof(path), "%s/box", root);
	assert_non_null(acl);
	assert_int_equal(acl_set_file(path, type, acl), 0);
	acl_free(acl);
}

void box_acl_default(const char *root)
{
	box_acl(root, ACL_TYPE_DEFAULT, "u::rw,u:101234:rw,g::r,m::rw,o::r");
}

int in_box(void)
{
	TRY(chdir("/box"));
	return AT_FDCWD;
}

int umask_077(void)
{
	umask(077);
	return AT_FDCWD;
}

int umask_0(void)
{
	umask(0);
	return AT_FDCWD;
}

int dirfd_box(void)
{
	return open("/box", O_RDONLY | O_DIRECTORY);
}

int chrooted(void)
{
	TRY(chroot("/box"));
	TRY(chdir("/"));
	return AT_FDCWD;
}

int cwd_deleted(void)
{
	TRY(mkdir("/tmp/gone", 0755));
	TRY(chdir("/tmp/gone"));
	TRY(rmdir("/tmp/gone"));
	return AT_FDCWD;
}

int box_is_fd_20(void)
{
	TRY(dup2(dirfd_box(), 20));
	return AT_FDCWD;
}

int user_1000(void)
{
	caller_drop_with(CAP_BIT(MKNOD), 1000, 1000);
	return AT_FDCWD;
}

int user_1000_group_7(void)
{
	gid_t groups[] = { 5, 7, 9 };

	TRY(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0));
	caller_drop_to(1000, 1000, 3, groups);
	TRY(caps_set(CAP_BIT(MKNOD), CAP_BIT(MKNOD)));
	return AT_FDCWD;
}

int no_capability(void)
{
	caller_drop_to(1000, 1000, 0, NULL);
	return AT_FDCWD;
}

int fsetid_outsider(void)
{
	caller_drop_with(CAP_BIT(MKNOD), 1000, 1000);
	umask(0);
	return AT_FDCWD;
}

int fsetid_holder(void)
{
	caller_drop_with(CAP_BIT(MKNOD) | CAP_BIT(FSETID), 1000, 1000);
	umask(0);
	return AT_FDCWD;
}

int another_process(void)
{
	pid_t pid;

	in_box();
	TRY(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)); /* its links may be read */
	pid = fork();
	TRY(pid);
	if (pid == 0) {
		(void)pause();
		_exit(0);
	}
	if (pid != 2) { /* the rows' paths name it */
		errno = EEXIST;
		TRY(-1);
	}
	TRY(chdir("/"));
	return AT_FDCWD;
}
