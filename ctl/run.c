// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * "run": a command under the filter that a policy needs, with no container
 * engine.  What OCI runtimes do, in one process:
 *
 *   ask deputyd  which policy there will be (hook/gate.h), at the socket where
 *                the listener will go
 *   make ready   the filter's instructions, the message, the connection
 *   unshare(2)   with --userns (ctl/userns.h); the connection is the caller's own
 *   seccomp(2)   from here on every call may be one that is notified
 *   sendmsg(2)   the message and the listener; no profile notifies on it
 *   close(2)     the listener, so that ours is not its last copy
 *   recv(2)      did deputyd take it?
 *   execve(2)    served like any other call
 *
 * So nothing stands between seccomp() and sendmsg(), not even libc.  All calls
 * behind sendmsg() are served like the command's own, if deputyd has taken the
 * listener; if it has refused it, those that the filter notifies of fail.
 */
#include <errno.h>
#include <limits.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "ctl/userns.h"
#include "ctl/verb.h"
#include "hook/filter.h"
#include "hook/gate.h"
#include "hook/prepare.h"
#include "policy/profile.h"
#include "proto/client.h"
#include "proto/oci_state.h"

/* Exit statuses as env(1) and nohup(1) have them; otherwise the command's own. */
#define RUN_FAILED	   125
#define RUN_NOT_EXECUTABLE 126
#define RUN_NOT_FOUND	   127

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

struct run {
	const char *policy;   /* asked for; NULL: what deputyd gives */
	const char *listener; /* deputyd's socket */
	char *named;	      /* the policy that it is */
	char id[64], cwd[PATH_MAX];
	struct json_object *profile, *message;
	struct sock_filter *insns;
	size_t n_insns;
	unsigned long flags;
	int sock;
};

static void run_done(struct run *r)
{
	free(r->named);
	free(r->insns);
	json_object_put(r->profile);
	json_object_put(r->message);
	r->sock = fd_close(r->sock);
}

static int failed(const char *what, int error)
{
	fprintf(stderr, "deputyctl: run: %s: %s\n", what, strerror(error));
	return -1;
}

/* -- before ------------------------------------------------------------------------ */

static int ask(struct run *r)
{
	AUTO(json_put) struct json_object *annotations = NULL;
	char reason[GATE_REASON_BYTES];
	struct gate_question q = { .socket = r->listener,
				   .is = REACH_OCI,
				   .policy = r->policy,
				   .metadata = r->policy,
				   .id = r->id,
				   .bundle = r->cwd,
				   .each = true };

	if (r->policy) {
		annotations = varlink_parameter_str(INJECT_ANNOTATION, r->policy);
		if (!annotations)
			return failed("no memory", ENOMEM);
		q.annotations = annotations;
	}
	if (gate_ask(&q, &r->named, reason) == GATE_OPEN)
		return 0;
	fprintf(stderr, "deputyctl: run: %s\n", reason);
	return -1;
}

static int make_profile(struct run *r, const char *file)
{
	AUTO(free_ptr) struct diags *d = calloc(2, sizeof(*d));
	const struct profile_options o = { .policy = r->named,
					   .listener = r->listener,
					   .dialect = PROFILE_OCI };
	struct policy_set *set = NULL;
	int error;

	if (!d)
		return failed("no memory", ENOMEM);
	if (prepare_load(file, &set, stderr) < 0)
		return -1;
	diags_init(&d[0], policy_set_source(set));
	diags_init(&d[1], "");
	error = profile_make(set, &o, &d[0], &d[1], &r->profile);
	policy_set_unref(set);
	diags_print(&d[0], stderr);
	if (error < 0)
		return d[0].n_errors ? -1 : failed(r->named, -error);
	if (!filter_notifies(r->profile, "close"))
		return 0;
	fprintf(stderr,
		"deputyctl: run: the policy \"%s\" notifies close, which run "
		"needs to let go of the listener\n",
		r->named);
	return -1;
}

static int make_filter(struct run *r, bool wait_killable)
{
	int error = filter_compile(r->profile, &r->insns, &r->n_insns);

	if (error < 0)
		return failed("cannot make the filter", -error);
	if (json_object_object_get_ex(r->profile, "listenerPath", NULL))
		r->flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
	if (r->flags && wait_killable)
		r->flags |= SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	return 0;
}

