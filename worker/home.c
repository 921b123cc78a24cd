// SPDX-License-Identifier: LGPL-2.1-or-later
#include "worker/home.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "lib/handover.h"
#include "lib/kfeat.h"

int home_init(struct home *h)
{
	struct statfs fs;
	struct stat st;

	h->root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	h->nodes_fd = fcntl(HANDOVER_NODES, F_GETFD) < 0 ? -1 : HANDOVER_NODES;
	h->proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (h->root_fd < 0 || h->proc_fd < 0 || fstatfs(h->proc_fd, &fs) < 0 ||
	    fstatat(h->proc_fd, "self/ns/user", &st, 0) < 0)
		return -errno;
	if (fs.f_type != PROC_SUPER_MAGIC)
		return -ENOTSUP;
	h->childless = NULL;
	h->userns_dev = st.st_dev;
	h->userns_ino = st.st_ino;
	h->has_x32 = kfeat_x32();
	h->has_xattrat = kfeat_calls() & KFEAT_BIT(KFEAT_XATTRAT);
	return 0;
}

int home_rearm(const struct home *h)
{
	if (prctl(PR_SET_DUMPABLE, 0) < 0 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return -errno;
	return getppid() == h->parent ? 0 : -ESRCH;
}
