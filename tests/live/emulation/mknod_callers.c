// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Who calls, and by which gate: ids, capabilities, limits, namespaces, threads.
 */
#include <fcntl.h>
#include <grp.h>
#include <linux/landlock.h>
#include <linux/securebits.h>
#include <sched.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/harness/test.h"
#include "tests/live/emulation/mknod_row.h"
#include "tests/live/emulation/mknod_steps.h"
#include "tests/live/emulation/world.h"
#include "worker/caller.h"

#define ALL_CAPS ((CAP_BIT(CHECKPOINT_RESTORE) << 1) - 1)

/* -- by the host ------------------------------------------------------------- */

static void box_of_1000(const char *root)
{
	host_own(root, "box", 1000, 1000, 0755);
}

static void box_0555(const char *root)
{
	host_own(root, "box", 0, 0, 0555);
}

static void box_0707(const char *root)
{
	host_own(root, "box", 0, 1000, 0707);
}

static void box_0733(const char *root)
{
	host_own(root, "box", 0, 0, 0733);
}

static void box_of_1000_and_group_7(const char *root)
{
	host_own(root, "box", 1000, 7, 0707);
}

static void have_file_below_0700(const char *root)
{
	have_file(root);
	box_0700(root);
}

static void box_group_7(const char *root)
{
	host_own(root, "box", 0, 7, 0770);
}

static void box_unmapped(const char *root)
{
	host_own(root, "box", -5, -5, 0755);
}

static void box_unmapped_user(const char *root)
{
	host_own(root, "box", -5, 0, 0755);
}

static void box_unmapped_group(const char *root)
{
	host_own(root, "box", 0, -5, 0070);
}

static void box_unmapped_0777(const char *root)
{
	host_own(root, "box", -5, -5, 0777);
}

static void box_below_unmapped(const char *root)
{
	have_dir(root);
	host_own(root, "box", -5, -5, 0700);
}

static void box_acl_entry(const char *root)
{
	box_acl(root, ACL_TYPE_ACCESS, "u::rwx,u:101000:rwx,g::-,m::rwx,o::-");
}

static void box_acl_masked(const char *root)
{
	box_acl(root, ACL_TYPE_ACCESS, "u::rwx,u:101000:rwx,g::-,m::r,o::-");
}

static void box_acl_group(const char *root)
{
	box_acl(root, ACL_TYPE_ACCESS, "u::rwx,g::-,g:100007:rwx,m::rwx,o::-");
}

/* -- ids and capabilities ------------------------------------------------------ */

static int user_1000_override(void)
{
	caller_drop_with(CAP_BIT(MKNOD) | CAP_BIT(DAC_OVERRIDE), 1000, 1000);
	return AT_FDCWD;
}

static int user_1000_read_search(void)
{
	caller_drop_with(CAP_BIT(MKNOD) | CAP_BIT(DAC_READ_SEARCH), 1000, 1000);
	return AT_FDCWD;
}

static int user_1000_of_all(void)
{
	caller_drop_with(ALL_CAPS, 1000, 1000);
	return AT_FDCWD;
}

static int root_without_mknod(void)
{
	uint64_t caps = ~CAP_BIT(MKNOD) & ALL_CAPS;

	TRY(caps_set(caps, caps));
	return AT_FDCWD;
}

static int root_without_override(void)
{
	TRY(caps_set(CAP_BIT(MKNOD), CAP_BIT(MKNOD)));
	return AT_FDCWD;
}

static int permitted_only(void)
{
	TRY(caps_set(ALL_CAPS, ALL_CAPS & ~CAP_BIT(MKNOD)));
	return AT_FDCWD;
}

static int out_of_the_bounding_set(void)
{
	TRY(prctl(PR_CAPBSET_DROP, CAP_MKNOD, 0, 0, 0));
	return AT_FDCWD;
}

/* What the kernel leaves of root's capabilities to a user. */
static int keepcaps_only(void)
{
	TRY(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0));
	caller_drop_to(1000, 1000, 0, NULL);
	return AT_FDCWD;
}

static int securebits_fixup(void)
{
	TRY(prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NO_SETUID_FIXUP, 0,
		  0, 0));
	caller_drop_to(1000, 1000, 0, NULL);
	return AT_FDCWD;
}

static int securebits_noroot(void)
{
	TRY(prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED, 0, 0,
		  0));
	return AT_FDCWD;
}

