// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/own.h"

#define SOCKET_BACKLOG 1024

struct why {
	char *text;
	size_t size;
};

__attribute__((format(printf, 3, 4))) static int
fail(const struct why *why, int error, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(why->text, why->size, fmt, ap);
	va_end(ap);
	return -error;
}

/* Return: the directory, made if missing and locked until it is closed: two
 * deputyds that both find a stale socket must not unlink each other's. */
static int open_directory(const char *path, const struct why *why)
{
	char dir[sizeof(((struct sockaddr_un *)0)->sun_path)];
	const char *slash = strrchr(path, '/');
	AUTO(fd_close) int fd = -1;

	if (!slash)
		(void)strcpy(dir, ".");
	else
		(void)snprintf(dir, sizeof(dir), "%.*s",
			       (int)(slash - path) + (slash == path), path);
	if (mkdir(dir, 0755) == 0)
		(void)chmod(dir, 0755); /* whatever the umask says */
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || flock(fd, LOCK_EX) < 0)
		return fail(why, errno, "%s: %s", dir, strerrordesc_np(errno));
	return TAKE_FD(fd);
}

/* Return: 0 when a file that nobody listens on was removed */
static int remove_stale(const struct sockaddr_un *addr, int type,
			const struct why *why)
{
	AUTO(fd_close) int fd =
		socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct stat st;

	if (fd < 0 || lstat(addr->sun_path, &st) < 0)
		return fail(why, errno, "%s: %s", addr->sun_path,
			    strerrordesc_np(errno));
	if (!S_ISSOCK(st.st_mode))
		return fail(why, EEXIST,
			    "%s is not a socket, but a %s: remove it, or name "
			    "another path",
			    addr->sun_path,
			    S_ISDIR(st.st_mode) ? "directory" : "file");
	if (connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) == 0 ||
	    errno != ECONNREFUSED)
		return fail(why, EADDRINUSE,
			    "another deputyd listens on %s; stop it first",
			    addr->sun_path);
	if (unlink(addr->sun_path) < 0)
		return fail(why, errno, "cannot remove the stale %s: %s",
			    addr->sun_path, strerrordesc_np(errno));
	return 0;
}

static int bind_mode(int fd, const struct sockaddr_un *addr, mode_t mode)
{
	mode_t old = umask(~mode & 0777);
	int r = bind(fd, (const struct sockaddr *)addr, sizeof(*addr));

	r = r < 0 ? -errno : 0;
	(void)umask(old);
	return r;
}

int socket_open(struct socket *s, const char *path, mode_t mode, char *text,
		size_t size)
{
	return socket_open_type(s, path, SOCK_STREAM, mode, text, size);
}

int socket_open_type(struct socket *s, const char *path, int type, mode_t mode,
		     char *text, size_t size)
{
	const struct why why = { text, size };
	AUTO(fd_close) int dir = -1, fd = -1;
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct stat st;
	int r;

	*s = (struct socket){ .fd = -1 };
	if (strlen(path) >= sizeof(addr.sun_path))
		return fail(&why, ENAMETOOLONG, "%s: longer than %zu bytes",
			    path, sizeof(addr.sun_path) - 1);
	(void)strcpy(addr.sun_path, path);
	dir = open_directory(path, &why);
	if (dir < 0)
		return dir;
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fail(&why, errno, "socket: %s", strerrordesc_np(errno));
	r = bind_mode(fd, &addr, mode);
	if (r == -EADDRINUSE) {
		r = remove_stale(&addr, type, &why);
		if (r < 0)
			return r;
		r = bind_mode(fd, &addr, mode);
	}
	if (r == 0 && (listen(fd, SOCKET_BACKLOG) < 0 || lstat(path, &st) < 0))
		r = -errno;
	if (r < 0)
		return fail(&why, -r, "%s: %s", path, strerrordesc_np(-r));
	*s = (struct socket){ .fd = TAKE_FD(fd), .path = path,
			      .dev = st.st_dev, .ino = st.st_ino };
	return 0;
}

void socket_unlink(struct socket *s)
{
	struct stat st;

	if (s->path && lstat(s->path, &st) == 0 && st.st_dev == s->dev &&
	    st.st_ino == s->ino)
		(void)unlink(s->path);
	s->path = NULL;
}

void socket_done(struct socket *s)
{
	socket_unlink(s);
	s->fd = fd_close(s->fd);
}
