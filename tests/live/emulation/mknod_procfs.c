// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * procfs in a path: the caller's own magic links at its beginning, and others,
 * which deputy never follows.
 */
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/harness/test.h"
#include "tests/live/emulation/mknod_row.h"
#include "tests/live/emulation/mknod_steps.h"

#define MAGIC "a magic link that is not the caller's own, or not first"

/* -- by the host ------------------------------------------------------------- */

static void have_dev_fd(const char *root)
{
	host_put_dir(root, "dev");
	host_put_link(root, "dev/fd", "/proc/self/fd");
}

static void have_link_to_cwd(const char *root)
{
	host_put_link(root, "box/magic", "/proc/self/cwd");
}

static void have_dir_below_0700(const char *root)
{
	have_dir(root);
	host_own(root, "box/dir", 1000, 1000, 0700);
	box_0700(root);
}

/* -- by the caller ------------------------------------------------------------ */

static int box_is_fd_20_of_1000(void)
{
	box_is_fd_20();
	return user_1000();
}

static int dir_is_fd_20_of_1000(void)
{
	TRY(dup2(open("/box/dir", O_PATH), 20));
	return user_1000();
}

static int file_is_fd_20(void)
{
	TRY(dup2(open("/box/file", O_RDONLY), 20));
	return AT_FDCWD;
}

static int pipe_is_fd_20(void)
{
	int p[2];

	TRY(pipe(p));
	TRY(dup2(p[0], 20));
	return AT_FDCWD;
}

static int deleted_is_fd_20(void)
{
	TRY(mkdir("/tmp/gone", 0755));
	TRY(dup2(open("/tmp/gone", O_PATH), 20));
	TRY(rmdir("/tmp/gone"));
	return AT_FDCWD;
}

static int in_proc(void)
{
	in_box();
	TRY(fchdir(open("/proc", O_PATH)));
	box_is_fd_20();
	return AT_FDCWD;
}

static int another_process_seen_by_1000(void)
{
	another_process();
	return user_1000();
}

static int deep_links_in_box(void)
{
	for (int i = 38; i > 0; i--) {
		char name[24], to[16];

		(void)snprintf(name, sizeof(name), "/box/l%d", i);
		(void)snprintf(to, sizeof(to), "l%d", i - 1);
		TRY(symlink(to, name));
	}
	TRY(mkdir("/box/l0", 0755));
	return in_box();
}

static int another_proc(const char *options)
{
	TRY(mount("proc", "/proc", "proc", 0, options));
	return in_box();
}

static int hidepid_of_1000(void)
{
	another_proc("hidepid=2");
	TRY(chdir("/tmp"));
	return user_1000();
}

static int subset_pid(void)
{
	return another_proc("subset=pid");
}

static int proc_is_no_more(void)
{
	TRY(umount2("/proc", MNT_DETACH));
	return in_box();
}

static int in_box_of_inner_pids(void)
{
	in_box();
	TRY(unshare(CLONE_NEWPID));
	return AT_FDCWD;
}

static int box_is_fd_20_of_own_tmpfs(void)
{
	TRY(mount("t", "/box", "tmpfs", 0, "mode=0755"));
	return box_is_fd_20();
}

static void have_dev_fd_to_box(const char *root)
{
	host_put_dir(root, "dev");
	host_put_dir(root, "box/20");
	host_put_link(root, "dev/fd", "/box");
}

static int deep_links_39(void)
{
	deep_links_in_box();
	TRY(symlink("l38", "/box/l39"));
	return AT_FDCWD;
}

static int proc_is_a_tmpfs(void)
{
	TRY(mount("t", "/proc", "tmpfs", 0, NULL));
	TRY(mkdir("/proc/self", 0755));
	TRY(mkdir("/proc/self/cwd", 0755));
	return in_box();
}

static int proc_is_a_box(void)
{
	TRY(mount("/tmp", "/proc", NULL, MS_BIND, NULL));
	TRY(mkdir("/proc/self", 0755));
	TRY(mkdir("/proc/self/cwd", 0755));
	return in_box();
}