static int fsuid_differs(void)
{
	caller_drop_with(CAP_BIT(MKNOD) | CAP_BIT(SETUID) | CAP_BIT(SETGID),
			 1000, 1000);
	(void)setfsuid(1001);
	(void)setfsgid(1001);
	TRY(caps_set(CAP_BIT(MKNOD), CAP_BIT(MKNOD)));
	return AT_FDCWD;
}

static int real_ids_differ(void)
{
	TRY(setgroups(0, NULL));
	TRY(setresgid(1000, 0, 1000));
	TRY(setresuid(1000, 0, 1000));
	return AT_FDCWD;
}

static int effective_ids_differ(void)
{
	TRY(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0));
	TRY(setgroups(0, NULL));
	TRY(setresgid(0, 1000, 0));
	TRY(setresuid(0, 1000, 0));
	TRY(caps_set(CAP_BIT(MKNOD), CAP_BIT(MKNOD)));
	return AT_FDCWD;
}

static int last_mapped_ids(void)
{
	caller_drop_with(CAP_BIT(MKNOD), WORLD_COUNT - 1, WORLD_COUNT - 1);
	return AT_FDCWD;
}

static int group_is_supplementary_of_root(void)
{
	gid_t groups[] = { 7 };

	TRY(setgroups(1, groups));
	return root_without_override();
}

static int member_of(size_t n)
{
	gid_t groups[CALLER_GROUPS_MAX + 1];

	for (size_t i = 0; i < n; i++)
		groups[i] = (gid_t)(7 + i);
	TRY(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0));
	caller_drop_to(1000, 1000, n, groups);
	TRY(caps_set(CAP_BIT(MKNOD), CAP_BIT(MKNOD)));
	return AT_FDCWD;
}

static int member_of_many(void)
{
	return member_of(CALLER_GROUPS_MAX);
}

static int member_of_too_many(void)
{
	return member_of(CALLER_GROUPS_MAX + 1);
}

/* A container of this suite is not: it took its ids itself. */
static int dumpable(void)
{
	TRY(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
	return AT_FDCWD;
}

static int no_new_privs(void)
{
	TRY(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	return user_1000();
}

/* -- limits --------------------------------------------------------------------- */

static int limited(int what, rlim_t n)
{
	struct rlimit l = { n, n };

	TRY(setrlimit(what, &l));
	return AT_FDCWD;
}

static int limited_fsize(void)
{
	return limited(RLIMIT_FSIZE, 0);
}

static int limited_nofile(void)
{
	return limited(RLIMIT_NOFILE, 0);
}

static int limited_nproc(void)
{
	limited(RLIMIT_NPROC, 1);
	return user_1000();
}

/* -- namespaces ----------------------------------------------------------------- */

static int nested_userns(void)
{
	TRY(unshare(CLONE_NEWUSER));
	return AT_FDCWD;
}

static int other_pidns(void)
{
	TRY(unshare(CLONE_NEWPID));
	return AT_FDCWD;
}

static int other_mounts(void)
{
	TRY(unshare(CLONE_NEWNS));
	TRY(mount("/tmp", "/box", NULL, MS_BIND, NULL));
	return AT_FDCWD;
}

/* The box is the root, and what was the root is /box/dir. */
static int pivoted(void)
{
	TRY(unshare(CLONE_NEWNS));
	TRY(mount("/box", "/box", NULL, MS_BIND, NULL));
	TRY((int)syscall(SYS_pivot_root, "/box", "/box/dir"));
	TRY(chdir("/"));
	return AT_FDCWD;
}

static int other_namespaces_of_the_rest(void)
{
	TRY(unshare(CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWCGROUP));
	return AT_FDCWD;
}

/* -- threads that share little ---------------------------------------------------- */

static int thread_in_box(void)
{
	umask(0);
	return in_box();
}

static int thread_chrooted(void)
{
	return chrooted();
}

/* The C library's calls would change all threads. */
static int thread_of_1000(void)
{
	TRY((int)syscall(SYS_setresgid, 1000, 1000, 1000));
	TRY(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0));
	TRY((int)syscall(SYS_setresuid, 1000, 1000, 1000));
	TRY(caps_set(CAP_BIT(MKNOD), CAP_BIT(MKNOD)));
	return AT_FDCWD;
}

static int thread_with_tmpfs(void)
{
	other_mounts();
	TRY(mount("t", "/box", "tmpfs", 0, "mode=0755"));
	return AT_FDCWD;
}

static int thread_without_mknod(void)
{
	return root_without_mknod();
}

/* -- Landlock -------------------------------------------------------------------- */

static int landlocked(uint64_t rights)
{
	struct landlock_ruleset_attr attr = { .handled_access_fs = rights };
	int fd = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr),
			      0);

	if (fd < 0)
		return LACKING;
	TRY(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	TRY((int)syscall(SYS_landlock_restrict_self, fd, 0));
	return AT_FDCWD;
}

