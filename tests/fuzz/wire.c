// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A message to the keeper, with fds, through a real socket.  The first byte
 * says how many fds it has, and whether it is from another process than
 * deputyd.  What is read is compared with a plain reading of the lines.  The
 * fds then go through the keeper's store, and none is left open.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "keeper/store.h"
#include "keeper/wire.h"
#include "lib/own.h"
#include "tests/fuzz/fuzz.h"

#define FDS_MASK 7
#define FOREIGN	 8

static struct wire wire = { -1, -1, "" };
static int peer = -1;

static void open_wire(void)
{
	const int on = 1;
	int fds[2];

	FUZZ_ASSERT(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, fds) == 0);
	FUZZ_ASSERT(setsockopt(fds[0], SOL_SOCKET, SO_PASSCRED, &on,
			       sizeof(on)) == 0);
	wire.fd = fds[0];
	peer = fds[1];
}

static void send_message(const void *text, size_t bytes, size_t n_fds)
{
	union {
		char bytes[CMSG_SPACE(FDS_MASK * sizeof(int))];
		struct cmsghdr align;
	} control = { .bytes = "" };
	struct iovec iov = { (void *)text, bytes };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c = &control.align;

	if (n_fds) {
		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		for (size_t i = 0; i < n_fds; i++)
			memcpy(CMSG_DATA(c) + i * sizeof(int),
			       &(int){ STDERR_FILENO }, sizeof(int));
	}
	FUZZ_ASSERT(sendmsg(peer, &msg, 0) == (ssize_t)bytes);
}

/* Return: the name in @text, or "stored"; its bytes are in @ret_bytes */
static const char *read_plainly(const char *text, struct wire_message *ret,
				size_t *ret_bytes)
{
	static const char key[] = "FDNAME=";
	const char *name = "stored";

	*ret_bytes = strlen(name);
	ret->ready = ret->watchdog = ret->store = ret->remove = false;
	for (const char *line = text, *next; line; line = next) {
		const char *end = strchr(line, '\n');
		size_t n = end ? (size_t)(end - line) : strlen(line);

		next = end ? end + 1 : NULL;
		ret->ready |= n == 7 && memcmp(line, "READY=1", n) == 0;
		ret->watchdog |= n == 10 && memcmp(line, "WATCHDOG=1", n) == 0;
		ret->store |= n == 9 && memcmp(line, "FDSTORE=1", n) == 0;
		ret->remove |= n == 15 && memcmp(line, "FDSTOREREMOVE=1", n) == 0;
		if (n >= strlen(key) && memcmp(line, key, strlen(key)) == 0) {
			name = line + strlen(key);
			*ret_bytes = n - strlen(key);
		}
	}
	return name;
}

static void check_message(const struct wire_message *m, const char *text)
{
	static struct wire_message want;
	size_t bytes;
	const char *name = read_plainly(text, &want, &bytes);

	FUZZ_ASSERT(m->ready == want.ready && m->watchdog == want.watchdog);
	FUZZ_ASSERT(m->store == want.store && m->remove == want.remove);
	if (bytes > STORE_NAME_MAX) { /* never taken for a shorter one */
		FUZZ_ASSERT(strlen(m->name) > STORE_NAME_MAX);
		return;
	}
	FUZZ_ASSERT(strlen(m->name) == bytes);
	FUZZ_ASSERT(memcmp(m->name, name, bytes) == 0);
}

/* No name holds what would end it in LISTEN_FDNAMES, and none is another's. */
static void check_store(const struct wire_message *m)
{
	struct store s = { .n = 0 };
	size_t stored = 0;

	for (size_t i = 0; i < m->n_fds; i++) {
		int r = store_add(&s, m->name, m->fds[i]);

		FUZZ_ASSERT(r == 0 || r == -EINVAL);
		stored += r == 0;
	}
	FUZZ_ASSERT(s.n == stored && (stored == 0 || stored == m->n_fds));
	if (stored) {
		AUTO(free_ptr) char *names = store_names(&s);

		FUZZ_ASSERT(names);
		FUZZ_ASSERT(strcspn(names, ":") == strlen(m->name));
		FUZZ_ASSERT(strlen(names) == stored * (strlen(m->name) + 1) - 1);
	}
	FUZZ_ASSERT(store_remove(&s, m->name) == stored);
	FUZZ_ASSERT(s.n == 0 && s.names_bytes == 0);
	free(s.items);
}

static int lowest_free_fd(void)
{
	int fd = dup(STDERR_FILENO);

	FUZZ_ASSERT(fd >= 0);
	(void)close(fd);
	return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct wire_message m;
	size_t bytes, n_fds;
	char *text;
	bool good;
	int r, fd;

	if (size < 1)
		return 0;
	if (wire.fd < 0)
		open_wire();
	fd = lowest_free_fd();
	bytes = size - 1;
	n_fds = data[0] & FDS_MASK;
	text = strndup((const char *)data + 1, bytes);
	FUZZ_ASSERT(text);
	good = !(data[0] & FOREIGN) && bytes <= WIRE_BYTES_MAX &&
	       strlen(text) == bytes;
	send_message(data + 1, bytes, n_fds);
	r = wire_receive(&wire, getpid() + !!(data[0] & FOREIGN), &m);
	FUZZ_ASSERT(r == (good ? WIRE_MESSAGE : WIRE_FOREIGN));
	FUZZ_ASSERT(m.n_fds == (good ? n_fds : 0));
	if (good) {
		check_message(&m, text);
		check_store(&m);
	}
	FUZZ_ASSERT(wire_receive(&wire, getpid(), &m) == WIRE_NONE);
	FUZZ_ASSERT(lowest_free_fd() == fd);
	free(text);
	return 0;
}