static int put(struct json_object *o, const char *key, struct json_object *v)
{
	if (v && json_object_object_add(o, key, v) == 0)
		return 0;
	json_object_put(v);
	return -ENOMEM;
}

static int put_str(struct json_object *o, const char *key, const char *s)
{
	return put(o, key, json_object_new_string(s));
}

/* Pids are reused, so the time makes the id unique. */
static void make_id(char *id, size_t size)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	(void)snprintf(id, size, "run-%d-%llx", getpid(),
		       (unsigned long long)now.tv_sec * 1000 +
			       (unsigned long long)now.tv_nsec / 1000000);
}

static struct json_object *make_state(const struct run *r)
{
	struct json_object *o = json_object_new_object(), *notes;
	int error = o ? 0 : -ENOMEM;

	if (error == 0)
		error = put_str(o, "ociVersion", "1.0.2");
	if (error == 0)
		error = put_str(o, "id", r->id);
	if (error == 0)
		error = put_str(o, "status", "running");
	if (error == 0)
		error = put(o, "pid", json_object_new_int(getpid()));
	if (error == 0)
		error = put_str(o, "bundle", r->cwd);
	if (error == 0 && r->policy) {
		notes = varlink_parameter_str(INJECT_ANNOTATION, r->policy);
		error = put(o, "annotations", notes);
	}
	return error == 0 ? o : json_put(o);
}

static int make_message(struct run *r)
{
	struct json_object *fds = json_object_new_array();
	int error = -ENOMEM;

	r->message = json_object_new_object();
	if (fds)
		error = json_object_array_add(
			fds, json_object_new_string(OCI_STATE_FD_NAME));
	if (!r->message || error) {
		json_object_put(fds);
		return failed("no memory", ENOMEM);
	}
	error = put_str(r->message, "ociVersion", "1.0.2");
	if (error == 0)
		error = put(r->message, "fds", fds);
	else
		json_object_put(fds);
	if (error == 0)
		error = put(r->message, "pid", json_object_new_int(getpid()));
	if (error == 0 && r->policy)
		error = put_str(r->message, "metadata", r->policy);
	if (error == 0)
		error = put_str(r->message, OCI_STATE_USERNS,
				OCI_STATE_USERNS_EACH);
	if (error == 0)
		error = put_str(r->message, OCI_STATE_REPLY,
				OCI_STATE_REPLY_WANTED);
	if (error == 0)
		error = put(r->message, "state", make_state(r));
	return error == 0 ? 0 : failed("no memory", ENOMEM);
}

/* -- under the filter ----------------------------------------------------------------- */

static long load(const struct run *r)
{
	struct sock_fprog prog = { .len = (unsigned short)r->n_insns,
				   .filter = r->insns };

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, r->flags, &prog);
}

/* The listener's fd goes where the kernel is to find it: no call in between.
 * Return: what seccomp(2) returned, or -2 where sendmsg(2) failed */
static long load_and_send(const struct run *r, const char *text, size_t bytes)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec iov = { (void *)text, bytes };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control.buf,
			    .msg_controllen = sizeof(control.buf) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	long fd = load(r);
	int listener = (int)fd;

	if (fd < 0 || !r->flags)
		return fd;
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &listener, sizeof(int));
	if (syscall(SYS_sendmsg, r->sock, &m, MSG_NOSIGNAL) != (long)bytes)
		return -2;
	return fd;
}

/* Did deputyd take it? */
static int await(const struct run *r)
{
	char reason[REACH_REASON_BYTES];
	struct varlink_reply reply;
	struct json_object *accepted, *why;
	const char *wrong;
	int error = varlink_reply_read(r->sock, REACH_TIMEOUT_MS, &reply, &wrong);

	if (error < 0) {
		reach_explain(r->listener, REACH_OCI, -error, reason);
		fprintf(stderr, "deputyctl: run: %s\n", reason);
		return -1;
	}
	accepted = json_object_object_get(reply.parameters, "accepted");
	why = json_object_object_get(reply.parameters, "reason");
	error = json_object_get_boolean(accepted) ? 0 : -1;
	if (error < 0)
		fprintf(stderr,
			"deputyctl: run: deputyd refused the listener: %s\n",
			why ? json_object_get_string(why) : "no reason given");
	varlink_reply_done(&reply);
	return error;
}

