// SPDX-License-Identifier: LGPL-2.1-or-later
/* doctor: the daemon, its sockets, its policy. */
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "ctl/doctor.h"
#include "ctl/reply.h"
#include "lib/kfeat.h"
#include "lib/own.h"
#include "policy/machine_check.h"
#include "policy/policy.h"
#include "proto/reach.h"

#define SOCKET_UNITS "deputyd-oci.socket deputyd-lxc.socket deputyd-control.socket"

/* The sockets, and how to find out whether deputyd serves one. */
static const struct place {
	const char *name;
	const char *file; /* beside the control socket; NULL: that one */
	enum doctor_state missing;
	bool packets; /* LXC's: that somebody listens must do */
	enum reach_socket is;
	const char *method;
} places[] = {
	{ "control socket", NULL, DOCTOR_BAD, false, REACH_CONTROL,
	  SERVICE_INTERFACE ".GetInfo" },
	{ "OCI socket", "oci.sock", DOCTOR_BAD, false, REACH_OCI,
	  CONTROL_INTERFACE ".Check" },
	{ "LXC socket", "lxc.sock", DOCTOR_NOTE, true },
};

/* Return: 0 when somebody listens, or a negative errno */
static int knock(const char *path)
{
	AUTO(fd_close)
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	if (fd < 0)
		return -errno;
	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, path);
	return connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ? -errno :
									 0;
}

/* Return: 0 where deputyd answers, or a negative errno with the reason */
static int ask(const struct place *p, const char *path, char *reason)
{
	struct varlink_reply reply;
	int r;

	if (p->packets) {
		r = knock(path);
		(void)snprintf(reason, REACH_REASON_BYTES, "%s", strerror(-r));
		return r;
	}
	r = reach_call(path, p->is, p->method, NULL, &reply, reason);
	if (r == 0)
		varlink_reply_done(&reply);
	return r;
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

/* Did somebody install the units, and systemd runs? */
static bool has_units(void)
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
			return true;
	}
	return false;
}

static const char *how_to_start(void)
{
	return has_units() ? "start deputyd: systemctl enable --now "
			     "deputyd.service " SOCKET_UNITS :
			     "start deputyd";
}

static void find_no_socket(struct doctor *d, const struct place *p,
			   const char *path, int error)
{
	if (listens_unnamed(path))
		doctor_find(d, DOCTOR_BAD, p->name,
			    is_systemd_here() ?
				    "systemctl restart " SOCKET_UNITS :
				    "restart deputyd",
			    "%s was removed: deputyd listens, but nobody can "
			    "connect", path);
	else
		doctor_find(d, p->missing, p->name,
			    p->missing == DOCTOR_BAD ? how_to_start() : NULL,
			    "%s: %s", path, strerror(error));
}

static void ask_status(struct doctor *d)
{
	char reason[REACH_REASON_BYTES];
	struct varlink_reply reply;

	if (reach_call(d->ctl->socket, REACH_CONTROL, CONTROL_INTERFACE ".Status",
		       NULL, &reply, reason) < 0)
		return;
	if (!reply.error)
		d->status = json_object_get(reply.parameters);
	varlink_reply_done(&reply);
}

/* One that refuses this user alone serves others. */
static void judge_answer(struct doctor *d, const struct place *p, const char *path,
			 const struct stat *st)
{
	enum doctor_state state = DOCTOR_BAD;
	char reason[REACH_REASON_BYTES];
	const char *advice = NULL;
	int r = ask(p, path, reason);

	if (r == 0) {
		d->deputyd_answers |= !p->packets;
		if (!p->file)
			ask_status(d);
		doctor_find(d, DOCTOR_GOOD, p->name, NULL,
			    "%s (mode %04o, owner %u:%u)", path,
			    st->st_mode & 07777, st->st_uid, st->st_gid);
		return;
	}
	if (r == -EACCES || r == -EPERM) {
		state = DOCTOR_NOTE;
		advice = "ask as root, or join the socket's group";
	} else if (r == -ECONNREFUSED) {
		advice = how_to_start();
	} else if (r == -ETIMEDOUT || r == -EAGAIN) {
		advice = is_systemd_here() ? "systemctl status deputyd.service" :
					     "see deputyd's log, restart it";
	}
	doctor_find(d, state, p->name, advice, "%s (mode %04o, owner %u:%u): %s",
		    path, st->st_mode & 07777, st->st_uid, st->st_gid, reason);
}

