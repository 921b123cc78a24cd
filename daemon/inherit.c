// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/inherit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

#include "daemon/fdstore.h"
#include "daemon/spawn.h"
#include "lib/log.h"
#include "lib/own.h"

/* What sd_listen_fds_with_names(3) says where there are no names. */
#define UNNAMED "unknown"

static int list(int n, char **names, struct inherit *in)
{
	in->fds = calloc((size_t)n, sizeof(*in->fds));
	if (!in->fds)
		return -ENOMEM;
	in->n = (size_t)n;
	for (int i = 0; i < n; i++) {
		in->fds[i].fd = spawn_move(SD_LISTEN_FDS_START + i);
		if (in->fds[i].fd < 0)
			return in->fds[i].fd;
		in->fds[i].name = names ? names[i] : strdup(UNNAMED);
		if (!in->fds[i].name)
			return -ENOMEM;
	}
	return 0;
}

int inherit_init(struct inherit *in)
{
	char **names = NULL;
	int n, r = 0;

	*in = (struct inherit){ .n = 0 };
	n = sd_listen_fds_with_names(0, &names);
	if (n < 0) { /* as many names as fds, or they mean nothing */
		log_event(LOG_ERR, "names-of-fds-refused", LOG_E(n));
		names = NULL;
		n = sd_listen_fds(0);
	}
	if (n > 0)
		r = list(n, names, in);
	free(names);
	(void)sd_listen_fds(1); /* unset */
	return n < 0 ? n : r;
}

/* By its link first: an ioctl on a stranger's file may block. */
static bool links_to(int fd, const char *start)
{
	char link[64], path[32];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, link, sizeof(link) - 1);
	if (n < 0)
		return false;
	link[n] = '\0';
	return strncmp(link, start, strlen(start)) == 0;
}

static bool is_listening(int fd, int type, const char *path)
{
	return links_to(fd, "socket:[") &&
	       sd_is_socket_unix(fd, type, 1, path, 0) > 0;
}

bool inherit_is_connection(int fd)
{
	struct sockaddr_un peer;
	socklen_t size = sizeof(peer);

	return links_to(fd, "socket:[") &&
	       sd_is_socket(fd, AF_UNIX, SOCK_STREAM, 0) > 0 &&
	       getpeername(fd, (struct sockaddr *)&peer, &size) == 0;
}

static int take(struct inherit_fd *f)
{
	int flags = fcntl(f->fd, F_GETFL);

	if (flags >= 0)
		(void)fcntl(f->fd, F_SETFL, flags | O_NONBLOCK);
	return TAKE_FD(f->fd);
}

static struct inherit_fd *find(struct inherit *in, const char *name, int type,
			       const char *path)
{
	for (size_t i = 0; i < in->n; i++) {
		struct inherit_fd *f = &in->fds[i];

		if (f->fd >= 0 && strcmp(f->name, name) == 0 &&
		    is_listening(f->fd, type, path))
			return f;
	}
	return NULL;
}

static bool is_bound_name(const char *name)
{
	return strncmp(name, FDSTORE_BOUND, strlen(FDSTORE_BOUND)) == 0;
}

static struct inherit_fd *find_at(struct inherit *in, int type, const char *path)
{
	for (size_t i = 0; i < in->n; i++) {
		struct inherit_fd *f = &in->fds[i];

		if (f->fd >= 0 && !is_bound_name(f->name) &&
		    is_listening(f->fd, type, path))
			return f;
	}
	return NULL;
}

int inherit_socket(struct inherit *in, const char *name, int type,
		   const char *path)
{
	struct inherit_fd *f = find(in, name, type, NULL);

	if (!f)
		f = find_at(in, type, path);
	return f ? take(f) : -1;
}

static void bound_name(const char *name, char ret[FDSTORE_NAME_MAX])
{
	(void)snprintf(ret, FDSTORE_NAME_MAX, FDSTORE_BOUND "%s", name);
}

int inherit_bound(struct inherit *in, struct fdstore *store, const char *name,
		  int type, const char *path)
{
	char stored[FDSTORE_NAME_MAX];
	struct inherit_fd *f;

	bound_name(name, stored);
	f = find(in, stored, type, path);
	if (!f)
		return -1;
	fdstore_had(store, stored);
	return take(f);
}

void inherit_drop_bound(struct inherit *in, struct fdstore *store,
			const char *name)
{
	char stored[FDSTORE_NAME_MAX];

	bound_name(name, stored);
	for (size_t i = 0; i < in->n; i++) {
		struct inherit_fd *f = &in->fds[i];

		if (f->fd < 0 || strcmp(f->name, stored) != 0 ||
		    !links_to(f->fd, "socket:["))
			continue;
		log_event(LOG_NOTICE, "socket-left", LOG_S("name", f->name));
		f->fd = fd_close(f->fd);
		fdstore_drop(store, stored, 1, NULL);
	}
}

static void on_closed(uv_fs_t *request)
{
	uv_fs_req_cleanup(request);
	free(request);
}

static void close_one(struct inherit_fd *f, uv_loop_t *loop)
{
	uv_fs_t *request;

	if (!links_to(f->fd, "/") || links_to(f->fd, "/memfd:")) {
		f->fd = fd_close(f->fd);
		return;
	}
	request = malloc(sizeof(*request));
	if (!request || uv_fs_close(loop, request, TAKE_FD(f->fd), on_closed) < 0)
		free(request); /* and the fd stays open */
}

void inherit_refuse(struct inherit_fd *f, uv_loop_t *loop, const char *why)
{
	log_event(LOG_ERR, "stored-fd-refused", LOG_S("name", f->name),
		  LOG_S("why", why));
	close_one(f, loop);
}

void inherit_done(struct inherit *in, struct fdstore *store, uv_loop_t *loop)
{
	for (size_t i = 0; i < in->n; i++) {
		struct inherit_fd *f = &in->fds[i];

		if (f->fd >= 0) {
			inherit_refuse(f, loop,
				       "deputyd does not know this name, or the "
				       "fd does not fit it");
			fdstore_drop(store, f->name, 0, NULL);
		}
		free(f->name);
	}
	free(in->fds);
	*in = (struct inherit){ .n = 0 };
}
