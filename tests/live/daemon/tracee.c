// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/fdmsg.h"
#include "tests/live/daemon/fixture.h"

static int load_filter(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mknodat, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { sizeof(filter) / sizeof(filter[0]), filter };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			    SECCOMP_FILTER_FLAG_NEW_LISTENER, &prog);
}

static bool write_line(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 &&
		  write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return ok;
}

static bool map_root(uid_t id)
{
	char map[32];

	(void)snprintf(map, sizeof(map), "0 %u 1", id);
	return write_line("/proc/self/setgroups", "deny") &&
	       write_line("/proc/self/uid_map", map) &&
	       write_line("/proc/self/gid_map", map);
}

static bool become(int flags, const struct tracee_role *role)
{
	if (role->cgroup_procs && !write_line(role->cgroup_procs, "0"))
		return false;
	if (role->id && (setresgid(role->id, role->id, role->id) < 0 ||
			 setresuid(role->id, role->id, role->id) < 0 ||
			 prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0))
		return false;
	if (role->path)
		(void)umask(0);
	if (!(flags & TRACEE_USERNS))
		return true;
	return unshare(CLONE_NEWUSER) == 0 && (!role->id || map_root(role->id));
}

static _Noreturn void obey(int sock, const struct tracee_role *role)
{
	/* Continued, the kernel says ENOENT: nothing is ever made. */
	const char *path = role->path ?: "/nowhere/at/all";
	unsigned dev;

	while (recv(sock, &dev, sizeof(dev), 0) == sizeof(dev)) {
		int r = (int)syscall(SYS_mknodat, AT_FDCWD, path,
				     S_IFCHR | 0600, dev);

		r = r < 0 ? -errno : r;
		if (send(sock, &r, sizeof(r), MSG_NOSIGNAL) != sizeof(r))
			break;
	}
	_exit(0);
}

static void run(const int *socks, int flags, const struct tracee_role *role)
{
	int listener;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!become(flags, role))
		_exit(1);
	/* A change of ids forgets it. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	listener = load_filter();
	if (listener < 0 || fdmsg_send(socks[0], "l", 1, &listener, 1) != 1)
		_exit(2);
	close(listener);
	for (size_t i = 1; i <= role->twins; i++)
		if (fork() == 0) {
			(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
			obey(socks[i], role);
		}
	obey(socks[0], role);
}

void tracee_start(struct tracee *t, int flags)
{
	tracee_start_as(t, flags, &(struct tracee_role){ .id = 0 });
}

void tracee_start_as(struct tracee *t, int flags, const struct tracee_role *role)
{
	int theirs[1 + TRACEE_TWINS_MAX], sv[2];
	struct fdmsg m;
	char c;

	assert_true(role->twins <= TRACEE_TWINS_MAX);
	for (size_t i = 0; i <= role->twins; i++) {
		assert_int_equal(socketpair(AF_UNIX,
					    SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
					    sv),
				 0);
		t[i] = (struct tracee){ .sock = sv[0], .listener = -1 };
		theirs[i] = sv[1];
	}
	t->twins = role->twins;
	t->pid = fork();
	assert_true(t->pid >= 0);
	if (t->pid == 0)
		run(theirs, flags, role);
	for (size_t i = 0; i <= role->twins; i++)
		close(theirs[i]);
	assert_int_equal(fdmsg_recv(t->sock, &c, 1, &m), 1);
	assert_int_equal(m.n_fds, 1);
	t->listener = m.fds[0];
}

char *tracee_state(const struct tracee *t, const char *id)
{
	char *text;

	assert_true(asprintf(&text,
			     "{\"ociVersion\":\"1.0.2\",\"fds\":[\"seccompFd\"],"
			     "\"pid\":%d,\"state\":{\"ociVersion\":\"1.0.2\","
			     "\"id\":\"%s\",\"status\":\"creating\",\"pid\":%d,"
			     "\"bundle\":\"/b\"}}",
			     t->pid, id, t->pid) > 0);
	return text;
}

void tracee_attach(struct tracee *t, const struct fixture *f, const char *id)
{
	char *text = tracee_state(t, id);
	int sock = client_connect(f);

	assert_true(sock >= 0);
	client_send(sock, text, strlen(text), &t->listener, 1);
	free(text);
	close(t->listener);
	t->listener = -1;
	close(sock);
}

void tracee_call(struct tracee *t, unsigned dev)
{
	assert_int_equal(send(t->sock, &dev, sizeof(dev), MSG_NOSIGNAL),
			 sizeof(dev));
}

bool tracee_has_result(const struct tracee *t)
{
	struct pollfd p = { .fd = t->sock, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

int tracee_result(struct tracee *t)
{
	int r;

	TEST_WAIT(tracee_has_result(t), 20);
	assert_int_equal(recv(t->sock, &r, sizeof(r), 0), sizeof(r));
	return r;
}

void tracee_end(struct tracee *t)
{
	assert_int_equal(kill(t->pid, SIGKILL), 0);
	assert_int_equal(waitpid(t->pid, NULL, 0), t->pid);
	for (size_t i = 0; i <= t->twins; i++)
		close(t[i].sock);
	if (t->listener >= 0)
		close(t->listener);
}
