// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The protocol of /dev/fuse, as much of it as a mknod and a look at its outcome
 * take. linux/fuse.h; 7.12 brought the umask in mknod.
 */
#include "tests/live/emulation/fuse.h"

#include <errno.h>
#include <linux/fuse.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define NODE_ID 2
#define NAME_MAX_BYTES 64

static struct {
	int fd;
	struct fuse_attr dir, node;
	char name[NAME_MAX_BYTES]; /* of the node; "": none yet */
} share;

static void reply(const struct fuse_in_header *in, int error, const void *data,
		  size_t n)
{
	struct fuse_out_header out = { .len = (uint32_t)(sizeof(out) + n),
				       .error = -error,
				       .unique = in->unique };
	struct iovec v[] = { { &out, sizeof(out) }, { (void *)data, n } };

	/* ENOENT: whoever asked was killed */
	if (writev(share.fd, v, 2) < 0 && errno != ENOENT)
		_exit(1);
}

static void on_init(const struct fuse_in_header *in)
{
	const struct fuse_init_out out = { .major = FUSE_KERNEL_VERSION,
					   .minor = FUSE_KERNEL_MINOR_VERSION,
					   .max_write = 4096 };

	reply(in, 0, &out, sizeof(out));
}

static void reply_entry(const struct fuse_in_header *in)
{
	const struct fuse_entry_out out = { .nodeid = NODE_ID,
					    .attr = share.node };

	reply(in, 0, &out, sizeof(out));
}

static void on_lookup(const struct fuse_in_header *in, const char *name)
{
	if (share.name[0] && strcmp(name, share.name) == 0)
		reply_entry(in);
	else
		reply(in, ENOENT, NULL, 0);
}

static void on_getattr(const struct fuse_in_header *in)
{
	const struct fuse_attr_out out = {
		.attr = in->nodeid == FUSE_ROOT_ID ? share.dir : share.node
	};

	reply(in, 0, &out, sizeof(out));
}

static void on_mknod(const struct fuse_in_header *in,
		     const struct fuse_mknod_in *what)
{
	const char *name = (const char *)(what + 1);

	if (share.name[0] || strlen(name) >= sizeof(share.name)) {
		reply(in, ENOSPC, NULL, 0);
		return;
	}
	strcpy(share.name, name);
	share.node = (struct fuse_attr){ .ino = NODE_ID,
					 .mode = what->mode,
					 .rdev = what->rdev,
					 .nlink = 1,
					 .uid = in->uid,
					 .gid = in->gid };
	reply_entry(in);
}

static void on_unlink(const struct fuse_in_header *in, const char *name)
{
	bool is_there = share.name[0] && strcmp(name, share.name) == 0;

	if (is_there)
		share.name[0] = '\0';
	reply(in, is_there ? 0 : ENOENT, NULL, 0);
}

static void on_readdir(const struct fuse_in_header *in,
		       const struct fuse_read_in *where)
{
	char buf[sizeof(struct fuse_dirent) + NAME_MAX_BYTES] = "";
	struct fuse_dirent *d = (struct fuse_dirent *)buf;

	if (where->offset > 0 || !share.name[0]) {
		reply(in, 0, NULL, 0);
		return;
	}
	d->ino = NODE_ID;
	d->off = 1;
	d->type = share.node.mode >> 12;
	d->namelen = (uint32_t)strlen(share.name);
	memcpy(d->name, share.name, d->namelen);
	reply(in, 0, buf, FUSE_DIRENT_SIZE(d));
}

static void on_request(const struct fuse_in_header *in)
{
	static const struct fuse_open_out opened;
	static const struct fuse_statfs_out empty;

	switch (in->opcode) {
	case FUSE_INIT:
		on_init(in);
		return;
	case FUSE_LOOKUP:
		on_lookup(in, (const char *)(in + 1));
		return;
	case FUSE_GETATTR:
		on_getattr(in);
		return;
	case FUSE_MKNOD:
		on_mknod(in, (const struct fuse_mknod_in *)(in + 1));
		return;
	case FUSE_UNLINK:
		on_unlink(in, (const char *)(in + 1));
		return;
	case FUSE_STATFS:
		reply(in, 0, &empty, sizeof(empty));
		return;
	case FUSE_OPENDIR:
		reply(in, 0, &opened, sizeof(opened));
		return;
	case FUSE_READDIR:
		on_readdir(in, (const struct fuse_read_in *)(in + 1));
		return;
	case FUSE_RELEASEDIR:
		reply(in, 0, NULL, 0);
		return;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		return;
	default:
		reply(in, ENOSYS, NULL, 0);
		return;
	}
}

void fuse_serve(int fd, uid_t owner, mode_t mode)
{
	static char buf[256 * 1024]
		__attribute__((aligned(_Alignof(struct fuse_in_header))));

	share.fd = fd;
	share.dir = (struct fuse_attr){ .ino = FUSE_ROOT_ID,
					.mode = S_IFDIR | mode,
					.nlink = 2,
					.uid = owner,
					.gid = owner };
	share.name[0] = '\0';
	while (read(fd, buf, sizeof(buf)) > 0)
		on_request((const struct fuse_in_header *)buf);
}
