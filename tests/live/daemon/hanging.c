// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/live/daemon/hanging.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/fdmsg.h"
#include "tests/harness/test.h"

/* A test that fails ends only when its files are closed. */
#define LIFE_S 25

static void reply(int fuse, uint64_t unique, int error, const void *data, size_t n)
{
	char buf[512];
	const struct fuse_out_header out = { .len = (uint32_t)(sizeof(out) + n),
					     .error = error,
					     .unique = unique };

	memcpy(buf, &out, sizeof(out));
	if (n)
		memcpy(buf + sizeof(out), data, n);
	if (write(fuse, buf, sizeof(out) + n) < 0 && errno != ENOENT)
		_exit(1);
}

static struct fuse_attr attr_of(uint64_t node)
{
	return (struct fuse_attr){
		.ino = node,
		.mode = node == FUSE_ROOT_ID ? S_IFDIR | 0755 : S_IFREG | 0644,
		.size = node == FUSE_ROOT_ID ? 0 : 4096,
		.nlink = 1,
	};
}

static void serve(int fuse, const struct fuse_in_header *in)
{
	const struct fuse_init_out init = { .major = FUSE_KERNEL_VERSION,
					    .minor = FUSE_KERNEL_MINOR_VERSION,
					    .max_write = 4096 };
	const struct fuse_entry_out entry = { .nodeid = 2, .attr = attr_of(2) };
	const struct fuse_attr_out attr = { .attr = attr_of(in->nodeid) };
	const struct fuse_open_out open_out = { .fh = 1 };

	switch (in->opcode) {
	case FUSE_INIT:
		reply(fuse, in->unique, 0, &init, sizeof(init));
		return;
	case FUSE_LOOKUP:
		reply(fuse, in->unique, 0, &entry, sizeof(entry));
		return;
	case FUSE_GETATTR:
		reply(fuse, in->unique, 0, &attr, sizeof(attr));
		return;
	case FUSE_OPEN:
		reply(fuse, in->unique, 0, &open_out, sizeof(open_out));
		return;
	case FUSE_FORGET:
	case FUSE_INTERRUPT:
		return;
	default:
		reply(fuse, in->unique, -ENOSYS, NULL, 0);
		return;
	}
}

void hanging_serve(int fuse, uint32_t unanswered, int asked)
{
	static char buf[256 * 1024];
	const struct fuse_in_header *in = (const void *)buf;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)alarm(LIFE_S);
	while (read(fuse, buf, sizeof(buf)) > 0)
		if (in->opcode != unanswered)
			serve(fuse, in);
		else if (asked >= 0 && write(asked, "a", 1) != 1)
			break;
	_exit(0);
}

void hanging_open(struct hanging *h)
{
	char options[128];
	int fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	if (fuse < 0)
		TEST_SKIP("no /dev/fuse");
	(void)snprintf(h->dir, sizeof(h->dir), "/tmp/deputy-fuse-XXXXXX");
	assert_non_null(mkdtemp(h->dir));
	(void)snprintf(options, sizeof(options),
		       "fd=%d,rootmode=40000,user_id=0,group_id=0", fuse);
	/* Its mount goes with this test's process, however that ends. */
	assert_int_equal(unshare(CLONE_NEWNS), 0);
	assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	assert_int_equal(mount("deputy-test", h->dir, "fuse", 0, options), 0);
	h->server = fork();
	assert_true(h->server >= 0);
	if (h->server == 0)
		hanging_serve(fuse, FUSE_FLUSH, -1);
	close(fuse);
	h->n_senders = 0;
}

static void send_file(const struct hanging *h, int sock, const char *text)
{
	char path[80];
	int fd;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)snprintf(path, sizeof(path), "%s/file", h->dir);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		_exit(1);
	/* A receiver that has closed already is the test's to see. */
	(void)fdmsg_send(sock, text, strlen(text), &fd, 1);
	(void)pause();
	_exit(0);
}

void hanging_send(struct hanging *h, int sock, const char *text)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		send_file(h, sock, text);
	assert_true(h->n_senders < HANGING_SENDERS_MAX);
	h->senders[h->n_senders++] = pid;
}

void hanging_release(struct hanging *h)
{
	assert_int_equal(kill(h->server, SIGKILL), 0);
	assert_int_equal(waitpid(h->server, NULL, 0), h->server);
	for (size_t i = 0; i < h->n_senders; i++) {
		assert_int_equal(kill(h->senders[i], SIGKILL), 0);
		assert_int_equal(waitpid(h->senders[i], NULL, 0), h->senders[i]);
	}
	assert_int_equal(umount2(h->dir, MNT_DETACH), 0);
	assert_int_equal(rmdir(h->dir), 0);
}
