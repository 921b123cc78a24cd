// SPDX-License-Identifier: LGPL-2.1-or-later
/* doctor: the daemon, its sockets, its policy. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "ctl/client.h"
#include "ctl/doctor.h"
#include "ctl/reply.h"
#include "lib/own.h"
#include "policy/policy.h"

#define POLICY_FILE   "/etc/deputy/policy.json"
#define POLICY_DIR    "/etc/deputy/policy.d"

/* Return: 0 when somebody listens, or a negative errno */
static int knock(const char *path, int type)
{
	AUTO(fd_close) int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	if (fd < 0)
		return -errno;
	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, path);
	return connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ? -errno :
									 0;
}

/* @missing: what to make of a socket that is not there */
static void find_socket(struct doctor *d, const char *name, const char *path,
			int type, enum doctor_state missing)
{
	struct stat st;
	int r;

	if (lstat(path, &st) < 0) {
		doctor_find(d, missing, "deputyd", name,
			    missing == DOCTOR_BAD ? "start deputyd" : NULL,
			    "%s: %s", path, strerror(errno));
		return;
	}
	if (!S_ISSOCK(st.st_mode)) {
		doctor_find(d, DOCTOR_BAD, "deputyd", name,
			    "remove it and start deputyd anew",
			    "%s is no socket", path);
		return;
	}
	r = knock(path, type);
	if (r < 0)
		doctor_find(d, DOCTOR_BAD, "deputyd", name,
			    r == -EACCES || r == -EPERM ?
				    "ask as root, or join the socket's group" :
				    "start deputyd",
			    "%s (mode %04o, owner %u:%u): %s", path,
			    st.st_mode & 07777, st.st_uid, st.st_gid,
			    strerror(-r));
	else
		doctor_find(d, DOCTOR_GOOD, "deputyd", name, NULL,
			    "%s (mode %04o, owner %u:%u)", path,
			    st.st_mode & 07777, st.st_uid, st.st_gid);
}

/* They lie beside each other. */
static void find_neighbour(struct doctor *d, const char *name, const char *file,
			   int type, enum doctor_state missing)
{
	const char *slash = strrchr(d->ctl->socket, '/');
	char path[4096];

	(void)snprintf(path, sizeof(path), "%.*s%s",
		       slash ? (int)(slash - d->ctl->socket) + 1 : 0,
		       d->ctl->socket, file);
	find_socket(d, name, path, type, missing);
}

void doctor_deputyd(struct doctor *d)
{
	find_socket(d, "control socket", d->ctl->socket, SOCK_STREAM, DOCTOR_BAD);
	find_neighbour(d, "OCI socket", "oci.sock", SOCK_STREAM, DOCTOR_BAD);
	find_neighbour(d, "LXC socket", "lxc.sock", SOCK_SEQPACKET, DOCTOR_NOTE);
}

static void find_policy(struct doctor *d, struct diags *diags)
{
	struct policy_paths paths = policy_paths_of(POLICY_FILE, POLICY_DIR);
	struct policy_set *set = NULL;
	int r = policy_set_load_all(paths, &set, diags);

	if (r < 0 || diags->n_errors)
		doctor_find(d, DOCTOR_BAD, "policy", "files",
			    "deputyctl policy check, with the file or directory",
			    "%zu %s in %s%s%s", diags->n_errors,
			    diags->n_errors == 1 ? "mistake" : "mistakes",
			    paths.n ? paths.items[0] : "?",
			    paths.n > 1 ? " and " : "",
			    paths.n > 1 ? paths.items[1] : "");
	else
		doctor_find(d, DOCTOR_GOOD, "policy", "files", NULL,
			    "%s: %zu %s", policy_set_source(set),
			    policy_set_count(set),
			    policy_set_count(set) == 1 ? "policy" : "policies");
	policy_set_unref(set);
}

void doctor_policy(struct doctor *d)
{
	AUTO(free_ptr) struct diags *diags = malloc(sizeof(*diags));

	if (!diags) {
		d->no_memory = true;
		return;
	}
	diags_init(diags, POLICY_FILE);
	find_policy(d, diags);
}