/* In the procfs of an inner pid namespace, where this process has no number. */
static int proc_of_inner_pids(void)
{
	int status;
	pid_t pid;

	in_box();
	TRY(unshare(CLONE_NEWPID));
	pid = fork();
	TRY(pid);
	if (pid == 0) {
		TRY(mount("proc", "/proc", "proc", 0, NULL));
		_exit(0);
	}
	TRY(waitpid(pid, &status, 0));
	return AT_FDCWD;
}

static const struct row rows[] = {
	{ "below procfs", "/proc/n" },
	{ "below procfs, a process", "/proc/self/n" },
	{ "below procfs, its fds", "/proc/self/fd/n" },
	{ "below procfs, its tasks", "/proc/self/task/n" },
	{ "below procfs, its namespaces", "/proc/self/ns/n" },
	{ "below procfs, sysctl", "/proc/sys/kernel/n" },
	{ "below procfs, exists", "/proc/self/status" },
	{ "/proc/self/cwd", "/proc/self/cwd/n", .become = in_box },
	{ "/proc/self/cwd, no slash before the last", "/proc/self/cwd",
	  .become = in_box },
	{ "/proc/self/cwd, ..", "/proc/self/cwd/../tmp/n", .become = in_box },
	{ "/proc/self/cwd, deleted", "/proc/self/cwd/n", .become = cwd_deleted },
	{ "/proc/self/root", "/proc/self/root/box/n" },
	{ "/proc/self/root, ..", "/proc/self/root/../box/n" },
	{ "/proc/thread-self/root", "/proc/thread-self/root/box/n" },
	{ "/proc/self/fd", "/proc/self/fd/20/n", .become = box_is_fd_20 },
	{ "/proc/self/fd, of a thread", "/proc/self/fd/20/n", THREAD,
	  .become = box_is_fd_20 },
	{ "/proc/self/fd, of a child", "/proc/self/fd/20/n", CHILD,
	  .become = box_is_fd_20 },
	{ "/proc/self/fd, i386", "/proc/self/fd/20/n", I386,
	  .become = box_is_fd_20 },
	{ "/proc/self/fd, ..", "/proc/self/fd/20/../tmp/n", .become = box_is_fd_20 },
	{ "/proc/thread-self/fd, deeper", "/proc/thread-self/fd/20/dir//n",
	  .prepare = have_dir, .become = box_is_fd_20 },
	{ "/proc/self/fd of a file", "/proc/self/fd/20/n", .prepare = have_file,
	  .become = file_is_fd_20 },
	{ "/proc/self/fd of a pipe", "/proc/self/fd/20/n", .become = pipe_is_fd_20 },
	{ "/proc/self/fd of what is deleted", "/proc/self/fd/20/n",
	  .become = deleted_is_fd_20 },
	{ "/proc/self/fd, none", "/proc/self/fd/21/n" },
	{ "/proc/self/fd, written 020", "/proc/self/fd/020/n",
	  .become = box_is_fd_20 },
	{ "/proc/self/fd, more than an int", "/proc/self/fd/4294967316/n",
	  .become = box_is_fd_20 },
	{ "/proc/self/fd itself", "/proc/self/fd/20", .become = box_is_fd_20 },
	{ "/proc/self/fd by a user without search", "/proc/self/fd/20/n",
	  .prepare = box_0700, .become = box_is_fd_20_of_1000 },
	{ "/proc/self/fd past a directory without search", "/proc/self/fd/20/n",
	  .prepare = have_dir_below_0700, .become = dir_is_fd_20_of_1000 },
	{ "/dev/fd", "/dev/fd/20/n", .prepare = have_dev_fd,
	  .become = box_is_fd_20 },
	{ "/dev/fd, none", "/dev/fd/21/n", .prepare = have_dev_fd },
	{ "/proc/self/fd of an own tmpfs", "/proc/self/fd/20/n",
	  .become = box_is_fd_20_of_own_tmpfs },
	{ "/proc/self/cwd by a user, hidepid", "/proc/self/cwd/n",
	  .become = hidepid_of_1000 },
	{ "/proc/self/cwd, subset=pid", "/proc/self/cwd/n",
	  .become = subset_pid },
	{ "/proc/self/cwd, nothing mounted", "/proc/self/cwd/n",
	  .become = proc_is_no_more },
	{ "/proc/self/cwd of a chrooted caller", "/proc/self/cwd/n",
	  .become = chrooted },
	{ "/proc/self/cwd of a child in another pid namespace",
	  "/proc/self/cwd/n", CHILD, .become = in_box_of_inner_pids },
	{ "/proc/self/cwd and 18 links more", "/proc/self/cwd/l18/n",
	  .become = deep_links_in_box },
	{ "/proc/thread-self/cwd of a thread whose leader has ended",
	  "/proc/thread-self/cwd/n", LEADERLESS, .become = in_box },
	{ "/proc/self/cwd and 39 links more", "/proc/self/cwd/l39/n",
	  .become = deep_links_39,
	  .differs = "its own two links are not counted" },
	{ "/proc that is a tmpfs", "/proc/self/cwd/n",
	  .become = proc_is_a_tmpfs },
	{ "/proc that is a bind mount", "/proc/self/cwd/n",
	  .become = proc_is_a_box },
	{ "/proc/self of inner pids, cwd", "/proc/self/cwd/n",
	  .become = proc_of_inner_pids },
	{ "/proc/thread-self of inner pids, root",
	  "/proc/thread-self/root/box/n", .become = proc_of_inner_pids },
	{ "/dev/fd that is another link", "/dev/fd/20/n",
	  .prepare = have_dev_fd_to_box, .become = box_is_fd_20 },
	{ "thread with its own fds, /proc/self", "/proc/self/fd/20/n",
	  THREAD_APART, .become = box_is_fd_20 },
	{ "thread with its own cwd, /proc/self", "/proc/self/cwd/n",
	  THREAD_APART, .become = in_box },
	{ "/proc/self/cwd of a thread whose leader has ended",
	  "/proc/self/cwd/n", LEADERLESS, .become = in_box },
	{ "/proc/self/fd of a thread whose leader has ended",
	  "/proc/self/fd/20/n", LEADERLESS, .become = box_is_fd_20 },
	{ "/proc/self/exe as parent", "/proc/self/exe/n" },
	{ "/proc/self/exe as last", "/proc/self/exe" },
	{ "/proc/self/ns/mnt as parent", "/proc/self/ns/mnt/n" },
	{ "/proc/self/ns/mnt as last", "/proc/self/ns/mnt" },
	{ "/proc/PID/cwd by a user who may not", "/proc/2/cwd/n",
	  .become = another_process_seen_by_1000 },
	{ "/proc/1/root", "/proc/1/root/box/n", .differs = MAGIC, .gets = EPERM },
	{ "/proc/PID/cwd", "/proc/2/cwd/n", .become = another_process,
	  .differs = MAGIC, .gets = EPERM },
	{ "/proc/self/task/TID/cwd", "/proc/self/task/1/cwd/n", .become = in_box,
	  .differs = MAGIC, .gets = EPERM },
	{ "link to /proc/self/cwd", "/box/magic/n", .prepare = have_link_to_cwd,
	  .become = in_box, .differs = MAGIC, .gets = EPERM },
	{ "two magic links", "/proc/self/root/proc/self/cwd/n", .become = in_box,
	  .differs = MAGIC, .gets = EPERM },
	{ "/proc/self/fd, relative", "self/fd/20/n", .become = in_proc,
	  .differs = MAGIC, .gets = EPERM },
	{ "/proc/self/fd, doubled slash", "/proc//self/fd/20/n",
	  .become = box_is_fd_20, .differs = MAGIC, .gets = EPERM },
};

const struct row_table mknod_procfs = ROW_TABLE("procfs", rows);