static void find_socket(struct doctor *d, const struct place *p)
{
	const char *slash = strrchr(d->ctl->socket, '/');
	char path[4096];
	struct stat st;

	if (p->file)
		(void)snprintf(path, sizeof(path), "%.*s%s",
			       slash ? (int)(slash - d->ctl->socket) + 1 : 0,
			       d->ctl->socket, p->file);
	else
		(void)snprintf(path, sizeof(path), "%s", d->ctl->socket);
	if (lstat(path, &st) < 0)
		find_no_socket(d, p, path, errno);
	else if (!S_ISSOCK(st.st_mode))
		doctor_find(d, DOCTOR_BAD, p->name,
			    "remove it and restart deputyd", "%s is no socket",
			    path);
	else
		judge_answer(d, p, path, &st);
}

void doctor_sockets(struct doctor *d)
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		find_socket(d, &places[i]);
}

/* -- groups ---------------------------------------------------------------------- */

/* systemd gives the sockets to them (SocketGroup=), and makes none without. */
void doctor_groups(struct doctor *d)
{
	static const char *const groups[] = { "deputy", "deputy-users" };
	bool all = true;

	if (!has_units())
		return;
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		if (getgrnam(groups[i]))
			continue;
		all = false;
		doctor_find(d, DOCTOR_BAD, "groups", "systemd-sysusers",
			    "there is no group %s: its socket unit will not "
			    "start again", groups[i]);
	}
	if (all)
		doctor_find(d, DOCTOR_GOOD, "groups", NULL,
			    "deputy (control socket), deputy-users (OCI socket)");
}

/* -- LXC ------------------------------------------------------------------------- */

/* Is the process with that number a deputyd of this pid namespace? */
static bool is_deputyd_here(int pid)
{
	char path[64], comm[32] = "";
	struct stat its, ours;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	f = fopen(path, "re");
	if (f) {
		if (!fgets(comm, sizeof(comm), f))
			*comm = '\0';
		(void)fclose(f);
	}
	if (strcmp(comm, "deputyd\n") != 0)
		return false;
	(void)snprintf(path, sizeof(path), "/proc/%d/ns/pid", pid);
	/* Only root can see it. */
	return stat(path, &its) < 0 || stat("/proc/self/ns/pid", &ours) < 0 ||
	       (its.st_dev == ours.st_dev && its.st_ino == ours.st_ino);
}

/* LXC's monitor names a caller by its pid (worker/lxc_caller.h). */
void doctor_lxc(struct doctor *d)
{
	int pid = d->status ? (int)reply_int(d->status, "pid") : 0;

	if (pid == 0)
		return;
	if (is_deputyd_here(pid))
		doctor_find(d, DOCTOR_GOOD, "LXC callers", NULL,
			    "deputyd (pid %d) is in this pid namespace", pid);
	else
		doctor_find(d, DOCTOR_BAD, "LXC callers",
			    "run deputyd in the pid namespace of LXC's monitors",
			    "deputyd (pid %d there) is in another pid namespace: "
			    "each notified call of an LXC container here fails "
			    "with ENOSYS", pid);
}

/* -- the policy -------------------------------------------------------------------- */

void doctor_policy_in_force(struct doctor *d)
{
	struct json_object *policy = reply_object(d->status, "policy");
	struct json_object *refused = reply_array(policy, "refused");
	size_t n = refused ? json_object_array_length(refused) : 0;

	if (!policy)
		return;
	if (n)
		doctor_find(d, DOCTOR_BAD, "in force",
			    "deputyctl status shows the errors: correct the files, "
			    "then: deputyctl reload",
			    "deputyd serves the last good policy of %s: it refused "
			    "the files of now, for %zu %s",
			    reply_str(policy, "source"), n,
			    n == 1 ? "error" : "errors");
	else
		doctor_find(d, DOCTOR_GOOD, "in force", NULL,
			    "%s, hash %s", reply_str(policy, "source"),
			    reply_str(policy, "hash"));
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
			    diags->n_errors == 1 ? "error" : "errors",
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
