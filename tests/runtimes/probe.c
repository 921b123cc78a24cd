// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * probe: the program inside the containers of the runtime tests and the demo.
 * It makes one call and prints how it went, "ok" or the errno's name, or makes
 * many and prints "RIGHT of ALL".  Static, so that any rootfs holds it, also as
 * a 32-bit program.
 *
 * It exits 0 whenever it could ask; what the answer should be is the business
 * of whoever reads it.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define PROGRESS_EVERY 10 /* calls for each byte in the progress file */

struct verb {
	const char *name;
	int (*run)(char **arg);
	int args;
	const char *usage;
};

static int say(long r)
{
	puts(r < 0 ? strerrorname_np(errno) : "ok");
	return 0;
}

static mode_t to_type(const char *s)
{
	return *s == 'c' ? S_IFCHR : *s == 'b' ? S_IFBLK : S_IFIFO;
}

static dev_t to_dev(const char *s)
{
	unsigned major, minor;

	if (sscanf(s, "%u:%u", &major, &minor) != 2)
		return 0;
	return makedev(major, minor);
}

/* The very system calls: libc's mknod() is mknodat() in some. */
static long sys_mknod(const char *path, mode_t mode, dev_t dev)
{
	return syscall(SYS_mknod, path, mode, (unsigned)dev);
}

static int do_mknod(char **a)
{
	mode_t mode = to_type(a[1]) | (mode_t)strtoul(a[3], NULL, 8);

	return say(sys_mknod(a[0], mode, to_dev(a[2])));
}

static int do_mknodat(char **a)
{
	mode_t mode = to_type(a[2]) | (mode_t)strtoul(a[4], NULL, 8);
	int dir = open(a[0], O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return say(-1);
	return say(syscall(SYS_mknodat, dir, a[1], mode,
			   (unsigned)to_dev(a[3])));
}

static int do_setxattr(char **a)
{
	return say(setxattr(a[0], a[1], a[2], strlen(a[2]), 0));
}

static int do_lsetxattr(char **a)
{
	return say(lsetxattr(a[0], a[1], a[2], strlen(a[2]), 0));
}

static int do_fsetxattr(char **a)
{
	int fd = open(a[0], O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return say(-1);
	return say(fsetxattr(fd, a[1], a[2], strlen(a[2]), 0));
}

static int do_write(char **a)
{
	int fd = open(a[0], O_WRONLY | O_CLOEXEC);

	return say(fd < 0 ? -1 : write(fd, "x", 1));
}

/* Made, what was asked for, and gone again? */
static int node_is_right(const char *path)
{
	struct stat st;

	if (sys_mknod(path, S_IFCHR | 0640, makedev(1, 3)) < 0 ||
	    lstat(path, &st) < 0 || unlink(path) < 0)
		return 0;
	return S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3) &&
	       (st.st_mode & 07777) == 0640 && st.st_uid == geteuid();
}

static int do_mknod_loop(char **a)
{
	long n = strtol(a[1], NULL, 10), right = 0;

	umask(0);
	for (long i = 0; i < n; i++)
		right += node_is_right(a[0]);
	printf("%ld of %ld\n", right, n);
	return 0;
}

static int do_setxattr_loop(char **a)
{
	long n = strtol(a[1], NULL, 10), right = 0;

	for (long i = 0; i < n; i++) {
		char want[32], got[32];
		ssize_t size = snprintf(want, sizeof(want), "%ld", i);

		right += setxattr(a[0], "user.n", want, (size_t)size, 0) == 0 &&
			 getxattr(a[0], "user.n", got, sizeof(got)) == size &&
			 memcmp(want, got, (size_t)size) == 0;
	}
	printf("%ld of %ld\n", right, n);
	return 0;
}

/* mknod and unlink until @a[1] is there; @a[2] grows with each ten calls. */
static int do_mknod_until(char **a)
{
	int progress = open(a[2], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
			    0644);
	long n = 0, right = 0;

	if (progress < 0)
		return say(-1);
	umask(0);
	while (access(a[1], F_OK) < 0) {
		right += node_is_right(a[0]);
		if (++n % PROGRESS_EVERY == 0 && write(progress, ".", 1) < 0)
			return say(-1);
	}
	printf("%ld of %ld\n", right, n);
	return 0;
}

static int dispatch(char **arg);

/* As an ordinary user: no id of root's, no group, no capability. */
static int do_as(char **a)
{
	uid_t id = (uid_t)strtoul(a[0], NULL, 10);

	if (setgroups(0, NULL) < 0 || setresgid(id, id, id) < 0 ||
	    setresuid(id, id, id) < 0)
		return say(-1);
	return dispatch(a + 1);
}

static const struct verb verbs[] = {
	{ "mknod", do_mknod, 4, "PATH c|b|p MAJOR:MINOR MODE" },
	{ "mknodat", do_mknodat, 5, "DIR PATH c|b|p MAJOR:MINOR MODE" },
	{ "setxattr", do_setxattr, 3, "PATH NAME VALUE" },
	{ "lsetxattr", do_lsetxattr, 3, "PATH NAME VALUE" },
	{ "fsetxattr", do_fsetxattr, 3, "PATH NAME VALUE" },
	{ "write", do_write, 1, "PATH" },
	{ "mknod-loop", do_mknod_loop, 2, "PATH COUNT" },
	{ "setxattr-loop", do_setxattr_loop, 2, "PATH COUNT" },
	{ "mknod-until", do_mknod_until, 3, "PATH STOP-FILE PROGRESS-FILE" },
	{ "as", do_as, 2, "ID VERB ..." },
};

static int dispatch(char **arg)
{
	int n = 0;

	while (arg[0] && arg[n + 1])
		n++;
	for (size_t i = 0; arg[0] && i < ARRAY_SIZE(verbs); i++)
		if (strcmp(arg[0], verbs[i].name) == 0 && n >= verbs[i].args)
			return verbs[i].run(arg + 1);
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		fprintf(stderr, "probe %s %s\n", verbs[i].name, verbs[i].usage);
	return 2;
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	return dispatch(argv + (argc > 0));
}
