// SPDX-License-Identifier: LGPL-2.1-or-later
/* The half of a cell that is in the container. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/runtimes/cell.h"

#define MUST(x)                                                                \
	do {                                                                   \
		if ((x) < 0) {                                                 \
			printf("cell: %s: %s\n", #x, strerror(errno));         \
			fflush(stdout);                                        \
			_exit(99);                                             \
		}                                                              \
	} while (0)

static const struct play *find_play(const char *name)
{
	for (const struct play *const *p = cell_plays; *p; p++)
		if (strcmp((*p)->name, name) == 0)
			return *p;
	printf("cell: no play %s\n", name);
	_exit(99);
}

static void say(enum cell_word word)
{
	char c = (char)word;

	MUST((int)send(CELL_SOCKET, &c, 1, MSG_NOSIGNAL));
}

/* In place of the runtime's, not over it: else a row that takes it away would
 * see the processes outside. The kernel wants the old one in sight until then. */
static void replace_procfs(void)
{
	int fs, tree;

	MUST(fs = fsopen("proc", FSOPEN_CLOEXEC));
	MUST(fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
	MUST(tree = fsmount(fs, FSMOUNT_CLOEXEC, 0));
	MUST(umount2("/proc", MNT_DETACH));
	MUST(move_mount(tree, "", AT_FDCWD, "/proc", MOVE_MOUNT_F_EMPTY_PATH));
	close(tree);
	close(fs);
}

/* Process 1 of its pid namespace, as in any container. */
static void perform(const struct play *play, const struct act *act)
{
	struct act_outcome outcome;

	memset(&outcome, 0, sizeof(outcome));
	replace_procfs();
	umask(022);
	play->run(act, &outcome);
	MUST((int)send(CELL_SOCKET, &outcome, sizeof(outcome), MSG_NOSIGNAL));
	for (;;)
		(void)pause();
}

static void serve_one(const struct play *play, const struct act *act)
{
	pid_t pid;
	int status;
	char c;

	fflush(stdout);
	pid = (pid_t)syscall(SYS_clone, CLONE_NEWNS | CLONE_NEWPID | SIGCHLD, 0,
			     0, 0, 0);
	MUST(pid);
	if (pid == 0)
		perform(play, act);
	if (recv(CELL_SOCKET, &c, 1, 0) != 1)
		_exit(0); /* the test is gone, and as process 1 we take all */
	MUST(kill(pid, SIGKILL));
	MUST(waitpid(pid, &status, 0));
	say(CELL_DEAD);
}

int cell_serve(int argc, char **argv)
{
	const struct play *play = find_play(argc > 2 ? argv[2] : "");
	struct act act;

	/* Nothing of the runtime's is left in the root, but procfs. */
	MUST(umount2("/dev", MNT_DETACH));
	MUST(umount2(CELL_HOME, MNT_DETACH));
	say(CELL_READY);
	while (recv(CELL_SOCKET, &act, sizeof(act), 0) == sizeof(act))
		serve_one(play, &act);
	fflush(stdout);
	_exit(0);
}
