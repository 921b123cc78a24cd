// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/restart/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/filter.h>
#include <linux/fuse.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/fdmsg.h"
#include "lib/own.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

#define NOTIFY(name)                                                           \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 1),                 \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF)

static int load_filter(void)
{
	static struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
#ifdef SYS_mknod
		NOTIFY(mknod),
#endif
		NOTIFY(mknodat),
		NOTIFY(setxattr),
		NOTIFY(lsetxattr),
		NOTIFY(fsetxattr),
		NOTIFY(removexattr),
		NOTIFY(lremovexattr),
		NOTIFY(fremovexattr),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { ARRAY_SIZE(filter), filter };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			    SECCOMP_FILTER_FLAG_NEW_LISTENER |
				    SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
			    &prog);
}

static void make_thread_dirs(const struct jail *j)
{
	char path[192];

	for (uint32_t t = 0; t < j->plan.threads; t++) {
		(void)snprintf(path, sizeof(path), "%s/%u", j->dir, t);
		if (mkdir(path, 0755) < 0)
			die("%s: %s", path, strerror(errno));
	}
}

/* Once its server has read a request, a caller of it cannot be killed any more. */
static void read_requests(int fd)
{
	static char request[65536];
	pid_t parent = getpid();

	if (fork() != 0)
		return;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (getppid() == parent && read(fd, request, sizeof(request)) > 0)
		;
	_exit(0);
}

/* A file system whose server has answered INIT, and then never anything. */
static void mount_hanging(const struct jail *j)
{
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	struct {
		struct fuse_out_header head;
		struct fuse_init_out init;
	} reply = { .head.len = sizeof(reply),
		    .init = { .major = FUSE_KERNEL_VERSION,
			      .minor = FUSE_KERNEL_MINOR_VERSION,
			      .max_write = 4096 } };
	char path[192], options[96], request[65536];

	(void)snprintf(path, sizeof(path), "%s/0", j->dir);
	(void)snprintf(options, sizeof(options),
		       "fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
	if (fd < 0 || mount("hanging", path, "fuse", 0, options) < 0 ||
	    read(fd, request, sizeof(request)) <
		    (ssize_t)sizeof(struct fuse_in_header))
		die("%s: no FUSE: %s", j->id, strerror(errno));
	reply.head.unique = ((struct fuse_in_header *)(void *)request)->unique;
	if (write(fd, &reply, sizeof(reply)) != sizeof(reply))
		die("%s: FUSE: %s", j->id, strerror(errno));
	read_requests(fd);
}

/* In the child. Its failures are seen by the parent as an early end. */
static void run(struct jail *j, int sock)
{
	int listener;
	char c;

	j->sock = sock;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)umask(0);
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0 ||
	    send(sock, "u", 1, 0) != 1 || recv(sock, &c, 1, 0) != 1 ||
	    setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		die("%s: no user namespace: %s", j->id, strerror(errno));
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* cleared by the new ids */
	if (j->plan.own_tmpfs && mount("own", j->dir, "tmpfs", 0, NULL) < 0)
		die("%s: no tmpfs: %s", j->id, strerror(errno));
	make_thread_dirs(j);
	if (j->plan.load == LOAD_STUCK)
		mount_hanging(j);
	listener = load_filter();
	if (listener < 0 || fdmsg_send(sock, "l", 1, &listener, 1) != 1)
		die("%s: no filter: %s", j->id, strerror(errno));
	close(listener);
	if (recv(sock, &c, 1, 0) == 1) {
		load_run(j);
		(void)send(sock, "e", 1, MSG_NOSIGNAL);
		(void)recv(sock, &c, 1, 0);
	}
	_exit(0);
}

static void write_map(pid_t pid, const char *name)
{
	char path[64];
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	f = fopen(path, "we");
	if (!f || fprintf(f, "0 %d 65536\n", JAIL_UID) < 0 || fclose(f) != 0)
		die("%s: %s", path, strerror(errno));
}

void jail_start(struct jail *j, const struct jail_plan *plan)
{
	struct fdmsg m;
	int sv[2];
	char c;

	*j = (struct jail){ .plan = *plan, .listener = -1 };
	(void)snprintf(j->id, sizeof(j->id), "%s", plan->id);
	(void)snprintf(j->dir, sizeof(j->dir), "%s/%s", plan->parent_dir, j->id);
	j->ledger = ledger_new(plan->threads, plan->calls_max);
	if (!j->ledger || mkdir(j->dir, 0755) < 0 ||
	    chown(j->dir, JAIL_UID, JAIL_UID) < 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) < 0)
		die("%s: %s", j->dir, strerror(errno));
	j->ledger->pause_us = plan->pause_us;
	j->ledger->signals = plan->signals;
	(void)fflush(NULL);
	j->pid = fork();
	if (j->pid == 0) {
		close(sv[0]);
		run(j, sv[1]);
	}
	close(sv[1]);
	j->sock = sv[0];
	if (j->pid < 0 || recv(j->sock, &c, 1, 0) != 1)
		die("%s did not start", j->id);
	write_map(j->pid, "uid_map");
	write_map(j->pid, "gid_map");
	if (send(j->sock, "m", 1, MSG_NOSIGNAL) != 1 ||
	    fdmsg_recv(j->sock, &c, 1, &m) != 1 || m.n_fds != 1)
		die("%s did not load its filter", j->id);
	j->listener = m.fds[0];
}

void jail_attach(struct jail *j, const char *oci_socket)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	AUTO(fd_close)
	int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char text[512];
	int n = snprintf(text, sizeof(text),
			 "{\"ociVersion\":\"1.0.2\",\"fds\":[\"seccompFd\"],"
			 "\"pid\":%d,\"state\":{\"ociVersion\":\"1.0.2\","
			 "\"id\":\"%s\",\"status\":\"creating\",\"pid\":%d,"
			 "\"bundle\":\"/b\"}}",
			 j->pid, j->id, j->pid);

	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", oci_socket);
	if (connect(sock, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    fdmsg_send(sock, text, (size_t)n, &j->listener, 1) != n)
		die("%s: %s: %s", j->id, oci_socket, strerror(errno));
	j->listener = fd_close(j->listener);
}

void jail_go(struct jail *j)
{
	if (send(j->sock, "g", 1, MSG_NOSIGNAL) != 1)
		die("%s is gone", j->id);
}

void jail_finish(struct jail *j, int seconds)
{
	struct pollfd p = { .fd = j->sock, .events = POLLIN };
	char c;

	atomic_store(&j->ledger->stop, true);
	if (poll(&p, 1, seconds * 1000) != 1)
		die("%s: a call was never answered, in %d s", j->id, seconds);
	if (recv(j->sock, &c, 1, 0) != 1)
		die("%s died", j->id);
}

static int remove_one(const char *path, const struct stat *st, int flag,
		      struct FTW *ftw)
{
	return remove(path);
}

void jail_end(struct jail *j)
{
	(void)kill(j->pid, SIGKILL);
	(void)waitpid(j->pid, NULL, 0);
	close(j->sock);
	j->listener = fd_close(j->listener);
	(void)nftw(j->dir, remove_one, 32, FTW_DEPTH | FTW_PHYS);
	j->ledger = ledger_free(j->ledger);
}