static int landlock_no_nodes(void)
{
	return landlocked(LANDLOCK_ACCESS_FS_MAKE_CHAR |
			  LANDLOCK_ACCESS_FS_MAKE_FIFO);
}

static int landlock_no_files(void)
{
	return landlocked(LANDLOCK_ACCESS_FS_MAKE_REG |
			  LANDLOCK_ACCESS_FS_MAKE_BLOCK);
}

static const struct row rows[] = {
	{ "mknod, not mknodat", "/box/n", MKNOD },
	{ "mknod, relative", "n", MKNOD, .become = in_box },
	{ "a thread that is not the leader", "/box/n", THREAD },
	{ "a child process", "/box/n", CHILD },
	{ "a thread whose leader has ended", "/box/n", LEADERLESS },
	{ "a thread whose leader has ended, relative", "n", LEADERLESS,
	  .become = in_box },
	{ "a thread whose leader has ended, dirfd", "n", LEADERLESS,
	  .become = dirfd_box },
	{ "i386", "/box/n", I386 },
	{ "i386, mknod", "/box/n", I386_MKNOD },
	{ "i386, dirfd", "n", I386, .become = dirfd_box },
	{ "i386, cwd", "n", I386_MKNOD, .become = in_box },
	{ "i386, umask", "/box/n", I386, .mode = 07777, .become = umask_077 },
	{ "i386, chrooted", "/n", I386, .become = chrooted },
	{ "i386, missing parent", "/box/no/n", I386 },
	{ "i386, exists", "/box/dir", I386_MKNOD, .prepare = have_dir },
	{ "i386, null pointer", NULL, I386 },
	{ "i386, user in root's directory", "/box/n", I386, .become = user_1000 },
	{ "x32", "/box/n", X32 },
	{ "x32, mknod", "/box/n", X32_MKNOD },
	{ "x32, dirfd", "n", X32, .become = dirfd_box },
	{ "x32, missing parent", "/box/no/n", X32 },
	{ "x32, null pointer", NULL, X32 },

	{ "user in its own directory", "/box/n", .prepare = box_of_1000,
	  .become = user_1000 },
	{ "user in root's directory", "/box/n", .become = user_1000 },
	{ "user in root's directory, exists", "/box/file", .prepare = have_file,
	  .become = user_1000 },
	{ "user in a sticky directory", "/tmp/n", .become = user_1000 },
	{ "user in 0733", "/box/n", .prepare = box_0733, .become = user_1000 },
	{ "user with CAP_DAC_OVERRIDE", "/box/n", .become = user_1000_override },
	{ "user with CAP_DAC_READ_SEARCH", "/box/n",
	  .become = user_1000_read_search },
	{ "user with CAP_DAC_READ_SEARCH, exists below 0700", "/box/file",
	  .prepare = have_file_below_0700, .become = user_1000_read_search },
	{ "user with every capability", "/box/n", .become = user_1000_of_all },
	{ "user with every capability, unmapped", "/box/n",
	  .prepare = box_unmapped, .become = user_1000_of_all },
	{ "user whose group is denied", "/box/n", .prepare = box_0707,
	  .become = user_1000 },
	{ "supplementary group", "/box/n", .prepare = box_group_7,
	  .become = user_1000_group_7 },
	{ "as many groups as deputy knows", "/box/n", .prepare = box_group_7,
	  .become = member_of_many },
	{ "more groups than that", "/box/n", .prepare = box_group_7,
	  .become = member_of_too_many,
	  .differs = "more than 1,024 supplementary groups",
	  .gets = EPERM },
	{ "root's supplementary group is denied", "/box/n",
	  .prepare = box_of_1000_and_group_7,
	  .become = group_is_supplementary_of_root },
	{ "ACL entry", "/box/n", .prepare = box_acl_entry, .become = user_1000 },
	{ "ACL entry, masked", "/box/n", .prepare = box_acl_masked,
	  .become = user_1000 },
	{ "ACL entry of a supplementary group", "/box/n",
	  .prepare = box_acl_group, .become = user_1000_group_7 },
	{ "fsuid and fsgid differ", "/tmp/n", .become = fsuid_differs },
	{ "real and saved ids differ", "/tmp/n", .become = real_ids_differ },
	{ "effective ids differ", "/box/n", .become = effective_ids_differ },
	{ "effective ids differ, own directory", "/box/n",
	  .prepare = box_of_1000, .become = effective_ids_differ },
	{ "the last ids of the map", "/tmp/n", .become = last_mapped_ids },
	{ "root in 0555", "/box/n", .prepare = box_0555 },
	{ "root in 0555 without CAP_DAC_OVERRIDE", "/box/n", .prepare = box_0555,
	  .become = root_without_override },
	{ "unmapped owner and group", "/box/n", .prepare = box_unmapped },
	{ "unmapped owner", "/box/n", .prepare = box_unmapped_user },
	{ "unmapped group has the bits", "/box/n", .prepare = box_unmapped_group },
	{ "unmapped, 0777", "/box/n", .prepare = box_unmapped_0777 },
	{ "search through unmapped", "/box/dir/n", .prepare = box_below_unmapped },
	{ "cwd below unmapped, ..", "../n", .prepare = box_unmapped,
	  .become = in_box },
	{ "out of the bounding set", "/box/n", .become = out_of_the_bounding_set },
	{ "securebits noroot", "/box/n", .become = securebits_noroot },
	{ "securebits no_setuid_fixup", "/box/n", .become = securebits_fixup },
	{ "dumpable", "/box/n", .become = dumpable },
	{ "no_new_privs", "/tmp/n", .become = no_new_privs },
	{ "root without CAP_MKNOD", "/box/n", .left = true,
	  .become = root_without_mknod },
	{ "CAP_MKNOD permitted, not effective", "/box/n", .left = true,
	  .become = permitted_only },
	{ "kept capabilities, none effective", "/tmp/n", .left = true,
	  .become = keepcaps_only },
	{ "user without a capability", "/tmp/n", .left = true,
	  .become = no_capability },
	{ "nested user namespace", "/box/n", .left = true, .become = nested_userns },

	{ "RLIMIT_FSIZE 0", "/box/n", .become = limited_fsize },
	{ "RLIMIT_NOFILE 0", "/box/n", .become = limited_nofile },
	{ "RLIMIT_NPROC 1", "/tmp/n", .become = limited_nproc },

	{ "pid namespace of its own", "/box/n", CHILD, .become = other_pidns },
	{ "mount namespace of its own", "/box/n", .become = other_mounts },
	{ "pivoted root", "/n", .prepare = have_dir, .become = pivoted },
	{ "pivoted root, the old one below", "/dir/tmp/n", .prepare = have_dir,
	  .become = pivoted },
	{ "pivoted root, ..", "/../dir/../n", .prepare = have_dir,
	  .become = pivoted },
	{ "uts, ipc, net and cgroup namespaces of its own", "/box/n",
	  .become = other_namespaces_of_the_rest },

	{ "thread with its own cwd and umask", "n", THREAD_APART,
	  .become = thread_in_box },
	{ "thread with its own root", "/n", THREAD_APART,
	  .become = thread_chrooted },
	{ "thread with its own fds", "n", THREAD_APART, .become = dirfd_box },
	{ "thread with its own fds, /proc/thread-self",
	  "/proc/thread-self/fd/20/n", THREAD_APART, .become = box_is_fd_20 },
	{ "thread with its own cwd, /proc/thread-self",
	  "/proc/thread-self/cwd/n", THREAD_APART, .become = in_box },
	{ "thread with its own ids", "/tmp/n", THREAD_APART,
	  .become = thread_of_1000 },
	{ "thread with its own ids, root's directory", "/box/n", THREAD_APART,
	  .become = thread_of_1000 },
	{ "thread with its own mounts", "/box/n", THREAD_APART,
	  .become = other_mounts },
	{ "thread with its own mounts, own tmpfs", "/box/n", THREAD_APART,
	  .become = thread_with_tmpfs },
	{ "thread without CAP_MKNOD", "/box/n", THREAD_APART, .left = true,
	  .become = thread_without_mknod },

	{ "Landlock domain without files", "/box/n", .become = landlock_no_files },
	{ "Landlock domain without nodes", "/box/n", .become = landlock_no_nodes,
	  .differs = "a Landlock domain cannot be seen from outside", .gets = 0 },
};

const struct row_table mknod_callers = ROW_TABLE("callers", rows);
