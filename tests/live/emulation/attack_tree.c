// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A hostile container that moves the components of a path while it is walked:
 * directories renamed and carried elsewhere, each one exchanged with a link
 * that points out, a directory carried out of the caller's own root.  A native
 * walk ends where the container's mounts end, whatever moves; so must deputy's.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "tests/harness/test.h"
#include "tests/live/emulation/caller.h"
#include "tests/live/emulation/siege.h"

#define ROUNDS test_rounds(10000)

/* -- in the container --------------------------------------------------------- */

/* What went well and what did not, of one kind of call. */
struct tally {
	unsigned done, refused;
};

static void tally(struct tally *t, int r)
{
	if (r == 0)
		t->done++;
	else
		t->refused++;
}

/* Without both the two sides never met. */
static int judge(const struct tally *t, const char *what)
{
	printf("%s: %u done, %u refused\n", what, t->done, t->refused);
	fflush(stdout);
	return t->done > 0 && t->refused > 0 ? 0 : EDOM;
}

/* A process of its own, with a root of its own. Return: its pid */
static pid_t start_mover(void (*move)(void))
{
	pid_t pid = fork();

	TRY(pid);
	if (pid == 0)
		for (;;)
			move();
	return pid;
}

static void end_mover(pid_t pid)
{
	TRY(kill(pid, SIGKILL));
	TRY(waitpid(pid, NULL, 0));
}

static int make_node(const char *path)
{
	return mknod(path, S_IFCHR | 0600, makedev(1, 3));
}

static void call_both(const char *path, const char *dir, struct tally *nodes,
		      struct tally *attrs)
{
	tally(nodes, make_node(path));
	tally(attrs, setxattr(dir, "trusted.deputy.a", "v", 1, 0));
}

static int judge_both(const struct tally *nodes, const struct tally *attrs)
{
	int r = judge(nodes, "nodes");

	return r ? r : judge(attrs, "attributes");
}

static void rename_dirs(void)
{
	(void)rename("/box/a/b", "/box/a/c");
	(void)rename("/box/a/c", "/box/a/b");
	(void)rename("/box/a/b", "/box/away/b");
	(void)rename("/box/a", "/box/away/b/a");
	(void)rename("/box/away/b/a", "/box/a");
	(void)rename("/box/away/b", "/box/a/b");
}

static void unlink_renamed(const char *name)
{
	static const char *const dirs[] = { "/box/a/b", "/box/a/c", "/box/away/b",
					    "/box/away/b/a/b", "/" };
	char path[64];

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dirs[i], name);
		(void)unlink(path);
	}
}

static int dirs_renamed(void *ctx)
{
	struct tally nodes = { 0 }, attrs = { 0 };
	pid_t mover;

	(void)ctx;
	TRY(mkdir("/box/a", 0755));
	TRY(mkdir("/box/a/b", 0755));
	TRY(mkdir("/box/away", 0755));
	mover = start_mover(rename_dirs);
	for (int i = 0; i < ROUNDS; i++) {
		call_both("/box/a/b/n", "/box/a/b/.", &nodes, &attrs);
		unlink_renamed("n");
		tally(&nodes, make_node("/box/a/b/../../../../../escape"));
		unlink_renamed("escape");
	}
	end_mover(mover);
	return judge_both(&nodes, &attrs);
}

/* Each component of /box/a/b/n and the link that it changes places with. */
static int box_fd, a_fd, b_fd;

static void exchange_links(void)
{
	static const char *const out[] = { "../../../../..", "/../../../tmp",
					   "/proc/1/root/../..",
					   "/proc/self/cwd/../.." };
	static unsigned turn;
	const char *to = out[turn++ % 4];

	(void)unlinkat(box_fd, "x", 0);
	if (symlinkat(to, box_fd, "x") < 0)
		return;
	(void)renameat2(box_fd, "a", box_fd, "x", RENAME_EXCHANGE);
	(void)renameat2(box_fd, "a", box_fd, "x", RENAME_EXCHANGE);
	(void)renameat2(a_fd, "b", box_fd, "x", RENAME_EXCHANGE);
	(void)renameat2(a_fd, "b", box_fd, "x", RENAME_EXCHANGE);
	if (symlinkat("../../../../../escape", b_fd, "n") == 0)
		(void)unlinkat(b_fd, "n", 0);
}

static int links_exchanged(void *ctx)
{
	struct tally nodes = { 0 }, attrs = { 0 };
	pid_t mover;

	(void)ctx;
	TRY(mkdir("/box/a", 0755));
	TRY(mkdir("/box/a/b", 0755));
	TRY(box_fd = open("/box", O_PATH | O_CLOEXEC));
	TRY(a_fd = open("/box/a", O_PATH | O_CLOEXEC));
	TRY(b_fd = open("/box/a/b", O_PATH | O_CLOEXEC));
	mover = start_mover(exchange_links);
	for (int i = 0; i < ROUNDS; i++) {
		call_both("/box/a/b/n", "/box/a/b", &nodes, &attrs);
		call_both("/box/a/b/escape", "/box/a/b/n", &nodes, &attrs);
		(void)unlinkat(b_fd, "n", 0);
		(void)unlinkat(b_fd, "escape", 0);
	}
	end_mover(mover);
	return judge_both(&nodes, &attrs);
}

static void carry_out(void)
{
	(void)rename("/box/jail/d", "/box/d");
	(void)rename("/box/d", "/box/jail/d");
	/* Wherever it may natively be made. */
	(void)unlink("/box/jail/escape");
	(void)unlink("/box/escape");
	(void)unlink("/escape");
}

/* In the jail. Return: 0, or an errno */
static int jailed_calls(void)
{
	struct tally nodes = { 0 }, attrs = { 0 };

	for (int i = 0; i < ROUNDS; i++)
		call_both("/d/../../../../../escape", "/d/../../../..", &nodes,
			  &attrs);
	return judge_both(&nodes, &attrs);
}

static int carried_out_of_a_chroot(void *ctx)
{
	pid_t mover, caller;
	int status;

	(void)ctx;
	TRY(mkdir("/box/jail", 0755));
	TRY(mkdir("/box/jail/d", 0755));
	mover = start_mover(carry_out);
	caller = fork();
	TRY(caller);
	if (caller == 0) {
		TRY(chroot("/box/jail"));
		TRY(chdir("/"));
		_exit(jailed_calls());
	}
	TRY(waitpid(caller, &status, 0));
	end_mover(mover);
	(void)unlink("/escape");
	(void)unlink("/box/escape");
	(void)unlink("/box/jail/escape");
	return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

/* -- outside -------------------------------------------------------------------- */

TEST(attack_tree, directories_renamed_on_the_way)
{
	siege(world_policy, dirs_renamed, NULL);
}

TEST(attack_tree, links_exchanged_for_each_component)
{
	siege(world_policy, links_exchanged, NULL);
}

TEST(attack_tree, directory_carried_out_of_the_callers_root)
{
	siege(world_policy, carried_out_of_a_chroot, NULL);
}