/* Programs that start newuidmap for an ordinary user, some by an option only. */
static const struct {
	const char *program, *option;
} mappers[] = {
	{ "newuidmap", NULL },	       { "newgidmap", NULL },
	{ "unshare", "--map-auto" },   { "unshare", "--map-users" },
	{ "unshare", "--map-groups" }, { "lxc-usernsexec", NULL },
	{ "mmdebstrap", NULL },	       { "podman", NULL },
	{ "buildah", NULL },
};

/* Such a command fails below no_new_privs, and its message does not say why. */
static void hint_at_mapper(char **command)
{
	const char *slash = strrchr(command[0], '/');
	const char *name = slash ? slash + 1 : command[0];
	bool maps = false;

	for (size_t i = 0; !maps && i < ARRAY_SIZE(mappers); i++) {
		const char *option = mappers[i].option;

		if (strcmp(mappers[i].program, name) != 0)
			continue;
		maps = !option;
		for (char **arg = command + 1; option && *arg; arg++)
			maps |= strncmp(*arg, option, strlen(option)) == 0;
	}
	if (maps)
		fprintf(stderr,
			"deputyctl: run: hint: newuidmap has no effect below "
			"no_new_privs, which this user's filter needs; \"run "
			"--userns\" maps the ids before the filter is loaded\n");
}

/* Without the right to do without, no_new_privs (seccomp(2)). */
static int enter(struct run *r, char **command)
{
	const char *text = json_object_to_json_string_ext(
		r->message, JSON_C_TO_STRING_NOSLASHESCAPE);
	size_t bytes = strlen(text);
	long fd = load_and_send(r, text, bytes);

	if (fd == -1 && errno == EACCES &&
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) {
		hint_at_mapper(command);
		fd = load_and_send(r, text, bytes);
	}
	if (fd == -2)
		return failed(r->listener, errno);
	if (fd < 0 && errno == EBUSY)
		return failed("this process has a listener already, and the "
			      "kernel allows one",
			      EBUSY);
	if (fd < 0)
		return failed("cannot load the filter", errno);
	if (!r->flags)
		return 0;
	(void)close((int)fd);
	return await(r);
}

static int exec(char **command)
{
	int error;

	(void)execvp(command[0], command);
	error = errno;
	(void)failed(command[0], error);
	return error == ENOENT ? RUN_NOT_FOUND : RUN_NOT_EXECUTABLE;
}

static int prepare(struct run *r, const struct ctl *ctl)
{
	if (ask(r) < 0 || make_profile(r, ctl->option[CTL_FILE]) < 0 ||
	    make_filter(r, ctl->option[CTL_WAIT_KILLABLE]) < 0 ||
	    make_message(r) < 0)
		return -1;
	if (!r->flags) /* no rule needs a notification */
		return 0;
	r->sock = varlink_connect(r->listener, REACH_TIMEOUT_MS);
	return r->sock < 0 ? failed(r->listener, -r->sock) : 0;
}

int verb_run(const struct ctl *ctl, char **args)
{
	const char *listener = ctl->option[CTL_LISTENER];
	struct run r = { .policy = ctl->option[CTL_POLICY],
			 .listener =
				 listener ? listener : PROFILE_LISTENER_DEFAULT,
			 .sock = -1 };
	struct userns userns;
	bool apart = ctl->option[CTL_USERNS];
	int error;

	make_id(r.id, sizeof(r.id));
	if (!getcwd(r.cwd, sizeof(r.cwd)))
		strcpy(r.cwd, "/");
	error = apart ? userns_plan(&userns) : 0;
	if (error == 0)
		error = prepare(&r, ctl);
	if (error == 0 && apart)
		error = userns_enter(&userns);
	if (error == 0)
		error = enter(&r, args);
	run_done(&r);
	return error < 0 ? RUN_FAILED : exec(args);
}
