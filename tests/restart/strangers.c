// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/restart/strangers.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/fdmsg.h"
#include "lib/own.h"
#include "tests/restart/jail.h"
#include "tests/restart/service.h"

#define UIDS	     5
#define FIRST_UID    70000
#define HELD	     600 /* connections of one uid, on all sockets */
#define SILENT	     60	 /* percent of them */
#define PAUSE_MS     2	 /* after each, once all are held */
#define MESSAGE_SIZE 4096
#define ENDLESS_SIZE (256 * 1024)

struct stranger {
	uint32_t random;
	int memfd;
	char bytes[ENDLESS_SIZE];
};

static pid_t pids[UIDS];

static uint32_t next(struct stranger *s)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 17;
	s->random ^= s->random << 5;
	return s->random;
}

static void fill_random(struct stranger *s)
{
	for (size_t i = 0; i < sizeof(s->bytes); i++)
		s->bytes[i] = (char)next(s);
}

static void send_random(struct stranger *s, int sock)
{
	(void)send(sock, s->bytes + next(s) % (ENDLESS_SIZE - MESSAGE_SIZE),
		   1 + next(s) % MESSAGE_SIZE, MSG_NOSIGNAL);
}

/* As much as goes in, and no end of the message in it. */
static void send_endless(struct stranger *s, int sock)
{
	static const char begin[] = "{\"ociVersion\":\"1.0.2\",\"id\":\"";
	static char letters[ENDLESS_SIZE];

	(void)memset(letters, 'x', sizeof(letters));
	(void)send(sock, begin, sizeof(begin) - 1, MSG_NOSIGNAL);
	(void)send(sock, letters, sizeof(letters), MSG_NOSIGNAL);
}

/* A whole message of a runtime: with no listener, or with fds that are none. */
static void send_state(struct stranger *s, int sock)
{
	static const char text[] =
		"{\"ociVersion\":\"1.0.2\",\"fds\":[\"seccompFd\"],\"pid\":1,"
		"\"state\":{\"ociVersion\":\"1.0.2\",\"id\":\"stranger\","
		"\"status\":\"creating\",\"pid\":1,\"bundle\":\"/b\"}}";
	int fds[FDMSG_MAX_FDS];
	size_t n = next(s) % 3 ? next(s) % 3 : FDMSG_MAX_FDS;

	for (size_t i = 0; i < n; i++)
		fds[i] = i % 2 ? sock : s->memfd;
	(void)fdmsg_send(sock, text, sizeof(text) - 1 - next(s) % 2, fds, n);
}

/* Calls of the control socket, whose answers nobody reads. */
static void send_calls(struct stranger *s, int sock)
{
	static const char *const calls[] = {
		"{\"method\":\"io.deputy.Control.List\"}",
		"{\"method\":\"io.deputy.Control.Reload\"}",
		"{\"method\":\"io.deputy.Control.Check\",\"parameters\":{}}",
		"{\"method\":\"no.such\",\"more\":true}",
		"{\"method\":",
	};

	for (uint32_t i = 0; i < 20; i++) {
		const char *call = calls[next(s) % ARRAY_SIZE(calls)];

		(void)send(sock, call, strlen(call) + 1, MSG_NOSIGNAL);
	}
}

static void (*const garbage[])(struct stranger *s,
			       int sock) = { send_random, send_endless,
					     send_state, send_calls };

/* Return: -1 if nobody has room for it now */
static int connect_to(const char *path, int type)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	AUTO(fd_close)
	int sock = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	if (sock >= 0 &&
	    connect(sock, (struct sockaddr *)&addr, sizeof(addr)) == 0)
		return TAKE_FD(sock);
	if (errno != EAGAIN && errno != ECONNREFUSED)
		die("%s: %s", path, strerror(errno));
	return -1;
}

/* With these, more are silent than a uid may have: 256 of OCI, 16 of control. */
static const struct {
	const char *path;
	int type;
	unsigned percent;
} sockets[] = {
	{ SERVICE_OCI, SOCK_STREAM, 80 },
	{ SERVICE_LXC, SOCK_SEQPACKET, 10 },
	{ SERVICE_CONTROL, SOCK_STREAM, 10 },
};

static int connect_somewhere(struct stranger *s)
{
	unsigned dice = next(s) % 100;
	size_t k = 0;

	while (dice >= sockets[k].percent)
		dice -= sockets[k++].percent;
	return connect_to(sockets[k].path, sockets[k].type);
}

static _Noreturn void be_stranger(uint32_t seed)
{
	static struct stranger s;
	static int held[HELD];

	s.random = seed | 1;
	s.memfd = memfd_create("stranger", MFD_CLOEXEC);
	fill_random(&s);
	for (size_t i = 0; i < HELD; i++)
		held[i] = -1;
	for (size_t n = 0;; n++) {
		int *h = &held[n < HELD ? n : next(&s) % HELD];

		*h = fd_close(*h);
		*h = connect_somewhere(&s);
		if (*h >= 0 && next(&s) % 100 >= SILENT)
			garbage[next(&s) % ARRAY_SIZE(garbage)](&s, *h);
		if (n >= HELD)
			pause_ms(PAUSE_MS);
	}
}

static gid_t gid_of(const char *name)
{
	const struct group *g = getgrnam(name);

	if (!g)
		die("no group %s", name);
	return g->gr_gid;
}

void strangers_start(uint32_t seed)
{
	const gid_t gids[] = { gid_of("deputy"), gid_of("deputy-users") };

	/* It is root's only. An administrator may have given it away. */
	if (chmod(SERVICE_LXC, 0666) < 0)
		die(SERVICE_LXC ": %s", strerror(errno));
	(void)fflush(NULL);
	for (uint32_t i = 0; i < UIDS; i++) {
		uid_t uid = FIRST_UID + i;

		pids[i] = fork();
		if (pids[i] < 0)
			die("fork: %s", strerror(errno));
		if (pids[i] > 0)
			continue;
		if (setgroups(ARRAY_SIZE(gids), gids) < 0 ||
		    setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0)
			die("uid %u: %s", uid, strerror(errno));
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		be_stranger(seed + i * 7919);
	}
}

void strangers_end(void)
{
	for (uint32_t i = 0; i < UIDS; i++) {
		int status;

		if (kill(pids[i], SIGKILL) < 0 ||
		    waitpid(pids[i], &status, 0) != pids[i] ||
		    !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
			die("a stranger ended by itself");
	}
	if (chmod(SERVICE_LXC, 0600) < 0)
		die(SERVICE_LXC ": %s", strerror(errno));
}
