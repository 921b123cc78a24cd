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
#include "lib/kfeat.h"
#include "lib/own.h"
#include "policy/machine_check.h"
#include "policy/policy.h"

#define SOCKET_UNITS "deputyd-oci.socket deputyd-lxc.socket deputyd-control.socket"

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

/* Is there still a socket that listens under @path, a name that is gone?
 * proc(5), /proc/net/unix: flags 00010000 say that it listens. */
static bool listens_unnamed(const char *path)
{
	FILE *f = fopen("/proc/net/unix", "re");
	char line[512], name[256];
	unsigned flags;
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f))
		found = sscanf(line, "%*s %*s %*s %x %*s %*s %*s %255s", &flags,
			       name) == 2 &&
			(flags & 0x10000) && strcmp(name, path) == 0;
	if (f)
		(void)fclose(f);
	return found;
}

static bool is_systemd_here(void)
{
	return access("/run/systemd/system", F_OK) == 0;
}

static const char *how_to_start(void)
{
	static const char *const directories[] = {
		"/etc/systemd/system", "/run/systemd/system",
		"/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
		"/lib/systemd/system",
	};
	char path[4096];

	for (size_t i = 0; is_systemd_here() && i < ARRAY_SIZE(directories); i++) {
		(void)snprintf(path, sizeof(path), "%s/deputyd.service",
			       directories[i]);
		if (access(path, F_OK) == 0)
			return "start deputyd: systemctl enable --now "
			       "deputyd.service " SOCKET_UNITS;
	}
	return "start deputyd";
}

/* @missing: what to make of a socket that is not there */
static void find_no_socket(struct doctor *d, const char *name, const char *path,
			   int error, enum doctor_state missing)
{
	if (listens_unnamed(path))
		doctor_find(d, DOCTOR_BAD, name,
			    is_systemd_here() ?
				    "systemctl restart " SOCKET_UNITS :
				    "restart deputyd",
			    "%s was removed: deputyd listens, but nobody can "
			    "connect", path);
	else
		doctor_find(d, missing, name,
			    missing == DOCTOR_BAD ? how_to_start() : NULL,
			    "%s: %s", path, strerror(error));
}

/* One that refuses this user alone serves others. Return: does it listen? */
static bool find_socket(struct doctor *d, const char *name, const char *path,
			int type, enum doctor_state missing)
{
	enum doctor_state state = DOCTOR_GOOD;
	const char *advice = NULL;
	struct stat st;
	int r;

	if (lstat(path, &st) < 0) {
		find_no_socket(d, name, path, errno, missing);
		return false;
	}
	if (!S_ISSOCK(st.st_mode)) {
		doctor_find(d, DOCTOR_BAD, name,
			    "remove it and start deputyd anew",
			    "%s is no socket", path);
		return false;
	}
	r = knock(path, type);
	if (r == -EACCES || r == -EPERM) {
		state = DOCTOR_NOTE;
		advice = "ask as root, or join the socket's group";
	} else if (r < 0) {
		state = DOCTOR_BAD;
		advice = how_to_start();
	}
	doctor_find(d, state, name, advice, "%s (mode %04o, owner %u:%u)%s%s",
		    path, st.st_mode & 07777, st.st_uid, st.st_gid,
		    r < 0 ? ": " : "", r < 0 ? strerror(-r) : "");
	return r == 0;
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
	(void)find_socket(d, name, path, type, missing);
}

void doctor_control_socket(struct doctor *d)
{
	d->deputyd_answers = find_socket(d, "control socket", d->ctl->socket,
					 SOCK_STREAM, DOCTOR_BAD);
}

void doctor_oci_socket(struct doctor *d)
{
	find_neighbour(d, "OCI socket", "oci.sock", SOCK_STREAM, DOCTOR_BAD);
}

void doctor_lxc_socket(struct doctor *d)
{
	find_neighbour(d, "LXC socket", "lxc.sock", SOCK_SEQPACKET, DOCTOR_NOTE);
}

/* As deputyd would take them on this machine. Ordinary users may be kept out. */
static void find_policy(struct doctor *d, struct diags *diags)
{
	struct policy_paths paths = policy_paths_of(POLICY_FILE_DEFAULT,
						    POLICY_DIRECTORY_DEFAULT);
	struct policy_set *set = NULL;
	int r = policy_set_load_all(paths, &set, diags);

	if (r == 0)
		policy_check_machine(set, kfeat_not_lacking(), diags);
	if (r == -EACCES && geteuid() != 0)
		doctor_find(d, DOCTOR_NOTE, "files", "ask as root",
			    "this user may not read %s%s%s", paths.items[0],
			    paths.n > 1 ? " or " : "",
			    paths.n > 1 ? paths.items[1] : "");
	else if (r < 0 || diags->n_errors)
		doctor_find(d, DOCTOR_BAD, "files",
			    "deputyctl policy check, with the file or directory",
			    "%zu %s in %s%s%s", diags->n_errors,
			    diags->n_errors == 1 ? "mistake" : "mistakes",
			    paths.n ? paths.items[0] : "the built-in policy",
			    paths.n > 1 ? " and " : "",
			    paths.n > 1 ? paths.items[1] : "");
	else
		doctor_find(d, DOCTOR_GOOD, "files", NULL, "%s: %zu %s",
			    policy_set_source(set), policy_set_count(set),
			    policy_set_count(set) == 1 ? "policy" : "policies");
	policy_set_unref(set);
}

void doctor_policy_files(struct doctor *d)
{
	AUTO(free_ptr) struct diags *diags = malloc(sizeof(*diags));

	if (!diags) {
		d->no_memory = true;
		return;
	}
	diags_init(diags, POLICY_FILE_DEFAULT);
	find_policy(d, diags);
}
